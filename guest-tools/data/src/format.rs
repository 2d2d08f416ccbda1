//! The four formats: which module reads and writes each.

use std::fmt;

use serde_json::Value;

use crate::error::Error;
use crate::limits::{MAX_DEPTH, MAX_OUTPUT_BYTES, MAX_TEXT_BYTES};
use crate::{table, tomlish, yaml};

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
        })
    }
}

/// What a format leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// JSON on one line.
    pub compact: bool,
    /// What separates cells of CSV.
    pub delimiter: char,
    /// Whether cells of CSV may become numbers and booleans.
    pub infer: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            compact: false,
            delimiter: ',',
            infer: true,
        }
    }
}

/// Reads `text`.
///
/// # Errors
/// When the text is too large, not of this format, or nests or expands too far.
pub fn read(text: &str, format: Format, options: Options) -> Result<Value, Error> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Error::Input(text.len()));
    }
    // Editors on Windows put one there; no parser here wants it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value = match format {
        Format::Csv => table::read(text, options)?,
        Format::Json => {
            serde_json::from_str(text).map_err(|error| Error::syntax(Format::Json, &error))?
        }
        Format::Toml => tomlish::read(text)?,
        Format::Yaml => yaml::read(text)?,
    };
    if depth(&value) > MAX_DEPTH {
        return Err(Error::Depth);
    }
    Ok(value)
}

/// Writes `value`.
///
/// # Errors
/// When the format cannot hold the value, or the text would be too large.
pub fn write(value: &Value, format: Format, options: Options) -> Result<String, Error> {
    let text = match format {
        Format::Csv => table::write(value, options)?,
        Format::Json if options.compact => value.to_string(),
        Format::Json => format!("{value:#}"),
        Format::Toml => tomlish::write(value)?,
        Format::Yaml => yaml::write(value),
    };
    if text.len() > MAX_OUTPUT_BYTES {
        return Err(Error::Output);
    }
    Ok(text)
}

/// How deeply `value` nests. Recurses no deeper than the parsers that built it.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(text: &str, from: Format, to: Format) -> Result<String, Error> {
        let options = Options {
            compact: true,
            ..Options::default()
        };
        write(&read(text, from, options)?, to, options)
    }

    #[test]
    fn keeps_keys_in_order_and_integers_exact() {
        let text = r#"{"z":9007199254740993,"a":[1.5,true,null,"x"],"m":{}}"#;
        assert_eq!(convert(text, Format::Json, Format::Json).unwrap(), text);
        let yaml = convert(text, Format::Json, Format::Yaml).unwrap();
        assert_eq!(convert(&yaml, Format::Yaml, Format::Json).unwrap(), text);
    }

    #[test]
    fn converts_between_all() {
        let toml = "[[rows]]\nname = \"Ann\"\nage = 30\n";
        let json = r#"{"rows":[{"name":"Ann","age":30}]}"#;
        assert_eq!(convert(toml, Format::Toml, Format::Json).unwrap(), json);
        assert_eq!(convert(json, Format::Json, Format::Toml).unwrap(), toml);
        assert_eq!(
            convert("name,age\nAnn,30\n", Format::Csv, Format::Yaml).unwrap(),
            "- name: Ann\n  age: 30\n"
        );
    }

    #[test]
    fn refuses_deep_and_large_texts() {
        let deep = "[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1);
        for format in [Format::Json, Format::Yaml] {
            assert_eq!(
                convert(&deep, format, Format::Json),
                Err(Error::Depth),
                "{format}"
            );
        }
        assert!(convert(&"[".repeat(100_000), Format::Json, Format::Json).is_err());
        assert!(convert(&"[".repeat(100_000), Format::Yaml, Format::Json).is_err());
        assert!(
            convert(
                &format!("a = {}", "[".repeat(9_999)),
                Format::Toml,
                Format::Json
            )
            .is_err()
        );
        let large = " ".repeat(MAX_TEXT_BYTES + 1);
        assert_eq!(
            convert(&large, Format::Json, Format::Json),
            Err(Error::Input(large.len()))
        );
    }

    #[test]
    fn says_where_a_text_is_wrong() {
        let message = convert("{\"a\": 1,}", Format::Json, Format::Yaml)
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("`text` is not valid JSON: "),
            "{message}"
        );
        assert!(message.contains("line 1 column 9"), "{message}");
    }
}
