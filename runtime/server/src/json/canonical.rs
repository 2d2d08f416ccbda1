//! One digest for JSON that says the same.
//!
//! Owns that the order of members does not matter, and that no two values that differ are digested
//! alike: each carries its kind, and text its quotes.

use serde_json::{Map, Value};

/// The digest of an object. Members may come in any order.
pub(crate) fn digest(members: &Map<String, Value>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    object(&mut hasher, members);
    *hasher.finalize().as_bytes()
}

fn update(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Object(members) => object(hasher, members),
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                update(hasher, item);
            }
            hasher.update(b"]");
        }
        other => {
            hasher.update(other.to_string().as_bytes());
            hasher.update(b",");
        }
    }
}

fn object(hasher: &mut blake3::Hasher, members: &Map<String, Value>) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    hasher.update(b"{");
    for (name, value) in members {
        update(hasher, &Value::from(name.as_str()));
        update(hasher, value);
    }
    hasher.update(b"}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> [u8; 32] {
        digest(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn what_says_the_same_has_one_digest_and_nothing_else_has_it() {
        assert_eq!(of(r#"{"a": 1, "b": [2]}"#), of(r#"{"b":[2],"a":1}"#));
        let others = [
            "{}",
            r#"{"a": 1}"#,
            r#"{"a": "1"}"#,
            r#"{"a": [1]}"#,
            r#"{"a": {"1": null}}"#,
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": {"b": 2}, "c": 3}"#,
            r#"{"a": {"b": 2, "c": 3}}"#,
            r#"{"a": [1, 2]}"#,
            r#"{"a": [[1], 2]}"#,
            r#"{"a": [12]}"#,
        ];
        for (at, one) in others.iter().enumerate() {
            for other in &others[..at] {
                assert_ne!(of(one), of(other), "{one} {other}");
            }
        }
    }
}
