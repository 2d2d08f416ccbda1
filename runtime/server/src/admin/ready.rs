//! Whether requests should be sent here.
//!
//! Owns the reasons why not. Refuses to look for them: whoever loads, connects or drains says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Reasons = BTreeMap<&'static str, String>;

/// What the process still waits for. Clones are the same.
#[derive(Debug, Clone)]
pub struct Ready(Arc<Mutex<Reasons>>);

impl Default for Ready {
    fn default() -> Self {
        Self::new()
    }
}

impl Ready {
    /// Not ready: `start` has not been [fulfilled](Ready::fulfilled). Who forgets to say that the
    /// start is over never gets requests, which is noticed; the other way round is not.
    pub fn new() -> Self {
        let start = ("start", "the server is starting".to_owned());
        Self(Arc::new(Mutex::new(Reasons::from([start]))))
    }

    /// Not ready until `what` is [fulfilled](Ready::fulfilled), because of `reason`.
    pub fn waits_for(&self, what: &'static str, reason: impl Into<String>) {
        self.lock().insert(what, reason.into());
    }

    /// Nothing waits for `what` any more.
    pub fn fulfilled(&self, what: &'static str) {
        self.lock().remove(what);
    }

    /// Whether nothing is being waited for.
    pub fn is_ready(&self) -> bool {
        self.lock().is_empty()
    }

    /// What is being waited for, and why.
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.lock().clone()
    }

    /// The reasons. A panic elsewhere leaves them whole: each change is one insertion or removal.
    fn lock(&self) -> MutexGuard<'_, Reasons> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_to_go() {
        let ready = Ready::new();
        ready.waits_for("tools", "2 of 5 loaded");
        ready.fulfilled("start");
        assert!(!ready.is_ready());
        assert_eq!(ready.reasons()["tools"], "2 of 5 loaded");
        ready.fulfilled("tools");
        assert!(ready.is_ready());
        ready.clone().waits_for("drain", "the server is stopping");
        assert!(!ready.is_ready());
    }
}
