//! From the model to TOML: plain values of a table first, then its tables, each under its header.

use serde_json::{Map, Value};

use super::join;
use crate::error::Error;
use crate::format::Format;

/// Writes an object as a TOML document.
///
/// # Errors
/// When `value` is no object, or holds null or an integer beyond 64 bits with sign.
pub fn write(value: &Value) -> Result<String, Error> {
    let Value::Object(fields) = value else {
        return Err(refuse(
            "anything but an object",
            &[],
            "wrap the value in an object first",
        ));
    };
    let mut output = String::new();
    table(&mut output, fields, &mut Vec::new())?;
    Ok(output)
}

fn table<'v>(
    output: &mut String,
    fields: &'v Map<String, Value>,
    path: &mut Vec<&'v str>,
) -> Result<(), Error> {
    for (name, value) in fields.iter().filter(|(_, value)| !is_section(value)) {
        path.push(name);
        key(output, name);
        output.push_str(" = ");
        inline(output, value, path)?;
        output.push('\n');
        path.pop();
    }
    for (name, value) in fields.iter().filter(|(_, value)| is_section(value)) {
        path.push(name);
        match value {
            Value::Object(fields) => {
                // A table that holds only tables needs no header of its own.
                if fields.is_empty() || fields.values().any(|value| !is_section(value)) {
                    header(output, path, "[", "]");
                }
                table(output, fields, path)?;
            }
            Value::Array(items) => {
                for fields in items.iter().filter_map(Value::as_object) {
                    header(output, path, "[[", "]]");
                    table(output, fields, path)?;
                }
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

/// Whether `value` gets a header instead of a line.
fn is_section(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_object),
        _ => false,
    }
}

fn header(output: &mut String, path: &[&str], open: &str, close: &str) {
    if !output.is_empty() {
        output.push('\n');
    }
    output.push_str(open);
    for (index, name) in path.iter().enumerate() {
        if index > 0 {
            output.push('.');
        }
        key(output, name);
    }
    output.push_str(close);
    output.push('\n');
}

fn inline<'v>(output: &mut String, value: &'v Value, path: &mut Vec<&'v str>) -> Result<(), Error> {
    match value {
        Value::Null => {
            return Err(refuse(
                "null",
                path,
                "leave the key out or give it another value",
            ));
        }
        Value::Number(number) if number.is_u64() && !number.is_i64() => {
            return Err(refuse("an integer of 2^63 or more", path, "make it text"));
        }
        Value::Bool(_) | Value::Number(_) => output.push_str(&value.to_string()),
        Value::String(value) => text(output, value),
        Value::Array(items) => {
            output.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                inline(output, item, path)?;
            }
            output.push(']');
        }
        Value::Object(fields) => {
            output.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                output.push_str(if index > 0 { ", " } else { " " });
                path.push(name);
                key(output, name);
                output.push_str(" = ");
                inline(output, value, path)?;
                path.pop();
            }
            output.push_str(if fields.is_empty() { "}" } else { " }" });
        }
    }
    Ok(())
}

fn key(output: &mut String, name: &str) {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) {
        output.push_str(name);
    } else {
        text(output, name);
    }
}

/// TOML's basic strings are JSON's, but for one control character.
fn text(output: &mut String, text: &str) {
    output.push_str(&Value::from(text).to_string().replace('\u{7f}', "\\u007f"));
}

fn refuse(what: &'static str, path: &[&str], advice: &'static str) -> Error {
    Error::Unrepresentable {
        format: Format::Toml,
        what,
        path: join(path),
        advice,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tomlish::read;

    #[test]
    fn writes_plain_values_before_tables() {
        let value = json!({
            "t": {"x": 1, "deep": {"er": {"y": [1, [2.0, {"z": true}]]}}},
            "n": "v",
            "list": [{"a": 1, "sub": {"b": 2}}, {}],
            "empty": {},
            "none": []
        });
        let text = write(&value).unwrap();
        assert_eq!(
            text,
            "n = \"v\"\nnone = []\n\n[t]\nx = 1\n\n[t.deep.er]\ny = [1, [2.0, { z = true }]]\n\n\
             [[list]]\na = 1\n\n[list.sub]\nb = 2\n\n[[list]]\n\n[empty]\n"
        );
        assert_eq!(read(&text).unwrap(), value);
    }

    #[test]
    fn reads_back_odd_text_and_keys() {
        let odd = [
            "",
            "a b",
            "a.b",
            "\"",
            "\\",
            "\n\t\r\u{8}\u{c}",
            "\u{0}\u{1f}\u{7f}",
            "ä😀",
            "'''",
        ];
        for text in odd {
            let value = json!({ text: [text, {text: 1e300}], "t": { text: {"x": -1} } });
            assert_eq!(read(&write(&value).unwrap()).unwrap(), value, "{text:?}");
        }
    }

    #[test]
    fn says_what_toml_cannot_hold() {
        let message = write(&json!({"a": {"b": null}})).unwrap_err().to_string();
        assert!(message.contains("null at `$.a.b`"), "{message}");
        assert!(write(&json!([1])).is_err());
        assert!(write(&json!({"n": u64::MAX})).is_err());
        assert!(write(&json!({"n": i64::MAX})).is_ok());
    }
}
