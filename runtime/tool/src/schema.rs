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

use serde_json::{Map, Value};

use crate::interface::{Function, Payload, Returns};
use crate::manifest::FunctionManifest;
use crate::text::clean;
use crate::types::{Field, Labels, Type, Variant};

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
    subschemas_left: usize,
    /// Names and words are copied for each use: an enum of long names, used often, would fill the
    /// memory before the schema is measured.
    bytes_left: usize,
}

impl Writer {
    fn new(direction: Direction) -> Self {
        Self {
            direction,
            subschemas_left: SUBSCHEMAS_MAX,
            bytes_left: SCHEMA_BYTES_MAX,
        }
    }

    fn charge(&mut self, name: &str, docs: Option<&str>) -> Result<(), TooLarge> {
        let docs = docs.map_or(0, |docs| docs.len().min(DESCRIPTION_BYTES_MAX));
        self.bytes_left = self
            .bytes_left
            .checked_sub(name.len() + docs)
            .ok_or(TooLarge(()))?;
        Ok(())
    }

    fn value(&mut self, ty: &Type) -> Result<Object, TooLarge> {
        self.subschemas_left = self.subschemas_left.checked_sub(1).ok_or(TooLarge(()))?;
        Ok(match ty {
            Type::Bool => typed("boolean"),
            Type::Char => with(
                typed("string"),
                [("minLength", 1.into()), ("maxLength", 1.into())],
            ),
            Type::Integer(integer) => {
                let (minimum, maximum) = (integer.minimum().into(), integer.maximum().into());
                with(
                    typed("integer"),
                    [("minimum", minimum), ("maximum", maximum)],
                )
            }
            // Two schemas instead of two types in one: some clients know only one type at a time.
            Type::Float(_) if self.direction == Direction::Output => {
                let alternatives = vec![typed("number"), typed("null")];
                with(Object::new(), [("anyOf", alternatives.into())])
            }
            Type::Float(_) => typed("number"),
            Type::String => typed("string"),
            Type::Bytes => with(typed("string"), [("contentEncoding", "base64".into())]),
            Type::List(element) => {
                let items = self.value(element)?;
                with(typed("array"), [("items", items.into())])
            }
            Type::Tuple(types) => self.tuple(types)?,
            Type::Record(record) => described(self.fields(&record.fields)?, record.docs.as_deref()),
            Type::Variant(variant) => described(self.variant(variant)?, variant.docs.as_deref()),
            Type::Enum(labels) => self.names(labels)?,
            Type::Flags(labels) => self.flags(labels)?,
            Type::Option(inner) => {
                let alternatives = vec![self.some(inner)?, typed("null")];
                with(Object::new(), [("anyOf", alternatives.into())])
            }
            Type::Result(result) => {
                let ok = self.side("ok", result.ok.as_ref())?;
                let err = self.side("err", result.err.as_ref())?;
                with(Object::new(), [("oneOf", vec![ok, err].into())])
            }
        })
    }

    fn tuple(&mut self, types: &[Type]) -> Result<Object, TooLarge> {
        let items = types
            .iter()
            .map(|ty| self.value(ty))
            .collect::<Result<Vec<_>, _>>()?;
        let length = Value::from(types.len());
        let keywords = [
            ("prefixItems", items.into()),
            ("items", false.into()),
            ("minItems", length.clone()),
            ("maxItems", length),
        ];
        Ok(with(typed("array"), keywords))
    }

    /// One side of a result.
    fn side(&mut self, name: &str, ty: Option<&Type>) -> Result<Object, TooLarge> {
        let payload = ty.map(|ty| self.value(ty)).transpose()?;
        Ok(wrapper(name, payload.unwrap_or_else(|| typed("null"))))
    }

    fn names(&mut self, labels: &Labels) -> Result<Object, TooLarge> {
        let names = labels
            .labels
            .iter()
            .map(|label| (&*label.name, label.docs.as_deref()));
        self.choice(labels.docs.as_deref(), names)
    }

    fn flags(&mut self, labels: &Labels) -> Result<Object, TooLarge> {
        let mut items = self.names(labels)?;
        let docs = items.shift_remove("description");
        let keywords = [("items", items.into()), ("uniqueItems", true.into())];
        let mut flags = with(typed("array"), keywords);
        flags.extend(docs.map(|docs| ("description".to_owned(), docs)));
        Ok(flags)
    }

    /// A choice of names. Schemas have no place for what each means, so the description lists it.
    fn choice<'n>(
        &mut self,
        docs: Option<&str>,
        choices: impl Iterator<Item = (&'n str, Option<&'n str>)>,
    ) -> Result<Object, TooLarge> {
        let mut lines: Vec<String> = docs.map(str::to_owned).into_iter().collect();
        let mut names = Vec::new();
        for (name, docs) in choices {
            self.charge(name, docs)?;
            names.push(name);
            lines.extend(docs.map(|docs| format!("- `{name}`: {docs}")));
        }
        let schema = with(typed("string"), [("enum", names.into())]);
        Ok(described(schema, Some(&lines.join("\n"))))
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
            self.charge(&field.name, field.docs.as_deref())?;
            let schema = described(schema, field.docs.as_deref());
            properties.insert(field.name.to_string(), schema.into());
        }
        let mut schema = with(typed("object"), [("properties", properties.into())]);
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema.insert("additionalProperties".to_owned(), false.into());
        Ok(schema)
    }

    fn variant(&mut self, variant: &Variant) -> Result<Object, TooLarge> {
        let mut alternatives = Vec::new();
        let mut bare = variant
            .cases
            .iter()
            .filter(|case| case.ty.is_none())
            .peekable();
        if bare.peek().is_some() {
            let names = bare.map(|case| (&*case.name, case.docs.as_deref()));
            alternatives.push(self.choice(None, names)?);
        }
        for case in &variant.cases {
            if let Some(ty) = &case.ty {
                self.charge(&case.name, case.docs.as_deref())?;
                let payload = self.value(ty)?;
                alternatives.push(described(
                    wrapper(&case.name, payload),
                    case.docs.as_deref(),
                ));
            }
        }
        Ok(match alternatives.pop() {
            Some(only) if alternatives.is_empty() => only,
            last => {
                alternatives.extend(last);
                with(Object::new(), [("oneOf", alternatives.into())])
            }
        })
    }
}

/// A schema of one JSON type.
fn typed(name: &str) -> Object {
    with(Object::new(), [("type", name.into())])
}

fn with<const N: usize>(mut schema: Object, keywords: [(&str, Value); N]) -> Object {
    schema.extend(keywords.map(|(keyword, value)| (keyword.to_owned(), value)));
    schema
}

/// An object with one key, which must be there.
fn wrapper(key: &str, value: Object) -> Object {
    let properties = Object::from_iter([(key.to_owned(), value.into())]);
    let keywords = [
        ("properties", properties.into()),
        ("required", vec![key].into()),
        ("additionalProperties", false.into()),
    ];
    with(typed("object"), keywords)
}

/// Says what a value is: where it is used, then what its type is in general.
fn described(mut schema: Object, docs: Option<&str>) -> Object {
    let Some(docs) = docs else { return schema };
    let docs = match schema.get("description").and_then(Value::as_str) {
        Some(general) => clean(&format!("{docs}\n{general}"), DESCRIPTION_BYTES_MAX),
        None => clean(docs, DESCRIPTION_BYTES_MAX),
    };
    if let Some(docs) = docs {
        schema.insert("description".to_owned(), docs.into());
    }
    schema
}

#[cfg(test)]
mod tests;
