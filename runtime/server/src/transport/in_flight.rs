//! Requests that have not been answered.
//!
//! Owns how many there may be and that no two have the same id. A request that the client cancelled
//! is never answered, but its id and its room are only given back when its work has ended.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Requests in flight. Bounds what a client that sends and never waits can make the server hold;
/// beyond it nothing more is read.
pub const IN_FLIGHT_MAX: usize = 1024;

/// The requests of one connection.
#[derive(Debug, Clone)]
pub(super) struct InFlight {
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<HashMap<RequestId, Request>>,
    /// Something was answered or ended.
    fewer: Notify,
}

#[derive(Debug)]
struct Request {
    room: OwnedSemaphorePermit,
    cancelled: bool,
    ended: bool,
}

/// Travels with a request, and tells when its work has ended.
#[derive(Debug, Clone)]
pub(super) struct Working {
    _end: Arc<End>,
}

#[derive(Debug)]
struct End {
    id: RequestId,
    shared: Arc<Shared>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.shared.update(&self.id, |request| request.ended = true);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a request, and forgets it when nobody works on it and nobody waits for it.
    fn update(&self, id: &RequestId, change: impl FnOnce(&mut Request)) {
        let mut requests = self.lock();
        if let Some(request) = requests.get_mut(id) {
            change(request);
            if request.cancelled && request.ended {
                requests.remove(id);
                self.fewer.notify_waiters();
            }
        }
    }
}

impl InFlight {
    pub(super) fn new() -> Self {
        Self {
            shared: Arc::default(),
            room: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
        }
    }

    /// Waits for room, and enters a request. Nothing when its id is taken.
    pub(super) async fn enter(&self, id: &RequestId) -> Option<Working> {
        // Never closed.
        let room = Arc::clone(&self.room).acquire_owned().await.ok()?;
        match self.shared.lock().entry(id.clone()) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(entry) => {
                entry.insert(Request {
                    room,
                    cancelled: false,
                    ended: false,
                });
            }
        }
        let end = End {
            id: id.clone(),
            shared: Arc::clone(&self.shared),
        };
        Some(Working {
            _end: Arc::new(end),
        })
    }

    /// The client does not want the answer any more.
    pub(super) fn cancel(&self, id: &RequestId) {
        self.shared.update(id, |request| request.cancelled = true);
    }

    /// The answer is on its way. What is returned is the request's room, to be dropped when the
    /// answer is no longer ours to hold.
    pub(super) fn answer(&self, id: &RequestId) -> Option<OwnedSemaphorePermit> {
        let request = self.shared.lock().remove(id)?;
        self.shared.fewer.notify_waiters();
        Some(request.room)
    }

    /// Waits until a request is answered or has ended.
    pub(super) async fn settled(&self, id: &RequestId) {
        self.wait_until(|requests| !requests.contains_key(id)).await;
    }

    /// Waits until nothing is in flight.
    pub(super) async fn drained(&self) {
        self.wait_until(HashMap::is_empty).await;
    }

    async fn wait_until(&self, met: impl Fn(&HashMap<RequestId, Request>) -> bool) {
        loop {
            let fewer = self.shared.fewer.notified();
            tokio::pin!(fewer);
            // Registered before looking, so that nothing is missed in between.
            fewer.as_mut().enable();
            if met(&self.shared.lock()) {
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

    #[tokio::test]
    async fn an_id_is_free_again_once_it_is_answered() {
        let in_flight = InFlight::new();
        let working = in_flight.enter(&ID).await.unwrap();
        assert!(in_flight.enter(&ID).await.is_none());
        assert!(in_flight.answer(&ID).is_some());
        assert!(in_flight.enter(&ID).await.is_some());
        drop(working);
    }

    #[tokio::test]
    async fn a_cancelled_request_keeps_its_room_until_its_work_ends() {
        let in_flight = InFlight::new();
        let working = in_flight.enter(&ID).await.unwrap();
        in_flight.cancel(&ID);
        assert!(in_flight.enter(&ID).await.is_none());
        assert_eq!(in_flight.room.available_permits(), IN_FLIGHT_MAX - 1);
        drop(working);
        in_flight.drained().await;
        assert_eq!(in_flight.room.available_permits(), IN_FLIGHT_MAX);
    }

    #[tokio::test]
    async fn room_is_bounded() {
        let in_flight = InFlight::new();
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
        drop(in_flight.answer(&RequestId::Number(0)));
        assert!(waiting.await.is_some());
    }
}
