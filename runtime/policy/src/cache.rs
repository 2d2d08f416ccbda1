//! What was weighed before.
//!
//! Owns a bounded table, so that a call costs a look-up however many rules there are. What it holds
//! follows from the rules alone: a table that is empty gives the same answers, later.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ringfence_identity::Caller;
use ringfence_tool::{ComponentName, Digest, FunctionName};

use crate::effective::Effective;
use crate::reach::Reach;
use crate::subject::Subject;

/// Pairs of a caller and a tool that are remembered. Bounds what a caller who makes up principals
/// can make the host remember; past it the table starts anew.
const ENTRIES_MAX: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    caller: Caller,
    component: ComponentName,
    digest: Digest,
    function: FunctionName,
    reach: Reach,
}

/// What was weighed before.
#[derive(Debug, Default)]
pub(crate) struct Cache(RwLock<HashMap<Key, Arc<Effective>>>);

impl Cache {
    /// What was weighed for this pair, or what `weigh` makes of it now.
    pub(crate) fn get(
        &self,
        caller: &Caller,
        subject: &Subject<'_>,
        weigh: impl FnOnce() -> Effective,
    ) -> Arc<Effective> {
        let key = Key {
            caller: caller.clone(),
            component: subject.component.clone(),
            digest: *subject.digest,
            function: subject.function.clone(),
            reach: subject.reach.clone(),
        };
        // A table is whole whoever panicked beside it: entries are put in at once.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&key) {
            return Arc::clone(found);
        }
        drop(known);
        let effective = Arc::new(weigh());
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ENTRIES_MAX {
            known.clear();
        }
        known.insert(key, Arc::clone(&effective));
        effective
    }
}

/// A copy starts with an empty table.
impl Clone for Cache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What is remembered makes no difference.
impl PartialEq for Cache {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Cache {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    /// Asks for callers `from..to`, and says how many of them had to be weighed.
    fn weighed(cache: &Cache, from: usize, to: usize) -> usize {
        let (component, function) = ("tool".parse().unwrap(), "run".parse().unwrap());
        let subject = Subject {
            component: &component,
            digest: &Digest::of(b"tool"),
            function: &function,
            reach: Reach::default(),
        };
        let mut weighed = 0;
        for number in from..to {
            let principal = format!("p{number}").parse().unwrap();
            let caller = Caller::new("acme".parse().unwrap(), principal);
            cache.get(&caller, &subject, || {
                weighed += 1;
                Effective::nothing(Budget::default())
            });
        }
        weighed
    }

    #[test]
    fn what_was_weighed_once_is_not_weighed_again() {
        let cache = Cache::default();
        assert_eq!(weighed(&cache, 0, 100), 100);
        assert_eq!(weighed(&cache, 0, 100), 0);
    }

    #[test]
    fn whoever_makes_up_callers_fills_a_table_that_does_not_grow() {
        let cache = Cache::default();
        weighed(&cache, 0, ENTRIES_MAX);
        assert_eq!(weighed(&cache, 0, ENTRIES_MAX), 0, "there is room for all");
        weighed(&cache, ENTRIES_MAX, ENTRIES_MAX + 1);
        assert_eq!(cache.0.read().unwrap().len(), 1);
    }
}
