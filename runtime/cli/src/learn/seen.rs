//! What the calls wanted.
//!
//! Owns the list, by function. Refuses to judge it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringfence_policy::{Access, Witness};

/// Different things that a run may want. Bounds what a tool that tries every name can make the host
/// remember; a policy of more lines nobody would read.
const ACCESSES_MAX: usize = 10_000;

/// How often something was wanted, and by which calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) times: u64,
    pub(super) calls: BTreeSet<usize>,
}

/// What one function wanted.
pub(super) type Accesses = BTreeMap<Access, Wanted>;

/// What the calls wanted.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    call: usize,
    function: String,
    functions: BTreeMap<String, Accesses>,
    different: usize,
    lost: u64,
}

impl Seen {
    /// From now on, what is wanted is wanted by this call.
    pub(super) fn begin(&self, call: usize, function: &str) {
        let mut state = self.state();
        state.call = call;
        function.clone_into(&mut state.function);
        state.functions.entry(function.to_owned()).or_default();
    }

    /// What each function wanted.
    pub(super) fn functions(&self) -> BTreeMap<String, Accesses> {
        self.state().functions.clone()
    }

    /// How much was wanted past what is remembered.
    pub(super) fn lost(&self) -> u64 {
        self.state().lost
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Seen {
    fn saw(&self, access: Access) {
        let mut state = self.state();
        let (call, function) = (state.call, state.function.clone());
        let known = state.functions.get(&function);
        let is_new = !known.is_some_and(|known| known.contains_key(&access));
        if is_new {
            if state.different >= ACCESSES_MAX {
                state.lost += 1;
                return;
            }
            state.different += 1;
        }
        let wanted = state.functions.entry(function).or_default();
        let wanted = wanted.entry(access).or_default();
        wanted.times += 1;
        wanted.calls.insert(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_counted_and_bounded() {
        let seen = Seen::default();
        for call in 1..=2 {
            seen.begin(call, "run");
            for name in 0..ACCESSES_MAX + 10 {
                seen.saw(Access::Lookup(name.to_string()));
            }
        }
        let functions = seen.functions();
        assert_eq!(functions["run"].len(), ACCESSES_MAX);
        let first = &functions["run"][&Access::Lookup("0".to_owned())];
        assert_eq!((first.times, first.calls.len()), (2, 2));
        assert_eq!(seen.lost(), 20);
    }
}
