//! All forms of all secrets, as one automaton.
//!
//! Owns the construction, and what the library does not tell: how much of a form a state has seen.
//! That says how much of a stream must wait for what comes next.

use std::collections::BTreeMap;

use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, PatternID};

/// A state, after some bytes.
pub(super) type State = StateID;

/// Finds every occurrence of every form.
pub(super) struct Automaton {
    nfa: NFA,
    start: State,
    /// The secret that each form belongs to.
    secrets: Vec<usize>,
    /// How many bytes of a form each state has seen.
    depths: Vec<u32>,
    longest: usize,
}

impl Automaton {
    /// An automaton for forms, each of the secret with this number. Nothing when there are none.
    pub(super) fn new(forms: Vec<(Vec<u8>, usize)>) -> Option<Self> {
        // Two secrets may have the same value: the first one's name will do.
        let mut unique = BTreeMap::new();
        for (form, secret) in forms {
            unique.entry(form).or_insert(secret);
        }
        let (forms, secrets): (Vec<_>, Vec<_>) = unique.into_iter().unzip();
        if forms.is_empty() {
            return None;
        }
        // It fails for more states than fit into 31 bits; a tenant's secrets make a thousandth.
        let nfa = NFA::builder().prefilter(false).build(&forms).ok()?;
        let start = nfa.start_state(Anchored::No).ok()?;
        let mut automaton = Self {
            nfa,
            start,
            secrets,
            depths: Vec::new(),
            longest: forms.iter().map(Vec::len).max()?,
        };
        for form in &forms {
            automaton.measure(form);
        }
        Some(automaton)
    }

    /// Notes the depth of every state along a form.
    fn measure(&mut self, form: &[u8]) {
        let mut state = self.start;
        for (depth, &byte) in (1..).zip(form) {
            state = self.next(state, byte);
            let index = state.as_usize();
            if self.depths.len() <= index {
                self.depths.resize(index + 1, 0);
            }
            if let Some(known) = self.depths.get_mut(index) {
                *known = depth;
            }
        }
    }

    pub(super) fn start(&self) -> State {
        self.start
    }

    pub(super) fn next(&self, state: State, byte: u8) -> State {
        self.nfa.next_state(Anchored::No, state, byte)
    }

    /// How many of the last bytes may be the beginning of a form.
    pub(super) fn depth(&self, state: State) -> usize {
        self.depths
            .get(state.as_usize())
            .map_or(0, |&depth| depth as usize)
    }

    /// The longest form.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    pub(super) fn is_match(&self, state: State) -> bool {
        self.nfa.is_match(state)
    }

    /// The longest form that ends in `state`, and its secret.
    pub(super) fn found(&self, state: State) -> Option<(usize, usize)> {
        let forms = (0..self.nfa.match_len(state)).map(|index| {
            let form: PatternID = self.nfa.match_pattern(state, index);
            (self.nfa.pattern_len(form), form)
        });
        let (length, form) = forms.max_by_key(|(length, _)| *length)?;
        Some((length, *self.secrets.get(form.as_usize())?))
    }
}
