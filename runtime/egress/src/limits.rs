//! How much one caller may send and receive, and how long it may take.

use std::time::Duration;

/// The bounds of what goes out for one caller: one call of a guest, or one part of the host.
///
/// Defaults are for guests; parts of the host set their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// To look a name up, connect and finish the TLS handshake. Bounds a host that accepts and never
    /// speaks.
    pub connect: Duration,
    /// From a connection to the head of the response. Bounds a host that never answers, and interim
    /// answers without end.
    pub first_byte: Duration,
    /// Between two pieces of a body. Bounds a host that stops.
    pub between_bytes: Duration,
    /// For one request in all. Bounds a host that drips.
    pub total: Duration,
    /// Bytes of a request's target. Bounds what a guest can put into another's log with one line.
    pub target_bytes: usize,
    /// Header fields of one message, in each direction. Bounds many small ones.
    pub headers: usize,
    /// Bytes of the header fields of one message, in each direction. Bounds a few large ones.
    pub header_bytes: usize,
    /// Bytes of a request's body. Bounds what one request can carry away.
    pub request_bytes: u64,
    /// Bytes of a response's body, as they come: nothing is decompressed. Bounds a body without end.
    pub response_bytes: u64,
    /// Requests at once. Bounds sockets and buffers that one call can hold.
    pub concurrent: usize,
    /// Requests in all. Bounds a flood from one call.
    pub requests: u32,
    /// Sockets in all, connected or sent from. Bounds a scan.
    pub sockets: u32,
    /// Names looked up for sockets in all. Bounds names as messages.
    pub lookups: u32,
    /// Redirects that are followed for one request, where they are. Bounds a loop.
    pub redirects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(30),
            between_bytes: Duration::from_secs(15),
            total: Duration::from_mins(2),
            target_bytes: 8 << 10,
            headers: 100,
            header_bytes: 32 << 10,
            request_bytes: 8 << 20,
            response_bytes: 16 << 20,
            concurrent: 8,
            requests: 128,
            sockets: 4096,
            lookups: 32,
            redirects: 5,
        }
    }
}
