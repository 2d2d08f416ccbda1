//! What a component offers: its functions, as an MCP client could call them.
//!
//! Owns the functions, their names and their documentation. Refuses to know how they were encoded
//! in the binary ([`crate::read`]) and how they are run.

use std::sync::Arc;

use crate::name::{FunctionName, ToolName};
use crate::types::{Field, Type};

/// Everything a component exports that could be a tool, in the order of its exports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// The functions that can be called.
    pub functions: Vec<Function>,
    /// The functions that cannot, each with the reason.
    pub unavailable: Vec<Unavailable>,
}

/// A function that can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// What it is called within its component: unique there. `ringfence call TOOL FUNCTION`.
    pub name: FunctionName,
    /// What MCP clients call it.
    pub tool_name: ToolName,
    /// Where to find it among the component's exports.
    pub export: Export,
    /// What it does.
    pub docs: Option<Arc<str>>,
    /// Its parameters, in order.
    pub params: Vec<Field>,
    /// What it gives back.
    pub result: Returns,
}

/// Where a function stands among a component's exports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Export {
    /// The exported interface that holds it, such as `acme:geo/distance@1.0.0`; nothing for a
    /// function exported by the world itself.
    pub interface: Option<Arc<str>>,
    /// The function's name there.
    pub function: Arc<str>,
}

/// What a function gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// What success looks like.
    pub ok: Payload,
    /// Whether the function returns a `result`, and what its error carries when it does.
    pub err: Option<Option<Type>>,
}

/// What a successful call carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    Nothing,
    /// A value, given to the client as structured JSON.
    Value(Type),
    /// One block of `ringfence:tool/types` content, passed through. The type is that variant.
    Content(Type),
    /// A list of such blocks. The type is that of one block.
    Contents(Type),
}

/// A function that cannot be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// Where it stands.
    pub export: Export,
    /// Why, as a lowercase fragment.
    pub reason: String,
}
