//! What looks wrong with a tool, and what has changed since somebody approved it.
//!
//! Everything that a tool says reaches a model, and what reaches a model can steer it. This room reads
//! the words of a component as a suspicious person would ([`examine`]), and tells what is different
//! about a component from what was approved ([`Pin::differences`]), in words. It decides nothing: who may
//! approve, and what becomes of a tool that nobody approved, is known elsewhere.
//!
//! The crate does no I/O. What it is given may be anybody's; what it gives back is safe to show after
//! [`visible`].

#![forbid(unsafe_code)]

mod difference;
mod facts;
mod passage;
mod pin;
mod shape;
mod suspicion;
mod visible;

pub use difference::Difference;
pub use facts::{FACTS_BYTES_MAX, Facts};
pub use passage::{Kind, Passage, of_component, of_schema};
pub use pin::{BrokenPin, Pin};
pub use shape::Signature;
pub use suspicion::{Aim, EXAMINED_BYTES_MAX, FLAGS_MAX, Flag, Others, Sign, examine, is_hidden};
pub use visible::visible;
