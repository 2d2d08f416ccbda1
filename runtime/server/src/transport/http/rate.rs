//! How much one principal may ask for, and all of them together.
//!
//! Owns the count of requests in flight. Refuses to queue: a request that waits here would hold a
//! connection for nothing, so it is told to come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_identity::Caller;

use super::limits::Limits;
use super::refusal::Refusal;

/// Admits requests.
#[derive(Debug, Clone)]
pub struct Rate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    counts: Mutex<Counts>,
    all_max: usize,
    principal_max: usize,
}

/// Who has how many requests in flight. A principal without one takes no memory.
#[derive(Debug, Default)]
struct Counts {
    all: usize,
    principals: HashMap<Caller, usize>,
}

/// A request's place among those in flight, until the last clone is dropped.
///
/// It is let go when the handler has returned its response. A handler that works on while the
/// response streams keeps a clone until the work is done; a stream that only waits keeps none.
#[derive(Debug, Clone)]
#[must_use]
pub struct Place(#[expect(dead_code, reason = "held for its drop")] Arc<Held>);

#[derive(Debug)]
struct Held {
    inner: Arc<Inner>,
    caller: Caller,
}

impl Rate {
    /// Bounds as `limits` say.
    pub fn new(limits: &Limits) -> Self {
        Self(Arc::new(Inner {
            counts: Mutex::default(),
            all_max: limits.requests_max,
            principal_max: limits.principal_requests_max,
        }))
    }

    /// A place for one request of `caller`.
    ///
    /// # Errors
    ///
    /// When the caller, or all together, have as many in flight as they may.
    pub fn admit(&self, caller: &Caller) -> Result<Place, Refusal> {
        let mut counts = self.0.counts();
        if counts.principals.get(caller).copied().unwrap_or(0) >= self.0.principal_max {
            return Err(Refusal::PrincipalBusy);
        }
        if counts.all >= self.0.all_max {
            return Err(Refusal::ServerBusy);
        }
        counts.all += 1;
        *counts.principals.entry(caller.clone()).or_default() += 1;
        drop(counts);
        Ok(Place(Arc::new(Held {
            inner: Arc::clone(&self.0),
            caller: caller.clone(),
        })))
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> usize {
        self.0.counts().all
    }
}

impl Inner {
    /// The counts. A panic elsewhere leaves numbers, and numbers are never half written.
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = self.inner.counts();
        counts.all = counts.all.saturating_sub(1);
        match counts.principals.get_mut(&self.caller) {
            Some(count @ 2..) => *count -= 1,
            _ => drop(counts.principals.remove(&self.caller)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Caller {
        Caller::new("t".parse().unwrap(), name.parse().unwrap())
    }

    #[test]
    fn one_principal_cannot_take_the_room_of_all() {
        let rate = Rate::new(&Limits {
            principal_requests_max: 2,
            requests_max: 3,
            ..Limits::default()
        });
        let first = rate.admit(&caller("a")).unwrap();
        let second = rate.admit(&caller("a")).unwrap();
        assert_eq!(
            rate.admit(&caller("a")).unwrap_err(),
            Refusal::PrincipalBusy
        );
        let third = rate.admit(&caller("b")).unwrap();
        assert_eq!(rate.admit(&caller("b")).unwrap_err(), Refusal::ServerBusy);
        let kept = first.clone();
        drop(first);
        assert_eq!(rate.in_flight(), 3);
        drop((kept, second, third));
        assert_eq!(rate.in_flight(), 0);
        assert!(rate.0.counts().principals.is_empty());
    }
}
