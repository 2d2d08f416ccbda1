//! Room for one call.
//!
//! Owns the number of calls that run at once and how long others wait. The pool behind the engine
//! fails hard when it is full; waiting happens here, before anything is allocated.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// How long a call waits for room. Long enough for a burst, short enough that a client still
/// listens.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(10);

/// How long a call that another one makes waits. The one above holds its room meanwhile: where both waited
/// as long as others, all who have room could wait for each other.
const CHILD_WAIT_MAX: Duration = Duration::from_millis(500);

/// Slots for each one that is kept for calls which other calls make. Bounds what is kept, and with it how
/// many of those can go on when all other room is taken by calls that wait for them.
const SLOTS_PER_RESERVED: u32 = 8;

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
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    /// For calls that others make.
    reserve: Arc<Semaphore>,
    reserved: u32,
}

/// How many slots are kept beside `count` for calls which other calls make.
pub(crate) fn reserved(count: u32) -> u32 {
    count.div_ceil(SLOTS_PER_RESERVED)
}

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        let reserved = reserved(count);
        Self {
            free: Arc::new(Semaphore::new(count as usize)),
            reserve: Arc::new(Semaphore::new(reserved as usize)),
            reserved,
        }
    }

    /// Waits for room of `weight` slots: first come, first served.
    pub(crate) async fn admit(&self, weight: u32) -> Result<Slot, Overloaded> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_many_owned(weight) {
            return Ok(Slot { _permit: permit });
        }
        match tokio::time::timeout(WAIT_MAX, self.free(weight)).await {
            Ok(Ok(permit)) => Ok(Slot { _permit: permit }),
            _ => Err(Overloaded {
                retry_after: RETRY_AFTER,
            }),
        }
    }

    /// Waits for room of `weight` slots for a call that another one makes: among all others, and of what is
    /// kept for such calls, whichever is there first.
    pub(crate) async fn admit_child(&self, weight: u32) -> Result<Slot, Overloaded> {
        let reserve = async {
            // What never fits must not stand in the way of what does.
            if weight > self.reserved {
                return std::future::pending().await;
            }
            Arc::clone(&self.reserve).acquire_many_owned(weight).await
        };
        let first = async {
            tokio::select! {
                biased;
                free = self.free(weight) => free,
                kept = reserve => kept,
            }
        };
        match tokio::time::timeout(CHILD_WAIT_MAX, first).await {
            Ok(Ok(permit)) => Ok(Slot { _permit: permit }),
            _ => Err(Overloaded {
                retry_after: RETRY_AFTER,
            }),
        }
    }

    async fn free(&self, weight: u32) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.free).acquire_many_owned(weight).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_that_others_make_find_room_when_all_else_is_taken_and_do_not_wait_long() {
        let slots = Slots::new(2);
        let above = [slots.admit(1).await.unwrap(), slots.admit(1).await.unwrap()];
        let kept = slots.admit_child(1).await.unwrap();
        assert!(slots.admit_child(1).await.is_err());
        // What is kept is not for everybody.
        drop(kept);
        let waiting = slots.admit(1);
        let waiting = tokio::time::timeout(CHILD_WAIT_MAX / 10, waiting).await;
        assert!(waiting.is_err());
        // What is wider than all that is kept does not stand before what fits.
        let (wide, narrow) = tokio::join!(slots.admit_child(2), slots.admit_child(1));
        assert!(wide.is_err() && narrow.is_ok());
        drop(above);
        assert!(slots.admit_child(2).await.is_ok());
    }
}
