//! Clocks that do not tell the time more exactly than a tool needs.
//!
//! Owns both clocks of a guest. A precise clock is what side channels are read with: how long a
//! neighbour's memory took to come. Whoever is granted `clock.precise` has the system's.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ringfence_policy::{Effective, Kind};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use crate::watch;

/// The step of a clock without the grant.
const STEP: Duration = Duration::from_millis(1);

/// Gives a guest its clocks, of a call that has begun at `started`.
pub(crate) fn give(builder: &mut WasiCtxBuilder, effective: &Arc<Effective>, started: Instant) {
    if !effective.precise_clock() {
        builder.wall_clock(Wall(Arc::clone(effective)));
        builder.monotonic_clock(Monotonic(started, Arc::clone(effective)));
    }
}

/// The time of day, rounded down to a step.
#[derive(Debug)]
struct Wall(Arc<Effective>);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        watch::used(&self.0, Kind::ClockPrecise);
        // A system whose clock is before 1970 has none.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        rounded(now.unwrap_or_default())
    }
}

/// The time since the call began, rounded down to a step. It never goes back, as what it rounds never
/// does.
#[derive(Debug)]
struct Monotonic(Instant, Arc<Effective>);

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        nanos(STEP)
    }

    fn now(&self) -> u64 {
        watch::used(&self.1, Kind::ClockPrecise);
        nanos(rounded(self.0.elapsed()))
    }
}

fn rounded(time: Duration) -> Duration {
    let below = time.subsec_nanos() % STEP.subsec_nanos();
    time.saturating_sub(Duration::from_nanos(below.into()))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_step_is_kept_and_never_goes_back(one in 0..u64::MAX / 2, more in 0..5_000_000_u64) {
            let (time, later) = (Duration::from_nanos(one), Duration::from_nanos(one + more));
            let (rounded, then) = (rounded(time), rounded(later));
            prop_assert!(rounded <= time && time.saturating_sub(rounded) < STEP);
            prop_assert!(rounded <= then);
            prop_assert_eq!(nanos(rounded) % nanos(STEP), 0);
        }
    }
}
