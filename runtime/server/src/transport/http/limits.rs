//! How much a peer may take of the server before anybody knows who it is.
//!
//! Owns the numbers and what each is for. Refuses to enforce them: each is enforced where the bytes,
//! the connection or the request is.

use std::time::Duration;

/// Connections at a time. Bounds the file descriptors and the memory that opening sockets takes,
/// and leaves room for thousands of idle event streams.
pub const CONNECTIONS_MAX: usize = 8_192;

/// Bytes of a request's head. Bounds what one connection buffers before it is a request. More than
/// 100 header fields are refused as well: hyper's own limit, which a test holds.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;

/// From a head's first byte to its last, and from connecting to the first request. Bounds a peer
/// that sends a byte now and then to hold connections (slowloris).
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// From one answer to the next request. Bounds connections that are kept for nothing.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(75);

/// A write that gets no byte further. Bounds a peer that asks and never reads, and one that
/// vanished without saying so.
pub const WRITE_STALL_MAX: Duration = Duration::from_secs(30);

/// From the first signal to stop until what is still running is cut. Bounds how long one call can
/// keep the process from ending.
pub const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Since anything was last heard from the peer of a WebSocket, who is asked three times meanwhile
/// whether it is there. Bounds connections that are held for a peer that has vanished, or that runs
/// no more, while something on the way still takes what is sent to it.
pub const SOCKET_SILENCE_MAX: Duration = Duration::from_mins(1);

/// Bytes of one request's body. Bounds what one request makes the server hold.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// From a request's head to the last byte of its body. Bounds a peer that drips a body.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// Bytes of all bodies that are held at a time. Bounds many connections that each send a large one.
pub const BODIES_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Requests of one principal at a time. Keeps one from taking the room of all.
pub const PRINCIPAL_REQUESTS_MAX: usize = 1_024;

/// Requests of all at a time. Bounds what many principals together make the server work on.
pub const REQUESTS_MAX: usize = 4_096;

/// Everything above, so that an operator and a test may choose otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections_max: usize,
    /// Bytes of a request's head, at least 8 KiB.
    pub head_bytes_max: usize,
    /// From a head's first byte to its last.
    pub head_time_max: Duration,
    /// From one answer to the next request.
    pub idle_time_max: Duration,
    /// A write that gets no byte further.
    pub write_stall_max: Duration,
    /// From the first signal to stop to the cut.
    pub drain_max: Duration,
    /// Since anything was heard from the peer of a WebSocket.
    pub socket_silence_max: Duration,
    /// Bytes of one request's body.
    pub body_bytes_max: usize,
    /// From a request's head to the last byte of its body.
    pub body_time_max: Duration,
    /// Bytes of all bodies at a time.
    pub bodies_bytes_max: usize,
    /// Requests of one principal at a time.
    pub principal_requests_max: usize,
    /// Requests of all at a time.
    pub requests_max: usize,
}

impl Default for Limits {
    /// Each limit's constant.
    fn default() -> Self {
        Self {
            connections_max: CONNECTIONS_MAX,
            head_bytes_max: HEAD_BYTES_MAX,
            head_time_max: HEAD_TIME_MAX,
            idle_time_max: IDLE_TIME_MAX,
            write_stall_max: WRITE_STALL_MAX,
            drain_max: DRAIN_MAX,
            socket_silence_max: SOCKET_SILENCE_MAX,
            body_bytes_max: BODY_BYTES_MAX,
            body_time_max: BODY_TIME_MAX,
            bodies_bytes_max: BODIES_BYTES_MAX,
            principal_requests_max: PRINCIPAL_REQUESTS_MAX,
            requests_max: REQUESTS_MAX,
        }
    }
}
