//! A JSON Schema that a component wrote, and what fits it.
//!
//! Owns checking values against it within bounds: no schema is fetched, and patterns run in linear
//! time. What the schema means is the library's business.

mod effort;

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use ringfence_sandbox::ArgumentError;
use serde_json::{Map, Value};
use thiserror::Error;

/// Bytes of one schema. Bounds what a component can make every client read.
const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// Bytes of a message about a value that does not fit.
const MESSAGE_BYTES_MAX: usize = 300;

/// A schema, ready to check values.
pub(crate) struct Schema {
    json: Map<String, Value>,
    validator: Validator,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.json).finish()
    }
}

/// Why something is no schema that can be offered.
#[derive(Debug, Error)]
pub(crate) enum InvalidSchema {
    #[error("it is longer than {SCHEMA_BYTES_MAX} bytes")]
    TooLong,
    #[error("it is not JSON: {0}")]
    Unparsable(#[from] crate::json::JsonFault),
    #[error("it is not an object with the `type` `object`")]
    NotOfObject,
    #[error("{0}")]
    Invalid(String),
}

/// A value does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} (at `{path}`)")]
pub(crate) struct Unfit {
    /// A JSON pointer; empty for the whole.
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Schema {
    /// Reads a schema of objects.
    ///
    /// # Errors
    ///
    /// It is none, or refers to something outside of itself.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidSchema> {
        if text.len() > SCHEMA_BYTES_MAX {
            return Err(InvalidSchema::TooLong);
        }
        let Value::Object(json) = crate::json::parse(text)? else {
            return Err(InvalidSchema::NotOfObject);
        };
        if json.get("type").and_then(Value::as_str) != Some("object") {
            return Err(InvalidSchema::NotOfObject);
        }
        let json = Value::Object(json);
        effort::check(&json).map_err(InvalidSchema::Invalid)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(&json)
            .map_err(|error| InvalidSchema::Invalid(error.to_string()))?;
        let Value::Object(json) = json else {
            return Err(InvalidSchema::NotOfObject);
        };
        Ok(Self { json, validator })
    }

    /// The schema itself.
    pub(crate) fn json(&self) -> &Map<String, Value> {
        &self.json
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// It does not fit: where, and why.
    pub(crate) fn check(&self, value: &Map<String, Value>) -> Result<(), Unfit> {
        let value = Value::Object(value.clone());
        self.validator.validate(&value).map_err(|error| {
            let mut message = error.to_string();
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
            Unfit {
                path: error.instance_path().to_string(),
                message,
            }
        })
    }
}

impl From<Unfit> for ArgumentError {
    fn from(unfit: Unfit) -> Self {
        let path = if unfit.path.is_empty() {
            "/".to_owned()
        } else {
            unfit.path
        };
        Self {
            path,
            message: unfit.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_value_fits_or_the_place_is_named() {
        let schema = Schema::parse(
            r##"{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},
                "required":["n"],"$defs":{"n":{"type":"integer","minimum":1}}}"##,
        )
        .unwrap();
        assert!(schema.check(&object(&json!({"n": 1}))).is_ok());
        let unfit = schema.check(&object(&json!({"n": 0}))).unwrap_err();
        assert_eq!(unfit.path, "/n");
        assert!(schema.check(&object(&json!({}))).is_err());
    }

    #[test]
    fn what_is_no_schema_of_objects_is_refused() {
        for text in [
            "",
            "true",
            "{}",
            r#"{"type":"array"}"#,
            r#"{"type":"object","properties":7}"#,
            r#"{"type":"object","$ref":"https://example.com/schema"}"#,
            r#"{"type":"object","properties":{"a":{"pattern":"("}}}"#,
        ] {
            assert!(Schema::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn h56_a_schema_refers_to_nothing_outside_of_itself() {
        for target in [
            "http://192.0.2.1/s",
            "https://example.com/s",
            "file:///etc/passwd",
            "other.json",
            "#%2Fa",
            "#no",
        ] {
            let text = json!({"type": "object", "properties": {"a": {"$ref": target}}}).to_string();
            assert!(Schema::parse(&text).is_err(), "{target}");
        }
        // Data may say anything.
        let text = json!({"type": "object", "properties": {"a": {"default": {"$ref": "http://example.com"}}}});
        assert!(Schema::parse(&text.to_string()).is_ok());
    }

    #[test]
    fn h56_a_schema_that_goes_in_circles_is_refused() {
        for text in [
            r##"{"type":"object","$ref":"#"}"##,
            r##"{"type":"object","allOf":[{"$ref":"#"}]}"##,
            r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"not":{"$ref":"#/$defs/y"}},"y":{"if":{"$ref":"#/$defs/x"}}}}"##,
            r##"{"type":"object","properties":{"a":{"$ref":"#x"}},"$defs":{"x":{"$anchor":"x","anyOf":[{"$ref":"#x"}]}}}"##,
            r##"{"type":"object","$dynamicAnchor":"a","properties":{"a":{"$dynamicRef":"#a"}}}"##,
        ] {
            assert!(Schema::parse(text).is_err(), "{text}");
        }
        // One that looks into the value on its way is a tree.
        let tree = r##"{"type":"object","properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}}}"##;
        let tree = Schema::parse(tree).unwrap();
        assert!(tree.check(&object(&json!({"left": {"right": {}}}))).is_ok());
        assert!(tree.check(&object(&json!({"left": {"right": 7}}))).is_err());
    }

    #[test]
    fn h56_a_schema_that_doubles_with_each_line_is_refused() {
        let lines = (0..40).map(|line| {
            let next = json!({"$ref": format!("#/$defs/d{}", line + 1)});
            (format!("d{line}"), json!({"allOf": [next, next]}))
        });
        let mut lines: Map<String, Value> = lines.collect();
        lines.insert("d40".into(), json!({"type": "object"}));
        let schema = json!({"type": "object", "$ref": "#/$defs/d0", "$defs": lines});
        assert!(Schema::parse(&schema.to_string()).is_err());
    }

    #[test]
    fn h56_a_schema_that_is_too_deep_too_long_or_no_json_is_refused() {
        let deep = format!(
            "{{\"type\":\"object\",\"a\":{}{}}}",
            "{\"allOf\":[".repeat(10_000),
            "]}".repeat(10_000)
        );
        assert!(Schema::parse(&deep).is_err());
        let choices = vec!["x".repeat(1024); 1024];
        let long = json!({"type": "object", "properties": {"a": {"enum": choices}}}).to_string();
        assert!(matches!(Schema::parse(&long), Err(InvalidSchema::TooLong)));
        assert!(
            Schema::parse(r#"{"type":"object","properties":{"a":{"maximum":1e400}}}"#).is_err()
        );
    }

    #[test]
    fn a_pattern_cannot_take_forever() {
        let schema =
            Schema::parse(r#"{"type":"object","properties":{"a":{"pattern":"^(a+)+$"}}}"#).unwrap();
        let long = format!("{}b", "a".repeat(100_000));
        assert!(schema.check(&object(&json!({"a": long}))).is_err());
    }
}
