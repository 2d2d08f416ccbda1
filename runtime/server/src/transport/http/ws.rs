//! `/ws`: the protocol over a WebSocket, one message in each text frame.
//!
//! Owns frames and the end of the connection. What a connection remembers is the same as over two
//! pipes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use ringfence_identity::Caller;
use tokio::sync::mpsc;

use super::{Context, Drain};
use crate::metrics::Metrics;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::outbox::{Outbox, Text};
use crate::transport::connection::{Connection, Lifecycle};
use crate::transport::line::LINE_BYTES_MAX;

/// What both sides say they speak.
const SUBPROTOCOL: &str = "mcp";

/// How often a silent peer is asked whether it is there. Proxies close what is silent for a minute.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// How long calls in flight may go on when the peer has closed its side, or the server drains.
const END_GRACE: Duration = Duration::from_secs(5);

/// How long a peer may take to hear the end.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// What answers `/ws`.
#[derive(Debug, Clone)]
pub(crate) struct Socket {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) metrics: Metrics,
    pub(crate) drain: Drain,
}

impl Socket {
    /// The route.
    pub(crate) fn router(self) -> Router {
        Router::new().route("/ws", any(upgrade)).with_state(self)
    }
}

async fn upgrade(
    State(socket): State<Socket>,
    Extension(context): Extension<Context>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(LINE_BYTES_MAX)
        .max_frame_size(LINE_BYTES_MAX);
    if upgrade.selected_protocol().is_none() {
        let text = "the WebSocket subprotocol must be `mcp`";
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    let (caller, labels) = (context.caller.clone(), context.correlation.labels());
    upgrade.on_upgrade(move |stream| labels.scope(serve(socket, caller, stream)))
}

/// Serves one client until one side ends it.
async fn serve(socket: Socket, caller: Caller, stream: WebSocket) {
    let lifecycle = Lifecycle::under(socket.drain.closing());
    let _counted = (socket.metrics.session(), socket.metrics.stream());
    let (outbox, queue) = Outbox::new();
    let (sender, mut receiver) = stream.split();
    let mut writing = tokio::spawn(write(sender, queue, lifecycle.clone()));
    let connection = Connection::new(socket.endpoint, caller, outbox, lifecycle.clone());
    let reading = async {
        while let Some(Ok(frame)) = receiver.next().await {
            let taken = match &frame {
                Message::Text(text) => connection.receive(text.as_bytes()).await,
                Message::Binary(bytes) => connection.receive(bytes).await,
                Message::Ping(_) | Message::Pong(_) => Ok(()),
                Message::Close(_) => return,
            };
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
    if tokio::time::timeout(CLOSE_GRACE, &mut writing)
        .await
        .is_err()
    {
        writing.abort();
    }
}

/// Writes messages until there will be none any more.
async fn write(
    mut sender: futures_util::stream::SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Text>,
    lifecycle: Lifecycle,
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
    let close = axum::extract::ws::CloseFrame {
        code: close_code::AWAY,
        reason: "".into(),
    };
    let _ = sender.send(Message::Close(Some(close))).await;
}
