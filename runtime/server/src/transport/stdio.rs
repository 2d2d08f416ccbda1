//! A client at the other end of two pipes.
//!
//! Owns the reading task and the writing task of one connection, and what happens when the input
//! ends. The service loop receives only messages that are whole and new.

use std::io;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, GetExtensions as _, JsonRpcMessage,
    RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::in_flight::InFlight;
use super::inbound::{self, Inbound, Refusal};
use super::line::{Line, Lines};
use super::writer::{self, Outbox};

/// Messages between the reader and the service loop. What waits here is counted as in flight, too.
const INBOX_MAX: usize = 16;

/// How long calls in flight may go on when the input has ended. `echo … | ringfence serve` gets its
/// answers, and a tool that spins does not keep the process alive.
const END_GRACE: Duration = Duration::from_millis(500);

/// How a connection ends: first nothing more is read, then nothing more is run.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle {
    /// The input has ended, or the process was told to stop.
    pub(crate) closing: CancellationToken,
    /// Every call is stopped.
    pub(crate) stop: CancellationToken,
}

/// A connection over two byte streams, one message on each line.
#[derive(Debug)]
pub(crate) struct StdioTransport {
    inbox: mpsc::Receiver<ClientJsonRpcMessage>,
    outbox: Option<Outbox>,
    in_flight: InFlight,
    reading: JoinHandle<()>,
    writing: JoinHandle<()>,
}

impl StdioTransport {
    /// Starts to read and to write.
    pub(crate) fn start<R, W>(input: R, output: W, lifecycle: Lifecycle) -> Self
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        let (outbox, writing) = writer::start(output, lifecycle.stop.clone());
        let (messages, inbox) = mpsc::channel(INBOX_MAX);
        let in_flight = InFlight::new();
        let reader = Reader {
            messages,
            outbox: outbox.clone(),
            in_flight: in_flight.clone(),
        };
        Self {
            inbox,
            outbox: Some(outbox),
            in_flight,
            reading: tokio::spawn(reader.run(Lines::new(input), lifecycle)),
            writing: tokio::spawn(writing),
        }
    }
}

impl Drop for StdioTransport {
    fn drop(&mut self) {
        self.reading.abort();
        self.writing.abort();
    }
}

impl Transport<RoleServer> for StdioTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let room = match &message {
            JsonRpcMessage::Response(response) => self.in_flight.answer(&response.id),
            JsonRpcMessage::Error(error) => {
                error.id.as_ref().and_then(|id| self.in_flight.answer(id))
            }
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        let outbox = self.outbox.clone();
        async move {
            let outbox = outbox.ok_or(io::ErrorKind::BrokenPipe)?;
            let sent = outbox.send(&message).await;
            // Until here the answer took memory, and the request its room.
            drop(room);
            sent
        }
    }

    /// Safe to be dropped and called again: the reader is a task of its own.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.inbox.recv().await
    }

    /// Writes what was handed in.
    async fn close(&mut self) -> io::Result<()> {
        self.reading.abort();
        self.outbox = None;
        // The reader holds the other end until it is gone.
        let _ = (&mut self.reading).await;
        let _ = (&mut self.writing).await;
        Ok(())
    }
}

/// Reads lines until there are none.
struct Reader {
    messages: mpsc::Sender<ClientJsonRpcMessage>,
    outbox: Outbox,
    in_flight: InFlight,
}

impl Reader {
    async fn run<R: AsyncRead + Unpin>(self, lines: Lines<R>, lifecycle: Lifecycle) {
        let in_flight = self.in_flight.clone();
        self.read(lines).await;
        lifecycle.closing.cancel();
        // A client that only closed its side still reads.
        let _ = tokio::time::timeout(END_GRACE, in_flight.drained()).await;
        lifecycle.stop.cancel();
    }

    /// Ends when the input does, and with it the service loop: the messages' sender goes, too.
    async fn read<R: AsyncRead + Unpin>(self, mut lines: Lines<R>) {
        loop {
            let handled = match lines.next().await {
                Ok(Some(Line::Whole(line))) => match inbound::read(&line) {
                    Ok(inbound) => self.hand_on(inbound).await,
                    Err(refusal) => self.refuse(refusal).await,
                },
                Ok(Some(Line::TooLong(id))) => self.refuse(Refusal::too_long(id)).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::info!(%error, "failed to read from the client");
                    return;
                }
            };
            if handled.is_err() {
                return;
            }
        }
    }

    async fn hand_on(&self, inbound: Inbound) -> io::Result<()> {
        match inbound {
            Inbound::Nothing => Ok(()),
            Inbound::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &*notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.in_flight.cancel(id);
                }
                self.pass(JsonRpcMessage::notification(*notification)).await
            }
            Inbound::Request(id, request) => self.request(id, *request).await,
        }
    }

    async fn request(&self, id: RequestId, mut request: ClientRequest) -> io::Result<()> {
        let Some(working) = self.in_flight.enter(&id).await else {
            return self.refuse(Refusal::duplicate(id)).await;
        };
        request.extensions_mut().insert(working);
        // What follows a handshake relies on its outcome.
        let handshake = matches!(request, ClientRequest::InitializeRequest(_));
        self.pass(JsonRpcMessage::request(request, id.clone()))
            .await?;
        if handshake {
            self.in_flight.settled(&id).await;
        }
        Ok(())
    }

    async fn pass(&self, message: ClientJsonRpcMessage) -> io::Result<()> {
        self.messages
            .send(message)
            .await
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    async fn refuse(&self, refusal: Refusal) -> io::Result<()> {
        tracing::debug!(reason = %refusal.error.message, "refused a message");
        self.outbox
            .send(&JsonRpcMessage::error(*refusal.error, refusal.id))
            .await
    }
}
