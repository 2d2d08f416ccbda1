//! The WIT value types that a function's parameters and result may have.
//!
//! Owns the shape of a type and its documentation. Refuses to know how a value is stored or written
//! as JSON: [`crate::schema`] describes it, the sandbox converts it.
//!
//! Types are a tree without cycles, shared where WIT shares them, so that a component whose types
//! name each other many times costs no more memory here than in its binary. Walking the tree can
//! still be exponential, so each walk counts its steps.

use std::sync::Arc;

/// A WIT value type.
///
/// Resources, streams and futures have no place here: a function that uses one is unavailable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `bool`.
    Bool,
    /// `char`: one Unicode scalar value.
    Char,
    /// An integer of any width.
    Integer(Integer),
    /// `f32` or `f64`.
    Float(Float),
    /// `string`, UTF-8.
    String,
    /// `list<u8>`: bytes, base64 in JSON.
    Bytes,
    /// `list<T>` of anything but `u8`.
    List(Arc<Self>),
    /// `tuple<…>`.
    Tuple(Arc<[Self]>),
    /// `record`.
    Record(Arc<Record>),
    /// `variant`.
    Variant(Arc<Variant>),
    /// `enum`.
    Enum(Arc<Labels>),
    /// `flags`.
    Flags(Arc<Labels>),
    /// `option<T>`.
    Option(Arc<Self>),
    /// `result<T, E>` that is not the whole result of a function.
    Result(Arc<ResultType>),
}

/// The width and sign of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Integer {
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
}

impl Integer {
    /// The smallest value.
    pub fn minimum(self) -> i64 {
        match self {
            Self::S8 => i8::MIN.into(),
            Self::S16 => i16::MIN.into(),
            Self::S32 => i32::MIN.into(),
            Self::S64 => i64::MIN,
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => 0,
        }
    }

    /// The largest value.
    pub fn maximum(self) -> u64 {
        match self {
            Self::S8 => i8::MAX as u64,
            Self::S16 => i16::MAX as u64,
            Self::S32 => i32::MAX as u64,
            Self::S64 => i64::MAX as u64,
            Self::U8 => u8::MAX.into(),
            Self::U16 => u16::MAX.into(),
            Self::U32 => u32::MAX.into(),
            Self::U64 => u64::MAX,
        }
    }

    /// The name that WIT gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::S8 => "s8",
            Self::S16 => "s16",
            Self::S32 => "s32",
            Self::S64 => "s64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
        }
    }
}

/// The width of a floating-point number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Float {
    F32,
    F64,
}

/// A `record`: named fields, in the order that WIT gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The type's name, where it has one.
    pub name: Option<Arc<str>>,
    /// What it is.
    pub docs: Option<Arc<str>>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of a record, or a parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, in WIT's kebab-case.
    pub name: Arc<str>,
    /// What it is.
    pub docs: Option<Arc<str>>,
    /// Its type. [`Type::Option`] makes it optional.
    pub ty: Type,
}

/// A `variant`: one of several cases, each with or without a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The type's name, where it has one.
    pub name: Option<Arc<str>>,
    /// What it is.
    pub docs: Option<Arc<str>>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A case of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name, in kebab-case.
    pub name: Arc<str>,
    /// What it means.
    pub docs: Option<Arc<str>>,
    /// What it carries.
    pub ty: Option<Type>,
}

/// The names of an `enum` or of `flags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The type's name, where it has one.
    pub name: Option<Arc<str>>,
    /// What it is.
    pub docs: Option<Arc<str>>,
    /// The labels, in the order that WIT gives them.
    pub labels: Vec<Label>,
}

/// A name in an `enum` or in `flags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The name, in kebab-case.
    pub name: Arc<str>,
    /// What it means.
    pub docs: Option<Arc<str>>,
}

/// A `result` nested in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultType {
    /// What success carries.
    pub ok: Option<Type>,
    /// What failure carries.
    pub err: Option<Type>,
}
