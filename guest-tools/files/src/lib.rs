//! The `files` tool: lists, reads, searches, writes, and edits files in granted directories.
//!
//! The modules work on anything that is a [`disk::Disk`], and are tested on the host on one in
//! memory. Only `guest` knows that there is a component around them, and WASI below.

pub mod disk;
pub mod edit;
pub mod error;
pub mod glob;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod list;
#[cfg(test)]
mod memory;
pub mod path;
pub mod pattern;
pub mod read;
pub mod search;
pub mod walk;
#[cfg(target_arch = "wasm32")]
mod wasi;
pub mod write;
