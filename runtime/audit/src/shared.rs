//! What those who append and the one that writes share.
//!
//! Owns the bounded queue between them, who waits for what, and the health of it all. Appending takes a
//! lock for the time of a copy; it never waits for the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::body::{Run, push_event};
use crate::event::Event;
use crate::key::ArgumentsKey;
use crate::note::Note;
use crate::queue::Bodies;
use crate::settings::Durability;
use crate::time::Timestamp;

/// Records that wait, in bytes. Bounds what is held in memory while the disk is full or slow; what
/// finds no room is lost, counted, and the log says so once it goes on.
const QUEUE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// So much waits that who appends should wait, too. What is left then has room for the calls that are
/// on their way.
const PRESSED_BYTES: usize = QUEUE_BYTES_MAX / 2;

/// How long the writer collects records after a write. Under load one write then takes many records,
/// and nobody has to wake it; it is also how long a record may be in our memory alone.
const COLLECT: Duration = Duration::from_millis(2);

/// So much waits that collecting more would not make it cheaper.
const COLLECT_BYTES_MAX: usize = 256 * 1024;

/// How long one write may take before the log is said to be stuck: a disk that answers is far quicker.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// Between two attempts to write after one that failed.
const RETRY: Duration = Duration::from_secs(1);

/// A record that is not written, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the audit log cannot be written: {0}")]
pub struct Unwritten(pub(crate) Arc<str>);

/// How the log is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it cannot be written now. Nothing when it can.
    pub trouble: Option<Unwritten>,
    /// Records that were appended.
    pub appended: u64,
    /// Records that were lost, because too many waited.
    pub lost: u64,
    /// Writes that failed.
    pub failures: u64,
}

/// What the writer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has to be woken.
    Asleep,
    /// It looks again by itself.
    Collecting,
    /// It writes, since then.
    Busy(Instant),
    /// It is gone.
    Ended,
}

#[derive(Debug)]
struct State {
    queue: Bodies,
    /// Tickets that were given out.
    issued: u64,
    /// Tickets whose records are written.
    done: u64,
    /// Tickets that were given out before the last write that failed.
    failed: u64,
    trouble: Option<Unwritten>,
    appended: u64,
    lost: u64,
    failures: u64,
    /// Lost since the log last said so.
    gap: u64,
    waiting: BTreeMap<u64, Vec<Waker>>,
    phase: Phase,
    urgent: bool,
    stopping: bool,
}

/// What those who append and the one that writes share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// There is something to do for the writer.
    work: Condvar,
    /// Something was written, or failed to be.
    progress: Condvar,
    run: Run,
    pub(crate) durability: Durability,
    pub(crate) arguments_key: OnceLock<ArgumentsKey>,
}

/// What has become of a ticket.
#[derive(Debug)]
pub(crate) enum Fate {
    Failed(Unwritten),
    Waiting,
    Written,
}

impl Shared {
    pub(crate) fn new(run: Run, durability: Durability) -> Self {
        let state = State {
            queue: Bodies::default(),
            issued: 0,
            done: 0,
            failed: 0,
            trouble: None,
            appended: 0,
            lost: 0,
            failures: 0,
            gap: 0,
            waiting: BTreeMap::new(),
            phase: Phase::Asleep,
            urgent: false,
            stopping: false,
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            progress: Condvar::new(),
            run,
            durability,
            arguments_key: OnceLock::new(),
        }
    }

    /// Adds a record to those that wait: its ticket, and whether so many wait that its owner should,
    /// too. Nothing when there is no room.
    pub(crate) fn append(&self, body: &[u8]) -> Option<(u64, bool)> {
        let mut state = self.lock();
        state.appended += 1;
        if state.queue.bytes() + body.len() > QUEUE_BYTES_MAX || state.phase == Phase::Ended {
            state.lost += 1;
            state.gap += 1;
            return None;
        }
        state.queue.push(body);
        state.issued += 1;
        let ticket = (state.issued, state.queue.bytes() > PRESSED_BYTES);
        let wake = match state.phase {
            Phase::Asleep => true,
            // Once, when there is enough.
            Phase::Collecting => {
                let before = state.queue.bytes() - body.len();
                before <= COLLECT_BYTES_MAX && state.queue.bytes() > COLLECT_BYTES_MAX
            }
            Phase::Busy(_) | Phase::Ended => false,
        };
        if state.phase == Phase::Asleep {
            // It is on its way: the next one need not wake it again.
            state.phase = Phase::Collecting;
        }
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Some(ticket)
    }

    pub(crate) fn write_event(&self, out: &mut Vec<u8>, event: &Event<'_>) {
        push_event(out, Timestamp::now(), self.run, event);
    }

    /// What has become of a ticket. Who waits for it is woken when that changes.
    pub(crate) fn poll(&self, ticket: u64, waker: &Waker) -> Fate {
        let mut state = self.lock();
        let fate = state.fate(ticket);
        if matches!(fate, Fate::Waiting) {
            let wakers = state.waiting.entry(ticket).or_default();
            if !wakers.iter().any(|other| other.will_wake(waker)) {
                wakers.push(waker.clone());
            }
            self.hurry(&mut state);
        }
        fate
    }

    /// What has become of a ticket after at most `patience`.
    pub(crate) fn wait(&self, ticket: u64, patience: Duration) -> Fate {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            let fate = state.fate(ticket);
            let left = until.saturating_duration_since(Instant::now());
            if !matches!(fate, Fate::Waiting) || left.is_zero() {
                return fate;
            }
            self.hurry(&mut state);
            state = self
                .progress
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(crate) fn health(&self) -> Health {
        let state = self.lock();
        let mut health = Health {
            trouble: state.trouble.clone(),
            appended: state.appended,
            lost: state.lost,
            failures: state.failures,
        };
        if let Phase::Busy(since) = state.phase
            && since.elapsed() > STUCK_AFTER
            && health.trouble.is_none()
        {
            let reason = "the last write has not ended";
            health.trouble = Some(Unwritten(reason.into()));
        }
        health
    }

    /// Waits until the writer has ended, at most `patience`. True when it has.
    pub(crate) fn stop(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        state.stopping = true;
        self.work.notify_one();
        while state.phase != Phase::Ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .progress
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// For the writer: waits until there are records, and adds them to `batch`. False at the end.
    pub(crate) fn take(&self, batch: &mut Bodies, wrote: bool) -> bool {
        let mut state = self.lock();
        if wrote {
            state = self.collect(state);
        }
        while state.queue.is_empty() && state.gap == 0 && !state.stopping {
            state.phase = Phase::Asleep;
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let more = !(state.queue.is_empty() && state.gap == 0);
        self.fill(&mut state, batch);
        more
    }

    /// For the writer: waits until it may be worth to try again, and adds what has come to `batch`.
    /// False when there is no time left to try.
    pub(crate) fn retry(&self, batch: &mut Bodies) -> bool {
        let until = Instant::now() + RETRY;
        let mut state = self.lock();
        while !state.urgent && !state.stopping {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.phase = Phase::Collecting;
            state = self
                .work
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        if batch.bytes() + state.queue.bytes() <= QUEUE_BYTES_MAX {
            self.fill(&mut state, batch);
        } else {
            state.urgent = false;
            state.phase = Phase::Busy(Instant::now());
        }
        !state.stopping
    }

    /// For the writer: `count` records more are written.
    pub(crate) fn written(&self, through: u64) {
        let mut state = self.lock();
        state.done = through;
        state.trouble = None;
        let later = state.waiting.split_off(&(through + 1));
        let woken = std::mem::replace(&mut state.waiting, later);
        drop(state);
        self.tell(woken);
    }

    /// For the writer: the last write failed, and so did everything that waits.
    pub(crate) fn failed(&self, reason: &str) {
        let mut state = self.lock();
        state.failed = state.issued;
        state.failures += 1;
        state.trouble = Some(Unwritten(reason.into()));
        let woken = std::mem::take(&mut state.waiting);
        drop(state);
        self.tell(woken);
    }

    /// For the writer: it ends, and `unwritten` records with it.
    pub(crate) fn ended(&self, unwritten: usize) {
        let mut state = self.lock();
        state.phase = Phase::Ended;
        let waited = state.queue.len();
        state.lost += (unwritten + waited) as u64;
        state.failed = state.issued;
        let ended = || Unwritten("the log is closed".into());
        state.trouble.get_or_insert_with(ended);
        let woken = std::mem::take(&mut state.waiting);
        drop(state);
        self.tell(woken);
    }

    /// The last ticket that was given out before `batch` was taken: all up to it are in the batch.
    pub(crate) fn taken(&self) -> u64 {
        let state = self.lock();
        state.issued - state.queue.len() as u64
    }

    fn collect<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let until = Instant::now() + COLLECT;
        while !state.urgent && !state.stopping && state.queue.bytes() <= COLLECT_BYTES_MAX {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.phase = Phase::Collecting;
            state = self
                .work
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state
    }

    fn fill(&self, state: &mut State, batch: &mut Bodies) {
        batch.append(&mut state.queue);
        if state.gap > 0 {
            let note = Note::Gap { lost: state.gap };
            batch.push_with(|out| note.push(out, Timestamp::now(), self.run));
            state.gap = 0;
        }
        state.urgent = false;
        state.phase = Phase::Busy(Instant::now());
    }

    /// Somebody waits: the writer must not.
    fn hurry(&self, state: &mut State) {
        if !state.urgent {
            state.urgent = true;
            self.work.notify_one();
        }
    }

    fn tell(&self, woken: BTreeMap<u64, Vec<Waker>>) {
        self.progress.notify_all();
        for waker in woken.into_values().flatten() {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of ours panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fate(&self, ticket: u64) -> Fate {
        if ticket <= self.done {
            Fate::Written
        } else if ticket <= self.failed {
            let closed = || Unwritten("an earlier attempt failed".into());
            Fate::Failed(self.trouble.clone().unwrap_or_else(closed))
        } else {
            Fate::Waiting
        }
    }
}
