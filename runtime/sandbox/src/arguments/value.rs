//! One value of any type.

use std::fmt;

use ringfence_tool::Type;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use wasmtime::component::Val;

use super::compound::{case, flags, list, nested_result, only_one, tuple};
use super::fields::Fields;
use super::reading::{Echo, Reading, expected};
use super::scalar::{EXACT_FLOAT_MAX, bytes, float, integer, one_char};

/// Reads one value of a type.
pub(super) struct Seed<'r, 't> {
    pub(super) ty: &'t Type,
    pub(super) reading: &'r mut Reading<'t>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Val, D::Error> {
        self.reading.count()?;
        let Type::Option(inner) = self.ty else {
            let value = json.deserialize_any(Value {
                ty: self.ty,
                null: false,
                reading: self.reading,
            })?;
            // Only a nullable type gives nothing.
            return value.ok_or_else(|| D::Error::custom("invalid arguments"));
        };
        // An option of an option needs a shape that tells its two absences apart.
        let value = if matches!(**inner, Type::Option(_)) {
            json.deserialize_any(Nested {
                inner,
                reading: self.reading,
            })?
        } else {
            json.deserialize_any(Value {
                ty: inner,
                null: true,
                reading: self.reading,
            })?
        };
        Ok(Val::Option(value.map(Box::new)))
    }
}

/// The visitor of one value: nothing for a null where null may stand.
struct Value<'r, 't> {
    ty: &'t Type,
    null: bool,
    reading: &'r mut Reading<'t>,
}

impl Value<'_, '_> {
    /// A number without a fraction.
    fn whole<E: serde::de::Error>(self, value: i128) -> Result<Option<Val>, E> {
        let read = match self.ty {
            Type::Integer(width) => integer(*width, value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a float parameter holds no more"
            )]
            Type::Float(width) => float(*width, value as f64),
            _ => None,
        };
        read.map(Some)
            .ok_or_else(|| self.reading.mismatch(self.ty, &value))
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = Option<Val>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&expected(self.ty))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Option<Val>, E> {
        if self.null {
            return Ok(None);
        }
        Err(self.reading.mismatch(self.ty, &"null"))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Option<Val>, E> {
        match self.ty {
            Type::Bool => Ok(Some(Val::Bool(value))),
            ty => Err(self.reading.mismatch(ty, &value)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Option<Val>, E> {
        self.whole(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Option<Val>, E> {
        self.whole(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Option<Val>, E> {
        let read = match self.ty {
            // JSON Schema counts 1.0 among the integers.
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            Type::Integer(width) if value.fract() == 0.0 && value.abs() <= EXACT_FLOAT_MAX => {
                integer(*width, value as i128)
            }
            Type::Float(width) => float(*width, value),
            _ => None,
        };
        read.map(Some)
            .ok_or_else(|| self.reading.mismatch(self.ty, &value))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<Val>, E> {
        let read = match self.ty {
            Type::String => Some(Val::String(text.to_owned())),
            Type::Char => one_char(text).map(Val::Char),
            Type::Bytes => return bytes(text, self.reading).map(Some),
            Type::Enum(labels) => labels
                .labels
                .iter()
                .find(|label| *label.name == *text)
                .map(|label| Val::Enum(label.name.to_string())),
            Type::Variant(variant) => variant
                .cases
                .iter()
                .find(|case| *case.name == *text && case.ty.is_none())
                .map(|case| Val::Variant(case.name.to_string(), None)),
            _ => None,
        };
        read.map(Some)
            .ok_or_else(|| self.reading.mismatch(self.ty, &Echo(text)))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Option<Val>, E> {
        match self.ty {
            Type::String => Ok(Some(Val::String(text))),
            _ => self.visit_str(&text),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Option<Val>, A::Error> {
        match self.ty {
            Type::List(item) => list(item, items, self.reading),
            Type::Tuple(types) => tuple(self.ty, types, items, self.reading),
            Type::Flags(labels) => flags(labels, items, self.reading),
            ty => Err(self.reading.mismatch(ty, &"an array")),
        }
        .map(Some)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Option<Val>, A::Error> {
        match self.ty {
            Type::Record(record) => Fields {
                known: &record.fields,
                of: "field",
                reading: self.reading,
            }
            .visit_map(entries)
            .map(Val::Record),
            Type::Variant(variant) => case(self.ty, &variant.cases, entries, self.reading),
            Type::Result(result) => nested_result(self.ty, result, entries, self.reading),
            ty => Err(self.reading.mismatch(ty, &"an object")),
        }
        .map(Some)
    }
}

/// The visitor of an option within an option: null, or an object with the one name `some`.
struct Nested<'r, 't> {
    inner: &'t Type,
    reading: &'r mut Reading<'t>,
}

impl<'de> Visitor<'de> for Nested<'_, '_> {
    type Value = Option<Val>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null or an object with `some`")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Option<Val>, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Option<Val>, A::Error> {
        match entries.next_key::<String>()?.as_deref() {
            Some("some") => {}
            _ => {
                return Err(self
                    .reading
                    .fault("expected null or an object with `some`".into()));
            }
        }
        self.reading.path.push(super::reading::Step::Name("some"));
        let value = entries.next_value_seed(Seed {
            ty: self.inner,
            reading: self.reading,
        })?;
        self.reading.path.pop();
        only_one(&mut entries, self.reading)?;
        Ok(Some(value))
    }
}
