//! An answer, as text and as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_sandbox::{Answer, Audience, Content, Outcome, Output, Receipt, ResourceBody};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json;
use crate::quantity;

/// Everything about an answer: what `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Vec<Block<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    #[serde(rename = "lastWords", skip_serializing_if = "Option::is_none")]
    last_words: Option<&'a str>,
    stdout: String,
    stderr: String,
    receipt: &'a Receipt,
}

/// One content block, in the shape that MCP gives it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<Annotations>,
    },
    Image(Media<'a>),
    Audio(Media<'a>),
    ResourceLink {
        uri: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        #[serde(rename = "mimeType", skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
    },
    Resource {
        resource: Resource<'a>,
    },
}

#[derive(Debug, Serialize)]
struct Media<'a> {
    data: String,
    #[serde(rename = "mimeType")]
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations>,
}

#[derive(Debug, Serialize)]
struct Resource<'a> {
    uri: &'a str,
    #[serde(rename = "mimeType", skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob: Option<String>,
}

#[derive(Debug, Serialize)]
struct Annotations {
    audience: [&'static str; 1],
}

impl<'a> Document<'a> {
    /// Everything about `answer`. A host fault keeps its words to itself: they are for the log.
    pub(crate) fn of(answer: &'a Answer) -> Self {
        let mut document = Self {
            outcome: answer.outcome.word(),
            result: None,
            content: None,
            error: None,
            limit: None,
            last_words: None,
            stdout: String::from_utf8_lossy(&answer.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&answer.stderr).into_owned(),
            receipt: &answer.receipt,
        };
        match &answer.outcome {
            Outcome::Cancelled
            | Outcome::HostFault(_)
            | Outcome::Returned(Output::Nothing)
            | Outcome::Unasked(_) => {}
            Outcome::Limit(limit) => document.limit = Some(limit.word()),
            Outcome::Returned(Output::Content(blocks)) => {
                document.content = Some(blocks.iter().map(block).collect());
            }
            // Ours, and therefore valid.
            Outcome::Returned(Output::Json(text)) => {
                document.result = RawValue::from_string(text.clone()).ok();
            }
            Outcome::ToolError(error) => document.error = Some(&error.text),
            Outcome::Trapped(trap) => {
                document.error = Some(&trap.reason);
                document.last_words = trap.last_words.as_deref();
            }
        }
        document
    }

    /// The JSON text, laid out for people.
    ///
    /// # Errors
    ///
    /// None that is known: every part is text or a number.
    pub(crate) fn render(&self) -> serde_json::Result<String> {
        Ok(json::pretty(&serde_json::to_string(self)?))
    }
}

fn block(content: &Content) -> Block<'_> {
    match content {
        Content::Audio {
            data,
            mime_type,
            audience,
        } => Block::Audio(media(data, mime_type, *audience)),
        Content::Embedded {
            uri,
            mime_type,
            body,
        } => {
            let (text, blob) = match body {
                ResourceBody::Blob(data) => (None, Some(STANDARD.encode(data))),
                ResourceBody::Text(text) => (Some(text.as_str()), None),
            };
            let resource = Resource {
                uri,
                mime_type: mime_type.as_deref(),
                text,
                blob,
            };
            Block::Resource { resource }
        }
        Content::Image {
            data,
            mime_type,
            audience,
        } => Block::Image(media(data, mime_type, *audience)),
        Content::Link {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        } => Block::ResourceLink {
            uri,
            name,
            title: title.as_deref(),
            description: description.as_deref(),
            mime_type: mime_type.as_deref(),
            size: *size,
        },
        Content::Text { text, audience } => Block::Text {
            text,
            annotations: annotations(*audience),
        },
    }
}

fn media<'a>(data: &[u8], mime_type: &'a str, audience: Option<Audience>) -> Media<'a> {
    Media {
        data: STANDARD.encode(data),
        mime_type,
        annotations: annotations(audience),
    }
}

fn annotations(audience: Option<Audience>) -> Option<Annotations> {
    audience.map(|audience| Annotations {
        audience: [match audience {
            Audience::Assistant => "assistant",
            Audience::User => "user",
        }],
    })
}

/// What a person wants to see of an output: a string as it is, other values as JSON, blocks one
/// after the other.
pub(crate) fn text(output: &Output) -> String {
    match output {
        Output::Nothing => String::new(),
        Output::Json(json) => serde_json::from_str(json).unwrap_or_else(|_| json::pretty(json)),
        Output::Content(blocks) => {
            let blocks: Vec<String> = blocks.iter().map(block_text).collect();
            blocks.join("\n")
        }
    }
}

fn block_text(content: &Content) -> String {
    match content {
        Content::Audio {
            data, mime_type, ..
        } => {
            format!(
                "[sound, {mime_type}, {}; `--json` has it]",
                quantity::bytes(data.len())
            )
        }
        Content::Embedded { uri, body, .. } => match body {
            ResourceBody::Blob(data) => {
                format!("[{uri}, {}; `--json` has it]", quantity::bytes(data.len()))
            }
            ResourceBody::Text(text) => format!("[{uri}]\n{text}"),
        },
        Content::Image {
            data, mime_type, ..
        } => {
            format!(
                "[image, {mime_type}, {}; `--json` has it]",
                quantity::bytes(data.len())
            )
        }
        Content::Link {
            uri, name, title, ..
        } => {
            format!("[{}]({uri})", title.as_deref().unwrap_or(name))
        }
        Content::Text { text, .. } => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(outcome: Outcome) -> Answer {
        Answer {
            outcome,
            receipt: Receipt::default(),
            stdout: b"\xff".to_vec(),
            stderr: Vec::new(),
        }
    }

    #[test]
    fn a_string_prints_as_it_is_and_a_value_as_json() {
        assert_eq!(text(&Output::Json(r#""a\nb""#.into())), "a\nb");
        assert_eq!(
            text(&Output::Json("18446744073709551615".into())),
            "18446744073709551615"
        );
        assert_eq!(text(&Output::Json(r#"{"a":1}"#.into())), "{\n  \"a\": 1\n}");
    }

    #[test]
    fn numbers_survive_the_document() {
        let answer = answer(Outcome::Returned(Output::Json(
            "18446744073709551615".into(),
        )));
        let text = Document::of(&answer).render().unwrap();
        assert!(text.contains("\"result\": 18446744073709551615"), "{text}");
    }

    #[test]
    fn a_host_fault_keeps_its_words() {
        let answer = answer(Outcome::HostFault("/home/ada/.cache is full".into()));
        let text = Document::of(&answer).render().unwrap();
        assert!(
            !text.contains("ada") && text.contains("host-fault"),
            "{text}"
        );
    }

    #[test]
    fn blocks_have_the_shape_of_the_protocol() {
        let block = Content::Image {
            data: vec![1, 2, 3],
            mime_type: "image/png".into(),
            audience: Some(Audience::User),
        };
        let answer = answer(Outcome::Returned(Output::Content(vec![block])));
        let json: serde_json::Value =
            serde_json::from_str(&Document::of(&answer).render().unwrap()).unwrap();
        assert_eq!(
            json["content"],
            serde_json::json!([{
                "type": "image", "data": "AQID", "mimeType": "image/png",
                "annotations": {"audience": ["user"]},
            }])
        );
    }
}
