//! What a guest prints.
//!
//! Owns a bounded buffer for standard output or error, and the way to whoever is granted to see it as
//! it comes. Never connects a guest to the process's own streams: with MCP over stdio, whatever a tool
//! printed there would be a message to the client.

mod live;

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

pub(crate) use live::Live;
pub use live::{PRINTED_MAX, Printed, PrintedOn};

/// What a guest may write in one go. Bounds what `write-zeroes` makes the host allocate.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// Keeps the first bytes of a stream and counts the rest. Writing always succeeds: a tool that
/// prints too much is cut short, not broken.
#[derive(Debug, Clone)]
pub(crate) struct Capture {
    kept: Arc<Mutex<Kept>>,
    live: Option<Live>,
}

#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    bytes_max: usize,
    written: u64,
}

impl Capture {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            kept: Arc::new(Mutex::new(Kept {
                bytes: Vec::new(),
                bytes_max,
                written: 0,
            })),
            live: None,
        }
    }

    /// The same, with somebody who sees it as it comes.
    pub(crate) fn shown(&self, live: Live) -> Self {
        Self {
            kept: Arc::clone(&self.kept),
            live: Some(live),
        }
    }

    /// What was kept, and how many bytes were written in all.
    pub(crate) fn take(&self) -> (Vec<u8>, u64) {
        let mut kept = self.kept();
        (std::mem::take(&mut kept.bytes), kept.written)
    }

    fn push(&self, bytes: &[u8]) {
        let mut kept = self.kept();
        let room = kept
            .bytes_max
            .saturating_sub(kept.bytes.len())
            .min(bytes.len());
        kept.bytes.extend(bytes.iter().take(room));
        kept.written = kept.written.saturating_add(bytes.len() as u64);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Capture {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Capture {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {
        if let Some(live) = &mut self.live {
            live.ready().await;
        }
    }
}

impl OutputStream for Capture {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > WRITE_BYTES_MAX {
            return Err(StreamError::trap("wrote more than `check-write` permitted"));
        }
        if let Some(live) = &mut self.live {
            live.send(&bytes)?;
        }
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match &mut self.live {
            Some(live) => Ok(if live.has_room()? { WRITE_BYTES_MAX } else { 0 }),
            None => Ok(WRITE_BYTES_MAX),
        }
    }
}

/// For a generation of WASI that does not link: what is written is kept, and nobody sees it come.
impl AsyncWrite for Capture {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_start_and_counts_the_rest() {
        let capture = Capture::new(3);
        capture.push(b"ab");
        capture.push(b"cde");
        assert_eq!(capture.take(), (b"abc".to_vec(), 5));
    }
}
