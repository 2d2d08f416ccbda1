//! An object with known names: the arguments themselves, or a record.

use std::fmt;

use ringfence_tool::{Field, Type, nearest};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use wasmtime::component::Val;

use super::reading::{ECHO_CHARS_MAX, Echo, Reading, Step, expected, names};
use super::value::Seed;

/// The visitor of an object with known names: the arguments themselves, or a record.
pub(super) struct Fields<'r, 't> {
    pub(super) known: &'t [Field],
    pub(super) of: &'static str,
    pub(super) reading: &'r mut Reading<'t>,
}

impl<'de> Visitor<'de> for Fields<'_, '_> {
    type Value = Vec<(String, Val)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut values: Vec<Option<Val>> = Vec::new();
        values.resize_with(self.known.len(), || None);
        while let Some(name) = entries.next_key_seed(Name { known: self.known })? {
            let (index, field) = match name {
                Named::Known(index, field) => (index, field),
                Named::Unknown(name) => {
                    let message = unknown(self.of, &name, self.known);
                    self.reading.path.push(Step::Unknown(name));
                    return Err(self.reading.fault(message));
                }
            };
            self.reading.path.push(Step::Name(&field.name));
            let value = entries.next_value_seed(Seed {
                ty: &field.ty,
                reading: self.reading,
            })?;
            match values.get_mut(index) {
                Some(slot @ None) => *slot = Some(value),
                _ => {
                    return Err(self
                        .reading
                        .fault("expected the name once, not again".into()));
                }
            }
            self.reading.path.pop();
        }
        let mut fields = Vec::with_capacity(values.len());
        for (field, value) in self.known.iter().zip(values) {
            let value = match (value, &field.ty) {
                (Some(value), _) => value,
                (None, Type::Option(_)) => Val::Option(None),
                (None, ty) => {
                    self.reading.path.push(Step::Name(&field.name));
                    let message = format!("missing: expected {}", expected(ty));
                    return Err(self.reading.fault(message));
                }
            };
            fields.push((field.name.to_string(), value));
        }
        Ok(fields)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _items: A) -> Result<Self::Value, A::Error> {
        Err(self
            .reading
            .fault("expected an object, not an array".into()))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Err(self
            .reading
            .fault(format!("expected an object, not {}", Echo(text))))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Err(self
            .reading
            .fault(format!("expected an object, not {value}")))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Err(self
            .reading
            .fault(format!("expected an object, not {value}")))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Err(self
            .reading
            .fault(format!("expected an object, not {value}")))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Err(self
            .reading
            .fault(format!("expected an object, not {value}")))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Err(self.reading.fault("expected an object, not null".into()))
    }
}

/// The words for a name that is none of the fields'; the path says which.
fn unknown(of: &str, name: &str, fields: &[Field]) -> String {
    if fields.is_empty() {
        return format!("unknown {of}: expected none");
    }
    let known = || fields.iter().map(|field| &*field.name);
    let expected = names(known());
    match nearest(name, known()) {
        Some(meant) => format!("unknown {of}: did you mean `{meant}`? expected {expected}"),
        None => format!("unknown {of}: expected {expected}"),
    }
}

/// Reads a name without keeping it, when it is one of the fields'.
struct Name<'t> {
    known: &'t [Field],
}

enum Named<'t> {
    Known(usize, &'t Field),
    Unknown(String),
}

impl<'de, 't> DeserializeSeed<'de> for Name<'t> {
    type Value = Named<'t>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Named<'t>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'t> Visitor<'_> for Name<'t> {
    type Value = Named<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Named<'t>, E> {
        let found = self
            .known
            .iter()
            .enumerate()
            .find(|(_, field)| *field.name == *text);
        Ok(match found {
            Some((index, field)) => Named::Known(index, field),
            None => Named::Unknown(text.chars().take(ECHO_CHARS_MAX + 1).collect()),
        })
    }
}
