//! JSON text that a stranger wrote.
//!
//! Owns what is refused although it may be JSON: nesting that would make readers recurse without
//! end, and objects that say one thing twice, of which two programs read different halves.

pub(crate) mod canonical;
pub(crate) mod members;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::echo::echo;

/// How deeply arrays and objects may nest. Bounds recursion in everything that walks a message; no
/// schema of ours comes near it.
pub const JSON_DEPTH_MAX: usize = 64;

/// Room for members that an object gets at once. Messages have fewer in most of theirs.
const MEMBERS_USUAL: usize = 4;

/// Why text was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonFault {
    /// An object names a member twice.
    #[error("an object has the name `{0}` twice")]
    Duplicate(String),
    /// It nests too deeply.
    #[error("arrays and objects nest more than {JSON_DEPTH_MAX} levels deep")]
    TooDeep,
    /// It is not JSON, or has a number that no 64-bit float holds.
    #[error("not JSON: {0}")]
    Syntax(String),
}

/// Parses one JSON text.
///
/// # Errors
///
/// The first fault in it.
pub fn parse(text: &str) -> Result<Value, JsonFault> {
    read(text, |json, fault| {
        Node { depth: 0, fault }.deserialize(json)
    })
}

/// Reads one JSON text as `reader` does.
fn read<'t, T>(
    text: &'t str,
    reader: impl FnOnce(&mut Json<'t>, &mut Option<JsonFault>) -> serde_json::Result<T>,
) -> Result<T, JsonFault> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut fault = None;
    reader(&mut json, &mut fault)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| fault.unwrap_or_else(|| JsonFault::Syntax(error.to_string())))
}

/// What is being read.
type Json<'t> = serde_json::Deserializer<serde_json::de::StrRead<'t>>;

/// One value at some depth.
struct Node<'f> {
    depth: usize,
    fault: &'f mut Option<JsonFault>,
}

impl Node<'_> {
    fn inner<E: serde::de::Error>(&mut self) -> Result<Node<'_>, E> {
        if self.depth >= JSON_DEPTH_MAX {
            *self.fault = Some(JsonFault::TooDeep);
            return Err(E::custom("too deep"));
        }
        Ok(Node {
            depth: self.depth + 1,
            fault: self.fault,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        // An empty object at the limit is as deep as a full one.
        self.inner::<A::Error>()?;
        let Some(first) = map.next_key::<String>()? else {
            return Ok(Value::Object(Map::new()));
        };
        let mut members = Map::with_capacity(MEMBERS_USUAL);
        members.insert(first, map.next_value_seed(self.inner()?)?);
        while let Some(name) = map.next_key::<String>()? {
            match members.entry(name) {
                Entry::Occupied(entry) => {
                    *self.fault = Some(JsonFault::Duplicate(echo(entry.key())));
                    return Err(A::Error::custom("duplicate name"));
                }
                Entry::Vacant(entry) => {
                    entry.insert(map.next_value_seed(self.inner()?)?);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_comes_back() {
        let text = r#"{"b":[1,-2,3.5,"x",null,true,{}],"a":18446744073709551615}"#;
        assert_eq!(parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth() {
        let fault = parse(r#"{"a":[{"b":1,"\u0062":2}]}"#).unwrap_err();
        assert_eq!(fault, JsonFault::Duplicate("b".into()));
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(JSON_DEPTH_MAX)).is_ok());
        assert_eq!(parse(&nested(JSON_DEPTH_MAX + 1)), Err(JsonFault::TooDeep));
        assert_eq!(parse(&"[".repeat(1 << 20)), Err(JsonFault::TooDeep));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "1e400",
            "-1e400",
            "nul",
            "1 2",
            "{\"a\":}",
            "'a'",
            "NaN",
            "\"\u{1}\"",
        ] {
            assert!(matches!(parse(text), Err(JsonFault::Syntax(_))), "{text}");
        }
    }
}
