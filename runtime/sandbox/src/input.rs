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
use ringfence_policy::{Access, Effective, Kind};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf, Take};
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
    effective: &Arc<Effective>,
    input: impl FnOnce() -> Option<StandardInput>,
    ledger: &Arc<Ledger>,
) {
    let ledger = Arc::clone(ledger);
    if !effective.standard_input() {
        builder.stdin(Denied(ledger, Arc::clone(effective)));
    } else if let Some(input) = input() {
        let counted = Counted::new(input, INPUT_BYTES_MAX, ledger);
        builder.stdin(AsyncStdinStream::new(counted));
    }
}

/// An input that ends at once, and notes who reads it.
#[derive(Debug, Clone)]
struct Denied(Arc<Ledger>, Arc<Effective>);

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
        self.1.saw(|| Access::Any(Kind::Stdin));
        self.0
            .deny("read standard input: denied, no grant; grant it with `stdin`".into());
        Err(StreamError::Closed)
    }
}

/// An input that is counted, and ends in an error when it is too long: what was cut in silence would look
/// whole.
struct Counted {
    input: Take<StandardInput>,
    ledger: Arc<Ledger>,
}

impl Counted {
    fn new(input: StandardInput, bytes_max: u64, ledger: Arc<Ledger>) -> Self {
        Self {
            input: input.take(bytes_max),
            ledger,
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.input.limit() == 0 {
            // Whether that was all.
            let mut more = [0];
            let mut more = ReadBuf::new(&mut more);
            let polled = Pin::new(self.input.get_mut()).poll_read(context, &mut more);
            return polled.map(|read| match read {
                Ok(()) if !more.filled().is_empty() => {
                    let why = format!("a call may read {INPUT_BYTES_MAX} bytes of standard input");
                    Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
                }
                read => read,
            });
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.input).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        if read > 0 {
            self.ledger.reach(TARGET, None, 0, read);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes_max: u64, input: StandardInput) -> (io::Result<usize>, u64) {
        let ledger = Arc::new(Ledger::default());
        let mut input = Counted::new(input, bytes_max, Arc::clone(&ledger));
        let read = input.read_to_end(&mut Vec::new()).await;
        (read, ledger.reached()[0].received_bytes)
    }

    #[tokio::test]
    async fn an_input_without_end_ends_in_an_error() {
        let (read, counted) = read(10_000, Box::new(tokio::io::repeat(7))).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(counted, 10_000);
    }

    #[tokio::test]
    async fn an_input_of_just_that_length_is_whole() {
        let input = Box::new(io::Cursor::new(vec![7; 10_000]));
        let (read, counted) = read(10_000, input).await;
        assert_eq!((read.unwrap(), counted), (10_000, 10_000));
    }
}
