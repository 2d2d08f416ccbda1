//! Requests of one connection that have not been answered.
//!
//! Owns how many there may be, that no two have the same id, and that a request which its client
//! cancels is stopped and never answered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Requests in flight. Bounds what a client that sends and never waits can make the server hold;
/// beyond it nothing more is read.
pub const IN_FLIGHT_MAX: usize = 1024;

/// The requests of one connection.
#[derive(Debug, Clone)]
pub(super) struct InFlight {
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<HashMap<RequestId, Request>>,
    /// Something was answered or has ended.
    fewer: Notify,
}

#[derive(Debug)]
struct Request {
    cancel: CancellationToken,
    cancelled: bool,
}

/// A request that somebody works on. Its id and its room are given back when this is dropped.
#[derive(Debug)]
pub(super) struct Working {
    id: RequestId,
    /// Stops the work.
    pub(super) cancel: CancellationToken,
    shared: Arc<Shared>,
    /// There until this is dropped.
    room: Option<OwnedSemaphorePermit>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Working {
    /// The answer is on its way: the id may be used again. False when the client does not want it.
    pub(super) fn answer(&self) -> bool {
        let request = self.shared.lock().remove(&self.id);
        request.is_some_and(|request| !request.cancelled)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut requests = self.shared.lock();
        // Once answered, the id may be another request's already.
        let ours = requests
            .get(&self.id)
            .is_some_and(|request| request.cancel == self.cancel);
        if ours {
            requests.remove(&self.id);
        }
        drop(requests);
        // Given back before anybody is told to look.
        drop(self.room.take());
        self.shared.fewer.notify_waiters();
    }
}

impl InFlight {
    /// Nothing in flight. `stop` stops all that will be.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            shared: Arc::default(),
            room: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            stop,
        }
    }

    /// Waits for room, and enters a request. Nothing when its id is taken.
    pub(super) async fn enter(&self, id: &RequestId) -> Option<Working> {
        // Never closed.
        let room = Arc::clone(&self.room).acquire_owned().await.ok()?;
        let cancel = self.stop.child_token();
        match self.shared.lock().entry(id.clone()) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(entry) => {
                entry.insert(Request {
                    cancel: cancel.clone(),
                    cancelled: false,
                });
            }
        }
        Some(Working {
            id: id.clone(),
            cancel,
            shared: Arc::clone(&self.shared),
            room: Some(room),
        })
    }

    /// The client does not want the answer any more.
    pub(super) fn cancel(&self, id: &RequestId) {
        if let Some(request) = self.shared.lock().get_mut(id) {
            request.cancelled = true;
            request.cancel.cancel();
        }
    }

    /// Whether nothing is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.room.available_permits() == IN_FLIGHT_MAX
    }

    /// Waits until nothing is in flight.
    pub(super) async fn drained(&self) {
        loop {
            let fewer = self.shared.fewer.notified();
            tokio::pin!(fewer);
            // Registered before looking, so that nothing is missed in between.
            fewer.as_mut().enable();
            if self.is_idle() {
                return;
            }
            fewer.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: RequestId = RequestId::Number(1);

    fn in_flight() -> InFlight {
        InFlight::new(CancellationToken::new())
    }

    #[tokio::test]
    async fn an_id_is_free_again_once_it_is_answered() {
        let in_flight = in_flight();
        let first = in_flight.enter(&ID).await.unwrap();
        assert!(in_flight.enter(&ID).await.is_none());
        assert!(first.answer());
        let second = in_flight.enter(&ID).await.unwrap();
        drop(first);
        assert!(in_flight.enter(&ID).await.is_none());
        assert!(second.answer());
    }

    #[tokio::test]
    async fn a_cancelled_request_keeps_its_room_until_its_work_ends() {
        let in_flight = in_flight();
        let working = in_flight.enter(&ID).await.unwrap();
        in_flight.cancel(&ID);
        assert!(working.cancel.is_cancelled());
        assert!(in_flight.enter(&ID).await.is_none());
        assert!(!working.answer());
        drop(working);
        in_flight.drained().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_waits_for_the_end_hears_of_it() {
        // Again and again, for the race between giving room back and telling so.
        for _ in 0..10_000 {
            let in_flight = in_flight();
            let working = in_flight.enter(&ID).await.unwrap();
            let dropping = tokio::spawn(async move { drop(working) });
            in_flight.drained().await;
            dropping.await.unwrap();
        }
    }

    #[tokio::test]
    async fn room_is_bounded() {
        let in_flight = in_flight();
        let mut working = Vec::new();
        for id in 0..IN_FLIGHT_MAX {
            let id = RequestId::Number(i64::try_from(id).unwrap());
            working.push(in_flight.enter(&id).await.unwrap());
        }
        let one_more = RequestId::Number(-1);
        let waiting = in_flight.enter(&one_more);
        tokio::pin!(waiting);
        let full = tokio::time::timeout(std::time::Duration::from_millis(20), &mut waiting).await;
        assert!(full.is_err());
        drop(working.pop());
        assert!(waiting.await.is_some());
    }
}
