//! From the model to YAML in block style.
//!
//! Text that could be read as anything else is written in double quotes, as JSON: YAML 1.2 reads that.

use serde_json::{Map, Value};

use super::scalar;

/// Writes `value` as one document.
pub fn write(value: &Value) -> String {
    let mut output = String::new();
    match value {
        Value::Array(items) if !items.is_empty() => array(&mut output, items, 0),
        Value::Object(fields) if !fields.is_empty() => object(&mut output, fields, 0, false),
        other => {
            inline(&mut output, other);
            output.push('\n');
        }
    }
    output
}

fn array(output: &mut String, items: &[Value], indent: usize) {
    for item in items {
        pad(output, indent);
        output.push('-');
        match item {
            Value::Object(fields) if !fields.is_empty() => {
                output.push(' ');
                object(output, fields, indent + 1, true);
            }
            other => child(output, other, indent),
        }
    }
}

/// Writes fields; the first goes on the line that is begun when `begun`.
fn object(output: &mut String, fields: &Map<String, Value>, indent: usize, begun: bool) {
    for (index, (key, value)) in fields.iter().enumerate() {
        if !begun || index > 0 {
            pad(output, indent);
        }
        text(output, key);
        output.push(':');
        child(output, value, indent);
    }
}

/// Writes what stands after `-` or `key:` and ends the line.
fn child(output: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            output.push('\n');
            array(output, items, indent + 1);
        }
        Value::Object(fields) if !fields.is_empty() => {
            output.push('\n');
            object(output, fields, indent + 1, false);
        }
        other => {
            output.push(' ');
            inline(output, other);
            output.push('\n');
        }
    }
}

fn inline(output: &mut String, value: &Value) {
    match value {
        Value::String(value) => text(output, value),
        other => output.push_str(&other.to_string()),
    }
}

fn text(output: &mut String, text: &str) {
    if is_plain(text) {
        output.push_str(text);
    } else {
        output.push_str(&Value::from(text).to_string());
    }
}

/// Whether `text` means itself without quotes. Stricter than YAML: readers of version 1.1 take `no`
/// and `on` for booleans and `12:30` for a number.
fn is_plain(text: &str) -> bool {
    const OLD_BOOLEANS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let safe =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '@' | '+');
    let first = text.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '/'))
        && !text.ends_with(' ')
        && text.chars().all(safe)
        && !OLD_BOOLEANS
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
        && matches!(scalar::resolve(text), Some(Value::String(_)))
}

fn pad(output: &mut String, indent: usize) {
    for _ in 0..indent {
        output.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::read;

    #[test]
    fn writes_blocks() {
        let value = json!({"a": [1, {"b": "x", "c": [[], {}]}, ["z"]], "d": {"e": "two words"}});
        assert_eq!(
            write(&value),
            "a:\n  - 1\n  - b: x\n    c:\n      - []\n      - {}\n  -\n    - z\nd:\n  e: two words\n"
        );
        assert_eq!(read(&write(&value)).unwrap(), value);
    }

    #[test]
    fn text_stays_text() {
        for text in [
            "",
            " ",
            "no",
            "NULL",
            "~",
            "1",
            "0x1",
            "1e3",
            "a: b",
            "a #b",
            "- a",
            "?",
            "*a",
            "&a",
            "!a",
            "{",
            "[",
            "'",
            "\"",
            "%a",
            "@a",
            "`a",
            "a\nb",
            "\t",
            "\u{0}",
            "\u{85}",
            "\u{2028}",
            "<<",
            "---",
            "...",
            "12:30",
            "2024-01-01",
            "ä ö",
            "trailing ",
            "key:",
            "\u{feff}",
            "😀",
            ".inf",
            "=",
        ] {
            let value = json!({ text: [text, {text: text}] });
            assert_eq!(
                read(&write(&value)).unwrap(),
                value,
                "{text:?}: {}",
                write(&value)
            );
            let bare = json!(text);
            assert_eq!(read(&write(&bare)).unwrap(), bare, "{text:?}");
        }
    }
}
