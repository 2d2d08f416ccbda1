//! What components that describe themselves give back, as JSON.
//!
//! Owns reading it: the shapes of `wit/provider.wit` and its neighbours, in the form in which the
//! sandbox writes every value. Refuses to believe any of it: names, sizes and schemas are checked by
//! those who offer it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_sandbox::{Audience, Content, ResourceBody};
use rmcp::model::ResourceContents;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value, json};

use super::schema::Schema;
use crate::protocol::{content, sanitize};

/// Why it cannot be read.
pub(crate) type Unreadable = serde_json::Error;

/// What a tool gave back: blocks to show, and a structured result.
pub(crate) type ToolOutput = (Vec<Content>, Option<Map<String, Value>>);

/// One tool.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ToolDescription {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: String,
    pub(crate) input_schema: String,
    pub(crate) output_schema: Option<String>,
    pub(crate) icons: Vec<Icon>,
    pub(crate) needs_task: bool,
}

/// A picture.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Icon {
    pub(crate) src: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) sizes: Vec<String>,
}

/// One resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ResourceDescription {
    pub(crate) uri: String,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) size: Option<u64>,
}

/// One template of resources.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct TemplateDescription {
    pub(crate) uri_template: String,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) mime_type: Option<String>,
}

/// One prompt.
#[derive(Debug, Deserialize)]
pub(crate) struct PromptDescription {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) arguments: Vec<PromptArgument>,
}

/// One blank in a prompt.
#[derive(Debug, Deserialize)]
pub(crate) struct PromptArgument {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) required: bool,
}

/// Suggestions.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Suggestions {
    pub(crate) values: Vec<String>,
    pub(crate) total: Option<u32>,
    pub(crate) more: bool,
}

/// The blocks and the structured result of a tool.
///
/// # Errors
///
/// It is something else.
pub(crate) fn tool_result(json: &str) -> Result<ToolOutput, Unreadable> {
    #[derive(Deserialize)]
    struct ToolResult {
        content: Vec<Block>,
        structured: Option<String>,
    }
    let result: ToolResult = serde_json::from_str(json)?;
    let structured = result.structured.map(|text| {
        crate::json::parse(&text)
            .map_err(Unreadable::custom)
            .map(|value| match value {
                Value::Object(members) => members,
                // Older clients accept nothing but objects.
                other => Map::from_iter([("result".to_owned(), other)]),
            })
    });
    Ok((blocks(result.content), structured.transpose()?))
}

/// The same, where it is what `schema` says of the structured result.
///
/// # Errors
///
/// It is not, or something else: a sentence for whoever called.
pub(crate) fn fitting_result(json: &str, schema: Option<&Schema>) -> Result<ToolOutput, String> {
    let unfit = |why: &str| format!("The tool's answer is not what it said it would be: {why}.");
    let result = tool_result(json).map_err(|_| unfit("it does not parse"))?;
    if let (Some(schema), Some(structured)) = (schema, &result.1) {
        schema
            .check(structured)
            .map_err(|fault| unfit(&fault.to_string()))?;
    }
    Ok(result)
}

/// A prompt, as the protocol has it.
///
/// # Errors
///
/// It is something else.
pub(crate) fn prompt(json: &str) -> Result<Map<String, Value>, Unreadable> {
    #[derive(Deserialize)]
    struct Prompt {
        description: Option<String>,
        messages: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        role: String,
        content: Block,
    }
    let prompt: Prompt = serde_json::from_str(json)?;
    let message = |message: Message| {
        let block = content::block(message.content.into());
        json!({"role": message.role, "content": block})
    };
    let messages: Vec<Value> = prompt.messages.into_iter().map(message).collect();
    let mut result = Map::from_iter([("messages".to_owned(), messages.into())]);
    if let Some(description) = prompt.description {
        result.insert("description".into(), sanitize::text(&description).into());
    }
    Ok(result)
}

/// What a resource holds, as the protocol has it.
///
/// # Errors
///
/// It is something else.
pub(crate) fn contents(json: &str) -> Result<Vec<ResourceContents>, Unreadable> {
    let resources: Vec<Embedded> = serde_json::from_str(json)?;
    let contents = |resource: Embedded| {
        content::contents(resource.uri, resource.mime_type, resource.body.into())
    };
    Ok(resources.into_iter().map(contents).collect())
}

/// One block of `ringfence:tool/types`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Block {
    Text(Text),
    Image(Media),
    Audio(Media),
    Link(Link),
    Embedded(Embedded),
}

#[derive(Debug, Deserialize)]
struct Text {
    text: String,
    audience: Option<For>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Media {
    data: Bytes,
    mime_type: String,
    audience: Option<For>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Link {
    uri: String,
    name: String,
    title: Option<String>,
    description: Option<String>,
    mime_type: Option<String>,
    size: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Embedded {
    uri: String,
    mime_type: Option<String>,
    body: Body,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Body {
    Text(String),
    Blob(Bytes),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum For {
    User,
    Assistant,
}

/// Bytes, which are base64 in JSON.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = String::deserialize(json)?;
        STANDARD.decode(text).map(Self).map_err(D::Error::custom)
    }
}

fn blocks(blocks: Vec<Block>) -> Vec<Content> {
    blocks.into_iter().map(Content::from).collect()
}

fn audience(audience: Option<For>) -> Option<Audience> {
    audience.map(|audience| match audience {
        For::Assistant => Audience::Assistant,
        For::User => Audience::User,
    })
}

impl From<Body> for ResourceBody {
    fn from(body: Body) -> Self {
        match body {
            Body::Blob(bytes) => Self::Blob(bytes.0),
            Body::Text(text) => Self::Text(text),
        }
    }
}

impl From<Block> for Content {
    fn from(block: Block) -> Self {
        match block {
            Block::Text(text) => Self::Text {
                text: text.text,
                audience: audience(text.audience),
            },
            Block::Image(media) => Self::Image {
                data: media.data.0,
                mime_type: media.mime_type,
                audience: audience(media.audience),
            },
            Block::Audio(media) => Self::Audio {
                data: media.data.0,
                mime_type: media.mime_type,
                audience: audience(media.audience),
            },
            Block::Link(link) => Self::Link {
                uri: link.uri,
                name: link.name,
                title: link.title,
                description: link.description,
                mime_type: link.mime_type,
                size: link.size,
            },
            Block::Embedded(resource) => Self::Embedded {
                uri: resource.uri,
                mime_type: resource.mime_type,
                body: resource.body.into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_read_as_the_sandbox_writes_it() {
        let json = r#"{"content":[
            {"text":{"text":"a","audience":"user"}},
            {"image":{"data":"AAE=","mime-type":"image/png"}},
            {"audio":{"data":"","mime-type":"audio/wav"}},
            {"link":{"uri":"https://a","name":"a","size":18446744073709551615}},
            {"embedded":{"uri":"test://a","mime-type":"text/plain","body":{"text":"x"}}},
            {"embedded":{"uri":"test://b","body":{"blob":"AA=="}}}
        ],"structured":"{\"n\":18446744073709551615}"}"#;
        let (blocks, structured) = tool_result(json).unwrap();
        assert_eq!(blocks.len(), 6);
        let image = &blocks[1];
        assert!(
            matches!(image, Content::Image { data, .. } if data == &[0, 1]),
            "{image:?}"
        );
        let structured = Value::Object(structured.unwrap());
        assert_eq!(structured.to_string(), r#"{"n":18446744073709551615}"#);
        for other in [
            "",
            "[]",
            r#"{"content":[{"smell":{}}]}"#,
            r#"{"content":[],"structured":"{"}"#,
        ] {
            assert!(tool_result(other).is_err(), "{other}");
        }
    }
}
