//! Secrets out of JSON, which stays JSON.
//!
//! Owns what becomes of a value with a secret in it. Only reached when there may be one.

use serde_json::{Map, Value};

use super::Scrubber;

/// Removes secrets from `text`, in which there may be one. Nothing is returned when there is none.
pub(super) fn scrub(scrubber: &Scrubber, text: &str) -> Option<String> {
    // What is nested deeper than is read is kept whole, or not at all.
    let read: Option<Value> = serde_json::from_str(text).ok();
    let left = read.clone().map(|read| value(scrubber, read));
    if left == read && scrubber.spans(text.as_bytes()).is_empty() {
        return None;
    }
    if let Some(left) = left {
        let left = left.to_string();
        if scrubber.spans(left.as_bytes()).is_empty() {
            return Some(left);
        }
    }
    // It spans several values, or stands in the punctuation between them.
    let names = scrubber.found(text.as_bytes());
    let labels: Vec<String> = names
        .iter()
        .map(|name| format!("[secret {name}]"))
        .collect();
    Some(Value::String(labels.join(" ")).to_string())
}

fn value(scrubber: &Scrubber, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(scrubber.string(text)),
        Value::Number(number) => {
            let text = number.to_string();
            let left = scrubber.text(&text);
            if left == text.as_str() {
                Value::Number(number)
            } else {
                Value::String(left.into_owned())
            }
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| self::value(scrubber, item))
            .collect(),
        Value::Object(fields) => {
            let left = fields
                .into_iter()
                .map(|(name, field)| (scrubber.string(name), self::value(scrubber, field)));
            Value::Object(left.collect::<Map<_, _>>())
        }
        Value::Bool(_) | Value::Null => value,
    }
}
