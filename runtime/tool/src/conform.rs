//! Would a JSON value be accepted as a value of a type?
//!
//! Owns the answer for what a manifest writes down: defaults, examples, choices. Calls are answered
//! by the sandbox, which converts as it reads; both follow the table in [`crate::schema`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::types::{Field, Float, Integer, Labels, ResultType, Type, Variant};

/// Whether `value` is one of `ty`.
///
/// # Errors
///
/// A clause that completes "it …", such as "is not a string".
pub(crate) fn conform(ty: &Type, value: &Value) -> Result<(), String> {
    match ty {
        Type::Bool => is(value.is_boolean(), "true or false"),
        Type::Char => {
            let single = value.as_str().is_some_and(|text| text.chars().count() == 1);
            is(single, "a single character")
        }
        Type::Integer(integer) => conform_integer(*integer, value),
        Type::Float(float) => conform_float(*float, value),
        Type::String => is(value.is_string(), "a string"),
        Type::Bytes => {
            let bytes = value
                .as_str()
                .is_some_and(|text| STANDARD.decode(text).is_ok());
            is(bytes, "base64 text")
        }
        Type::List(element) => {
            let items = value.as_array().ok_or("is not an array")?;
            each(items, |item| conform(element, item))
        }
        Type::Tuple(types) => {
            let items = value.as_array().filter(|items| items.len() == types.len());
            let items = items.ok_or_else(|| format!("is not an array of {}", types.len()))?;
            types
                .iter()
                .zip(items)
                .try_for_each(|(ty, item)| conform(ty, item))
        }
        Type::Record(record) => {
            conform_fields(&record.fields, value.as_object().ok_or("is not an object")?)
        }
        Type::Variant(variant) => conform_variant(variant, value),
        Type::Enum(labels) => is(is_label(labels, value), "one of the enum's names"),
        Type::Flags(labels) => {
            let items = value.as_array().ok_or("is not an array")?;
            each(items, |item| {
                is(is_label(labels, item), "one of the flags' names")
            })?;
            let repeated = |(index, item)| items.iter().skip(index + 1).any(|other| other == item);
            is(
                !items.iter().enumerate().any(repeated),
                "free of repeated flags",
            )
        }
        Type::Option(inner) => conform_option(inner, value),
        Type::Result(result) => conform_result(result, value),
    }
}

fn is(fits: bool, what: &str) -> Result<(), String> {
    if fits {
        Ok(())
    } else {
        Err(format!("is not {what}"))
    }
}

fn is_label(labels: &Labels, value: &Value) -> bool {
    labels
        .labels
        .iter()
        .any(|label| value.as_str() == Some(&label.name))
}

fn conform_result(result: &ResultType, value: &Value) -> Result<(), String> {
    let (ty, payload) = match single(value) {
        Some(("ok", payload)) => (&result.ok, payload),
        Some(("err", payload)) => (&result.err, payload),
        _ => return Err("is neither `{\"ok\": …}` nor `{\"err\": …}`".to_owned()),
    };
    match ty {
        Some(ty) => conform(ty, payload),
        None => is(payload.is_null(), "null where nothing is carried"),
    }
}

fn each(items: &[Value], check: impl Fn(&Value) -> Result<(), String>) -> Result<(), String> {
    items.iter().enumerate().try_for_each(|(index, item)| {
        check(item).map_err(|fault| format!("has an item {index} that {fault}"))
    })
}

fn conform_integer(integer: Integer, value: &Value) -> Result<(), String> {
    let fault = || {
        format!(
            "is not an integer between {} and {}",
            integer.minimum(),
            integer.maximum()
        )
    };
    let number = value
        .as_number()
        .and_then(serde_json::Number::as_i128)
        .ok_or_else(fault)?;
    let range = i128::from(integer.minimum())..=i128::from(integer.maximum());
    if range.contains(&number) {
        Ok(())
    } else {
        Err(fault())
    }
}

fn conform_float(float: Float, value: &Value) -> Result<(), String> {
    let number = value.as_f64().ok_or("is not a number")?;
    match float {
        Float::F32 if number.abs() > f64::from(f32::MAX) => {
            Err("is beyond the range of `f32`".to_owned())
        }
        Float::F32 | Float::F64 => Ok(()),
    }
}

/// An option's own form: null, or the value; a value that is itself an option is wrapped.
fn conform_option(inner: &Type, value: &Value) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    conform_some(inner, value)
}

fn conform_some(inner: &Type, value: &Value) -> Result<(), String> {
    match inner {
        Type::Option(nested) => match single(value) {
            Some(("some", payload)) => conform_option(nested, payload),
            _ => Err("is neither null nor `{\"some\": …}`".to_owned()),
        },
        inner => conform(inner, value),
    }
}

fn conform_fields(fields: &[Field], object: &Map<String, Value>) -> Result<(), String> {
    for name in object.keys() {
        if !fields.iter().any(|field| *field.name == **name) {
            return Err(format!("has a field `{name}`, which is not known"));
        }
    }
    for field in fields {
        match (object.get(&*field.name), &field.ty) {
            (None | Some(Value::Null), Type::Option(_)) => Ok(()),
            (None, _) => Err(format!("lacks the field `{}`", field.name)),
            (Some(value), ty) => conform(ty, value)
                .map_err(|fault| format!("has a field `{}` that {fault}", field.name)),
        }?;
    }
    Ok(())
}

fn conform_variant(variant: &Variant, value: &Value) -> Result<(), String> {
    let (name, payload) = match value.as_str() {
        Some(name) => (name, None),
        None => match single(value) {
            Some((name, payload)) => (name, Some(payload)),
            None => return Err("is neither the name of a case nor an object with one".to_owned()),
        },
    };
    let case = variant.cases.iter().find(|case| *case.name == *name);
    match (case.map(|case| &case.ty), payload) {
        (Some(None), None) => Ok(()),
        (Some(Some(ty)), Some(payload)) => conform(ty, payload),
        (Some(Some(_)), None) => Err(format!("names the case `{name}` without what it carries")),
        (Some(None), Some(_)) => Err(format!("gives the case `{name}` something to carry")),
        (None, _) => Err(format!("names a case `{name}`, which is not known")),
    }
}

/// The only entry of an object.
fn single(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let (name, value) = object.iter().next()?;
    (object.len() == 1).then_some((name.as_str(), value))
}
