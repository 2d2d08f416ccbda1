//! What to do when no connection could be accepted.
//!
//! Owns the difference between a connection that broke and a machine that is out of something.

use std::io;
use std::time::Duration;

/// The first wait. Long enough for another connection to give its descriptor back.
const WAIT_MIN: Duration = Duration::from_millis(5);

/// The longest wait. Bounds both a loop that finds no descriptor and how late it notices one.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Waits that double while accepting keeps failing.
#[derive(Debug, Default)]
pub(super) struct Backoff(Option<Duration>);

impl Backoff {
    /// Accepting works.
    pub(super) fn reset(&mut self) {
        self.0 = None;
    }

    /// How long to wait after `error`; not at all when it was the peer's.
    pub(super) fn after(&mut self, error: &io::Error) -> Option<Duration> {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if let ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted = error.kind()
        {
            return None;
        }
        let wait = self
            .0
            .map_or(WAIT_MIN, |last| last.saturating_mul(2).min(WAIT_MAX));
        self.0 = Some(wait);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_descriptors_is_asked_ever_more_rarely() {
        // EMFILE, which has no kind of its own.
        let full = io::Error::from_raw_os_error(24);
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..12).filter_map(|_| backoff.after(&full)).collect();
        assert_eq!(waits.len(), 12);
        assert!(waits.is_sorted());
        assert_eq!(waits.first(), Some(&WAIT_MIN));
        assert_eq!(waits.last(), Some(&WAIT_MAX));
        backoff.reset();
        assert_eq!(backoff.after(&full), Some(WAIT_MIN));
    }

    #[test]
    fn a_peer_that_went_away_makes_nobody_wait() {
        let gone = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert_eq!(Backoff::default().after(&gone), None);
    }
}
