//! Why a request gets no result.
//!
//! Owns the protocol's errors: a code that the specification demands, a text that says what to do,
//! and in `data.kind` one word for programs. Refuses to know how they travel; the HTTP status of
//! each is here, because the specification ties it to the code.

use std::time::Duration;

use rmcp::model::{ErrorCode, ErrorData, ProtocolVersion};
use serde_json::{Map, Value, json};

use super::versions::VERSIONS;
use crate::echo::echo;

/// An error of the protocol.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) error: ErrorData,
    /// The request itself is at fault, not what it asks for: it lacks what every request must have.
    malformed: bool,
}

impl From<ErrorData> for Fault {
    fn from(error: ErrorData) -> Self {
        Self {
            error,
            malformed: false,
        }
    }
}

impl Fault {
    /// With further members of `data`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        let data = self
            .error
            .data
            .get_or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(data) = data {
            data.insert(name.to_owned(), value);
        }
        self
    }

    /// With one word for programs.
    fn kind(self, kind: &'static str) -> Self {
        self.with("kind", kind.into())
    }

    /// The HTTP status in the stateless era.
    pub(crate) fn status(&self) -> u16 {
        match self.error.code {
            ErrorCode::METHOD_NOT_FOUND => 404,
            ErrorCode::HEADER_MISMATCH
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
            | ErrorCode::INVALID_REQUEST
            | ErrorCode::PARSE_ERROR => 400,
            _ if self.malformed => 400,
            _ => 200,
        }
    }
}

/// What is no message of the protocol.
pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::from(ErrorData::invalid_request(message.into(), None)).kind("invalid-request")
}

/// What is not even JSON.
pub(crate) fn unparsable(message: impl Into<String>) -> Fault {
    Fault::from(ErrorData::parse_error(message.into(), None)).kind("parse-error")
}

/// Parameters that are malformed.
pub(crate) fn params(message: impl Into<String>) -> Fault {
    Fault::from(ErrorData::invalid_params(message.into(), None)).kind("invalid-params")
}

/// A request that lacks what each must have in its era.
pub(crate) fn meta(message: impl Into<String>) -> Fault {
    let mut fault = params(message);
    fault.malformed = true;
    fault
}

/// A method that there is not, or not in this era.
pub(crate) fn method(method: &str) -> Fault {
    let message = format!("unknown method `{}`", echo(method));
    Fault::from(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None)).kind("unknown-method")
}

/// A tool that there is not, or not for this caller.
pub(crate) fn unknown_tool(name: &str) -> Fault {
    let message = format!("Unknown tool: {}", echo(name));
    Fault::from(ErrorData::invalid_params(message, None)).kind("unknown-tool")
}

/// A prompt that there is not.
pub(crate) fn unknown_prompt(name: &str) -> Fault {
    let message = format!("Unknown prompt: {}", echo(name));
    Fault::from(ErrorData::invalid_params(message, None)).kind("unknown-prompt")
}

/// A resource that there is not. Older clients know a code of its own for it.
pub(crate) fn unknown_resource(uri: &str, stateless: bool) -> Fault {
    let code = if stateless {
        ErrorCode::INVALID_PARAMS
    } else {
        ErrorCode::RESOURCE_NOT_FOUND
    };
    Fault::from(ErrorData::new(code, "Resource not found", None))
        .kind("unknown-resource")
        .with("uri", echo(uri).into())
}

/// A cursor, task or state that is not ours, not this caller's, used up, or too old. Which of these it is,
/// nobody is told.
pub(crate) fn unknown_handle(what: &str) -> Fault {
    let message = format!("`{what}` is unknown or has expired");
    Fault::from(ErrorData::invalid_params(message, None)).kind("unknown-handle")
}

/// The client cannot do what the request needs.
pub(crate) fn missing_capability(required: Value, message: &str) -> Fault {
    let code = ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY;
    Fault::from(ErrorData::new(code, message.to_owned(), None))
        .kind("missing-capability")
        .with("requiredCapabilities", required)
}

/// A version that is not served.
pub(crate) fn version(requested: &str) -> Fault {
    let code = ErrorCode::UNSUPPORTED_PROTOCOL_VERSION;
    let message = format!("protocol version `{}` is not supported", echo(requested));
    // One that is asked for in the wrong way is no way on: who is told to use it asks again.
    let served = VERSIONS.iter().map(ProtocolVersion::as_str);
    let supported: Vec<&str> = served.filter(|version| *version != requested).collect();
    Fault::from(ErrorData::new(code, message, None))
        .kind("unsupported-version")
        .with("supported", json!(supported))
        .with("requested", echo(requested).into())
}

/// Headers that say something else than the body.
pub(crate) fn header(message: impl Into<String>) -> Fault {
    let code = ErrorCode::HEADER_MISMATCH;
    Fault::from(ErrorData::new(code, message.into(), None)).kind("header-mismatch")
}

/// The call was given up.
pub(crate) fn cancelled() -> Fault {
    Fault::from(ErrorData::internal_error("the call was cancelled", None)).kind("cancelled")
}

/// There is no room; the same request may work later.
pub(crate) fn busy(message: &str, retry_after: Duration) -> Fault {
    Fault::from(ErrorData::internal_error(message.to_owned(), None))
        .kind("rate-limited")
        .with("retry_after", retry_after.as_secs().max(1).into())
}

/// The host failed.
pub(crate) fn internal(message: &str) -> Fault {
    Fault::from(ErrorData::internal_error(message.to_owned(), None)).kind("internal")
}

/// A request outside any session, in the handshake era.
pub(crate) fn no_session() -> Fault {
    meta(
        "send `initialize` first, or put `io.modelcontextprotocol/protocolVersion` and \
         `io.modelcontextprotocol/clientCapabilities` in the `_meta` of each request",
    )
}
