//! Calls that run with a person's word.
//!
//! Owns ending them when it is taken back, by whichever process. One task looks, and only while there is
//! such a call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringfence_state::State;
use tokio_util::sync::CancellationToken;

/// Between two looks. A word that is taken back holds for no longer than this and one look.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Calls that run with a person's word.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    by_number: HashMap<u64, Call>,
    last: u64,
    looked_after: bool,
}

#[derive(Debug)]
struct Call {
    id: String,
    cancel: CancellationToken,
    revoked: Arc<AtomicBool>,
}

/// Held by a call as long as it runs.
#[derive(Debug)]
pub(crate) struct Guard {
    running: Arc<Running>,
    number: u64,
    cancel: CancellationToken,
    revoked: Arc<AtomicBool>,
}

impl Guard {
    /// Goes off when the caller gives up, or the word is taken back.
    pub(crate) fn token(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Whether the word was taken back.
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Acquire)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.lock().by_number.remove(&self.number);
    }
}

impl Running {
    /// Looks after a call from now on.
    pub(super) fn guard(
        self: &Arc<Self>,
        state: &State,
        id: &str,
        cancel: &CancellationToken,
    ) -> Guard {
        let (cancel, revoked) = (cancel.child_token(), Arc::default());
        let mut calls = self.lock();
        calls.last += 1;
        let number = calls.last;
        let call = Call {
            id: id.to_owned(),
            cancel: cancel.clone(),
            revoked: Arc::clone(&revoked),
        };
        calls.by_number.insert(number, call);
        if !calls.looked_after {
            calls.looked_after = true;
            tokio::spawn(look_after(Arc::clone(self), state.clone()));
        }
        drop(calls);
        Guard {
            running: Arc::clone(self),
            number,
            cancel,
            revoked,
        }
    }

    /// The words that calls run with. Nothing when none does: whoever looks may stop.
    fn held(&self) -> Option<Vec<String>> {
        let mut calls = self.lock();
        if calls.by_number.is_empty() {
            calls.looked_after = false;
            return None;
        }
        let mut held: Vec<_> = calls
            .by_number
            .values()
            .map(|call| call.id.clone())
            .collect();
        held.sort_unstable();
        held.dedup();
        Some(held)
    }

    fn end(&self, revoked: &[String]) {
        let calls = self.lock();
        for call in calls.by_number.values() {
            if revoked.contains(&call.id) {
                call.revoked.store(true, Ordering::Release);
                call.cancel.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn look_after(running: Arc<Running>, state: State) {
    while let Some(held) = running.held() {
        match state.approvals().revoked(&held).await {
            Ok(revoked) => running.end(&revoked),
            // Whether a word still holds cannot be told, so it does not.
            Err(error) => {
                tracing::warn!(%error, "calls that were approved of are ended: the state cannot be read");
                running.end(&held);
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
