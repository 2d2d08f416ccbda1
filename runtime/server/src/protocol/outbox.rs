//! Where messages for a client are handed in.
//!
//! Owns one bounded queue of messages that are written already. Refuses to know how they travel.

use rmcp::model::RequestId;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::fault::Fault;

/// Messages that wait to be sent. Beyond it whoever has one waits: a client that does not read gets
/// no more work done.
const QUEUE_MAX: usize = 64;

/// What an answer has around its result, when its id is short.
const ENVELOPE_BYTES_USUAL: usize = 64;

/// A message as JSON text.
pub(crate) type Text = Vec<u8>;

/// The client is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// Where messages are handed in. Whoever sends them ends when all of these are gone.
#[derive(Debug, Clone)]
pub(crate) struct Outbox(Option<mpsc::Sender<Text>>);

impl Outbox {
    /// A queue, and its other end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Text>) {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        (Self(Some(sender)), receiver)
    }

    /// Takes everything and sends nothing: for a client that takes only the answer.
    pub(crate) fn deaf() -> Self {
        Self(None)
    }

    /// Whether somebody hears.
    pub(crate) fn is_deaf(&self) -> bool {
        self.0.is_none()
    }

    /// Hands in one message.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(crate) async fn send(&self, text: Text) -> Result<(), Gone> {
        match &self.0 {
            None => Ok(()),
            Some(sender) => sender.send(text).await.map_err(|_| Gone),
        }
    }

    /// Room for one message. Safe to be dropped.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(crate) async fn room(&self) -> Result<Room<'_>, Gone> {
        match &self.0 {
            None => Ok(Room(None)),
            Some(sender) => sender
                .reserve()
                .await
                .map(|permit| Room(Some(permit)))
                .map_err(|_| Gone),
        }
    }

    /// Hands in a request of ours.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(crate) async fn ask(&self, id: i64, request: &Value) -> Result<(), Gone> {
        let (method, params) = (request.get("method"), request.get("params"));
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(text(&message)).await
    }

    /// Hands in a notification.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(crate) async fn notify(&self, method: &str, params: impl Serialize) -> Result<(), Gone> {
        self.send(text(
            &json!({"jsonrpc": "2.0", "method": method, "params": params}),
        ))
        .await
    }
}

/// Room for one message.
#[derive(Debug)]
pub(crate) struct Room<'o>(Option<mpsc::Permit<'o, Text>>);

impl Room<'_> {
    /// Hands it in.
    pub(crate) fn send(self, text: Text) {
        if let Some(permit) = self.0 {
            permit.send(text);
        }
    }
}

/// The answer to one request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) text: Text,
    /// The HTTP status that goes with it in the stateless era.
    pub(crate) status: u16,
}

impl Reply {
    /// A result.
    pub(crate) fn result(id: &RequestId, result: &RawValue) -> Self {
        #[derive(Serialize)]
        struct Response<'r> {
            jsonrpc: &'static str,
            id: &'r RequestId,
            result: &'r RawValue,
        }
        let response = Response {
            jsonrpc: "2.0",
            id,
            result,
        };
        let mut text = Vec::with_capacity(result.get().len() + ENVELOPE_BYTES_USUAL);
        // Text and numbers into memory: nothing can fail.
        let _ = serde_json::to_writer(&mut text, &response);
        Self { text, status: 200 }
    }

    /// An error. Without an id when it is not known what it answers.
    pub(crate) fn fault(id: Option<&RequestId>, fault: &Fault) -> Self {
        let response = match id {
            Some(id) => json!({"jsonrpc": "2.0", "id": id, "error": fault.error}),
            None => json!({"jsonrpc": "2.0", "error": fault.error}),
        };
        Self {
            text: text(&response),
            status: fault.status(),
        }
    }
}

/// JSON text of what consists of text, numbers, and maps with text for keys: it always serialises.
pub(crate) fn text(message: &impl Serialize) -> Text {
    serde_json::to_vec(message).unwrap_or_default()
}
