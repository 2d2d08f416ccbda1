//! What a guest tried with files and may not.
//!
//! Owns the lines for the receipt. Refuses to grow with what a guest does.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Denials that are kept. Bounds what a guest can write into a receipt by asking.
const DENIALS_MAX: usize = 16;

/// The record while it is written.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<BTreeSet<String>>);

impl Ledger {
    /// Notes that something was denied, and why.
    pub(super) fn deny(&self, reason: String) {
        let mut denied = self.lines();
        if denied.len() < DENIALS_MAX {
            denied.insert(reason);
        }
    }

    /// What was denied, each once.
    pub(super) fn denied(&self) -> Vec<String> {
        self.lines().iter().cloned().collect()
    }

    fn lines(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_that_tries_everything_makes_a_short_record() {
        let ledger = Ledger::default();
        for path in 0..1000 {
            ledger.deny(format!("read /{path}"));
        }
        assert_eq!(ledger.denied().len(), DENIALS_MAX);
    }
}
