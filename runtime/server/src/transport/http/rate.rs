//! How much one principal may ask for, and all of them together.
//!
//! Owns the count of requests in flight. Refuses to queue: a request that waits here would hold a
//! connection for nothing, so it is told to come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_identity::Caller;

use super::limits::Limits;
use super::refusal::Refusal;

/// Principals that are remembered while they ask for nothing. Bounds what many names that each came once
/// leave behind.
const IDLE_PRINCIPALS_MAX: usize = 1_024;

/// Admits requests.
#[derive(Debug, Clone)]
pub struct Rate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Counts go up under this lock alone, so that no two requests take the last place. They go down
    /// without it.
    principals: Mutex<HashMap<Caller, Count>>,
    all: Count,
    all_max: usize,
    principal_max: usize,
}

/// How many requests are in flight: each holds one.
#[derive(Debug, Clone, Default)]
struct Count(Arc<()>);

impl Count {
    fn held(&self) -> usize {
        Arc::strong_count(&self.0).saturating_sub(1)
    }
}

/// A request's place among those in flight, until the last clone is dropped.
///
/// It is let go when the handler has returned its response. A handler that works on while the
/// response streams keeps a clone until the work is done; a stream that only waits keeps none.
#[derive(Debug, Clone)]
#[must_use]
pub struct Place(#[expect(dead_code, reason = "held for its drop")] Arc<[Count; 2]>);

impl Rate {
    /// Bounds as `limits` say.
    pub fn new(limits: &Limits) -> Self {
        Self(Arc::new(Inner {
            principals: Mutex::default(),
            all: Count::default(),
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
        let Inner {
            principals, all, ..
        } = &*self.0;
        // A panic elsewhere leaves counts, and a count is never half written.
        let mut principals = principals.lock().unwrap_or_else(PoisonError::into_inner);
        let known = principals.get(caller);
        if known.map_or(0, Count::held) >= self.0.principal_max {
            return Err(Refusal::PrincipalBusy);
        }
        if all.held() >= self.0.all_max {
            return Err(Refusal::ServerBusy);
        }
        let own = if let Some(count) = known {
            count.clone()
        } else {
            if principals.len() >= IDLE_PRINCIPALS_MAX {
                principals.retain(|_, count| count.held() > 0);
            }
            principals.entry(caller.clone()).or_default().clone()
        };
        Ok(Place(Arc::new([own, all.clone()])))
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> usize {
        self.0.all.held()
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
    }

    #[test]
    fn principals_that_came_once_are_forgotten() {
        let rate = Rate::new(&Limits::default());
        let stays = rate.admit(&caller("stays")).unwrap();
        for number in 0..3 * IDLE_PRINCIPALS_MAX {
            drop(rate.admit(&caller(&format!("p{number}"))).unwrap());
        }
        let principals = rate.0.principals.lock().unwrap();
        assert!(principals.len() <= IDLE_PRINCIPALS_MAX);
        assert_eq!(principals[&caller("stays")].held(), 1);
        drop((principals, stays));
    }
}
