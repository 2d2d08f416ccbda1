//! YAML 1.2 with its core schema. Anchors are followed, and `<<` merges.

mod reader;
mod scalar;
mod writer;

pub use reader::read;
pub use writer::write;
