//! The protocol: requests to answers, in both eras.
//!
//! Owns what MCP says. Refuses to know how bytes travel, and to run anything but through the funnel.

mod calls;
pub(crate) mod client;
mod completion;
pub(crate) mod content;
mod dispatch;
pub(crate) mod endpoint;
pub(crate) mod exchange;
pub(crate) mod fault;
pub(crate) mod frame;
pub(crate) mod id_search;
mod level;
mod line;
pub(crate) mod listen;
mod lists;
pub(crate) mod news;
mod open;
pub(crate) mod outbox;
mod parked;
mod questions;
mod running;
pub(crate) mod sanitize;
pub(crate) mod seal;
mod server_info;
pub(crate) mod session;
mod tasks;
pub(crate) mod versions;
pub(crate) mod wire;
