//! What a call touched of what the host keeps or hands it.
//!
//! Owns the lines for the receipt that are not about the network, which egress notes itself. Written by
//! what happens, not by what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::receipt::Reached;

/// Denials that are kept. Bounds what a guest can write into a receipt by asking.
const DENIALS_MAX: usize = 16;

/// Lines that are kept; more are counted in one. Bounds the receipt of a tool that was granted much.
const LINES_MAX: usize = 64;

/// The line for whatever found no place.
const OTHERS: &str = "others";

/// What one call touched, while it runs.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    reached: BTreeMap<(String, Option<&'static str>), Line>,
    denied: BTreeSet<String>,
    denied_more: u64,
}

#[derive(Debug, Default)]
struct Line {
    count: u64,
    sent: u64,
    received: u64,
}

impl Line {
    fn pass(&mut self, sent: usize, received: usize) {
        self.sent = self.sent.saturating_add(sent as u64);
        self.received = self.received.saturating_add(received as u64);
    }
}

impl Ledger {
    /// Notes that `target` was touched: that so many bytes went there, and so many came back.
    pub(crate) fn reach(
        &self,
        target: &str,
        how: Option<&'static str>,
        sent: usize,
        received: usize,
    ) {
        self.line(target, how, |line| {
            line.count += 1;
            line.pass(sent, received);
        });
    }

    /// Notes that more bytes passed of what was touched before.
    pub(crate) fn pass(
        &self,
        target: &str,
        how: Option<&'static str>,
        sent: usize,
        received: usize,
    ) {
        self.line(target, how, |line| line.pass(sent, received));
    }

    fn line(&self, target: &str, how: Option<&'static str>, note: impl FnOnce(&mut Line)) {
        let mut lines = self.lines();
        let mut key = (target.to_owned(), how);
        if !lines.reached.contains_key(&key) && lines.reached.len() >= LINES_MAX {
            key = (OTHERS.to_owned(), None);
        }
        note(lines.reached.entry(key).or_default());
    }

    /// Notes that something was denied, and why.
    pub(crate) fn deny(&self, why: String) {
        let mut lines = self.lines();
        if lines.denied.len() < DENIALS_MAX {
            lines.denied.insert(why);
        } else if !lines.denied.contains(&why) {
            lines.denied_more = lines.denied_more.saturating_add(1);
        }
    }

    /// What was touched until now, in the order of names.
    pub(crate) fn reached(&self) -> Vec<Reached> {
        let lines = self.lines();
        let line = |((target, how), line): (&(String, Option<&str>), &Line)| Reached {
            target: target.clone(),
            method: how.map(str::to_owned),
            count: line.count,
            sent_bytes: line.sent,
            received_bytes: line.received,
        };
        lines.reached.iter().map(line).collect()
    }

    /// What was denied until now, each once.
    pub(crate) fn denied(&self) -> Vec<String> {
        self.lines().denied.iter().cloned().collect()
    }

    /// How often something else was denied.
    pub(crate) fn denied_more(&self) -> u64 {
        self.lines().denied_more
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_short_and_misses_nothing() {
        let ledger = Ledger::default();
        for number in 0..1000 {
            ledger.reach(&format!("kv:{number}"), Some("get"), 1, 2);
            ledger.deny(format!("{number}"));
        }
        let reached = ledger.reached();
        assert_eq!(reached.len(), LINES_MAX + 1);
        assert_eq!(reached.iter().map(|line| line.count).sum::<u64>(), 1000);
        assert_eq!(
            reached.iter().map(|line| line.received_bytes).sum::<u64>(),
            2000
        );
        assert_eq!(ledger.denied().len(), DENIALS_MAX);
        assert_eq!(ledger.denied_more(), 1000 - DENIALS_MAX as u64);
        // What has its place is not counted again.
        ledger.deny("0".into());
        assert_eq!(ledger.denied_more(), 1000 - DENIALS_MAX as u64);
    }
}
