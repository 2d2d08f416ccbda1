//! A client at the other end of two pipes: one message on each line.
//!
//! Owns reading and writing lines, and what happens when the input ends.

use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::Caller;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Connection, Lifecycle};
use super::line::{LINE_BYTES_MAX, Line, Lines};
use super::writer;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::frame::Refusal;
use crate::protocol::outbox::{Gone, Outbox};

/// How long calls in flight may go on when the input has ended. `echo … | ringfence serve` gets its
/// answers, and a tool that spins does not keep the process alive.
const END_GRACE: Duration = Duration::from_millis(500);

/// How long what was handed in may take to be written at the end.
const WRITE_GRACE: Duration = Duration::from_millis(300);

/// Serves one client until its input ends, or the lifecycle does.
pub(crate) async fn serve<R, W>(
    endpoint: Arc<Endpoint>,
    input: R,
    output: W,
    caller: Caller,
    lifecycle: Lifecycle,
) where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    // Also when nobody waits for this any more.
    let _stop = lifecycle.stop.clone().drop_guard();
    let (outbox, queue) = Outbox::new();
    let gone = lifecycle.stop.clone();
    let mut writing = tokio::spawn(async move {
        if let Err(error) = writer::write(output, queue).await {
            tracing::info!(%error, "the client does not read any more");
            // Nobody can be answered any more.
            gone.cancel();
        }
    });
    let connection = Connection::new(Arc::clone(&endpoint), caller, outbox, lifecycle.clone());
    tokio::select! {
        () = read(&connection, Lines::new(input)) => {}
        () = lifecycle.closing.cancelled() => {}
        () = lifecycle.stop.cancelled() => {}
    }
    let is_told = lifecycle.closing.is_cancelled();
    lifecycle.closing.cancel();
    // A client that only closed its side still reads.
    let drained = lifecycle.stop.run_until_cancelled(connection.drained());
    if tokio::time::timeout(END_GRACE, drained).await.is_err() {
        tracing::warn!("calls were left behind at the end of the connection");
        if is_told {
            endpoint.cut();
        }
    }
    lifecycle.stop.cancel();
    // The writer ends when everybody who may hand something in is gone.
    drop(connection);
    if tokio::time::timeout(WRITE_GRACE, &mut writing)
        .await
        .is_err()
    {
        writing.abort();
    }
}

async fn read<R: AsyncRead + Unpin>(connection: &Arc<Connection>, mut lines: Lines<R>) {
    loop {
        let taken = match lines.next().await {
            Ok(Some(Line::Whole(line))) => connection.receive(&line).await,
            Ok(Some(Line::TooLong(id))) => {
                connection
                    .refuse(&Refusal::too_long(id, LINE_BYTES_MAX))
                    .await
            }
            Ok(None) => return,
            Err(error) => {
                tracing::info!(%error, "failed to read from the client");
                return;
            }
        };
        if let Err(Gone) = taken {
            return;
        }
    }
}
