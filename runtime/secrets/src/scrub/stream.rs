//! A text that comes in pieces.
//!
//! Owns what waits: the last bytes, for as long as they may be the beginning of a secret. Everything
//! else goes on at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Scrubber;
use super::scanner::Scanner;
use crate::name::SecretName;

/// Removes secrets from a text in pieces, wherever it was cut.
pub struct Stream {
    scrubber: Arc<Scrubber>,
    scanner: Option<Scanner>,
    held: Vec<u8>,
    /// Where in the text `held` begins.
    base: usize,
    /// Up to where in the text a label stands for what was there.
    covered: usize,
    removed: BTreeSet<SecretName>,
}

impl Stream {
    /// The beginning of a text.
    pub fn new(scrubber: Arc<Scrubber>) -> Self {
        let scanner = scrubber.automaton.as_ref().map(Scanner::new);
        Self {
            scrubber,
            scanner,
            held: Vec::new(),
            base: 0,
            covered: 0,
            removed: BTreeSet::new(),
        }
    }

    /// More of the text. What comes back can be passed on.
    pub fn push(&mut self, more: &[u8]) -> Vec<u8> {
        let (Some(scanner), Some(automaton)) = (&mut self.scanner, &self.scrubber.automaton) else {
            return more.to_vec();
        };
        self.held.extend_from_slice(more);
        scanner.scan(automaton, more);
        let settled = scanner.settled(automaton);
        self.release(settled)
    }

    /// The text ends. The rest of it, and the secrets that were in it.
    pub fn finish(mut self) -> (Vec<u8>, BTreeSet<SecretName>) {
        if let (Some(scanner), Some(automaton)) = (&mut self.scanner, &self.scrubber.automaton) {
            scanner.finish(automaton);
        }
        let rest = self.release(self.base + self.held.len());
        (rest, self.removed)
    }

    /// Passes on what lies before `until`.
    fn release(&mut self, until: usize) -> Vec<u8> {
        let Some(scanner) = &mut self.scanner else {
            return Vec::new();
        };
        let spans = scanner.spans();
        let known = spans.partition_point(|span| span.start < until);
        let mut text = Vec::with_capacity(until.saturating_sub(self.base));
        let mut from = self.base.max(self.covered);
        for span in spans.drain(..known) {
            // One that overlaps what is covered already was found late: it only reaches further.
            if span.start >= self.covered {
                text.extend_from_slice(held(&self.held, self.base, from, span.start));
                self.scrubber.label(&span, &mut text);
                self.removed
                    .extend(self.scrubber.names.get(span.secret).cloned());
            }
            self.covered = self.covered.max(span.end);
            from = self.covered;
        }
        text.extend_from_slice(held(&self.held, self.base, from, until));
        self.held.drain(..(until - self.base).min(self.held.len()));
        self.base = until;
        text
    }
}

/// What lies between two places of the text.
fn held(held: &[u8], base: usize, from: usize, to: usize) -> &[u8] {
    let (from, to) = (from.saturating_sub(base), to.saturating_sub(base));
    held.get(from..to).unwrap_or_default()
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("removed", &self.removed)
            .finish_non_exhaustive()
    }
}
