//! The `conformance` tool: every fixture that the official MCP conformance suite asks a server for, so
//! that a sandboxed guest passes it and no code in the server.
//!
//! The modules speak in the types of the WIT and are handed a [`host::Host`], so they are tested on
//! the host with one that follows a script. Only `guest` knows that there is a component around them.

mod answer;
mod arguments;
mod bindings;
pub mod completion;
mod content;
#[cfg(target_arch = "wasm32")]
mod guest;
pub mod host;
mod media;
pub mod prompts;
mod question;
pub mod resources;
#[cfg(test)]
mod script;
pub mod tools;
