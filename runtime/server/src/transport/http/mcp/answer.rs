//! What `/mcp` answers with.
//!
//! Owns the forms: JSON, events, a status alone. Refuses to know what is said.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::super::sse;
use crate::protocol::fault::{self, Fault};
use crate::protocol::outbox::{Outbox, Reply};

pub(super) fn not_allowed() -> Response {
    let allow = [(ALLOW, HeaderValue::from_static("POST, GET, DELETE"))];
    let fault = fault::invalid("this method needs `Mcp-Session-Id`; everything else is `POST`");
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, &fault);
    response.headers_mut().extend(allow);
    response
}

pub(super) fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// An answer in the stateless era, whose errors have statuses of their own.
pub(super) fn reply(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    json(status, reply)
}

/// An answer alone, for a client that takes nothing but events.
pub(super) fn streamed(answer: Reply) -> Response {
    let (_, queue) = Outbox::new();
    sse::response(None, queue, Box::pin(std::future::ready(Some(answer))), ())
}

pub(super) fn refuse(status: StatusCode, fault: &Fault) -> Response {
    json(status, Reply::fault(None, fault))
}

pub(super) fn json(status: StatusCode, reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
