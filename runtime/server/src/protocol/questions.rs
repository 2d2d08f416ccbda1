//! Questions of guests, as clients get and answer them.
//!
//! Owns both directions: a question to the request that a client understands, and what it sends back
//! to an answer that fits the question. What does not fit is no answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_sandbox::{
    Ability, ClientAnswer, Content, Message, Question, QuestionKind, Role, Root,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{content, sanitize};

/// Folders that a client may name. Bounds what it can make a guest hold.
const ROOTS_MAX: usize = 256;

/// A question as a request of the protocol: `method` and `params`.
pub(crate) fn request(question: &Question) -> Value {
    let (method, params) = match &question.request {
        QuestionKind::Decision { message, schema } | QuestionKind::Form { message, schema } => (
            "elicitation/create",
            json!({"message": sanitize::text(message), "requestedSchema": schema}),
        ),
        QuestionKind::Page { message, url } => (
            "elicitation/create",
            json!({
                "mode": "url",
                "message": sanitize::text(message),
                "url": url,
                "elicitationId": question.key,
            }),
        ),
        QuestionKind::Sample {
            messages,
            max_tokens,
            system_prompt,
        } => {
            let messages: Vec<Value> = messages.iter().map(message).collect();
            let mut params = Map::from_iter([
                ("messages".to_owned(), messages.into()),
                ("maxTokens".to_owned(), json!(max_tokens)),
            ]);
            if let Some(prompt) = system_prompt {
                params.insert("systemPrompt".into(), json!(sanitize::text(prompt)));
            }
            ("sampling/createMessage", params.into())
        }
        QuestionKind::Roots => ("roots/list", json!({})),
    };
    json!({"method": method, "params": params})
}

/// What a client must declare to be asked so.
pub(crate) fn capability(ability: Ability) -> Value {
    match ability {
        Ability::Form => json!({"elicitation": {"form": {}}}),
        Ability::Page => json!({"elicitation": {"url": {}}}),
        Ability::Sample => json!({"sampling": {}}),
        Ability::Roots => json!({"roots": {}}),
    }
}

fn message(message: &Message) -> Value {
    let role = match message.role {
        Role::Assistant => "assistant",
        Role::User => "user",
    };
    json!({"role": role, "content": content::block(message.content.clone())})
}

/// What a client sent, as an answer to `question`. Nothing when it is none.
pub(crate) fn answer(question: &Question, sent: &Value) -> Option<ClientAnswer> {
    match &question.request {
        QuestionKind::Decision { schema, .. } => decided(sent, schema),
        QuestionKind::Form { schema, .. } => elicited(sent, Some(schema)),
        QuestionKind::Page { .. } => elicited(sent, None),
        QuestionKind::Sample { .. } => sampled(sent),
        QuestionKind::Roots => roots(sent),
    }
}

/// What does not fit would be asked again, and again: whoever sends it has not said yes.
fn decided(sent: &Value, schema: &Map<String, Value>) -> Option<ClientAnswer> {
    let accepts = sent.get("action").and_then(Value::as_str) == Some("accept");
    elicited(sent, Some(schema)).or_else(|| accepts.then_some(ClientAnswer::Declined))
}

fn elicited(sent: &Value, schema: Option<&Map<String, Value>>) -> Option<ClientAnswer> {
    match sent.get("action")?.as_str()? {
        "accept" => {
            let values = match (sent.get("content"), schema) {
                (Some(Value::Object(values)), Some(schema)) => {
                    fits(values, schema).then(|| values.clone())?
                }
                (None | Some(Value::Null), Some(schema)) => {
                    fits(&Map::new(), schema).then(Map::new)?
                }
                (_, None) => Map::new(),
                _ => return None,
            };
            Some(ClientAnswer::Accepted(Value::Object(values).to_string()))
        }
        "decline" => Some(ClientAnswer::Declined),
        "cancel" => Some(ClientAnswer::Dismissed),
        _ => None,
    }
}

/// Whether the values are what a form asks for. Forms are flat, which keeps this short.
fn fits(values: &Map<String, Value>, schema: &Map<String, Value>) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    let all_there = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .all(|name| values.contains_key(name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let of_type = |(name, value): (&String, &Value)| {
        let property = properties.and_then(|properties| properties.get(name));
        property.is_none_or(|property| is_of(value, property))
    };
    all_there && values.iter().all(of_type)
}

fn is_of(value: &Value, property: &Value) -> bool {
    let of_type = match property.get("type").and_then(Value::as_str) {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        Some("array") => value.as_array().is_some_and(|items| {
            let inner = property.get("items");
            items
                .iter()
                .all(|item| inner.is_none_or(|inner| is_of(item, inner)))
        }),
        _ => true,
    };
    let choice = |name| property.get(name).and_then(Value::as_array);
    let among = choice("enum").is_none_or(|choices| choices.contains(value));
    let titled = choice("oneOf")
        .or_else(|| choice("anyOf"))
        .is_none_or(|choices| {
            let mut named = choices.iter().filter_map(|choice| choice.get("const"));
            named.any(|choice| choice == value)
        });
    of_type && among && titled
}

fn sampled(sent: &Value) -> Option<ClientAnswer> {
    let role = match sent.get("role")?.as_str()? {
        "assistant" => Role::Assistant,
        "user" => Role::User,
        _ => return None,
    };
    // Newer clients may send several blocks; a guest gets the first that it can take.
    let content = match sent.get("content")? {
        Value::Array(blocks) => blocks.iter().find_map(said)?,
        block => said(block)?,
    };
    let text = |name| sent.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(ClientAnswer::Sample {
        role,
        content,
        model: text("model")?,
        stop_reason: text("stopReason"),
    })
}

fn said(block: &Value) -> Option<Content> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Block {
        Text { text: String },
        Image(Media),
        Audio(Media),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Media {
        data: String,
        mime_type: String,
    }
    let media = |media: Media| Some((STANDARD.decode(media.data).ok()?, media.mime_type));
    let audience = None;
    Some(match serde_json::from_value(block.clone()).ok()? {
        Block::Text { text } => Content::Text { text, audience },
        Block::Image(image) => {
            let (data, mime_type) = media(image)?;
            Content::Image {
                data,
                mime_type,
                audience,
            }
        }
        Block::Audio(audio) => {
            let (data, mime_type) = media(audio)?;
            Content::Audio {
                data,
                mime_type,
                audience,
            }
        }
    })
}

fn roots(sent: &Value) -> Option<ClientAnswer> {
    let roots = sent.get("roots")?.as_array()?;
    if roots.len() > ROOTS_MAX {
        return None;
    }
    let root = |root: &Value| {
        Some(Root {
            uri: root.get("uri")?.as_str()?.to_owned(),
            name: root.get("name").and_then(Value::as_str).map(str::to_owned),
        })
    };
    let roots: Option<Vec<Root>> = roots.iter().map(root).collect();
    roots.map(ClientAnswer::Roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(schema: Value) -> Question {
        let Value::Object(schema) = schema else {
            panic!("no schema")
        };
        Question {
            key: "k".into(),
            request: QuestionKind::Form {
                message: "?".into(),
                schema,
            },
        }
    }

    #[test]
    fn an_answer_fits_the_form() {
        let question = form(json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "age": {"type": "integer"},
                "pick": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
                "one": {"type": "string", "oneOf": [{"const": "x", "title": "X"}]},
            },
            "required": ["name"],
        }));
        for content in [
            json!({"name": "Ann"}),
            json!({"name": "Ann", "age": 3, "pick": ["a"], "one": "x", "other": null}),
        ] {
            let sent = json!({"action": "accept", "content": content});
            let expected = ClientAnswer::Accepted(content.to_string());
            assert_eq!(answer(&question, &sent), Some(expected));
        }
        for content in [
            json!({}),
            json!({"name": 1}),
            json!({"name": "Ann", "age": 1.5}),
            json!({"name": "Ann", "pick": ["c"]}),
            json!({"name": "Ann", "one": "y"}),
            json!([]),
            json!(null),
        ] {
            let sent = json!({"action": "accept", "content": content});
            assert_eq!(answer(&question, &sent), None, "{sent}");
        }
        for sent in [
            json!(12345),
            json!(null),
            json!({}),
            json!({"action": "yes"}),
        ] {
            assert_eq!(answer(&question, &sent), None, "{sent}");
        }
        let no = answer(&question, &json!({"action": "decline"}));
        assert_eq!(no, Some(ClientAnswer::Declined));
        let gone = answer(&question, &json!({"action": "cancel"}));
        assert_eq!(gone, Some(ClientAnswer::Dismissed));
    }

    #[test]
    fn who_decides_something_that_was_not_asked_has_said_no() {
        let schema = json!({
            "type": "object",
            "properties": {"decision": {"type": "string", "enum": ["deny", "once"]}},
            "required": ["decision"],
        });
        let Value::Object(schema) = schema else {
            panic!("no schema")
        };
        let message = "?".into();
        let question = Question {
            key: "k".into(),
            request: QuestionKind::Decision { message, schema },
        };
        let said = |content: Value| {
            let sent = json!({"action": "accept", "content": content});
            answer(&question, &sent).unwrap()
        };
        let once = json!({"decision": "once"});
        assert_eq!(said(once.clone()), ClientAnswer::Accepted(once.to_string()));
        for no in [
            json!({"decision": "yes"}),
            json!({"decision": true}),
            json!({}),
            json!([]),
            json!(null),
        ] {
            assert_eq!(said(no.clone()), ClientAnswer::Declined, "{no}");
        }
        let gone = answer(&question, &json!({"action": "cancel"}));
        assert_eq!(gone, Some(ClientAnswer::Dismissed));
        assert_eq!(answer(&question, &json!({"action": "yes"})), None);
    }

    #[test]
    fn a_model_and_folders_answer_in_their_own_way() {
        let question = |request| Question {
            key: "k".into(),
            request,
        };
        let sample = question(QuestionKind::Sample {
            messages: Vec::new(),
            max_tokens: 1,
            system_prompt: None,
        });
        for content in [
            json!({"type": "text", "text": "hi"}),
            json!([{"type": "tool_use"}, {"type": "text", "text": "hi"}]),
        ] {
            let sent = json!({"role": "assistant", "content": content, "model": "m"});
            let Some(ClientAnswer::Sample { content, .. }) = answer(&sample, &sent) else {
                panic!("{sent}")
            };
            let audience = None;
            let text = "hi".to_owned();
            assert_eq!(content, Content::Text { text, audience });
        }
        let folders = question(QuestionKind::Roots);
        let sent = json!({"roots": [{"uri": "file:///a", "name": "a"}, {"uri": "file:///b"}]});
        let Some(ClientAnswer::Roots(roots)) = answer(&folders, &sent) else {
            panic!("{sent}")
        };
        assert_eq!(roots.len(), 2);
        assert_eq!(answer(&folders, &json!({"roots": [{}]})), None);
    }
}
