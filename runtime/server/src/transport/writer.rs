//! The one task that writes.
//!
//! Owns the output: each message is written whole, one after the other, and nothing else is.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::protocol::outbox::Text;

/// Writes messages until there will be none any more.
///
/// # Errors
///
/// The output takes no more.
pub(super) async fn write<W>(mut output: W, mut queue: mpsc::Receiver<Text>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    while let Some(mut line) = queue.recv().await {
        line.push(b'\n');
        output.write_all(&line).await?;
        if queue.is_empty() {
            output.flush().await?;
        }
    }
    output.shutdown().await
}
