//! An object whose names are known beforehand.
//!
//! Owns reading one without a map: each message of the protocol is such an object, and every call
//! would pay for it. Refuses what a map would refuse, also where nobody wants to know the value.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::{JsonFault, Node, read};
use crate::echo::echo;

/// Parses a JSON text that is an object: the values of these names, in the order of the names. All
/// others are checked, and left out.
///
/// # Errors
///
/// The first fault in it, be it that it is no object.
pub(crate) fn parse<const N: usize>(
    text: &str,
    names: &[&'static str; N],
) -> Result<[Option<Value>; N], JsonFault> {
    read(text, |json, fault| {
        json.deserialize_map(Members { names, fault })
    })
}

struct Members<'n, 'f, const N: usize> {
    names: &'n [&'static str; N],
    fault: &'f mut Option<JsonFault>,
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, '_, N> {
    type Value = [Option<Value>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [const { None }; N];
        let mut others = HashSet::new();
        while let Some(name) = map.next_key_seed(Name(self.names))? {
            let place = match name {
                Found::Known(place) => values.get_mut(place),
                Found::Other(_) => None,
            };
            let twice = match (&place, &name) {
                (Some(Some(_)), Found::Known(place)) => {
                    self.names.get(*place).map(|name| echo(name))
                }
                (_, Found::Other(name)) if others.contains(name) => Some(echo(name)),
                _ => None,
            };
            if let Some(name) = twice {
                *self.fault = Some(JsonFault::Duplicate(name));
                return Err(A::Error::custom("duplicate name"));
            }
            let depth = 1;
            let fault = &mut *self.fault;
            let value = map.next_value_seed(Node { depth, fault })?;
            match (place, name) {
                (Some(place), _) => *place = Some(value),
                (None, Found::Other(name)) => drop(others.insert(name)),
                (None, Found::Known(_)) => {}
            }
        }
        Ok(values)
    }
}

/// The names that a name may be one of.
struct Name<'n>(&'n [&'static str]);

/// Which one it is.
enum Found {
    Known(usize),
    Other(String),
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Found, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Found, E> {
        let known = self.0.iter().position(|known| *known == name);
        Ok(known.map_or_else(|| Found::Other(name.to_owned()), Found::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::super::JSON_DEPTH_MAX;
    use super::*;

    const NAMES: [&str; 2] = ["a", "b"];

    #[test]
    fn the_values_come_in_the_order_of_their_names() {
        let parsed = parse(r#"{"other":[{}],"b":{"c":1},"\u0061":null}"#, &NAMES).unwrap();
        assert_eq!(
            parsed,
            [Some(Value::Null), Some(serde_json::json!({"c": 1}))]
        );
        assert_eq!(parse("{}", &NAMES), Ok([None, None]));
    }

    #[test]
    fn what_a_map_refuses_is_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for name in ["a", "other"] {
            for text in [
                format!("{{\"{name}\":1,\"{name}\":2}}"),
                format!("{{\"{name}\":{{\"x\":1,\"x\":2}}}}"),
                format!("{{\"{name}\":{}}}", nested(JSON_DEPTH_MAX)),
                format!("{{\"{name}\":1e400}}"),
                format!("{{\"{name}\":1}} 2"),
                format!("{{\"{name}\":"),
            ] {
                let fault = parse(&text, &NAMES).unwrap_err();
                assert_eq!(fault, crate::json::parse(&text).unwrap_err(), "{text}");
            }
            let text = format!("{{\"{name}\":{}}}", nested(JSON_DEPTH_MAX - 1));
            assert!(parse(&text, &NAMES).is_ok(), "{name}");
        }
        assert!(matches!(parse("[]", &NAMES), Err(JsonFault::Syntax(_))));
    }
}
