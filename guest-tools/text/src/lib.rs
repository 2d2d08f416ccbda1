//! The `text` tool: counts, compares, searches, and rewrites text.
//!
//! The modules are plain functions over strings, tested on the host. Only `guest` knows that there
//! is a component around them.

pub mod diff;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod limits;
pub mod lines;
pub mod pattern;
pub mod stats;
pub mod unified;
pub mod wrap;
