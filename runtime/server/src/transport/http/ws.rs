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
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};

use self::unfinished::{Budget, Counted};
use super::{Context, Drain};
use crate::metrics::Metrics;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::outbox::{Outbox, Text};
use crate::transport::connection::{Connection, Lifecycle};
use crate::transport::line::LINE_BYTES_MAX;

/// Bytes that are read at a time. They are there for as long as the connection is: bounds what a
/// silent one costs.
const READ_BYTES: usize = 16 * 1024;

/// How often a silent peer is asked whether it is there. Proxies close what is silent for a minute.
const PING_INTERVAL: Duration = Duration::from_secs(20);

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
}

impl Socket {
    pub(crate) fn new(endpoint: Arc<Endpoint>, metrics: Metrics, drain: Drain) -> Self {
        Self {
            endpoint,
            metrics,
            drain,
            budget: Budget::new(),
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
    let mut writing = tokio::spawn(write(sender, queue, lifecycle.clone(), Arc::clone(&ending)));
    let connection = Connection::new(socket.endpoint, caller, outbox, lifecycle.clone());
    let reading = async {
        loop {
            let taken = match receiver.next().await {
                Some(Ok(Message::Text(text))) => connection.receive(text.as_bytes()).await,
                Some(Ok(Message::Binary(bytes))) => connection.receive(&bytes).await,
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
        let _ = tokio::time::timeout(END_GRACE, drained).await;
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
    lifecycle: Lifecycle,
    ending: Arc<OnceLock<CloseCode>>,
) {
    loop {
        let message = tokio::select! {
            text = queue.recv() => match text.map(String::from_utf8) {
                Some(Ok(text)) => Message::Text(text.into()),
                // We write JSON, which is text.
                Some(Err(_)) => continue,
                None => break,
            },
            () = tokio::time::sleep(PING_INTERVAL) => Message::Ping(Vec::new().into()),
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
