//! Bytes in, messages out, and back.
//!
//! Owns framing, sizes, encodings, and that every message which asks for something is answered exactly
//! once. Refuses to know a tool or a tenant.

mod connection;
pub mod http;
mod in_flight;
mod line;
pub(crate) mod stdio;
mod writer;

pub(crate) use connection::Lifecycle;
pub use in_flight::IN_FLIGHT_MAX;
pub use line::LINE_BYTES_MAX;
