//! Requests that were refused before anybody knew who sent them, as the audit log keeps them.
//!
//! Owns how many of them are written down: each, as long as they are few, and the number of all others.
//! Whoever keeps knocking would otherwise fill the disk. Refuses to decide who is let in.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{Method, Uri};
use ringfence_audit::{Denial, Event, Recorder};

use crate::echo::echo;

/// Refusals that are written down however fast they come.
const RECORDS_AT_ONCE: u32 = 32;

/// How long it takes until one more is. Bounds a flood to a few records for each minute.
const RECORD_INTERVAL: Duration = Duration::from_secs(20);

/// What is written down where something was left out and nothing follows.
const LEFT_OUT: &str = "requests like those before were refused";

/// Writes down who was refused at one listener.
#[derive(Debug)]
pub struct Denials {
    audit: Recorder,
    counts: Mutex<Counts>,
}

#[derive(Debug, Clone, Copy)]
struct Counts {
    /// How many may be written down at once.
    room: u32,
    /// Since when `room` is what it is.
    since: Instant,
    /// How many were not, since the last one that was.
    left_out: u64,
}

impl Counts {
    /// Whether one that comes `now` is written down, and how many before it were not.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        let passed = now.saturating_duration_since(self.since);
        let intervals = passed.as_nanos() / RECORD_INTERVAL.as_nanos();
        if let Some(more) = u32::try_from(intervals).ok().filter(|more| *more > 0) {
            self.room = self.room.saturating_add(more).min(RECORDS_AT_ONCE);
            self.since += RECORD_INTERVAL.saturating_mul(more);
        }
        let Some(room) = self.room.checked_sub(1) else {
            self.left_out += 1;
            return None;
        };
        self.room = room;
        Some(std::mem::take(&mut self.left_out))
    }
}

impl Denials {
    /// Kept in this log.
    pub fn new(audit: Recorder) -> Self {
        let counts = Counts {
            room: RECORDS_AT_ONCE,
            since: Instant::now(),
            left_out: 0,
        };
        Self {
            audit,
            counts: Mutex::new(counts),
        }
    }

    /// Writes down that a request was refused, or counts it. What its sender wrote is escaped and cut.
    pub(crate) fn refused(&self, method: &Method, target: &Uri, reason: &str) {
        if !self.audit.is_on() {
            return;
        }
        let admitted = self.counts().admit(Instant::now());
        let Some(left_out) = admitted else {
            return;
        };
        let asked = format!("{method} {}", echo(&place(target)));
        if left_out == 0 {
            self.write(&asked, reason);
        } else {
            self.write(&asked, &format!("{reason}; {}", others(left_out)));
        }
    }

    /// Writes down how many were counted alone: nothing comes after this.
    pub(crate) fn finish(&self) {
        let left_out = std::mem::take(&mut self.counts().left_out);
        if left_out > 0 {
            self.write(LEFT_OUT, &others(left_out));
        }
    }

    fn write(&self, asked: &str, reason: &str) {
        drop(self.audit.append(&Event::Denial(Denial {
            caller: None,
            request: "",
            asked,
            reason,
        })));
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was asked for: a path, nearly always. A query may hold what is nobody's business.
fn place(target: &Uri) -> String {
    let scheme = target.scheme_str().map(|scheme| format!("{scheme}://"));
    let authority = target
        .authority()
        .map_or("", |authority| authority.as_str());
    let scheme = scheme.unwrap_or_default();
    format!("{scheme}{authority}{}", target.path())
}

/// How many have no record of their own.
fn others(count: u64) -> String {
    format!("{count} more have no record of their own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_named_without_its_query() {
        for (target, named) in [
            ("/mcp?key=secret", "/mcp"),
            ("http://evil.example/mcp?x", "http://evil.example/mcp"),
            ("evil.example:80", "evil.example:80"),
            ("*", "*"),
        ] {
            assert_eq!(place(&target.parse().unwrap()), named);
        }
    }

    #[test]
    fn a_flood_leaves_few_records_and_none_is_uncounted() {
        let start = Instant::now();
        let mut counts = Counts {
            room: RECORDS_AT_ONCE,
            since: start,
            left_out: 0,
        };
        let (mut written, mut told) = (0_u64, 0);
        // An hour, a thousand for each second.
        for second in 0..3600 {
            for _ in 0..1000 {
                if let Some(left_out) = counts.admit(start + Duration::from_secs(second)) {
                    written += 1;
                    told += left_out;
                }
            }
        }
        let intervals = 3600 / RECORD_INTERVAL.as_secs();
        assert!(
            written <= u64::from(RECORDS_AT_ONCE) + intervals,
            "{written}"
        );
        assert_eq!(written + told + counts.left_out, 3_600_000);
        // After a while, each is written down again.
        let later = start + Duration::from_hours(2);
        assert!(counts.admit(later).is_some());
        assert!((1..RECORDS_AT_ONCE).all(|_| counts.admit(later) == Some(0)));
        assert_eq!(counts.admit(later), None);
    }
}
