//! Types → JSON Schema 2020-12.
//!
//! Owns how WIT values look as JSON. The sandbox converts by the same table:
//!
//! | WIT | JSON |
//! |---|---|
//! | parameters, `record` | object; no other keys |
//! | `option<T>` as a parameter or field | the value, or left out; `null` is accepted as left out |
//! | `option<T>` elsewhere | the value, or `null` |
//! | `option<T>` where `T` is itself an option | as above, but the value is `{"some": …}` |
//! | integers | integer within the type's range |
//! | `f32`, `f64` | number; `null` in results where it is not finite |
//! | `char`, `string`, `enum` | string |
//! | `list<u8>` | string of base64 |
//! | `list<T>`, `tuple` | array |
//! | `flags` | array of the names that are set |
//! | `variant` | the case's name, or `{"case": …}` where it carries something |
//! | `result` within a value | `{"ok": …}` or `{"err": …}`, with `null` for nothing |
//!
//! Refuses to be large: a type that names others many times expands here, exponentially if made to.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::interface::{Function, Payload, Returns};
use crate::manifest::FunctionManifest;
use crate::text::clean;
use crate::types::{Case, Field, Labels, Type, Variant};

/// Schemas within the schemas of a function. Bounds what every client compiles, and every walk over
/// its types.
pub(crate) const SUBSCHEMAS_MAX: usize = 2_000;
/// Bytes of a schema's text. Bounds what every model reads.
pub(crate) const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// Bytes of one description within a schema.
const DESCRIPTION_BYTES_MAX: usize = 1024;

/// A JSON object.
pub type Object = Map<String, Value>;

/// A schema that would be too large to be of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TooLarge(());

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "its types expand to a JSON Schema of more than {SUBSCHEMAS_MAX} parts or \
             {SCHEMA_BYTES_MAX} bytes"
        )
    }
}

/// Whether a value travels to a component or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Input,
    Output,
}

/// The schema of a function's arguments.
pub(crate) fn input(
    params: &[Field],
    about: Option<&FunctionManifest>,
) -> Result<Object, TooLarge> {
    let mut writer = Writer::new(Direction::Input);
    let mut schema = writer.fields(params)?;
    let Some(about) = about else {
        return checked(schema);
    };
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, constraints) in &about.params {
            if let Some(property) = properties.get_mut(&**name).and_then(Value::as_object_mut) {
                constraints.describe(property);
            }
        }
    }
    // What has a default may be left out.
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| {
            let constraints = name.as_str().and_then(|name| about.params.get(name));
            constraints.is_none_or(|constraints| constraints.default.is_none())
        });
        if required.is_empty() {
            schema.shift_remove("required");
        }
    }
    if !about.examples.is_empty() {
        let examples = about
            .examples
            .iter()
            .map(|example| Value::Object(example.arguments.clone()));
        schema.insert("examples".to_owned(), examples.collect());
    }
    checked(schema)
}

/// The schema of what a function gives back as structured content; nothing where it gives nothing
/// or content blocks.
pub(crate) fn output(result: &Returns) -> Result<Option<Object>, TooLarge> {
    let Payload::Value(ty) = &result.ok else {
        return Ok(None);
    };
    let value = Writer::new(Direction::Output).value(ty)?;
    checked(wrapper("result", value)).map(Some)
}

/// Whether the types of a function can be walked within the budget, errors and content included.
pub(crate) fn check(function: &Function) -> Result<(), TooLarge> {
    input(&function.params, None)?;
    output(&function.result)?;
    let unseen = match &function.result.ok {
        Payload::Content(ty) | Payload::Contents(ty) => Some(ty),
        Payload::Value(_) | Payload::Nothing => None,
    };
    for ty in unseen
        .into_iter()
        .chain(function.result.err.iter().flatten())
    {
        Writer::new(Direction::Output).value(ty)?;
    }
    Ok(())
}

fn checked(schema: Object) -> Result<Object, TooLarge> {
    let mut meter = Meter {
        left: SCHEMA_BYTES_MAX,
    };
    match serde_json::to_writer(&mut meter, &schema) {
        Ok(()) => Ok(schema),
        Err(_) => Err(TooLarge(())),
    }
}

/// Counts what would be written, and fails past the limit.
struct Meter {
    left: usize,
}

impl std::io::Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.left = self
            .left
            .checked_sub(bytes.len())
            .ok_or(std::io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Writer {
    direction: Direction,
    left: usize,
}

impl Writer {
    fn new(direction: Direction) -> Self {
        Self {
            direction,
            left: SUBSCHEMAS_MAX,
        }
    }

    fn value(&mut self, ty: &Type) -> Result<Object, TooLarge> {
        self.left = self.left.checked_sub(1).ok_or(TooLarge(()))?;
        Ok(match ty {
            Type::Bool => object(json!({"type": "boolean"})),
            Type::Char => object(json!({"type": "string", "minLength": 1, "maxLength": 1})),
            Type::Integer(integer) => object(json!({
                "type": "integer", "minimum": integer.minimum(), "maximum": integer.maximum(),
            })),
            Type::Float(_) if self.direction == Direction::Output => {
                object(json!({"type": ["number", "null"]}))
            }
            Type::Float(_) => object(json!({"type": "number"})),
            Type::String => object(json!({"type": "string"})),
            Type::Bytes => object(json!({"type": "string", "contentEncoding": "base64"})),
            Type::List(element) => {
                let items = self.value(element)?;
                object(json!({"type": "array", "items": items}))
            }
            Type::Tuple(types) => {
                let items = types
                    .iter()
                    .map(|ty| self.value(ty))
                    .collect::<Result<Vec<_>, _>>()?;
                object(json!({
                    "type": "array", "prefixItems": items, "items": false,
                    "minItems": types.len(), "maxItems": types.len(),
                }))
            }
            Type::Record(record) => described(self.fields(&record.fields)?, record.docs.as_deref()),
            Type::Variant(variant) => described(self.variant(variant)?, variant.docs.as_deref()),
            Type::Enum(labels) => names(labels),
            Type::Flags(labels) => {
                let mut items = names(labels);
                let docs = items.shift_remove("description");
                let mut flags =
                    object(json!({"type": "array", "items": items, "uniqueItems": true}));
                flags.extend(docs.map(|docs| ("description".to_owned(), docs)));
                flags
            }
            Type::Option(inner) => {
                let some = self.some(inner)?;
                object(json!({"anyOf": [some, {"type": "null"}]}))
            }
            Type::Result(result) => {
                let mut side = |name: &str, ty: &Option<Type>| {
                    let payload = ty.as_ref().map(|ty| self.value(ty)).transpose()?;
                    let payload = payload.unwrap_or_else(|| object(json!({"type": "null"})));
                    Ok(wrapper(name, payload))
                };
                let (ok, err) = (side("ok", &result.ok)?, side("err", &result.err)?);
                object(json!({"oneOf": [ok, err]}))
            }
        })
    }

    /// What an option holds.
    fn some(&mut self, inner: &Type) -> Result<Object, TooLarge> {
        let value = self.value(inner)?;
        Ok(if matches!(inner, Type::Option(_)) {
            wrapper("some", value)
        } else {
            value
        })
    }

    fn fields(&mut self, fields: &[Field]) -> Result<Object, TooLarge> {
        let mut properties = Object::new();
        let mut required = Vec::new();
        for field in fields {
            let schema = match &field.ty {
                Type::Option(inner) => self.some(inner)?,
                ty => {
                    required.push(Value::from(&*field.name));
                    self.value(ty)?
                }
            };
            let schema = described(schema, field.docs.as_deref());
            properties.insert(field.name.to_string(), Value::Object(schema));
        }
        let mut schema = object(json!({"type": "object", "properties": properties}));
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        Ok(schema)
    }

    fn variant(&mut self, variant: &Variant) -> Result<Object, TooLarge> {
        let mut alternatives = Vec::new();
        let bare: Vec<&Case> = variant
            .cases
            .iter()
            .filter(|case| case.ty.is_none())
            .collect();
        if !bare.is_empty() {
            let labels = bare.iter().map(|case| (&*case.name, case.docs.as_deref()));
            alternatives.push(Value::Object(named(None, labels)));
        }
        for case in &variant.cases {
            if let Some(ty) = &case.ty {
                let payload = self.value(ty)?;
                let alternative = described(wrapper(&case.name, payload), case.docs.as_deref());
                alternatives.push(Value::Object(alternative));
            }
        }
        Ok(match alternatives.as_slice() {
            [Value::Object(only)] => only.clone(),
            _ => object(json!({"oneOf": alternatives})),
        })
    }
}

/// An object with one key, which must be there.
fn wrapper(key: &str, value: Object) -> Object {
    object(json!({
        "type": "object",
        "properties": {key: value},
        "required": [key],
        "additionalProperties": false,
    }))
}

fn names(labels: &Labels) -> Object {
    let names = labels
        .labels
        .iter()
        .map(|label| (&*label.name, label.docs.as_deref()));
    named(labels.docs.as_deref(), names)
}

/// A choice of names. Schemas have no place for what each means, so the description lists it.
fn named<'a>(
    docs: Option<&str>,
    names: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
) -> Object {
    let mut lines: Vec<String> = docs.map(str::to_owned).into_iter().collect();
    let explained = names
        .clone()
        .filter_map(|(name, docs)| Some(format!("- `{name}`: {}", docs?)));
    lines.extend(explained);
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    described(
        object(json!({"type": "string", "enum": names})),
        Some(&lines.join("\n")),
    )
}

fn described(mut schema: Object, docs: Option<&str>) -> Object {
    if let Some(docs) = docs.and_then(|docs| clean(docs, DESCRIPTION_BYTES_MAX)) {
        schema.insert("description".to_owned(), Value::String(docs));
    }
    schema
}

/// The object that `json!` made.
fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

#[cfg(test)]
mod tests;
