//! Bytes to one message, or to a batch of them.
//!
//! Owns what makes bytes a JSON-RPC message, and which error answers those that are none. Refuses to
//! know methods, and how the bytes arrived.

use rmcp::model::RequestId;
use serde_json::{Map, Value};

use super::client::VERSION_KEY;
use super::fault::{self, Fault, invalid, unparsable};
use super::id_search::{self, IdSearch};
use crate::json::{self, JsonFault, members};

/// Messages of one batch. Bounds what a single frame can make the server start at once.
pub(crate) const BATCH_MESSAGES_MAX: usize = 64;

/// The parameters of a request: always an object, empty when there are none.
pub(crate) type Params = Map<String, Value>;

/// What somebody sent.
#[derive(Debug)]
pub(crate) enum Frame {
    /// One message.
    Message(Message),
    /// Several at once, as 2025-03-26 has it: each read, or refused.
    Batch(Vec<Result<Message, Refusal>>),
    /// Nothing: white space.
    Nothing,
}

/// One JSON-RPC message.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something to be answered.
    Request(Request),
    /// Something to be heard.
    Notification(Notification),
    /// The answer to something that we asked.
    Response(Response),
}

/// Something to be answered.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) method: String,
    pub(crate) params: Params,
}

impl Request {
    /// Whether the request says its version, as every one of the stateless era does.
    pub(crate) fn names_version(&self) -> bool {
        names_version(&self.params)
    }

    /// The version that the request says.
    pub(crate) fn version(&self) -> Option<&str> {
        version(&self.params)
    }
}

/// Whether parameters say a version, be it one or not.
pub(crate) fn names_version(params: &Params) -> bool {
    let meta = params.get("_meta");
    meta.is_some_and(|meta| meta.get(VERSION_KEY).is_some())
}

/// The version that parameters say.
pub(crate) fn version(params: &Params) -> Option<&str> {
    params.get("_meta")?.get(VERSION_KEY)?.as_str()
}

/// Something to be heard.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) method: String,
    pub(crate) params: Params,
}

/// The answer to something that we asked.
#[derive(Debug)]
pub(crate) struct Response {
    /// Nothing when the other side could not read what it answers.
    pub(crate) id: Option<RequestId>,
    /// The result, or the text of the error.
    pub(crate) result: Result<Value, String>,
}

/// A message that is refused, and to whom that is said.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) id: Option<RequestId>,
    pub(crate) fault: Box<Fault>,
}

impl Refusal {
    pub(crate) fn new(id: Option<RequestId>, fault: Fault) -> Self {
        Self {
            id,
            fault: Box::new(fault),
        }
    }

    /// More bytes than one message may have.
    pub(crate) fn too_long(id: Option<RequestId>, max: usize) -> Self {
        Self::new(
            id,
            invalid(format!("the message is longer than {max} bytes")),
        )
    }

    /// A request with the id of one that is still in flight.
    pub(crate) fn duplicate(id: RequestId) -> Self {
        let error = invalid("a request with this id is in flight; give each request its own id");
        Self::new(Some(id), error)
    }
}

/// Reads one frame.
///
/// # Errors
///
/// What to answer instead.
pub(crate) fn read(bytes: &[u8]) -> Result<Frame, Refusal> {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return Ok(Frame::Nothing);
    }
    let broken = |error| Refusal::new(IdSearch::of(bytes), error);
    let text =
        std::str::from_utf8(bytes).map_err(|_| broken(unparsable("the message is not UTF-8")))?;
    let unread = |fault: JsonFault| {
        broken(match fault {
            JsonFault::Syntax(_) => unparsable(fault.to_string()),
            JsonFault::Duplicate(_) | JsonFault::TooDeep => invalid(fault.to_string()),
        })
    };
    if text.starts_with('{') {
        let members = members::parse(text, &Envelope::NAMES).map_err(unread)?;
        return message(Envelope::of(members)).map(Frame::Message);
    }
    match json::parse(text).map_err(unread)? {
        Value::Array(items) => batch(items),
        _ => Err(Refusal::new(None, invalid("a message is a JSON object"))),
    }
}

/// What a message may say of itself, before anybody knows what it is.
struct Envelope {
    jsonrpc: Option<Value>,
    id: Option<Value>,
    method: Option<Value>,
    params: Option<Value>,
    result: Option<Value>,
    error: Option<Value>,
}

impl Envelope {
    const NAMES: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

    /// The values of these names.
    fn of(values: [Option<Value>; 6]) -> Self {
        let [jsonrpc, id, method, params, result, error] = values;
        Self {
            jsonrpc,
            id,
            method,
            params,
            result,
            error,
        }
    }

    fn is_response(&self) -> bool {
        self.result.is_some() || self.error.is_some()
    }
}

fn batch(items: Vec<Value>) -> Result<Frame, Refusal> {
    if items.is_empty() {
        return Err(Refusal::new(
            None,
            invalid("a batch holds at least one message"),
        ));
    }
    if items.len() > BATCH_MESSAGES_MAX {
        let text = format!("a batch holds at most {BATCH_MESSAGES_MAX} messages");
        return Err(Refusal::new(None, invalid(text)));
    }
    let read = |item| match item {
        Value::Object(mut members) => message(Envelope::of(
            Envelope::NAMES.map(|name| members.remove(name)),
        )),
        _ => Err(Refusal::new(None, invalid("a message is a JSON object"))),
    };
    Ok(Frame::Batch(items.into_iter().map(read).collect()))
}

/// Checks what all messages have in common.
fn message(envelope: Envelope) -> Result<Message, Refusal> {
    let id = match envelope
        .id
        .as_ref()
        .map(|value| (value, id_search::read(value)))
    {
        None => None,
        Some((_, Some(id))) => Some(id),
        // An error for a request that could not be read has the id null, and is no request.
        Some((Value::Null, None)) if envelope.is_response() => None,
        Some((_, None)) => {
            let error = invalid("`id` must be an integer or a string of at most 256 bytes");
            return Err(Refusal::new(None, error));
        }
    };
    let refuse = |error| Refusal::new(id.clone(), error);
    if envelope.jsonrpc.as_ref().and_then(Value::as_str) != Some("2.0") {
        return Err(refuse(invalid("`jsonrpc` must be \"2.0\"")));
    }
    let is_response = envelope.is_response();
    let method = match envelope.method {
        Some(Value::String(method)) => method,
        Some(_) => return Err(refuse(invalid("`method` must be a string"))),
        None if is_response => {
            let result = outcome(envelope.result, envelope.error.as_ref());
            return Ok(Message::Response(Response { id, result }));
        }
        None => return Err(refuse(invalid("`method` is missing"))),
    };
    if is_response {
        return Err(refuse(invalid(
            "a request has neither `result` nor `error`",
        )));
    }
    let params = match envelope.params {
        None | Some(Value::Null) => Params::new(),
        Some(Value::Object(params)) => params,
        // Whatever is wrong with a notification, nobody waits to hear of it.
        Some(_) if id.is_none() => Params::new(),
        Some(_) => return Err(refuse(fault::params("`params` must be an object"))),
    };
    Ok(match id {
        Some(id) => Message::Request(Request { id, method, params }),
        None => Message::Notification(Notification { method, params }),
    })
}

/// What a response says: the result, or the text of the error where there is one.
fn outcome(result: Option<Value>, error: Option<&Value>) -> Result<Value, String> {
    match (result, error) {
        (Some(result), None) => Ok(result),
        (_, error) => Err(error
            .and_then(|error| error.get("message"))
            .and_then(Value::as_str)
            .unwrap_or("no message")
            .to_owned()),
    }
}
