//! One connection's bytes, and how long its peer may make us wait for them.
//!
//! Owns two timers: a head that has begun must end, and a write must get somewhere. Everything that
//! a connection holds hangs on it, so that it is let go when the last byte's owner is, also after
//! an upgrade. Refuses to know HTTP beyond where a head begins.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::limits::Limits;
use crate::metrics::Counted;

/// Where a connection stands. Shared with the service, which knows when a head has ended.
#[derive(Debug, Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

/// A head has begun.
const HEAD: u8 = 0;
/// A request is being read, worked on or answered.
const BUSY: u8 = 1;
/// The last answer is complete, and no byte of another request has come.
const WAITING: u8 = 2;
/// No HTTP any more.
const UPGRADED: u8 = 3;

impl Phase {
    /// A new connection counts as a head that has begun: a peer that connects and is silent is no
    /// better than one that drips.
    fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    fn is(&self, phase: u8) -> bool {
        self.0.load(Ordering::Relaxed) == phase
    }

    fn set(&self, phase: u8) {
        self.0.store(phase, Ordering::Relaxed);
    }

    /// A whole head has been read.
    pub(super) fn begin_request(&self) {
        self.set(BUSY);
    }

    /// The answer has been given in full, or given up.
    pub(super) fn end_request(&self) {
        // After an upgrade there are no more requests.
        let _ = self
            .0
            .compare_exchange(BUSY, WAITING, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The connection belongs to another protocol.
    pub(super) fn upgrade(&self) {
        self.set(UPGRADED);
    }
}

/// What a connection holds while it lives.
#[derive(Debug)]
#[expect(dead_code, reason = "held for their drop")]
pub(super) struct Holds {
    /// Its place among the connections.
    pub(super) place: OwnedSemaphorePermit,
    /// Its mark in the metrics.
    pub(super) counted: Counted,
    /// What the end of serving waits for.
    pub(super) running: TaskTrackerToken,
}

/// The other end, for whoever waits while nobody reads from it.
///
/// Hyper reads on while it waits for an answer, to notice a peer that goes away; but not when it has
/// read bytes of a next request already, and whoever sends two requests and leaves would have the first
/// run on for nobody.
#[derive(Debug, Clone)]
pub(super) struct Peer(Arc<Mutex<TcpStream>>);

impl Peer {
    /// Ready when the peer has gone away. What it has sent stays where it is; while some of that is
    /// neither read nor room to be read, it is taken to be there.
    pub(super) fn poll_gone(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut byte = [0];
        match self.stream().poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        }
    }

    /// The stream. It is only ever locked within one poll of the connection's own task.
    fn stream(&self) -> MutexGuard<'_, TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's bytes.
#[derive(Debug)]
pub(super) struct Connection {
    peer: Peer,
    phase: Phase,
    head_since: Instant,
    head_time_max: Duration,
    head_timer: Option<Pin<Box<Sleep>>>,
    write_stall_max: Duration,
    write_timer: Option<Pin<Box<Sleep>>>,
    #[expect(dead_code, reason = "held for its drop")]
    holds: Holds,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, limits: &Limits, holds: Holds) -> Self {
        Self {
            peer: Peer(Arc::new(Mutex::new(stream))),
            phase: Phase::new(),
            head_since: Instant::now(),
            head_time_max: limits.head_time_max,
            head_timer: None,
            write_stall_max: limits.write_stall_max,
            write_timer: None,
            holds,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.clone()
    }

    pub(super) fn peer(&self) -> Peer {
        self.peer.clone()
    }

    /// Whether the head that is being waited for is overdue. Asked only when nothing can be read,
    /// so that a head that comes in one piece costs no timer.
    fn head_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.head_since.checked_add(self.head_time_max) else {
            return false;
        };
        let timer = self
            .head_timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).is_ready()
    }

    /// A write's outcome, or an error when it has been stuck for too long.
    fn within_stall<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.write_timer = None;
            return polled;
        }
        let stall_max = self.write_stall_max;
        let timer = self
            .write_timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(stall_max)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(overdue("the peer does not read"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn overdue(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = Pin::new(&mut *this.peer.stream()).poll_read(cx, buf);
        if polled.is_pending() {
            if !this.phase.is(HEAD) {
                this.head_timer = None;
            } else if this.head_overdue(cx) {
                return Poll::Ready(Err(overdue("the request's head did not arrive in time")));
            }
        } else if buf.filled().len() > before && this.phase.is(WAITING) {
            this.phase.set(HEAD);
            this.head_since = Instant::now();
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut *self.peer.stream()).poll_write(cx, buf);
        self.within_stall(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut *self.peer.stream()).poll_write_vectored(cx, bufs);
        self.within_stall(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.peer.stream().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.peer.stream()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.peer.stream()).poll_shutdown(cx)
    }
}
