//! The `data` tool: queries and converts structured text.
//!
//! Every format is read into and written from one model, `serde_json::Value`. The modules are plain
//! functions, tested on the host. Only `guest` knows that there is a component around them.

pub mod error;
pub mod format;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod limits;
pub mod query;
pub mod table;
pub mod tomlish;
pub mod yaml;
