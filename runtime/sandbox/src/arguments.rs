//! JSON to component values, in one pass driven by the type.
//!
//! Owns what a tool's caller may write and the words that say where it went wrong. Works on JSON
//! text and on parsed JSON alike; on text, nothing is parsed twice and duplicate names are seen.

use std::fmt;

use ringfence_tool::{Case, Field, Float, FunctionName, Integer, Labels, ResultType, Type};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use thiserror::Error;
use wasmtime::component::Val;

/// How many values the arguments of one call may hold. Each costs the host 40 bytes, so that a
/// megabyte of `[0,0,0,…]` would otherwise take forty.
const VALUES_MAX: usize = 1_000_000;

/// How much of a wrong value an error repeats.
const ECHO_CHARS_MAX: usize = 40;

/// The largest integer up to which a JSON number written as `1.0` is exact.
const EXACT_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

/// The arguments of one call, checked against the types of one function.
#[derive(Debug)]
pub struct Arguments {
    pub(crate) function: FunctionName,
    pub(crate) values: Vec<Val>,
}

/// Arguments that do not fit: where, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid arguments at `{path}`: {message}")]
pub struct ArgumentError {
    /// Where, as a JSON pointer; `/` alone for the arguments as a whole.
    pub path: String,
    /// What was expected, and what was there.
    pub message: String,
}

/// Reads the arguments for `params` from a JSON object.
pub(crate) fn read<'de, D: Deserializer<'de>>(
    params: &[Field],
    json: D,
) -> Result<Vec<Val>, ArgumentError>
where
    D::Error: fmt::Display,
{
    let mut reading = Reading { path: Vec::new(), fault: None, values_left: VALUES_MAX };
    let fields = Fields { fields: params, of: "argument", reading: &mut reading };
    json.deserialize_any(fields).map_err(|error| reading.error(&error)).map(|fields| {
        fields.into_iter().map(|(_, value)| value).collect()
    })
}

/// Where the reader stands, and the first fault.
struct Reading<'t> {
    path: Vec<Step<'t>>,
    fault: Option<String>,
    values_left: usize,
}

enum Step<'t> {
    Name(&'t str),
    Index(usize),
}

impl Reading<'_> {
    /// Notes what is wrong here; the error itself only ends the walk.
    fn fault<E: serde::de::Error>(&mut self, message: String) -> E {
        self.fault.get_or_insert(message);
        E::custom("invalid arguments")
    }

    fn mismatch<E: serde::de::Error>(&mut self, ty: &Type, found: &dyn fmt::Display) -> E {
        self.fault(format!("expected {}, not {found}", expected(ty)))
    }

    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        match self.values_left.checked_sub(1) {
            Some(left) => self.values_left = left,
            None => return Err(self.fault(format!("expected at most {VALUES_MAX} values in all"))),
        }
        Ok(())
    }

    fn error(mut self, error: &dyn fmt::Display) -> ArgumentError {
        use fmt::Write as _;
        let message = self.fault.take().unwrap_or_else(|| format!("not valid JSON: {error}"));
        let mut path = String::new();
        for step in &self.path {
            // Writing to a string cannot fail.
            let _ = match step {
                Step::Name(name) => write!(path, "/{name}"),
                Step::Index(index) => write!(path, "/{index}"),
            };
        }
        if path.is_empty() {
            path.push('/');
        }
        ArgumentError { path, message }
    }
}

/// What a value of this type looks like in JSON, for people.
fn expected(ty: &Type) -> String {
    match ty {
        Type::Bool => "true or false".into(),
        Type::Char => "a string of one character".into(),
        Type::Integer(width) => {
            format!("an integer from {} to {}", width.minimum(), width.maximum())
        }
        Type::Float(_) => "a number".into(),
        Type::String => "a string".into(),
        Type::Bytes => "a base64 string".into(),
        Type::List(_) => "an array".into(),
        Type::Tuple(types) => format!("an array of {} values", types.len()),
        Type::Record(_) => "an object".into(),
        Type::Variant(variant) => {
            format!("one of {}", names(variant.cases.iter().map(|case| &*case.name)))
        }
        Type::Enum(labels) => format!("one of {}", label_names(labels)),
        Type::Flags(labels) => format!("an array of {}", label_names(labels)),
        Type::Option(inner) => format!("{} or null", expected(inner)),
        Type::Result(_) => "an object with `ok` or `err`".into(),
    }
}

fn label_names(labels: &Labels) -> String {
    names(labels.labels.iter().map(|label| &*label.name))
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A wrong value, repeated short and harmless.
struct Echo<'a>(&'a str);

impl fmt::Display for Echo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        write!(f, "\"{}", chars.by_ref().take(ECHO_CHARS_MAX).collect::<String>().escape_debug())?;
        f.write_str(if chars.next().is_some() { "…\"" } else { "\"" })
    }
}

/// Reads one value of a type.
struct Seed<'r, 't> {
    ty: &'t Type,
    reading: &'r mut Reading<'t>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Val, D::Error> {
        self.reading.count()?;
        let Type::Option(inner) = self.ty else {
            let value = json.deserialize_any(Value { ty: self.ty, null: false, reading: self.reading })?;
            // Only a nullable type gives nothing.
            return value.ok_or_else(|| D::Error::custom("invalid arguments"));
        };
        // An option of an option needs a shape that tells its two absences apart.
        let value = if matches!(**inner, Type::Option(_)) {
            json.deserialize_any(Some_ { inner, reading: self.reading })?
        } else {
            json.deserialize_any(Value { ty: inner, null: true, reading: self.reading })?
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
        let read = match self.ty {
            Type::Integer(width) => integer(*width, value.into()),
            #[expect(clippy::cast_precision_loss, reason = "a float parameter holds no more")]
            Type::Float(width) => float(*width, value as f64),
            _ => None,
        };
        read.map(Some).ok_or_else(|| self.reading.mismatch(self.ty, &value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Option<Val>, E> {
        let read = match self.ty {
            Type::Integer(width) => integer(*width, value.into()),
            #[expect(clippy::cast_precision_loss, reason = "a float parameter holds no more")]
            Type::Float(width) => float(*width, value as f64),
            _ => None,
        };
        read.map(Some).ok_or_else(|| self.reading.mismatch(self.ty, &value))
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
        read.map(Some).ok_or_else(|| self.reading.mismatch(self.ty, &value))
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
        read.map(Some).ok_or_else(|| self.reading.mismatch(self.ty, &Echo(text)))
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
            Type::Record(record) => {
                Fields { fields: &record.fields, of: "field", reading: self.reading }
                    .visit_map(entries)
                    .map(Val::Record)
            }
            Type::Variant(variant) => case(self.ty, &variant.cases, entries, self.reading),
            Type::Result(result) => nested_result(self.ty, result, entries, self.reading),
            ty => Err(self.reading.mismatch(ty, &"an object")),
        }
        .map(Some)
    }
}

fn integer(width: Integer, value: i128) -> Option<Val> {
    Some(match width {
        Integer::S8 => Val::S8(value.try_into().ok()?),
        Integer::S16 => Val::S16(value.try_into().ok()?),
        Integer::S32 => Val::S32(value.try_into().ok()?),
        Integer::S64 => Val::S64(value.try_into().ok()?),
        Integer::U8 => Val::U8(value.try_into().ok()?),
        Integer::U16 => Val::U16(value.try_into().ok()?),
        Integer::U32 => Val::U32(value.try_into().ok()?),
        Integer::U64 => Val::U64(value.try_into().ok()?),
    })
}

fn float(width: Float, value: f64) -> Option<Val> {
    Some(match width {
        Float::F64 => Val::Float64(value),
        #[expect(clippy::cast_possible_truncation, reason = "rounding is what f32 means")]
        Float::F32 => {
            let rounded = value as f32;
            // Too large for the type: an infinity that nobody wrote.
            if rounded.is_infinite() {
                return None;
            }
            Val::Float32(rounded)
        }
    })
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn bytes<E: serde::de::Error>(text: &str, reading: &mut Reading<'_>) -> Result<Val, E> {
    use base64::Engine as _;
    if text.len() / 4 * 3 > reading.values_left {
        return Err(reading.fault(format!("expected at most {VALUES_MAX} bytes")));
    }
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(bytes) => {
            reading.values_left = reading.values_left.saturating_sub(bytes.len());
            Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
        }
        Err(error) => Err(reading.fault(format!("expected a base64 string: {error}"))),
    }
}

fn list<'de, 't, A: SeqAccess<'de>>(
    item: &'t Type,
    mut items: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let mut values = Vec::new();
    loop {
        reading.path.push(Step::Index(values.len()));
        match items.next_element_seed(Seed { ty: item, reading })? {
            Some(value) => values.push(value),
            None => {
                reading.path.pop();
                return Ok(Val::List(values));
            }
        }
        reading.path.pop();
    }
}

fn tuple<'de, 't, A: SeqAccess<'de>>(
    whole: &'t Type,
    types: &'t [Type],
    mut items: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let mut values = Vec::with_capacity(types.len());
    for (index, ty) in types.iter().enumerate() {
        reading.path.push(Step::Index(index));
        let item = items.next_element_seed(Seed { ty, reading })?;
        reading.path.pop();
        match item {
            Some(value) => values.push(value),
            None => return Err(reading.mismatch(whole, &format_args!("{index}"))),
        }
    }
    match items.next_element::<serde::de::IgnoredAny>()? {
        None => Ok(Val::Tuple(values)),
        Some(_) => Err(reading.mismatch(whole, &"more")),
    }
}

fn flags<'de, 't, A: SeqAccess<'de>>(
    labels: &'t Labels,
    mut items: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let mut values: Vec<String> = Vec::new();
    while let Some(text) = items.next_element::<String>().map_err(|error| {
        reading.fault.get_or_insert(format!("expected an array of {}", label_names(labels)));
        error
    })? {
        reading.path.push(Step::Index(values.len()));
        if !labels.labels.iter().any(|label| *label.name == *text) {
            let message = format!("expected one of {}, not {}", label_names(labels), Echo(&text));
            return Err(reading.fault(message));
        }
        if values.contains(&text) {
            return Err(reading.fault(format!("expected each flag once, not `{text}` again")));
        }
        reading.path.pop();
        values.push(text);
    }
    Ok(Val::Flags(values))
}

/// A variant's case that carries something: an object with that one name.
fn case<'de, 't, A: MapAccess<'de>>(
    whole: &'t Type,
    cases: &'t [Case],
    mut entries: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let Some(name) = entries.next_key::<String>()? else {
        return Err(reading.mismatch(whole, &"an empty object"));
    };
    let Some(case) = cases.iter().find(|case| *case.name == *name) else {
        return Err(reading.mismatch(whole, &Echo(&name)));
    };
    let Some(ty) = &case.ty else {
        return Err(reading.fault(format!("expected the string \"{name}\", not an object")));
    };
    reading.path.push(Step::Name(&case.name));
    let value = entries.next_value_seed(Seed { ty, reading })?;
    reading.path.pop();
    only_one(&mut entries, reading)?;
    Ok(Val::Variant(name, Some(Box::new(value))))
}

fn nested_result<'de, 't, A: MapAccess<'de>>(
    whole: &'t Type,
    result: &'t ResultType,
    mut entries: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let name = entries.next_key::<String>()?;
    let (step, ty) = match name.as_deref() {
        Some("ok") => ("ok", &result.ok),
        Some("err") => ("err", &result.err),
        Some(other) => return Err(reading.mismatch(whole, &Echo(other))),
        None => return Err(reading.mismatch(whole, &"an empty object")),
    };
    reading.path.push(Step::Name(step));
    let value = if let Some(ty) = ty {
        Some(Box::new(entries.next_value_seed(Seed { ty, reading })?))
    } else {
        entries.next_value::<()>().map_err(|error| {
            reading.fault.get_or_insert("expected null: this side carries nothing".into());
            error
        })?;
        None
    };
    reading.path.pop();
    only_one(&mut entries, reading)?;
    Ok(Val::Result(if step == "ok" { Ok(value) } else { Err(value) }))
}

fn only_one<'de, A: MapAccess<'de>>(
    entries: &mut A,
    reading: &mut Reading<'_>,
) -> Result<(), A::Error> {
    match entries.next_key::<String>()? {
        None => Ok(()),
        Some(more) => {
            Err(reading.fault(format!("expected an object with one name, not also {}", Echo(&more))))
        }
    }
}

/// The visitor of an object with known names: the arguments themselves, or a record.
struct Fields<'r, 't> {
    fields: &'t [Field],
    of: &'static str,
    reading: &'r mut Reading<'t>,
}

impl<'de> Visitor<'de> for Fields<'_, '_> {
    type Value = Vec<(String, Val)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut values: Vec<Option<Val>> = Vec::new();
        values.resize_with(self.fields.len(), || None);
        while let Some(name) = entries.next_key_seed(Name { fields: self.fields })? {
            let (index, field) = match name {
                Named::Known(index, field) => (index, field),
                Named::Unknown(name) => {
                    let message = format!(
                        "unknown {} {}: expected {}",
                        self.of,
                        Echo(&name),
                        known(self.fields)
                    );
                    return Err(self.reading.fault(message));
                }
            };
            self.reading.path.push(Step::Name(&field.name));
            let value = entries.next_value_seed(Seed { ty: &field.ty, reading: self.reading })?;
            match values.get_mut(index) {
                Some(slot @ None) => *slot = Some(value),
                _ => return Err(self.reading.fault("expected the name once, not again".into())),
            }
            self.reading.path.pop();
        }
        let mut fields = Vec::with_capacity(values.len());
        for (field, value) in self.fields.iter().zip(values) {
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
        Err(self.reading.fault("expected an object, not an array".into()))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Err(self.reading.fault(format!("expected an object, not {}", Echo(text))))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Err(self.reading.fault(format!("expected an object, not {value}")))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Err(self.reading.fault(format!("expected an object, not {value}")))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Err(self.reading.fault(format!("expected an object, not {value}")))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Err(self.reading.fault(format!("expected an object, not {value}")))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Err(self.reading.fault("expected an object, not null".into()))
    }
}

fn known(fields: &[Field]) -> String {
    if fields.is_empty() {
        "none".into()
    } else {
        names(fields.iter().map(|field| &*field.name))
    }
}

/// Reads a name without keeping it, when it is one of the fields'.
struct Name<'t> {
    fields: &'t [Field],
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
        let found = self.fields.iter().enumerate().find(|(_, field)| *field.name == *text);
        Ok(match found {
            Some((index, field)) => Named::Known(index, field),
            None => Named::Unknown(text.chars().take(ECHO_CHARS_MAX + 1).collect()),
        })
    }
}

/// The visitor of an option within an option: null, or an object with the one name `some`.
struct Some_<'r, 't> {
    inner: &'t Type,
    reading: &'r mut Reading<'t>,
}

impl<'de> Visitor<'de> for Some_<'_, '_> {
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
            _ => return Err(self.reading.fault("expected null or an object with `some`".into())),
        }
        self.reading.path.push(Step::Name("some"));
        let value = entries.next_value_seed(Seed { ty: self.inner, reading: self.reading })?;
        self.reading.path.pop();
        only_one(&mut entries, self.reading)?;
        Ok(Some(value))
    }
}
