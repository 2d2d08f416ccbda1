//! The only way out.
//!
//! Owns every connection that ringfence makes for somebody else: a guest's requests and sockets, and
//! what parts of the host fetch. Refuses to know a guest, a policy or a protocol above HTTP: it asks
//! its caller's [`Rules`] about each hop.
//!
//! In the order of a request: a [`Destination`] is read in one spelling, [`Rules`] give [`Leave`], a
//! resolver answers, every answer has a [`Class`], and a connection is made to an address that was
//! checked, never to a name. Nothing is looked up twice, no proxy is taken from the environment, no
//! cookie is kept, nothing is decompressed, and no connection is used for a second request.

#![forbid(unsafe_code)]

mod address;
mod body;
mod connect;
mod destination;
mod egress;
mod error;
mod follow;
mod headers;
mod ledger;
mod limits;
mod outgoing;
mod resolve;
mod rules;
mod socket;
mod stream;
mod target;
mod tls;

pub use address::Class;
pub use body::ResponseBody;
pub use destination::{Destination, Host, InvalidDestination, Scheme};
pub use egress::Egress;
pub use error::{EgressError, Malformed, Part, Stage};
pub use headers::is_forbidden;
pub use ipnet::IpNet;
pub use ledger::{Reached, Touched};
pub use limits::Limits;
pub use outgoing::{Outgoing, Timeouts};
pub use resolve::{Addresses, Resolve, SystemResolver};
pub use rules::{Denied, Hop, Leave, Rules, Transport};
pub use tls::{InvalidTrust, Trust};
