//! A component as an artifact: digest, manifest, interface, JSON Schema.
//!
//! Everything about a tool that can be known without running it. [`Component::read`] takes the
//! bytes of a WebAssembly component that nobody vouches for, and gives back what it is called, what
//! it offers, what it asks for, and what MCP clients should be told; or says why not, within
//! bounded time and memory.
//!
//! The crate does no I/O and knows no engine: it is given bytes, and it gives back values.

#![forbid(unsafe_code)]

mod adapt;
mod component;
mod conform;
mod definition;
mod digest;
mod docs;
mod error;
mod interface;
mod manifest;
mod name;
mod nearest;
mod nesting;
mod pack;
mod provides;
mod read;
mod scan;
mod schema;
mod text;
mod types;

pub use component::Component;
pub use definition::ToolDefinition;
pub use digest::{Digest, Hashing, InvalidDigest};
pub use docs::Cleaned;
pub use error::ReadError;
pub use interface::{Export, Function, Interface, Payload, Returns, Unavailable};
pub use manifest::{
    ArgumentError, Constraints, Example, FunctionManifest, Manifest, ManifestError, Pattern,
    Request,
};
pub use name::{ComponentName, FunctionName, InvalidName, ToolName};
pub use nearest::nearest;
pub use pack::{PackError, WitSource, pack};
pub use provides::{ProviderFunction, Provides};
pub use read::Import;
pub use scan::{COMPONENT_BYTES_MAX, Footprint};
pub use schema::Object;
pub use text::is_hidden;
pub use types::{Case, Field, Float, Integer, Label, Labels, Record, ResultType, Type, Variant};
