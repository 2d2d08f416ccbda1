//! The clocks of one call: that on the wall, which stands still while the call waits for its client, and the
//! one that its steps are timed by.
//!
//! Owns the deadline. Refuses to know who waits and for what.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The clocks of one call.
#[derive(Debug)]
pub(crate) struct Clock {
    hands: Mutex<Hands>,
    /// Whether the guest has stopped once, and goes on.
    goes_on: AtomicBool,
}

#[derive(Debug)]
struct Hands {
    deadline: Instant,
    stopped: Option<Instant>,
    /// How many hold it still: whoever is asked may be asked on behalf of two.
    holding: u32,
    stood: Duration,
}

/// The clock of a call, and those of all above it, stand still until this is dropped.
#[derive(Debug)]
#[must_use = "the clock goes on when this is dropped"]
pub struct Standstill {
    clock: Arc<Clock>,
    _above: Option<Box<Self>>,
}

impl Clock {
    pub(crate) fn new(deadline: Instant) -> Arc<Self> {
        let hands = Hands {
            deadline,
            stopped: None,
            holding: 0,
            stood: Duration::ZERO,
        };
        Arc::new(Self {
            hands: Mutex::new(hands),
            goes_on: AtomicBool::new(false),
        })
    }

    /// What a step of the guest is timed by: two of these are the time between them, within one step.
    ///
    /// Most guests end in their first step. Only what goes on needs a clock that is a call into the kernel: the
    /// one on the wall errs upwards alone, by what others took in that one step.
    pub(crate) fn step_time(&self) -> Duration {
        // A step runs on one thread from start to end.
        let time = clock_gettime(if self.goes_on.load(Ordering::Relaxed) {
            ClockId::ThreadCPUTime
        } else {
            ClockId::Monotonic
        });
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    }

    /// The first step is over, and another comes.
    pub(crate) fn go_on(&self) {
        self.goes_on.store(true, Ordering::Relaxed);
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
    pub(crate) fn stop(self: &Arc<Self>) -> Standstill {
        self.stop_below(None)
    }

    /// The same, and what is `above` stays as it is for as long.
    pub(super) fn stop_below(self: &Arc<Self>, above: Option<Standstill>) -> Standstill {
        let mut hands = self.hands();
        hands.stopped.get_or_insert_with(Instant::now);
        hands.holding = hands.holding.saturating_add(1);
        drop(hands);
        Standstill {
            clock: Arc::clone(self),
            _above: above.map(Box::new),
        }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Standstill {
    fn drop(&mut self) {
        let mut hands = self.clock.hands();
        hands.holding = hands.holding.saturating_sub(1);
        if hands.holding == 0
            && let Some(stopped) = hands.stopped.take()
        {
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
    fn a_clock_that_two_hold_goes_on_when_both_let_go() {
        let clock = Clock::new(Instant::now() + Duration::from_hours(1));
        let (first, second) = (clock.stop(), clock.stop());
        drop(first);
        assert_eq!(clock.deadline(), None);
        drop(second);
        assert!(clock.deadline().is_some());
    }

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
