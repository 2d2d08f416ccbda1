//! One pass over a text, as it is and as it reads once its escapes are undone.
//!
//! Owns the state between two bytes, so that a text can come in pieces of any size. A view of the
//! text with one kind of escape undone sleeps while it sees what the text says anyway.

use std::collections::VecDeque;

use super::automaton::{Automaton, State};
use super::escape::{ESCAPE_BYTES_MAX, Escape, KINDS, Kind, differs};

/// Where a secret is in the text, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) secret: usize,
}

/// The state of a pass.
pub(super) struct Scanner {
    /// How many bytes were read.
    position: usize,
    state: State,
    views: [View; KINDS.len()],
    /// Whether any of them is.
    awake: bool,
    /// Apart from each other, and in order.
    spans: Vec<Span>,
}

impl Scanner {
    pub(super) fn new(automaton: &Automaton) -> Self {
        Self {
            position: 0,
            state: automaton.start(),
            views: KINDS.map(|kind| View::new(kind, automaton.start())),
            awake: false,
            spans: Vec::new(),
        }
    }

    /// Reads more of the text.
    pub(super) fn scan(&mut self, automaton: &Automaton, text: &[u8]) {
        for &byte in text {
            let at = self.position;
            let before = self.state;
            self.position += 1;
            self.state = automaton.next(before, byte);
            if automaton.is_match(self.state)
                && let Some((length, secret)) = automaton.found(self.state)
            {
                add(
                    &mut self.spans,
                    Span {
                        start: self.position.saturating_sub(length),
                        end: self.position,
                        secret,
                    },
                );
            }
            if self.awake || differs(byte) {
                self.read_views(automaton, byte, at, before);
            }
        }
    }

    fn read_views(&mut self, automaton: &Automaton, byte: u8, at: usize, before: State) {
        self.awake = false;
        for view in &mut self.views {
            if view.awake || view.kind.differs(byte) {
                view.read(automaton, byte, at, before, &mut self.spans);
                view.sleep_if(self.state);
                self.awake |= view.awake;
            }
        }
    }

    /// The text ends here: what began as an escape is none.
    pub(super) fn finish(&mut self, automaton: &Automaton) {
        for view in &mut self.views {
            view.finish(automaton, &mut self.spans);
        }
    }

    /// What lies before this position is known: no secret begins there that was not found.
    pub(super) fn settled(&self, automaton: &Automaton) -> usize {
        let open = self.position.saturating_sub(automaton.depth(self.state));
        let views = self.views.iter().filter(|view| view.awake);
        views.fold(open, |open, view| {
            open.min(view.settled(automaton, self.position))
        })
    }

    /// The secrets that were found and not taken yet.
    pub(super) fn take_spans(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.spans)
    }

    pub(super) fn spans(&mut self) -> &mut Vec<Span> {
        &mut self.spans
    }
}

/// Adds a span that ends where the text is read, or a few bytes before. Those that it overlaps become
/// one with it, named after the longer.
fn add(spans: &mut Vec<Span>, mut span: Span) {
    while let Some(last) = spans.last() {
        if last.end <= span.start {
            break;
        }
        if last.end - last.start > span.end - span.start {
            span.secret = last.secret;
        }
        span.start = span.start.min(last.start);
        span.end = span.end.max(last.end);
        spans.pop();
    }
    spans.push(span);
}

/// A text with one kind of escape undone, and its line breaks gone.
struct View {
    kind: Kind,
    awake: bool,
    state: State,
    /// Where it woke, and how many bytes it has seen since.
    woke: usize,
    seen: usize,
    /// Where in the text the last of these bytes came from.
    starts: VecDeque<usize>,
    /// What may be an escape, and where it begins.
    pending: Vec<u8>,
    pending_at: usize,
}

impl View {
    fn new(kind: Kind, state: State) -> Self {
        Self {
            kind,
            awake: false,
            state,
            woke: 0,
            seen: 0,
            starts: VecDeque::new(),
            pending: Vec::with_capacity(ESCAPE_BYTES_MAX),
            pending_at: 0,
        }
    }

    /// Reads a byte of the text. `before` is what the text itself said before it.
    fn read(
        &mut self,
        automaton: &Automaton,
        byte: u8,
        at: usize,
        before: State,
        spans: &mut Vec<Span>,
    ) {
        if !self.awake {
            self.awake = true;
            self.state = before;
            self.woke = at;
            self.seen = 0;
            self.starts.clear();
        }
        self.step(automaton, byte, at, spans);
    }

    fn step(&mut self, automaton: &Automaton, byte: u8, at: usize, spans: &mut Vec<Span>) {
        if self.pending.is_empty() {
            if self.kind.begins(byte) {
                self.pending.push(byte);
                self.pending_at = at;
            } else {
                self.see(automaton, byte, at, at + 1, spans);
            }
            return;
        }
        self.pending.push(byte);
        match self.kind.read(&self.pending) {
            Escape::Partial => {}
            Escape::Whole(character) => {
                self.pending.clear();
                let start = self.pending_at;
                for &byte in character.bytes() {
                    self.see(automaton, byte, start, at + 1, spans);
                }
            }
            Escape::Broken => self.unread(automaton, spans),
        }
    }

    /// What was pending is no escape: its first byte is itself, and the rest is read again. Each time
    /// it is at least one byte shorter, so this ends soon.
    fn unread(&mut self, automaton: &Automaton, spans: &mut Vec<Span>) {
        let mut bytes = [0; ESCAPE_BYTES_MAX];
        let rest = bytes.iter_mut().zip(&self.pending);
        let count = rest.map(|(to, &from)| *to = from).count();
        let from = self.pending_at;
        self.pending.clear();
        for (at, &byte) in (from..).zip(bytes.iter().take(count)) {
            if at == from {
                self.see(automaton, byte, at, at + 1, spans);
            } else {
                self.step(automaton, byte, at, spans);
            }
        }
    }

    /// A byte of this view, which came from `start..end` of the text.
    fn see(
        &mut self,
        automaton: &Automaton,
        byte: u8,
        start: usize,
        end: usize,
        spans: &mut Vec<Span>,
    ) {
        if matches!(byte, b'\r' | b'\n') {
            return;
        }
        self.state = automaton.next(self.state, byte);
        self.seen += 1;
        self.starts.push_back(start);
        if self.starts.len() > automaton.longest() {
            self.starts.pop_front();
        }
        if automaton.is_match(self.state)
            && let Some((length, secret)) = automaton.found(self.state)
        {
            let start = self.start_of(length).unwrap_or(start);
            add(spans, Span { start, end, secret });
        }
    }

    /// Where the last `count` bytes of this view begin in the text. Before it woke, it saw the text.
    fn start_of(&self, count: usize) -> Option<usize> {
        if count > self.seen {
            return Some(self.woke.saturating_sub(count - self.seen));
        }
        let index = self.starts.len().checked_sub(count)?;
        self.starts.get(index).copied()
    }

    /// Goes to sleep when there is nothing to remember but what the text says itself.
    fn sleep_if(&mut self, state: State) {
        if self.pending.is_empty() && self.state == state {
            self.awake = false;
        }
    }

    fn settled(&self, automaton: &Automaton, position: usize) -> usize {
        let depth = automaton.depth(self.state);
        let open = if depth == 0 {
            position
        } else {
            self.start_of(depth).unwrap_or(position)
        };
        if self.pending.is_empty() {
            open
        } else {
            open.min(self.pending_at)
        }
    }

    fn finish(&mut self, automaton: &Automaton, spans: &mut Vec<Span>) {
        for (at, byte) in (self.pending_at..).zip(std::mem::take(&mut self.pending)) {
            self.see(automaton, byte, at, at + 1, spans);
        }
    }
}
