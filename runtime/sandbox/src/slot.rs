//! Room for one call.
//!
//! Owns the number of calls that run at once and how long others wait. The pool behind the engine
//! fails hard when it is full; waiting happens here, before anything is allocated.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a call waits for room. Long enough for a burst, short enough that a client still
/// listens.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(10);

/// What a client is told to wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Room for one call in the engine's pool. Given back when dropped.
#[derive(Debug)]
#[must_use = "a slot that is dropped admits somebody else"]
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

/// Too many calls at once, and no room within the time that a call may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many calls at once: try again in {} ms", .retry_after.as_millis())]
pub struct Overloaded {
    /// When trying again makes sense.
    pub retry_after: Duration,
}

/// The slots of one engine.
#[derive(Debug, Clone)]
pub(crate) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        Self(Arc::new(Semaphore::new(count as usize)))
    }

    /// Waits for room of `weight` slots: first come, first served.
    pub(crate) async fn admit(&self, weight: u32) -> Result<Slot, Overloaded> {
        if let Ok(permit) = Arc::clone(&self.0).try_acquire_many_owned(weight) {
            return Ok(Slot { _permit: permit });
        }
        match tokio::time::timeout(WAIT_MAX, Arc::clone(&self.0).acquire_many_owned(weight)).await {
            Ok(Ok(permit)) => Ok(Slot { _permit: permit }),
            _ => Err(Overloaded {
                retry_after: RETRY_AFTER,
            }),
        }
    }
}
