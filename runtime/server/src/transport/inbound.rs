//! One line to one message.
//!
//! Owns what makes a line a JSON-RPC message, and which error answers one that is none. Refuses to
//! know methods: [`crate::protocol::message`] does.

use rmcp::model::{ClientNotification, ClientRequest, ErrorData, RequestId};
use serde_json::{Map, Value};

use super::id_search::{self, IdSearch};
use crate::json::{self, JsonFault};
use crate::protocol::message;

/// What a line says.
#[derive(Debug)]
pub(super) enum Inbound {
    /// Something to be answered.
    Request(RequestId, Box<ClientRequest>),
    /// Something to be heard.
    Notification(Box<ClientNotification>),
    /// Nothing that concerns us: an empty line, or an answer although we never ask.
    Nothing,
}

/// A line that is refused, and to whom that is said.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) id: Option<RequestId>,
    pub(super) error: Box<ErrorData>,
}

impl Refusal {
    fn new(id: Option<RequestId>, error: ErrorData) -> Self {
        Self {
            id,
            error: Box::new(error),
        }
    }

    /// A line that is longer than any may be.
    pub(super) fn too_long(id: Option<RequestId>) -> Self {
        let max = super::LINE_BYTES_MAX;
        Self::new(id, invalid(format!("the line is longer than {max} bytes")))
    }

    /// A request with the id of one that is still in flight.
    pub(super) fn duplicate(id: RequestId) -> Self {
        let error = invalid("a request with this id is in flight; give each request its own id");
        Self::new(Some(id), error)
    }
}

/// Reads one line.
///
/// # Errors
///
/// What to answer instead.
pub(super) fn read(line: &[u8]) -> Result<Inbound, Refusal> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(Inbound::Nothing);
    }
    let broken = |error| Refusal::new(IdSearch::of(line), error);
    let text = std::str::from_utf8(line)
        .map_err(|_| broken(ErrorData::parse_error("the line is not UTF-8", None)))?;
    let value = json::parse(text).map_err(|fault| {
        broken(match fault {
            JsonFault::Syntax(_) => ErrorData::parse_error(fault.to_string(), None),
            JsonFault::Duplicate(_) | JsonFault::TooDeep => invalid(fault.to_string()),
        })
    })?;
    match value {
        Value::Object(members) => envelope(members),
        Value::Array(_) => {
            let error = invalid("batches are not supported; write one message on each line");
            Err(Refusal::new(None, error))
        }
        _ => Err(Refusal::new(None, invalid("a message is a JSON object"))),
    }
}

/// Checks what all messages have in common.
fn envelope(mut members: Map<String, Value>) -> Result<Inbound, Refusal> {
    let id = match members
        .get("id")
        .map(|value| (value, id_search::read(value)))
    {
        None => None,
        Some((_, Some(id))) => Some(id),
        // An error for a request that could not be read has the id null, and is no request.
        Some((Value::Null, None)) if is_response(&members) => return Ok(Inbound::Nothing),
        Some((_, None)) => {
            let error = invalid("`id` must be an integer or a string of at most 256 bytes");
            return Err(Refusal::new(None, error));
        }
    };
    let refuse = |error| Refusal::new(id.clone(), error);
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(refuse(invalid("`jsonrpc` must be \"2.0\"")));
    }
    let method = match members.remove("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err(refuse(invalid("`method` must be a string"))),
        None if is_response(&members) => return Ok(Inbound::Nothing),
        None => return Err(refuse(invalid("`method` is missing"))),
    };
    if is_response(&members) {
        return Err(refuse(invalid(
            "a request has neither `result` nor `error`",
        )));
    }
    let params = match members.remove("params") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(params)) => Ok(Some(params)),
        Some(_) => Err(ErrorData::invalid_params(
            "`params` must be an object",
            None,
        )),
    };
    match id {
        Some(id) => match params.and_then(|params| message::request(&method, params)) {
            Ok(request) => Ok(Inbound::Request(id, Box::new(request))),
            Err(error) => Err(Refusal::new(Some(id), error)),
        },
        // Whatever is wrong with a notification, nobody waits to hear of it.
        None => Ok(
            match params
                .ok()
                .and_then(|params| message::notification(&method, params))
            {
                Some(notification) => Inbound::Notification(Box::new(notification)),
                None => Inbound::Nothing,
            },
        ),
    }
}

fn is_response(members: &Map<String, Value>) -> bool {
    members.contains_key("result") || members.contains_key("error")
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ErrorData {
    ErrorData::invalid_request(message, None)
}
