//! What a fixture says about an answer, in one line of text.

use serde_json::Value;

use crate::bindings::ringfence::tool::client::Answer;
use crate::bindings::ringfence::tool::types::Content;

/// What came back, in MCP's own words.
pub(crate) fn describe(answer: &Answer) -> String {
    match answer {
        Answer::Accepted(form) => format!("action=accept, content={form}"),
        Answer::Declined => "action=decline".to_owned(),
        Answer::Dismissed => "action=cancel".to_owned(),
        Answer::Sample(said) => match &said.content {
            Content::Text(text) => text.text.clone(),
            _ => "something that is not text".to_owned(),
        },
        Answer::Roots(roots) if roots.is_empty() => "no roots".to_owned(),
        Answer::Roots(roots) => {
            let roots: Vec<_> = roots
                .iter()
                .map(|root| match &root.name {
                    Some(name) => format!("{name} ({})", root.uri),
                    None => root.uri.clone(),
                })
                .collect();
            roots.join(", ")
        }
    }
}

/// The text that was filled in for `field`; what came back instead, where there is none.
pub(crate) fn text(answer: &Answer, field: &str) -> Result<String, String> {
    let value = value(answer, field);
    match value.as_ref().and_then(Value::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => Err(describe(answer)),
    }
}

/// Whether the box for `field` was ticked.
pub(crate) fn is_ticked(answer: &Answer, field: &str) -> bool {
    value(answer, field) == Some(Value::Bool(true))
}

fn value(answer: &Answer, field: &str) -> Option<Value> {
    let Answer::Accepted(form) = answer else {
        return None;
    };
    let form: Value = serde_json::from_str(form).ok()?;
    form.get(field).cloned()
}
