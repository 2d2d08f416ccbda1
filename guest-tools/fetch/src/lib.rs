//! The `fetch` tool: gets pages from the web, and makes HTML readable.
//!
//! The modules are plain functions, tested on the host with an [`exchange::Exchange`] that follows a
//! script. Only `guest` and `wasi` know that there is a component around them. Which hosts may be
//! reached is not this tool's business: the host decides, and hears of each request and each redirect.

pub mod error;
pub mod exchange;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod html;
pub mod limits;
pub mod page;
pub mod url;
#[cfg(target_arch = "wasm32")]
mod wasi;
