//! Messages that have begun and not ended, over all sockets.
//!
//! Owns how many bytes of them the process holds, and how long one may take to arrive. Sits between
//! the socket and the reader of frames, which keeps what it has read of a message to itself. Refuses
//! to know frames: it is told when a message has ended.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// What all sockets may have read of messages that have not ended. Bounds thousands of connections
/// that each begin a large message and never end it.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// From a message's first byte to its last. Bounds a peer that drips a message to hold its bytes.
const TIME_MAX: Duration = Duration::from_secs(30);

/// The header and the mask of a frame that says something of the connection instead of a message.
const CONTROL_HEAD_BYTES: usize = 6;

/// The bytes that all sockets share.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    bytes: Arc<Semaphore>,
    time_max: Duration,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self::of(BYTES_MAX, TIME_MAX)
    }

    fn of(bytes_max: usize, time_max: Duration) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(bytes_max)),
            time_max,
        }
    }

    /// What one socket takes of it.
    pub(super) fn unfinished(&self) -> Unfinished {
        Unfinished {
            budget: self.clone(),
            held: Arc::default(),
        }
    }
}

/// What one socket has read of a message that has not ended. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Unfinished {
    budget: Budget,
    held: Arc<Mutex<Option<Held>>>,
}

#[derive(Debug)]
struct Held {
    permit: OwnedSemaphorePermit,
    since: Instant,
}

impl Unfinished {
    /// A message has ended, and nothing of it is held any more.
    pub(super) fn ended(&self) {
        *self.lock() = None;
    }

    /// A frame of the connection's own has come, which may be in the middle of a message.
    pub(super) fn control(&self, body_bytes: usize) {
        let mut held = self.lock();
        let Some(some) = held.as_mut() else { return };
        drop(
            some.permit
                .split(body_bytes.saturating_add(CONTROL_HEAD_BYTES)),
        );
        if some.permit.num_permits() <= CONTROL_HEAD_BYTES {
            *held = None;
        }
    }

    fn charge(&self, bytes: usize) -> io::Result<()> {
        let full = || io::Error::new(io::ErrorKind::QuotaExceeded, "too many unfinished messages");
        let count = u32::try_from(bytes).map_err(|_| full())?;
        let permit = Arc::clone(&self.budget.bytes)
            .try_acquire_many_owned(count)
            .map_err(|_| full())?;
        let mut held = self.lock();
        if let Some(held) = held.as_mut() {
            held.permit.merge(permit);
        } else {
            let since = Instant::now();
            *held = Some(Held { permit, since });
        }
        Ok(())
    }

    /// When what has begun must have ended.
    fn deadline(&self) -> Option<Instant> {
        self.lock()
            .as_ref()?
            .since
            .checked_add(self.budget.time_max)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose reads are counted until their message has ended.
#[derive(Debug)]
pub(super) struct Counted<T> {
    stream: T,
    unfinished: Unfinished,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<T> Counted<T> {
    pub(super) fn new(stream: T, unfinished: Unfinished) -> Self {
        Self {
            stream,
            unfinished,
            timer: None,
        }
    }

    /// Whether a message that has begun should have ended.
    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.unfinished.deadline() else {
            self.timer = None;
            return false;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // Also when there is something to read: a peer that drips is never silent.
        if this.is_overdue(cx) {
            let error = io::Error::new(io::ErrorKind::TimedOut, "a message did not arrive in time");
            return Poll::Ready(Err(error));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        let bytes = buf.filled().len().saturating_sub(before);
        if bytes > 0
            && let Err(error) = this.unfinished.charge(bytes)
        {
            return Poll::Ready(Err(error));
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn socket(budget: &Budget) -> (tokio::io::DuplexStream, Counted<tokio::io::DuplexStream>) {
        let (peer, own) = tokio::io::duplex(1024);
        (peer, Counted::new(own, budget.unfinished()))
    }

    async fn pass(
        peer: &mut tokio::io::DuplexStream,
        own: &mut (impl AsyncRead + Unpin),
        n: usize,
    ) {
        peer.write_all(&vec![0; n]).await.unwrap();
        own.read_exact(&mut vec![0; n]).await.unwrap();
    }

    #[tokio::test]
    async fn what_has_not_ended_counts_over_all_sockets_until_it_ends() {
        let budget = Budget::of(100, TIME_MAX);
        let (mut peer, mut one) = socket(&budget);
        let (mut other_peer, mut other) = socket(&budget);
        pass(&mut peer, &mut one, 60).await;
        pass(&mut other_peer, &mut other, 40).await;
        other_peer.write_all(b"x").await.unwrap();
        let refused = other.read_u8().await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::QuotaExceeded);
        // A frame of the connection's own gives back itself, and not the message around it.
        one.unfinished.control(4);
        assert_eq!(budget.bytes.available_permits(), 10);
        one.unfinished.ended();
        assert_eq!(budget.bytes.available_permits(), 60);
        pass(&mut peer, &mut one, 60).await;
        drop((one, other));
        assert_eq!(budget.bytes.available_permits(), 100);
    }

    #[tokio::test]
    async fn a_message_that_drips_has_its_time_and_a_silent_socket_all_of_it() {
        let time_max = Duration::from_millis(200);
        let budget = Budget::of(100, time_max);
        let (mut peer, mut own) = socket(&budget);
        let mut passed = 0;
        let late = loop {
            peer.write_all(b"x").await.unwrap();
            match own.read_u8().await {
                Ok(_) => passed += 1,
                Err(error) => break error,
            }
            tokio::time::sleep(time_max / 20).await;
        };
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert!(passed > 1, "{passed}");
        // A peer that stops in the middle is the same.
        let (mut peer, mut own) = socket(&budget);
        pass(&mut peer, &mut own, 1).await;
        let late = own.read_u8().await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        // Between messages there is no hurry.
        let (mut peer, mut own) = socket(&budget);
        pass(&mut peer, &mut own, 8).await;
        own.unfinished.control(2);
        tokio::time::sleep(time_max * 2).await;
        pass(&mut peer, &mut own, 1).await;
        own.unfinished.ended();
        tokio::time::sleep(time_max * 2).await;
        pass(&mut peer, &mut own, 1).await;
    }
}
