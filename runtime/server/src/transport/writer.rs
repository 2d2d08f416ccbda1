//! The one task that writes.
//!
//! Owns the output: each message is written whole, one after the other, and nothing else is.

use std::io;

use rmcp::model::ServerJsonRpcMessage;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that wait to be written. Beyond it whoever has one waits: a client that does not read
/// gets no more work done.
const QUEUE_MAX: usize = 64;

/// Where messages are handed in. The writer ends when all of these are gone.
#[derive(Debug, Clone)]
pub(super) struct Outbox(mpsc::Sender<Vec<u8>>);

impl Outbox {
    /// Hands in one message.
    ///
    /// # Errors
    ///
    /// The client is gone, or the message does not serialise.
    pub(super) async fn send(&self, message: &ServerJsonRpcMessage) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.0
            .send(line)
            .await
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Starts writing to `output`. When that fails nobody can be answered any more: `gone` is cancelled.
pub(super) fn start<W>(output: W, gone: CancellationToken) -> (Outbox, impl Future<Output = ()>)
where
    W: AsyncWrite + Unpin,
{
    let (outbox, queue) = mpsc::channel(QUEUE_MAX);
    let writing = async move {
        if let Err(error) = write(output, queue).await {
            tracing::info!(%error, "the client does not read any more");
            gone.cancel();
        }
    };
    (Outbox(outbox), writing)
}

async fn write<W>(mut output: W, mut queue: mpsc::Receiver<Vec<u8>>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    while let Some(line) = queue.recv().await {
        output.write_all(&line).await?;
        if queue.is_empty() {
            output.flush().await?;
        }
    }
    output.shutdown().await
}
