//! Component values to JSON, in one pass driven by the type.
//!
//! Owns the text that a client gets. Stops as soon as the text would pass its limit, so that a
//! value that the engine let through cannot grow again here.

use std::fmt::{self, Write as _};

use ringfence_tool::Type;
use wasmtime::component::Val;

/// Why a value did not become JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritable {
    /// The text would be longer than the budget allows.
    TooLong,
    /// The value is not of the type that was read from the component: a fault of ours.
    WrongType,
}

impl From<fmt::Error> for Unwritable {
    fn from(_: fmt::Error) -> Self {
        Self::TooLong
    }
}

/// Writes `value` as JSON of at most `bytes_max` bytes.
pub(crate) fn write(value: &Val, ty: &Type, bytes_max: usize) -> Result<String, Unwritable> {
    let mut json = Json {
        text: String::new(),
        bytes_max,
    };
    json.value(value, ty)?;
    Ok(json.text)
}

struct Json {
    text: String,
    bytes_max: usize,
}

/// Text that refuses to grow past its limit.
impl fmt::Write for Json {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.len().saturating_add(text.len()) > self.bytes_max {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}

impl Json {
    fn value(&mut self, value: &Val, ty: &Type) -> Result<(), Unwritable> {
        match (value, ty) {
            (Val::Bool(value), Type::Bool) => write!(self, "{value}")?,
            (Val::S8(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::U8(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::S16(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::U16(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::S32(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::U32(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::S64(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::U64(value), Type::Integer(_)) => write!(self, "{value}")?,
            (Val::Float32(value), Type::Float(_)) => self.float(value.is_finite(), value)?,
            (Val::Float64(value), Type::Float(_)) => self.float(value.is_finite(), value)?,
            (Val::Char(value), Type::Char) => self.string(value.encode_utf8(&mut [0; 4]))?,
            (Val::String(text), Type::String) => self.string(text)?,
            (Val::List(items), Type::Bytes) => self.bytes(items)?,
            (Val::List(items), Type::List(item)) => {
                self.array(items.iter().map(|value| (value, &**item)))?;
            }
            (Val::Tuple(values), Type::Tuple(types)) if values.len() == types.len() => {
                self.array(values.iter().zip(types.iter()))?;
            }
            (Val::Record(values), Type::Record(record)) => {
                self.record(values, &record.fields)?;
            }
            (Val::Enum(label), Type::Enum(_)) => self.string(label)?,
            (Val::Flags(labels), Type::Flags(_)) => {
                self.separated('[', ']', labels.iter(), |json, label| json.string(label))?;
            }
            (Val::Variant(name, payload), Type::Variant(variant)) => {
                let case = variant.cases.iter().find(|case| *case.name == **name);
                let ty = case.ok_or(Unwritable::WrongType)?.ty.as_ref();
                match (payload, ty) {
                    (None, None) => self.string(name)?,
                    (Some(payload), Some(ty)) => self.single(name, Some((payload, ty)))?,
                    _ => return Err(Unwritable::WrongType),
                }
            }
            (Val::Result(result), Type::Result(ty)) => match result {
                Ok(payload) => self.single("ok", paired(payload.as_deref(), ty.ok.as_ref())?)?,
                Err(payload) => self.single("err", paired(payload.as_deref(), ty.err.as_ref())?)?,
            },
            (Val::Option(None), Type::Option(_)) => self.write_str("null")?,
            (Val::Option(Some(value)), Type::Option(ty)) => {
                if matches!(**ty, Type::Option(_)) {
                    self.single("some", Some((value, ty)))?;
                } else {
                    self.value(value, ty)?;
                }
            }
            _ => return Err(Unwritable::WrongType),
        }
        Ok(())
    }

    /// JSON has no infinities and no NaN.
    fn float<T: serde::Serialize>(&mut self, finite: bool, value: &T) -> Result<(), Unwritable> {
        if !finite {
            return Ok(self.write_str("null")?);
        }
        let text = serde_json::to_string(value).map_err(|_| Unwritable::WrongType)?;
        Ok(self.write_str(&text)?)
    }

    fn string(&mut self, text: &str) -> Result<(), Unwritable> {
        // Checked before it is escaped, so that a long text is not copied first.
        if self.text.len().saturating_add(text.len()) > self.bytes_max {
            return Err(Unwritable::TooLong);
        }
        let escaped = serde_json::to_string(text).map_err(|_| Unwritable::WrongType)?;
        Ok(self.write_str(&escaped)?)
    }

    fn bytes(&mut self, items: &[Val]) -> Result<(), Unwritable> {
        use base64::Engine as _;
        let bytes = raw_bytes(items).ok_or(Unwritable::WrongType)?;
        write!(
            self,
            "\"{}\"",
            base64::engine::general_purpose::STANDARD.encode(bytes)
        )?;
        Ok(())
    }

    fn array<'v>(
        &mut self,
        items: impl Iterator<Item = (&'v Val, &'v Type)>,
    ) -> Result<(), Unwritable> {
        self.separated('[', ']', items, |json, (value, ty)| json.value(value, ty))
    }

    fn record(
        &mut self,
        values: &[(String, Val)],
        fields: &[ringfence_tool::Field],
    ) -> Result<(), Unwritable> {
        if values.len() != fields.len() {
            return Err(Unwritable::WrongType);
        }
        let present = values
            .iter()
            .zip(fields)
            .filter(|((_, value), _)| !matches!(value, Val::Option(None)));
        self.separated('{', '}', present, |json, ((name, value), field)| {
            json.string(name)?;
            json.write_str(":")?;
            json.value(value, &field.ty)
        })
    }

    fn single(&mut self, name: &str, value: Option<(&Val, &Type)>) -> Result<(), Unwritable> {
        self.write_str("{")?;
        self.string(name)?;
        self.write_str(":")?;
        match value {
            Some((value, ty)) => self.value(value, ty)?,
            None => self.write_str("null")?,
        }
        Ok(self.write_str("}")?)
    }

    fn separated<T>(
        &mut self,
        open: char,
        close: char,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Unwritable>,
    ) -> Result<(), Unwritable> {
        self.write_char(open)?;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.write_char(',')?;
            }
            write(self, item)?;
        }
        Ok(self.write_char(close)?)
    }
}

fn paired<'v>(
    value: Option<&'v Val>,
    ty: Option<&'v Type>,
) -> Result<Option<(&'v Val, &'v Type)>, Unwritable> {
    match (value, ty) {
        (None, None) => Ok(None),
        (Some(value), Some(ty)) => Ok(Some((value, ty))),
        _ => Err(Unwritable::WrongType),
    }
}

/// The bytes of a `list<u8>`.
pub(crate) fn raw_bytes(items: &[Val]) -> Option<Vec<u8>> {
    items
        .iter()
        .map(|item| match item {
            Val::U8(byte) => Some(*byte),
            _ => None,
        })
        .collect()
}
