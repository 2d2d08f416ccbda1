//! MCP: messages to requests, answers to messages.
//!
//! Owns both eras of the protocol, and the one place where an outcome becomes what a client sees
//! ([`wire`]). Refuses to know how bytes travel.

mod content;
mod cursor;
mod events;
mod handler;
mod listing;
pub(crate) mod message;
mod sanitize;
mod wire;

pub(crate) use handler::Handler;
