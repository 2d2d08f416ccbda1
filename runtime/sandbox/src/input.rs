//! What is piped into a call.
//!
//! Owns a guest's standard input: what whoever makes the call hands in, for who is granted it, and
//! nothing for all others. Refuses to know where it comes from. The process's own is never touched here: with
//! MCP over stdio it belongs to the protocol.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{AsyncStdinStream, IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use crate::ledger::Ledger;

/// Bytes that one call may read. Bounds what a pipe without end has the host read for a guest that throws it
/// away.
const INPUT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What the receipt calls it.
const TARGET: &str = "stdin";

/// What is piped into a call.
pub type StandardInput = Box<dyn AsyncRead + Send + Sync + Unpin>;

/// Gives a guest what was piped into its call; nothing where that was not granted.
pub(crate) fn give(
    builder: &mut WasiCtxBuilder,
    granted: bool,
    input: impl FnOnce() -> Option<StandardInput>,
    ledger: &Arc<Ledger>,
) {
    let ledger = Arc::clone(ledger);
    if !granted {
        builder.stdin(Denied(ledger));
    } else if let Some(input) = input() {
        builder.stdin(AsyncStdinStream::new(Counted {
            input,
            left: INPUT_BYTES_MAX,
            ledger,
        }));
    }
}

/// An input that ends at once, and notes who reads it.
#[derive(Debug, Clone)]
struct Denied(Arc<Ledger>);

impl IsTerminal for Denied {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Denied {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Denied {
    async fn ready(&mut self) {}
}

impl InputStream for Denied {
    fn read(&mut self, _size: usize) -> StreamResult<Bytes> {
        self.0
            .deny("read standard input: no grant; `stdin` would allow it".into());
        Err(StreamError::Closed)
    }
}

/// An input that is counted, and ends in an error when it is too long: what was cut in silence would look
/// whole.
struct Counted {
    input: StandardInput,
    left: u64,
    ledger: Arc<Ledger>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.input).poll_read(context, buffer);
        if matches!(polled, Poll::Ready(Ok(()))) {
            let read = buffer.filled().len().saturating_sub(before);
            let Some(left) = self.left.checked_sub(read as u64) else {
                let why = format!("a call may read {INPUT_BYTES_MAX} bytes of standard input");
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, why)));
            };
            self.left = left;
            if read > 0 {
                self.ledger.reach(TARGET, None, 0, read);
            }
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn an_input_without_end_ends_in_an_error() {
        let ledger = Arc::new(Ledger::default());
        let mut input = Counted {
            input: Box::new(tokio::io::repeat(7)),
            left: 10_000,
            ledger: Arc::clone(&ledger),
        };
        let mut read = Vec::new();
        let error = input.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(ledger.reached()[0].received_bytes <= 10_000);
    }
}
