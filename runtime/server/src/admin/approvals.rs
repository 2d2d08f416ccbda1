//! The queue of questions, over HTTP.
//!
//! Owns routes that show and decide, and the key that each of them asks for: whoever may look at metrics
//! may not say yes to anything. Refuses to decide itself.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use ringfence_state::{ApprovalEntry, ApprovalError, StateError};
use serde_json::{Value, json};

use super::answer;
use super::decision::Decision;
use crate::approvals::Approvals;
use crate::denials::Denials;

/// Bytes of the body of a decision. It has four members.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// The key of the routes that decide.
///
/// Kept as its hash: hashes are compared in a time that says nothing about where they differ.
#[derive(Debug, Clone)]
pub struct AdminKey(blake3::Hash);

impl AdminKey {
    /// This key. Space around it is no part of it.
    pub fn new(key: &str) -> Self {
        Self(blake3::hash(key.trim().as_bytes()))
    }

    fn is_in(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        given
            .and_then(|given| given.split_at_checked("Bearer ".len()))
            .is_some_and(|(scheme, key)| {
                scheme.eq_ignore_ascii_case(b"Bearer ") && blake3::hash(key) == self.0
            })
    }
}

/// `/approvals` and what is below it, for whoever has the key.
pub(super) fn routes(approvals: Approvals, key: AdminKey, denials: Arc<Denials>) -> Router {
    let door = Arc::new(Door { key, denials });
    Router::new()
        .route("/approvals", get(list))
        .route("/approvals/{id}", get(show))
        .route("/approvals/{id}/approve", post(approve))
        .route("/approvals/{id}/deny", post(deny))
        .route("/approvals/{id}/revoke", post(revoke))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(approvals)
        // Outermost: without the key nothing is read, and every route answers alike.
        .layer(middleware::from_fn_with_state(door, with_key))
}

/// Who is let in, and where it is written down that somebody was not.
struct Door {
    key: AdminKey,
    denials: Arc<Denials>,
}

async fn with_key(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if door.key.is_in(request.headers()) {
        return next.run(request).await;
    }
    let reason = "it did not have the key of the admin listener";
    door.denials
        .refused(request.method(), request.uri(), reason);
    let mut refused = failed(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "this needs `Authorization: Bearer KEY`, with the key of the admin listener",
    );
    let challenge = HeaderValue::from_static("Bearer realm=\"ringfence admin\"");
    refused.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    refused
}

/// Those that wait or hold; with `?all`, those that are over, too.
async fn list(State(approvals): State<Approvals>, RawQuery(query): RawQuery) -> Response {
    let all = match query.as_deref() {
        None => false,
        Some("all") => true,
        Some(_) => return malformed("`/approvals` and `/approvals?all` are there, nothing else"),
    };
    match approvals.list(None, all).await {
        Ok(entries) => {
            let entries: Vec<Value> = entries.iter().map(shown).collect();
            fine(&json!({ "approvals": entries }))
        }
        Err(error) => unreadable(&error),
    }
}

async fn show(State(approvals): State<Approvals>, Path(id): Path<String>) -> Response {
    done(approvals.show(&id).await)
}

async fn approve(
    State(approvals): State<Approvals>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    match Decision::read(&body) {
        Ok(Decision { by, given }) => done(approvals.decide(&id, Some(given), &by).await),
        Err(why) => malformed(&why.to_string()),
    }
}

async fn deny(State(approvals): State<Approvals>, Path(id): Path<String>, body: Bytes) -> Response {
    match Decision::who(&body) {
        Ok(by) => done(approvals.decide(&id, None, &by).await),
        Err(why) => malformed(&why.to_string()),
    }
}

async fn revoke(
    State(approvals): State<Approvals>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    match Decision::who(&body) {
        Ok(by) => done(approvals.revoke(&id, &by).await),
        Err(why) => malformed(&why.to_string()),
    }
}

fn done(result: Result<ApprovalEntry, ApprovalError>) -> Response {
    match result {
        Ok(entry) => fine(&shown(&entry)),
        Err(error @ ApprovalError::Unknown(_)) => {
            failed(StatusCode::NOT_FOUND, "unknown", &error.to_string())
        }
        Err(error @ ApprovalError::Settled { .. }) => {
            failed(StatusCode::CONFLICT, "settled", &error.to_string())
        }
        Err(ApprovalError::State(error)) => unreadable(&error),
        Err(error) => failed(StatusCode::CONFLICT, "refused", &error.to_string()),
    }
}

/// An approval as programs see it. Times are seconds since 1970.
pub fn shown(entry: &ApprovalEntry) -> Value {
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default().as_secs()
    };
    let question = &entry.question;
    json!({
        "id": entry.id,
        "call": question.asker.call,
        "request": question.asker.request,
        "parent": question.asker.parent,
        "parent_tool": question.asker.maker,
        "state": entry.state.word(),
        "tenant": question.key.tenant.as_str(),
        "principal": question.key.principal,
        "client": question.key.client,
        "tool": question.tool,
        "digest": question.digest,
        "capabilities": question.capabilities,
        "dangerous": question.dangerous,
        "more_capabilities": question.more,
        "arguments": question.shown,
        "extent": entry.extent,
        "any_arguments": entry.any_arguments,
        "asked": seconds(entry.asked),
        "ends": entry.ends.map(seconds),
        "decided": entry.decided.map(seconds),
        "by": entry.by,
        "used": entry.used.map(seconds),
    })
}

fn fine(body: &Value) -> Response {
    answer(StatusCode::OK, "application/json", body.to_string())
}

fn malformed(why: &str) -> Response {
    failed(StatusCode::BAD_REQUEST, "malformed", why)
}

fn unreadable(error: &StateError) -> Response {
    tracing::warn!(%error, "approvals cannot be read or written");
    failed(
        StatusCode::SERVICE_UNAVAILABLE,
        "state",
        "the state cannot be read or written now; the server's log says why",
    )
}

fn failed(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = json!({ "error": { "kind": kind, "message": message } });
    answer(status, "application/json", body.to_string()).into_response()
}
