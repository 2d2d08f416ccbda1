//! Parameters that clients repeat in headers: `x-mcp-header`.
//!
//! Owns which of them are offered. What a client puts into a header is seen by every proxy on the way and
//! kept in their logs, so a component must not have a secret put there, and must not break the header. It
//! refuses to know requests.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// The member of a schema.
pub(super) const MEMBER: &str = "x-mcp-header";

/// Bytes of a header's name after `Mcp-Param-`, and headers of one tool. Bound what a component makes
/// each request carry.
const NAME_BYTES_MAX: usize = 64;
const HEADERS_MAX: usize = 32;

/// Depth to which a schema is read. JSON that nests deeper is refused before.
const DEPTH_MAX: usize = 64;

/// Words of names whose values belong to nobody on the way.
const SENSITIVE: &[&str] = &[
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "pwd",
    "secret",
    "secrets",
    "signature",
    "ssn",
    "token",
    "tokens",
];

/// Takes from `schema` what would put something sensitive into a header. Gives the parameters whose
/// annotation was taken.
///
/// # Errors
///
/// An annotation that is none: the tool cannot be offered, since clients have to refuse it.
pub(super) fn admit(schema: &mut Map<String, Value>) -> Result<Vec<String>, String> {
    let mut seen = Seen::default();
    properties(schema, 0, &mut seen)?;
    if seen.names.len() > HEADERS_MAX {
        return Err(format!(
            "it wants more than {HEADERS_MAX} parameters in headers"
        ));
    }
    Ok(seen.taken)
}

#[derive(Default)]
struct Seen {
    names: HashSet<String>,
    taken: Vec<String>,
}

/// Looks at what is reached through properties alone; elsewhere there may be none.
fn properties(
    schema: &mut Map<String, Value>,
    depth: usize,
    seen: &mut Seen,
) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err("its schema nests too deeply".into());
    }
    for (key, value) in schema.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(members)) => {
                for (name, property) in members {
                    if let Value::Object(property) = property {
                        annotation(name, property, seen)?;
                        properties(property, depth + 1, seen)?;
                    }
                }
            }
            // Data may be called anything.
            ("default" | "examples" | "const" | "enum" | MEMBER, _) => {}
            (_, value) if mentions(value, 0) => {
                return Err("a parameter that is not always there cannot be in a header".into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn annotation(
    name: &str,
    property: &mut Map<String, Value>,
    seen: &mut Seen,
) -> Result<(), String> {
    let Some(header) = property.get(MEMBER) else {
        return Ok(());
    };
    let header = header
        .as_str()
        .ok_or("the name of a header is not text")?
        .to_owned();
    if header.is_empty() || header.len() > NAME_BYTES_MAX || !header.bytes().all(is_token) {
        return Err("the name of a header is not of letters, digits and `!#$%&'*+-.^_`|~`".into());
    }
    let kind = property.get("type").and_then(Value::as_str);
    if !matches!(kind, Some("string" | "integer" | "number" | "boolean")) {
        return Err("a header holds a string, a number or a boolean".into());
    }
    if !seen.names.insert(header.to_ascii_lowercase()) {
        return Err("two parameters go by one header".into());
    }
    if is_sensitive(name) || is_sensitive(&header) {
        property.remove(MEMBER);
        seen.taken.push(name.to_owned());
    }
    Ok(())
}

/// A character of a header's name: what HTTP calls a token.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn mentions(value: &Value, depth: usize) -> bool {
    match value {
        _ if depth > DEPTH_MAX => true,
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key == MEMBER || mentions(value, depth + 1)),
        Value::Array(items) => items.iter().any(|item| mentions(item, depth + 1)),
        _ => false,
    }
}

/// Whether a word of the name, or two in a row, say that the value is nobody's business.
fn is_sensitive(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        let hump = was_lower && character.is_uppercase();
        was_lower = character.is_lowercase();
        if hump || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    let pairs = words.windows(2).map(<[String]>::concat);
    let mut all = words.iter().cloned().chain(pairs);
    all.any(|word| {
        SENSITIVE.contains(&word.as_str()) || word == "privatekey" || word == "accesskey"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn admitted(properties: &Value) -> Result<(Value, Vec<String>), String> {
        let schema = json!({"type": "object", "properties": properties});
        let mut schema = schema.as_object().unwrap().clone();
        let taken = admit(&mut schema)?;
        Ok((schema["properties"].clone(), taken))
    }

    #[test]
    fn an_honest_header_is_left_alone() {
        let honest = json!({
            "region": {"type": "string", "x-mcp-header": "Region"},
            "page": {"type": "object", "properties": {"size": {"type": "integer", "x-mcp-header": "Page-Size"}}},
        });
        assert_eq!(admitted(&honest), Ok((honest, Vec::new())));
    }

    #[test]
    fn h58_what_is_sensitive_never_gets_into_a_header() {
        for name in [
            "api_key",
            "apiKey",
            "api-key",
            "token",
            "access_token",
            "accessToken",
            "password",
            "Authorization",
            "session-cookie",
            "client_secret",
            "private_key",
        ] {
            for (parameter, header) in [(name, "X"), ("value", name)] {
                let (left, taken) =
                    admitted(&json!({parameter: {"type": "string", "x-mcp-header": header}}))
                        .unwrap();
                assert_eq!(taken, [parameter], "{name}");
                assert_eq!(left[parameter], json!({"type": "string"}), "{name}");
            }
        }
        for name in [
            "author",
            "keyword",
            "monkey",
            "tokenizer",
            "pinned",
            "secretary",
        ] {
            assert!(
                admitted(&json!({name: {"type": "string", "x-mcp-header": "X"}}))
                    .unwrap()
                    .1
                    .is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn h58_what_would_break_a_header_is_refused() {
        for header in [
            json!("a\r\nEvil: 1"),
            json!("a\nb"),
            json!("a b"),
            json!("a:b"),
            json!(""),
            json!("ä"),
            json!("a\0"),
            json!(7),
            json!(null),
            json!({}),
            json!("x".repeat(65)),
        ] {
            let refused = admitted(&json!({"a": {"type": "string", "x-mcp-header": header}}));
            assert!(refused.is_err(), "{header}");
        }
    }

    #[test]
    fn h58_two_parameters_never_share_a_header() {
        let twice = json!({
            "a": {"type": "string", "x-mcp-header": "Region"},
            "b": {"type": "string", "x-mcp-header": "rEGION"},
        });
        assert!(admitted(&twice).is_err());
    }

    #[test]
    fn h58_a_header_holds_one_plain_value_that_is_always_in_one_place() {
        for property in [
            json!({"type": "object", "x-mcp-header": "A"}),
            json!({"type": "array", "x-mcp-header": "A"}),
            json!({"type": ["string", "null"], "x-mcp-header": "A"}),
            json!({"x-mcp-header": "A"}),
            json!({"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}),
            json!({"oneOf": [{"type": "string", "x-mcp-header": "A"}]}),
        ] {
            assert!(admitted(&json!({"a": property})).is_err(), "{property}");
        }
        let many: Map<String, Value> = (0..=HEADERS_MAX)
            .map(|index| {
                (
                    format!("p{index}"),
                    json!({"type": "string", "x-mcp-header": format!("P{index}")}),
                )
            })
            .collect();
        assert!(admitted(&Value::Object(many)).is_err());
    }
}
