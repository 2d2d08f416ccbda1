//! Calls that wait for a client's next request.
//!
//! Owns the table of calls whose guests have asked something in the stateless era. It is bounded, what
//! waits in it expires, and only the caller who was asked, with the request that was asked about, gets
//! the call back: once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use ringfence_identity::Caller;
use ringfence_sandbox::AskError;

use super::fault::{self, Fault};
use super::open::Open;
use super::running::Running;
use super::seal::{self, Seal};

/// How long a guest waits for its client. People read a question, and think.
const WAIT_MAX: Duration = Duration::from_mins(5);

/// Calls that wait. Each holds a slot and its memory: bounds what clients that never come back take
/// from those that do.
const PARKED_MAX: usize = 64;

/// Calls of one principal that wait, so that one cannot use up everybody's.
const PRINCIPAL_PARKED_MAX: usize = 16;

/// Bytes of what names a waiting call.
const HANDLE_BYTES: usize = 16;

/// Calls that wait for their clients.
#[derive(Debug)]
pub(crate) struct Parked {
    seal: Arc<Seal>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<Handle, Entry>,
    /// Whether somebody looks for what has expired.
    swept: bool,
    /// Nobody comes back any more.
    closed: bool,
}

type Handle = [u8; HANDLE_BYTES];

#[derive(Debug)]
struct Entry {
    caller: Caller,
    until: Instant,
    running: Running,
    open: Open,
}

/// A call and its questions.
pub(crate) type Waiting = (Running, Open);

impl Parked {
    pub(crate) fn new(seal: Arc<Seal>) -> Arc<Self> {
        Arc::new(Self {
            seal,
            table: Mutex::default(),
        })
    }

    /// Lets a call wait. What the client has to send with its answers: `requestState`.
    ///
    /// # Errors
    ///
    /// Too many wait. The call comes back, and its guest has been told.
    pub(crate) fn park(
        self: &Arc<Self>,
        caller: &Caller,
        request: &[u8],
        waiting: Waiting,
    ) -> Result<String, Box<Running>> {
        self.park_for(caller, request, waiting, WAIT_MAX)
    }

    fn park_for(
        self: &Arc<Self>,
        caller: &Caller,
        request: &[u8],
        (running, open): Waiting,
        wait: Duration,
    ) -> Result<String, Box<Running>> {
        let now = Instant::now();
        let mut table = self.lock();
        let closed = table.closed;
        let entries = &mut table.entries;
        entries.retain(|_, entry| entry.until > now);
        let own = entries
            .values()
            .filter(|entry| entry.caller == *caller)
            .count();
        let full = entries.len() >= PARKED_MAX || own >= PRINCIPAL_PARKED_MAX;
        if full || closed {
            open.refuse(AskError::Overloaded);
            return Err(Box::new(running));
        }
        let handle: Handle = seal::random();
        let entry = Entry {
            caller: caller.clone(),
            until: now + wait,
            running,
            open,
        };
        entries.insert(handle, entry);
        if !std::mem::replace(&mut table.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
        drop(table);
        Ok(self
            .seal
            .close(caller, &[b"requestState", request], &handle))
    }

    /// Takes a call back, for the caller and the request that it waits for.
    ///
    /// # Errors
    ///
    /// The state is not ours, was changed, belongs to another caller or request, was used, or has expired.
    pub(crate) fn take(
        &self,
        caller: &Caller,
        request: &[u8],
        state: &str,
    ) -> Result<Waiting, Fault> {
        let unknown = || fault::unknown_handle("requestState");
        let handle = self
            .seal
            .open(caller, &[b"requestState", request], state)
            .and_then(|bytes| Handle::try_from(bytes).ok())
            .ok_or_else(unknown)?;
        let entry = self.lock().entries.remove(&handle).ok_or_else(unknown)?;
        if entry.until <= Instant::now() {
            return Err(unknown());
        }
        Ok((entry.running, entry.open))
    }

    /// Ends the calls that wait, and lets no other wait: nobody comes back for them.
    pub(crate) fn close(&self) {
        let mut table = self.lock();
        table.closed = true;
        let entries = std::mem::take(&mut table.entries);
        drop(table);
        // Each writes its record.
        drop(entries);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often somebody looks for what has expired.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Drops what has expired, so that memory and slots go back even if nobody ever asks again. Ends when
/// nothing waits.
async fn sweep(parked: Weak<Parked>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let Some(parked) = parked.upgrade() else {
            return;
        };
        let now = Instant::now();
        let mut table = parked.lock();
        table.entries.retain(|_, entry| entry.until > now);
        if table.entries.is_empty() {
            table.swept = false;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use ringfence_sandbox::{CallEvents as _, ClientAnswer, Question, QuestionKind};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::protocol::line::Moment;
    use crate::protocol::open::Responses;

    type Answered = Result<Vec<ClientAnswer>, AskError>;

    fn caller(principal: &str) -> Caller {
        Caller::new("acme".parse().unwrap(), principal.parse().unwrap())
    }

    fn parked() -> Arc<Parked> {
        Parked::new(Arc::new(Seal::new()))
    }

    /// A call whose guest asks for folders, and what the guest hears.
    async fn asking() -> (Waiting, JoinHandle<Answered>) {
        let mut running = Running::idle();
        let line = Arc::clone(&running.line);
        let question = Question {
            key: "k".into(),
            request: QuestionKind::Roots,
        };
        let guest = tokio::spawn(async move { line.ask(vec![question]).await });
        let Moment::Asks(asked) = running.line.moment().await else {
            panic!("no question")
        };
        let open = running.open(asked).unwrap();
        ((running, open), guest)
    }

    #[tokio::test]
    async fn a_call_comes_back_once_to_whom_it_belongs() {
        let (parked, ann) = (parked(), caller("ann"));
        let (waiting, guest) = asking().await;
        let state = parked.park(&ann, b"request", waiting).unwrap();
        assert!(parked.take(&caller("bob"), b"request", &state).is_err());
        assert!(parked.take(&ann, b"another", &state).is_err());
        let (_running, mut open) = parked.take(&ann, b"request", &state).unwrap();
        assert!(parked.take(&ann, b"request", &state).is_err());
        let sent = serde_json::json!({"roots": []});
        open.take(&mut Responses::from_iter([("k".to_owned(), sent)]))
            .unwrap();
        assert!(open.settle().is_none());
        let heard = guest.await.unwrap();
        assert_eq!(heard, Ok(vec![ClientAnswer::Roots(Vec::new())]));
    }

    #[tokio::test]
    async fn what_waits_too_long_is_gone() {
        let (parked, ann) = (parked(), caller("ann"));
        let (waiting, guest) = asking().await;
        let state = parked.park_for(&ann, b"", waiting, Duration::ZERO).unwrap();
        assert!(parked.take(&ann, b"", &state).is_err());
        assert_eq!(guest.await.unwrap(), Err(AskError::Expired));

        // Also when nobody ever comes for it: at the latest when the next one waits.
        let (waiting, guest) = asking().await;
        parked.park_for(&ann, b"", waiting, Duration::ZERO).unwrap();
        let (waiting, _next) = asking().await;
        parked.park(&ann, b"", waiting).unwrap();
        assert_eq!(guest.await.unwrap(), Err(AskError::Expired));
        assert_eq!(parked.lock().entries.len(), 1);
    }

    #[tokio::test]
    async fn only_so_many_wait() {
        let parked = parked();
        let mut guests = Vec::new();
        for principal in ["ann", "bob", "cem", "dan"] {
            for _ in 0..PRINCIPAL_PARKED_MAX {
                let (waiting, guest) = asking().await;
                parked.park(&caller(principal), b"", waiting).unwrap();
                guests.push(guest);
            }
        }
        assert_eq!(parked.lock().entries.len(), PARKED_MAX);
        // Nobody else has room any more, and the guest hears why.
        for principal in ["ann", "eve"] {
            let (waiting, guest) = asking().await;
            assert!(parked.park(&caller(principal), b"", waiting).is_err());
            assert_eq!(guest.await.unwrap(), Err(AskError::Overloaded));
        }
        assert!(guests.iter().all(|guest| !guest.is_finished()));
    }
}
