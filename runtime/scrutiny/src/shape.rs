//! A function's types as WIT writes them.
//!
//! Owns a short form for people. The schema is the exact one.

use std::fmt::{self, Display, Formatter};

use ringfence_tool::{Function, Payload, Returns, Type};

/// How deep a nameless type is written out. Bounds the line that a hostile type makes.
const DEPTH_MAX: usize = 4;

/// How many members of a nameless type are written out.
const MEMBERS_MAX: usize = 8;

/// `name(param: type, …) -> type`.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'f>(pub &'f Function);

impl Display for Signature<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.0.name)?;
        for (index, param) in self.0.params.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{}: {}", param.name, Short(&param.ty, 0))?;
        }
        f.write_str(")")?;
        write!(f, "{}", Result(&self.0.result))
    }
}

/// ` -> type`, or nothing for a function that gives nothing back.
pub(crate) struct Result<'r>(pub(crate) &'r Returns);

impl Display for Result<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        result(self.0, f)
    }
}

fn result(returns: &Returns, f: &mut Formatter<'_>) -> fmt::Result {
    let ok = match &returns.ok {
        Payload::Nothing => None,
        Payload::Value(ty) => Some(Short(ty, 0).to_string()),
        Payload::Content(_) => Some("content".to_owned()),
        Payload::Contents(_) => Some("list<content>".to_owned()),
    };
    let err = returns
        .err
        .as_ref()
        .map(|err| err.as_ref().map(|ty| Short(ty, 0).to_string()));
    match (ok, err) {
        (None, None) => Ok(()),
        (Some(ok), None) => write!(f, " -> {ok}"),
        (None, Some(None)) => f.write_str(" -> result"),
        (Some(ok), Some(None)) => write!(f, " -> result<{ok}>"),
        (None, Some(Some(err))) => write!(f, " -> result<_, {err}>"),
        (Some(ok), Some(Some(err))) => write!(f, " -> result<{ok}, {err}>"),
    }
}

/// A type: by its name where it has one.
pub(crate) struct Short<'t>(pub(crate) &'t Type, pub(crate) usize);

impl Display for Short<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(ty, depth) = *self;
        if depth > DEPTH_MAX {
            return f.write_str("…");
        }
        let inner = |ty| Short(ty, depth + 1);
        let named = match ty {
            Type::Record(record) => record.name.as_deref(),
            Type::Variant(variant) => variant.name.as_deref(),
            Type::Enum(labels) | Type::Flags(labels) => labels.name.as_deref(),
            _ => None,
        };
        if let Some(name) = named {
            return f.write_str(name);
        }
        match ty {
            Type::Bool => f.write_str("bool"),
            Type::Char => f.write_str("char"),
            Type::Integer(integer) => f.write_str(integer.name()),
            Type::Float(ringfence_tool::Float::F32) => f.write_str("f32"),
            Type::Float(ringfence_tool::Float::F64) => f.write_str("f64"),
            Type::String => f.write_str("string"),
            Type::Bytes => f.write_str("list<u8>"),
            Type::List(item) => write!(f, "list<{}>", inner(item)),
            Type::Option(item) => write!(f, "option<{}>", inner(item)),
            Type::Tuple(items) => members(f, "tuple<", ">", items.iter().map(inner)),
            Type::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|field| format!("{}: {}", field.name, inner(&field.ty)));
                members(f, "record { ", " }", fields)
            }
            Type::Variant(variant) => members(
                f,
                "variant { ",
                " }",
                variant.cases.iter().map(|case| &*case.name),
            ),
            Type::Enum(labels) => members(
                f,
                "enum { ",
                " }",
                labels.labels.iter().map(|label| &*label.name),
            ),
            Type::Flags(labels) => members(
                f,
                "flags { ",
                " }",
                labels.labels.iter().map(|label| &*label.name),
            ),
            Type::Result(sides) => {
                let side = |ty: &Option<Type>| {
                    let text = ty.as_ref().map(|ty| Short(ty, depth + 1).to_string());
                    text.unwrap_or_else(|| "_".to_owned())
                };
                write!(f, "result<{}, {}>", side(&sides.ok), side(&sides.err))
            }
        }
    }
}

fn members<T: Display>(
    f: &mut Formatter<'_>,
    open: &str,
    close: &str,
    items: impl ExactSizeIterator<Item = T>,
) -> fmt::Result {
    let more = items.len() > MEMBERS_MAX;
    f.write_str(open)?;
    for (index, item) in items.take(MEMBERS_MAX).enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    f.write_str(if more { ", …" } else { "" })?;
    f.write_str(close)
}
