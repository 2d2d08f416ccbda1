//! What is known of a client that began with `initialize`.
//!
//! Owns what was agreed, which log lines and resources it wants to hear of, and what it was asked.
//! Lives as long as a connection, or under an id of its own over HTTP.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_identity::Caller;
use rmcp::model::RequestId;
use serde_json::Value;
use tokio::sync::oneshot;

use super::client::Client;
use super::frame::Response;
use super::level::Level;

/// Resources that one client may watch. Bounds what it can make the server keep.
const WATCHED_MAX: usize = 256;

/// Bytes of the identifier of a watched resource.
pub(crate) const URI_BYTES_MAX: usize = 2048;

/// Questions that one client has not answered. Bounds what guests can pile up on a client that
/// never does.
const ASKED_MAX: usize = 64;

/// What is known of a client that began with `initialize`.
#[derive(Debug)]
pub(crate) struct Session {
    caller: Caller,
    client: Client,
    level: Mutex<Option<Level>>,
    watched: Mutex<BTreeSet<String>>,
    asked: Arc<Asked>,
}

impl Session {
    pub(crate) fn new(caller: Caller, client: Client) -> Arc<Self> {
        Arc::new(Self {
            caller,
            client,
            level: Mutex::default(),
            watched: Mutex::default(),
            asked: Arc::default(),
        })
    }

    /// Whose it is.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What was agreed.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// From which level on the client wants log lines.
    pub(crate) fn level(&self) -> Option<Level> {
        *lock(&self.level)
    }

    /// Changes that level.
    pub(crate) fn set_level(&self, level: Level) {
        *lock(&self.level) = Some(level);
    }

    /// Whether the client wants to hear of this resource.
    pub(crate) fn watches(&self, uri: &str) -> bool {
        lock(&self.watched).contains(uri)
    }

    /// Watches a resource. False when there are too many already.
    pub(crate) fn watch(&self, uri: String) -> bool {
        let mut watched = lock(&self.watched);
        if watched.len() >= WATCHED_MAX && !watched.contains(&uri) {
            return false;
        }
        watched.insert(uri);
        true
    }

    /// Watches a resource no more.
    pub(crate) fn unwatch(&self, uri: &str) {
        lock(&self.watched).remove(uri);
    }

    /// Room for one question. Nothing when too many are open.
    pub(crate) fn ask(&self) -> Option<Asking> {
        let mut waiting = lock(&self.asked.waiting);
        if waiting.open.len() >= ASKED_MAX {
            return None;
        }
        waiting.last = waiting.last.wrapping_add(1);
        let id = waiting.last;
        let (sender, answer) = oneshot::channel();
        waiting.open.insert(id, sender);
        Some(Asking {
            id,
            answer,
            asked: Arc::clone(&self.asked),
        })
    }

    /// Hands an answer to whoever waits for it. One that nobody waits for is dropped.
    pub(crate) fn answered(&self, response: Response) {
        let Some(RequestId::Number(id)) = response.id else {
            return;
        };
        if let Some(waiting) = lock(&self.asked.waiting).open.remove(&id) {
            // Whoever waited may have given up.
            let _ = waiting.send(response.result);
        }
    }
}

/// What a client was asked and has not answered.
#[derive(Debug, Default)]
struct Asked {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    last: i64,
    open: HashMap<i64, oneshot::Sender<Result<Value, String>>>,
}

/// One question that is open. Forgotten when this is dropped.
#[derive(Debug)]
pub(crate) struct Asking {
    id: i64,
    answer: oneshot::Receiver<Result<Value, String>>,
    asked: Arc<Asked>,
}

impl Asking {
    /// Under which id the question is asked.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// The answer. Nothing when the session has ended.
    pub(crate) async fn answer(&mut self) -> Option<Result<Value, String>> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        lock(&self.asked.waiting).open.remove(&self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
