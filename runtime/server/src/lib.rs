//! The outside world to one call funnel and back.
//!
//! The only room that sees all others. Bytes become messages in [`transport`], messages become
//! requests and answers in [`protocol`], and every call, whoever makes it, goes through
//! [`Funnel::call`]: read `call.rs` first.
//!
//! [`transport`]: Server::serve
//! [`protocol`]: Server

#![forbid(unsafe_code)]

pub mod admin;
pub mod approvals;
mod audit;
mod call;
mod denials;
mod echo;
mod json;
mod labels;
pub mod metrics;
mod offer;
pub mod pins;
mod protocol;
mod server;
mod trace;
mod transport;
mod unique;
mod watch;
mod within;

pub use audit::OUTCOMES;
pub use call::{Blame, CallError, CallRequest, Funnel, Target};
pub use json::{JSON_DEPTH_MAX, JsonFault, parse as parse_json};
pub use labels::Labels;
pub use ringfence_sandbox::{Answer, CallEvents, LogLevel, Outcome, Output, Receipt, Silent};
pub use server::{HttpOptions, LOG_FILTER, Server};
pub use transport::http;
pub use transport::{IN_FLIGHT_MAX, LINE_BYTES_MAX};
