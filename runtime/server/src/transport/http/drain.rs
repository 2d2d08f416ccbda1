//! How serving ends.
//!
//! Owns the two signals: finish what is running, and stop at once. Refuses to know who gives them.

use tokio_util::sync::CancellationToken;

/// The two signals that end serving. Clones are the same signals.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    closing: CancellationToken,
    now: CancellationToken,
}

impl Drain {
    /// Ends on these two: `closing` begins the end, `now` cuts it short.
    pub fn new(closing: CancellationToken, now: CancellationToken) -> Self {
        Self { closing, now }
    }

    /// Cancelled when no new work is taken. A stream without an end of its own ends now, in its
    /// protocol's way.
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// Cancelled when nothing may run any more: the time to drain is over, or somebody insisted.
    pub fn now(&self) -> &CancellationToken {
        &self.now
    }
}
