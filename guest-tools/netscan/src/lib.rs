//! The `netscan` tool: finds open TCP ports by connecting to them.
//!
//! The modules are plain functions, tested on the host with a [`scan::Dial`] that follows a script. Only
//! `guest` and `wasi` know that there is a component around them. What may be connected to is not this
//! tool's business: the host decides about each connection.

#[cfg(target_arch = "wasm32")]
mod guest;
pub mod limits;
pub mod ports;
pub mod scan;
pub mod targets;
#[cfg(target_arch = "wasm32")]
mod wasi;
