//! A JSON Schema that a component wrote, and what fits it.
//!
//! Owns checking values against it within bounds: no schema is fetched, and patterns run in linear
//! time. What the schema means is the library's business.

mod effort;
mod graph;
mod pattern;
mod work;

use std::fmt;

use jsonschema::{Draft, Validator};
use ringfence_sandbox::ArgumentError;
use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use pattern::PATTERNS_MAX;

use graph::Graph;
use work::Within;

/// Bytes of one schema. Bounds what a component can make every client read.
const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// Bytes of a message about a value that does not fit.
const MESSAGE_BYTES_MAX: usize = 300;

/// A schema, ready to check values.
pub(crate) struct Schema {
    json: Map<String, Value>,
    graph: Graph,
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
    #[error("it has more patterns than are left of the {PATTERNS_MAX} of its component")]
    TooManyPatterns,
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
    /// Reads a schema of objects, which takes its patterns from those that its component has left.
    ///
    /// # Errors
    ///
    /// It is none, refers to something outside of itself, or takes too much to read.
    pub(crate) fn parse(text: &str, patterns_left: &mut usize) -> Result<Self, InvalidSchema> {
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
        *patterns_left = patterns_left
            .checked_sub(pattern::count(&json))
            .ok_or(InvalidSchema::TooManyPatterns)?;
        let graph = Graph::read(&json).map_err(InvalidSchema::Invalid)?;
        effort::check(&graph).map_err(InvalidSchema::Invalid)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(pattern::options())
            .build(&json)
            .map_err(|error| InvalidSchema::Invalid(error.to_string()))?;
        let Value::Object(json) = json else {
            return Err(InvalidSchema::NotOfObject);
        };
        Ok(Self {
            json,
            graph,
            validator,
        })
    }

    /// The schema itself.
    pub(crate) fn json(&self) -> &Map<String, Value> {
        &self.json
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// It does not fit: where, and why. Or nobody can tell in time.
    pub(crate) fn check(&self, value: &Map<String, Value>) -> Result<(), Unfit> {
        let value = Value::Object(value.clone());
        let whole = |message: String| Unfit {
            path: String::new(),
            message,
        };
        match work::of(&self.graph, &value) {
            Ok(Within::Explaining) => {}
            Ok(Within::Checking) if self.validator.is_valid(&value) => return Ok(()),
            Ok(Within::Checking) => {
                let message = "it does not fit, and there is too much of it to say where";
                return Err(whole(message.to_owned()));
            }
            Err(beyond) => return Err(whole(beyond.to_string())),
        }
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

    fn parse(text: &str) -> Result<Schema, InvalidSchema> {
        Schema::parse(text, &mut PATTERNS_MAX.clone())
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_value_fits_or_the_place_is_named() {
        let schema = parse(
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
            assert!(parse(text).is_err(), "{text}");
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
            assert!(parse(&text).is_err(), "{target}");
        }
        // Data may say anything.
        let text = json!({"type": "object", "properties": {"a": {"default": {"$ref": "http://example.com"}}}});
        assert!(parse(&text.to_string()).is_ok());
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
            assert!(parse(text).is_err(), "{text}");
        }
        // One that looks into the value on its way is a tree.
        let tree = r##"{"type":"object","properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}}}"##;
        let tree = parse(tree).unwrap();
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
        assert!(parse(&schema.to_string()).is_err());
    }

    #[test]
    fn h56_a_schema_that_is_too_deep_too_long_or_no_json_is_refused() {
        let deep = format!(
            "{{\"type\":\"object\",\"a\":{}{}}}",
            "{\"allOf\":[".repeat(10_000),
            "]}".repeat(10_000)
        );
        assert!(parse(&deep).is_err());
        let choices = vec!["x".repeat(1024); 1024];
        let long = json!({"type": "object", "properties": {"a": {"enum": choices}}}).to_string();
        assert!(matches!(parse(&long), Err(InvalidSchema::TooLong)));
        assert!(parse(r#"{"type":"object","properties":{"a":{"maximum":1e400}}}"#).is_err());
    }

    #[test]
    fn a_pattern_cannot_take_forever() {
        let schema =
            parse(r#"{"type":"object","properties":{"a":{"pattern":"^(a+)+$"}}}"#).unwrap();
        let long = format!("{}b", "a".repeat(100_000));
        assert!(schema.check(&object(&json!({"a": long}))).is_err());
    }

    /// A value of so many levels, each below `x`.
    fn nested(levels: usize) -> Map<String, Value> {
        let mut value = json!({});
        for _ in 0..levels {
            value = json!({"x": value});
        }
        object(&value)
    }

    /// What is said of a value that nobody checks.
    fn refusal(schema: &Schema, value: &Map<String, Value>) -> String {
        schema.check(value).unwrap_err().message
    }

    #[test]
    fn h56_branches_that_look_into_the_value_twice_end() {
        for word in ["allOf", "anyOf", "oneOf"] {
            let next = json!({"properties": {"x": {"$ref": "#/$defs/a"}}});
            let schema = json!({"type": "object", "$ref": "#/$defs/a",
                "$defs": {"a": {"type": "object", word: [next, next]}}});
            let schema = parse(&schema.to_string()).unwrap();
            // Two to the power of forty.
            assert!(refusal(&schema, &nested(40)).contains("steps"), "{word}");
            assert_eq!(schema.check(&nested(4)).is_ok(), word != "oneOf", "{word}");
        }
        // The same without a circle.
        let lines = (0..40).map(|line| {
            let next = json!({"properties": {"x": {"$ref": format!("#/$defs/d{}", line + 1)}}});
            (format!("d{line}"), json!({"allOf": [next, next]}))
        });
        let mut lines: Map<String, Value> = lines.collect();
        lines.insert("d40".into(), json!(true));
        let schema = json!({"type": "object", "$ref": "#/$defs/d0", "$defs": lines});
        let schema = parse(&schema.to_string()).unwrap();
        assert!(refusal(&schema, &nested(40)).contains("steps"));
        assert!(schema.check(&nested(4)).is_ok());
    }

    #[test]
    fn h56_what_is_left_over_is_not_looked_for_without_end() {
        let mut schema = json!({"type": "object"});
        for _ in 0..28 {
            schema = json!({"type": "object", "unevaluatedProperties": false, "allOf": [schema]});
        }
        let schema = parse(&schema.to_string()).unwrap();
        assert!(refusal(&schema, &object(&json!({}))).contains("steps"));
    }

    #[test]
    fn h56_what_is_wrong_is_not_explained_without_end() {
        let next = json!({"properties": {"x": {"$ref": "#/$defs/a"}}});
        let schema = json!({"type": "object", "$ref": "#/$defs/a",
            "$defs": {"a": {"anyOf": [next, next], "maxProperties": 1}}});
        let schema = parse(&schema.to_string()).unwrap();
        let mut value = json!({"x": {}, "y": {}});
        for _ in 0..14 {
            value = json!({"x": value});
        }
        assert!(refusal(&schema, &object(&value)).contains("too much"));
        assert!(schema.check(&nested(14)).is_ok());
    }

    #[test]
    fn h56_a_schema_does_not_send_a_validator_too_deep() {
        let chain = (0..60).map(|line| {
            let next = json!({"$ref": format!("#/$defs/d{}", line + 1)});
            (format!("d{line}"), next)
        });
        let mut chain: Map<String, Value> = chain.collect();
        let last = json!({"properties": {"x": {"$ref": "#/$defs/d0"}}});
        chain.insert("d60".into(), last);
        let schema = json!({"type": "object", "$ref": "#/$defs/d0", "$defs": chain});
        let schema = parse(&schema.to_string()).unwrap();
        assert!(refusal(&schema, &nested(50)).contains("one in another"));
        assert!(schema.check(&nested(3)).is_ok());
    }

    #[test]
    fn h56_patterns_are_few_and_large_ones_for_short_texts() {
        let many = (0..=PATTERNS_MAX).map(|at| (at.to_string(), json!({"pattern": "a"})));
        let many = many.collect::<Map<_, _>>();
        let many = json!({"type": "object", "properties": many}).to_string();
        assert!(matches!(parse(&many), Err(InvalidSchema::TooManyPatterns)));
        // One component has them for all of its schemas.
        let mut left = 1;
        let one = r#"{"type":"object","properties":{"a":{"pattern":"a"}}}"#;
        assert!(Schema::parse(one, &mut left).is_ok());
        assert!(Schema::parse(one, &mut left).is_err());

        let bomb = r#"{"type":"object","properties":{"a":{"pattern":"((a{1000}){1000}){10}"}}}"#;
        assert!(parse(bomb).is_err());
        let large = r#"{"type":"object","properties":{"a":{"pattern":"^(a?b?c?){1000}$"}}}"#;
        let schema = parse(large).unwrap();
        let texts = |bytes: usize| object(&json!({"a": "abc".repeat(bytes / 3)}));
        assert!(schema.check(&texts(300)).is_ok());
        assert!(refusal(&schema, &texts(1 << 20)).contains("steps"));
    }
}
