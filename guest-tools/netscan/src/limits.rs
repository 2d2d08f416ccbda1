//! What is bounded, and why.

/// Addresses of one scan. A typing error in a prefix must not scan a continent.
pub const ADDRESSES_MAX: usize = 1024;

/// Connections of one scan. The host allows no call more.
pub const CONNECTIONS_MAX: usize = 4096;

/// Connections at once. Each takes some of the handles that a call has.
pub const AT_ONCE: usize = 32;

/// How long one connection may take, in milliseconds.
pub const TIMEOUT_MS_MAX: u32 = 10_000;

/// How long, when nobody says: longer than any host of one's own network takes.
pub const TIMEOUT_MS_DEFAULT: u32 = 1000;
