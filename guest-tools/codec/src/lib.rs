//! The `codec` tool: hashes, encodes, decodes, and makes identifiers.
//!
//! The modules are plain functions over bytes, tested on the host. Only `guest` knows that there is
//! a component around them.

pub mod encoding;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod hash;
pub mod identifier;
pub mod limits;
