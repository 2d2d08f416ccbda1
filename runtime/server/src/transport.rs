//! Bytes in, messages out, and back.
//!
//! Owns framing, sizes, encodings, and that every line which asks for something is answered exactly
//! once. Refuses to know a tool or a tenant.

mod id_search;
mod in_flight;
mod inbound;
mod line;
mod stdio;
mod writer;

pub use in_flight::IN_FLIGHT_MAX;
pub use line::LINE_BYTES_MAX;
pub(crate) use stdio::{Lifecycle, StdioTransport};
