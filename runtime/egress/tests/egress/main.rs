//! What goes out, seen from where it arrives: real sockets, and canaries that nobody may touch.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod class;
mod denied;
mod peer;
mod redirect;
mod request;
mod response;
mod slow;
mod sockets;
mod stage;
mod tls;
