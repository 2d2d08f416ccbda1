//! The wall clock of one call, which stands still while the call waits for its client.
//!
//! Owns the deadline. Refuses to know who waits and for what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The wall clock of one call.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<Hands>);

#[derive(Debug)]
struct Hands {
    deadline: Instant,
    stopped: Option<Instant>,
    stood: Duration,
}

/// The clock stands still until this is dropped.
#[derive(Debug)]
pub(crate) struct Standstill(Arc<Clock>);

impl Clock {
    pub(crate) fn new(deadline: Instant) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Hands {
            deadline,
            stopped: None,
            stood: Duration::ZERO,
        })))
    }

    /// When time is up, as things are; nothing while the clock stands still.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let hands = self.hands();
        hands.stopped.is_none().then_some(hands.deadline)
    }

    /// How much time is left.
    pub(crate) fn left(&self) -> Duration {
        let hands = self.hands();
        let now = hands.stopped.unwrap_or_else(Instant::now);
        hands.deadline.saturating_duration_since(now)
    }

    /// How long the clock has stood still in all.
    pub(crate) fn stood(&self) -> Duration {
        self.hands().stood
    }

    /// Stops the clock. Whoever holds the result must be polled by whoever watches the deadline:
    /// nobody is told when the clock goes on.
    #[must_use = "the clock goes on when this is dropped"]
    pub(crate) fn stop(self: &Arc<Self>) -> Standstill {
        self.hands().stopped.get_or_insert_with(Instant::now);
        Standstill(Arc::clone(self))
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Standstill {
    fn drop(&mut self) {
        let mut hands = self.0.hands();
        if let Some(stopped) = hands.stopped.take() {
            let stood = stopped.elapsed();
            hands.stood += stood;
            hands.deadline += stood;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_moves_by_what_the_clock_stood() {
        let deadline = Instant::now() + Duration::from_hours(1);
        let clock = Clock::new(deadline);
        let standstill = clock.stop();
        assert_eq!(clock.deadline(), None);
        let left = clock.left();
        let stopped = Instant::now();
        while stopped.elapsed() < Duration::from_millis(2) {
            std::thread::yield_now();
        }
        assert_eq!(clock.left(), left);
        drop(standstill);
        assert!(clock.stood() >= Duration::from_millis(2));
        assert_eq!(clock.deadline(), Some(deadline + clock.stood()));
    }
}
