//! `/ws`: the protocol over a WebSocket, one message in each text frame.
//!
//! Owns frames and the end of the connection. What a connection remembers is the same as over two
//! pipes.

mod handshake;
mod unfinished;

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use ringfence_identity::Caller;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};

use self::unfinished::{Budget, Counted};
use super::{Context, Drain};
use crate::metrics::Metrics;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::fault;
use crate::protocol::frame::Refusal;
use crate::protocol::outbox::{Gone, Outbox, Text};
use crate::transport::connection::{Connection, Lifecycle};
use crate::transport::line::LINE_BYTES_MAX;

/// Bytes that are read at a time. They are there for as long as the connection is: bounds what a
/// silent one costs.
const READ_BYTES: usize = 16 * 1024;

/// How often a peer is asked whether it is there, before its silence has lasted too long. The time
/// between two is also what keeps proxies from closing what is silent for a minute.
const PINGS: u32 = 3;

/// How long calls in flight may go on when the peer has closed its side, or the server drains.
const END_GRACE: Duration = Duration::from_secs(5);

/// How long a peer may take to hear the end.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// A socket, and what has been read of a message that has not ended.
type Stream = WebSocketStream<Counted<TokioIo<Upgraded>>>;

/// What answers `/ws`.
#[derive(Debug, Clone)]
pub(crate) struct Socket {
    endpoint: Arc<Endpoint>,
    metrics: Metrics,
    drain: Drain,
    budget: Budget,
    silence_max: Duration,
}

impl Socket {
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        metrics: Metrics,
        drain: Drain,
        silence_max: Duration,
    ) -> Self {
        Self {
            endpoint,
            metrics,
            drain,
            budget: Budget::new(),
            silence_max,
        }
    }

    /// The route.
    pub(crate) fn router(self) -> Router {
        Router::new().route("/ws", any(upgrade)).with_state(self)
    }
}

async fn upgrade(
    State(socket): State<Socket>,
    Extension(context): Extension<Context>,
    mut request: Request,
) -> Response {
    let response = handshake::answer(request.method(), request.headers());
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let upgrading = hyper::upgrade::on(&mut request);
    let (caller, labels) = (context.caller.clone(), context.correlation.labels());
    let serving = async move {
        match upgrading.await {
            Ok(upgraded) => serve(socket, caller, upgraded).await,
            Err(error) => tracing::debug!(%error, "a WebSocket did not begin"),
        }
    };
    tokio::spawn(labels.scope(serving));
    response
}

/// Serves one client until one side ends it.
async fn serve(socket: Socket, caller: Caller, upgraded: Upgraded) {
    let lifecycle = Lifecycle::under(socket.drain.closing());
    let _counted = (socket.metrics.session(), socket.metrics.stream());
    let unfinished = socket.budget.unfinished();
    let stream = Counted::new(TokioIo::new(upgraded), unfinished.clone());
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(LINE_BYTES_MAX))
        .max_frame_size(Some(LINE_BYTES_MAX));
    let stream = Stream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (outbox, queue) = Outbox::new();
    let (sender, mut receiver) = stream.split();
    let ending = Arc::new(OnceLock::new());
    let ping_every = socket.silence_max / PINGS;
    let (stopping, told) = (lifecycle.clone(), Arc::clone(&ending));
    let mut writing = tokio::spawn(write(sender, queue, ping_every, stopping, told));
    let endpoint = Arc::clone(&socket.endpoint);
    let connection = Connection::new(endpoint, caller, outbox, lifecycle.clone());
    let reading = async {
        loop {
            // Only while somebody listens: a peer that has more in flight than it may is not silent.
            let Ok(heard) = tokio::time::timeout(socket.silence_max, receiver.next()).await else {
                let _ = ending.set(CloseCode::Policy);
                return;
            };
            let taken = match heard {
                Some(Ok(Message::Text(text))) => take(&connection, text.as_bytes()).await,
                Some(Ok(Message::Binary(bytes))) => take(&connection, &bytes).await,
                Some(Ok(Message::Ping(body) | Message::Pong(body))) => {
                    unfinished.control(body.len());
                    continue;
                }
                Some(Ok(Message::Close(_) | Message::Frame(_))) | None => return,
                Some(Err(error)) => {
                    let _ = ending.set(reason(&error));
                    return;
                }
            };
            unfinished.ended();
            if taken.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = lifecycle.closing.cancelled() => {}
        () = lifecycle.stop.cancelled() => {}
        () = socket.drain.now().cancelled() => {}
    }
    let draining = lifecycle.closing.is_cancelled();
    lifecycle.closing.cancel();
    if draining {
        let drained = socket.drain.now().run_until_cancelled(connection.drained());
        if tokio::time::timeout(END_GRACE, drained).await.is_err() {
            socket.endpoint.cut();
        }
    }
    // A peer that is gone hears no answers: what it asked for is stopped.
    lifecycle.stop.cancel();
    drop(connection);
    if !draining {
        // Its goodbye is answered when the next frame is asked for, of which there is none.
        let _ = tokio::time::timeout(CLOSE_GRACE, receiver.next()).await;
    }
    if tokio::time::timeout(CLOSE_GRACE, &mut writing)
        .await
        .is_err()
    {
        writing.abort();
    }
}

/// Hands on what a frame holds. An empty line is no message, but a frame is one.
async fn take(connection: &Arc<Connection>, bytes: &[u8]) -> Result<(), Gone> {
    if bytes.trim_ascii().is_empty() {
        let fault = fault::unparsable("the message is empty");
        return connection.refuse(&Refusal::new(None, fault)).await;
    }
    connection.receive(bytes).await
}

/// What a peer is told that broke the rules.
fn reason(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(_) => CloseCode::Size,
        Error::Utf8(_) => CloseCode::Invalid,
        Error::Io(error) if error.kind() == io::ErrorKind::QuotaExceeded => CloseCode::Again,
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => CloseCode::Policy,
        _ => CloseCode::Protocol,
    }
}

/// Writes messages until there will be none any more.
async fn write(
    mut sender: SplitSink<Stream, Message>,
    mut queue: mpsc::Receiver<Text>,
    ping_every: Duration,
    lifecycle: Lifecycle,
    ending: Arc<OnceLock<CloseCode>>,
) {
    // However much is written: what is sent says nothing of whether somebody is there.
    let mut pings = interval_at(Instant::now() + ping_every, ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            text = queue.recv() => match text.map(String::from_utf8) {
                Some(Ok(text)) => Message::Text(text.into()),
                // We write JSON, which is text.
                Some(Err(_)) => continue,
                None => break,
            },
            _ = pings.tick() => Message::Ping(Vec::new().into()),
        };
        if sender.send(message).await.is_err() {
            // Nobody can be answered any more.
            lifecycle.stop.cancel();
            return;
        }
    }
    let close = CloseFrame {
        code: ending.get().copied().unwrap_or(CloseCode::Away),
        reason: Utf8Bytes::default(),
    };
    let _ = sender.send(Message::Close(Some(close))).await;
}
