//! The `time` tool: tells the time, converts between zones, and reckons with dates.
//!
//! The modules are plain functions that are handed the current time, tested on the host. Only
//! `guest` knows that there is a component, and a clock, around them.

mod database;
pub mod error;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod moment;
pub mod pattern;
pub mod reckon;
pub mod zone;
