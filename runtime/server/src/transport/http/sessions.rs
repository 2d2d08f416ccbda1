//! Sessions of clients of the handshake era, over HTTP.
//!
//! Owns how many there are and how long one lives without a request. A session belongs to the caller
//! who began it: to anybody else it is unknown. One with a request in flight is never ended for being
//! idle.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringfence_identity::Caller;
use tokio_util::sync::CancellationToken;

use crate::metrics::{Counted, Metrics};
use crate::protocol::news::Listener;
use crate::protocol::seal;
use crate::protocol::session::Session;
use crate::transport::in_flight::InFlight;

/// Sessions of one process. Bounds what clients who greet and never say goodbye make it hold; beyond
/// it the one that has been idle for longest ends.
const SESSIONS_MAX: usize = 4096;

/// Sessions of one principal, so that one cannot end everybody's.
const PRINCIPAL_SESSIONS_MAX: usize = 1024;

/// How long a session lives without a request.
const IDLE_MAX: Duration = Duration::from_mins(30);

/// The sessions of one process.
#[derive(Debug)]
pub(super) struct Sessions {
    table: Mutex<HashMap<String, Arc<Entry>>>,
    metrics: Metrics,
    stop: CancellationToken,
}

/// One session.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) session: Arc<Session>,
    pub(super) in_flight: InFlight,
    /// Hears of changes, also while nobody listens.
    pub(super) listener: Arc<tokio::sync::Mutex<Listener>>,
    /// Ends the stream that listens.
    standing: Mutex<CancellationToken>,
    used: Mutex<Instant>,
    stop: CancellationToken,
    _counted: Counted,
}

impl Sessions {
    /// No sessions. `stop` stops all work of all that will be.
    pub(super) fn new(metrics: Metrics, stop: CancellationToken) -> Self {
        Self {
            table: Mutex::default(),
            metrics,
            stop,
        }
    }

    /// Begins a session: the id that its client repeats. Nothing when all sessions are at work.
    pub(super) fn begin(&self, session: Arc<Session>, listener: Listener) -> Option<String> {
        let stop = self.stop.child_token();
        let entry = Arc::new(Entry {
            in_flight: InFlight::new(stop.clone()),
            listener: Arc::new(tokio::sync::Mutex::new(listener)),
            standing: Mutex::default(),
            used: Mutex::new(Instant::now()),
            _counted: self.metrics.session(),
            session,
            stop,
        });
        let mut table = self.lock();
        let caller = entry.session.caller();
        table.retain(|_, entry| !entry.is_over());
        let own = table
            .values()
            .filter(|other| other.session.caller() == caller);
        if own.count() >= PRINCIPAL_SESSIONS_MAX {
            evict(&mut table, |entry| entry.session.caller() == caller)?;
        }
        if table.len() >= SESSIONS_MAX {
            evict(&mut table, |_| true)?;
        }
        let id = seal::unguessable();
        table.insert(id.clone(), entry);
        Some(id)
    }

    /// The session with this id, when it is the caller's.
    pub(super) fn find(&self, caller: &Caller, id: &str) -> Option<Arc<Entry>> {
        let table = self.lock();
        let entry = table.get(id)?;
        if entry.session.caller() != caller || entry.is_over() {
            return None;
        }
        entry.touch();
        Some(Arc::clone(entry))
    }

    /// Ends a session, and what it works on. False when there is none for this caller.
    pub(super) fn end(&self, caller: &Caller, id: &str) -> bool {
        let Some(entry) = self.find(caller, id) else {
            return false;
        };
        self.lock().remove(id);
        entry.stop();
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Entry>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the session that has been idle for longest. Nothing when none is idle.
fn evict(table: &mut HashMap<String, Arc<Entry>>, among: impl Fn(&Entry) -> bool) -> Option<()> {
    let idle = table
        .iter()
        .filter(|(_, entry)| among(entry) && !entry.is_busy());
    let (id, _) = idle.min_by_key(|(_, entry)| entry.last_used())?;
    let id = id.clone();
    table.remove(&id)?.stop();
    Some(())
}

impl Entry {
    /// A stream that listens for changes takes over from the one before, which ends.
    pub(super) fn stand(&self) -> CancellationToken {
        let next = self.stop.child_token();
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *standing, next.clone()).cancel();
        next
    }

    /// A request has ended, or a stream has.
    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last_used(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something is in flight, or somebody listens.
    fn is_busy(&self) -> bool {
        !self.in_flight.is_idle() || self.listener.try_lock().is_err()
    }

    fn is_over(&self) -> bool {
        let over = !self.is_busy() && self.last_used().elapsed() > IDLE_MAX;
        if over {
            self.stop();
        }
        over
    }

    fn stop(&self) {
        self.stop.cancel();
    }
}
