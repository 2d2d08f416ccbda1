//! The only room that runs guests.
//!
//! Owns the engine, its limits, what a guest may import, the conversion between JSON and component
//! values, and one call from instantiation to receipt. Refuses to know who is calling, which tools
//! exist, or what a protocol is: it is handed a [`Permit`](ringfence_policy::Permit) and enforces it.
//!
//! Read in the order of a call: [`engine`], [`compiler`] and [`cache`] make a [`Prepared`] tool; [`Prepared::arguments`]
//! turns JSON into values; [`Sandbox::admit`] waits for a [`Slot`]; [`Sandbox::invoke`] spends permit, slot and
//! arguments, and leaves an [`Outcome`] and a [`Receipt`].
//!
//! [`engine`]: Profile
//! [`compiler`]: Compiler
//! [`cache`]: ArtifactCache

#![deny(unsafe_code)]

mod arguments;
mod bound;
mod cache;
mod capability;
mod classify;
mod coarse;
mod compiler;
mod config;
mod content;
mod engine;
mod files;
mod guest;
mod host;
mod http;
mod input;
mod invoke;
mod keyvalue;
mod leaving;
mod ledger;
mod linker;
mod meter;
mod network;
mod outcome;
mod output;
mod prepared;
mod random;
mod receipt;
mod result;
#[cfg(test)]
mod roundtrip;
mod sandbox;
mod slot;
mod socket;
mod streams;
mod toll;
mod wasi;
mod watch;

pub use arguments::{ArgumentError, Arguments};
pub use cache::ArtifactCache;
pub use capability::{Directories, UnusableGrant};
pub use compiler::{Compiler, Worker, WorkerLimits, work};
pub use config::Values;
pub use content::{Audience, Content, ResourceBody};
pub use engine::Profile;
pub use host::{
    Abilities, Ability, AskError, Asked, CallEvents, Called, Calling, ChildCall, ChildEnded,
    ChildError, ClientAnswer, ListedTool, LogLevel, Message, News, OtherTools, Question,
    QuestionKind, Role, Root, Silent, Standstill,
};
pub use input::StandardInput;
pub use invoke::{Answer, Stop};
pub use linker::IMPORTS;
pub use outcome::{Limit, Outcome, Output, ToolError, Trap};
pub use output::{PRINTED_MAX, Printed, PrintedOn};
pub use prepared::{PrepareError, Prepared};
pub use receipt::{Children, LastReceipt, Reached, Receipt, Truncated};
pub use sandbox::{HostFault, Sandbox, Settings};
pub use slot::{Overloaded, Slot};
