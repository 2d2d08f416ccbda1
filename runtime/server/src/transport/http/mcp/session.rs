//! The handshake era over HTTP: what belongs to a session.
//!
//! Owns how a session begins and ends, which one a request names, and that its work goes on without
//! the connection that asked for it. Refuses to know how many sessions there may be.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rmcp::model::ProtocolVersion;

use super::super::media::Accepts;
use super::super::sessions::Entry;
use super::super::{Context, headers, sse};
use super::answer::{accepted, json, not_allowed, refuse, streamed};
use super::{Mcp, outbox};
use crate::protocol::fault::{self, Fault};
use crate::protocol::frame::{Message, Notification, Refusal, Request as Asked};
use crate::protocol::listen;
use crate::protocol::outbox::{Outbox, Reply};
use crate::transport::connection::{array, is_greeting, no_batches, refused};
use crate::transport::in_flight::Working;

/// Where a session is named.
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// What a client speaks that does not say, as the protocol has it. Some say so in any session: the
/// official suite of that time is one of them.
const UNSAID: ProtocolVersion = ProtocolVersion::V_2025_03_26;

impl Mcp {
    /// `GET`: a stream of what belongs to no request, for a session.
    pub(super) fn stand(&self, context: &Context, headers: &HeaderMap) -> Response {
        let entry = match self.session(headers, context) {
            Ok(entry) => entry,
            Err(Missing::Unnamed) => return not_allowed(),
            Err(missing) => return missing.response(None),
        };
        if !Accepts::of(headers).events {
            let fault = fault::invalid("`Accept` must allow `text/event-stream`");
            return refuse(StatusCode::NOT_ACCEPTABLE, &fault);
        }
        let over = entry.stand();
        let closing = self.drain.closing().clone();
        let (outbox, queue) = Outbox::new();
        let last = Box::pin(async move {
            let announcing = async {
                // The stream before this one ends first.
                let mut listener = Arc::clone(&entry.listener).lock_owned().await;
                listen::announce(&entry.session, &mut listener, &outbox).await;
            };
            tokio::select! {
                () = announcing => {}
                () = over.cancelled() => {}
                () = closing.cancelled() => {}
            }
            entry.touch();
            None
        });
        sse::response(None, queue, last, self.metrics.stream())
    }

    /// `DELETE`: the end of a session.
    pub(super) fn end(&self, context: &Context, headers: &HeaderMap) -> Response {
        let Some(named) = headers.get(SESSION) else {
            return not_allowed();
        };
        let ended = named
            .to_str()
            .is_ok_and(|id| self.sessions.end(&context.caller, id));
        if ended {
            StatusCode::NO_CONTENT.into_response()
        } else {
            Missing::Unknown.response(None)
        }
    }

    pub(super) fn greet(&self, context: &Context, request: &Asked) -> Response {
        let (session, result) = match self
            .endpoint
            .initialize(context.caller.clone(), &request.params)
        {
            Ok(begun) => begun,
            Err(fault) => return json(StatusCode::OK, Reply::fault(Some(&request.id), &fault)),
        };
        let listener = self
            .endpoint
            .newsroom
            .listen(context.caller.tenant().clone());
        let id = self.sessions.begin(session, listener);
        let Some(id) = id.and_then(|id| HeaderValue::try_from(id).ok()) else {
            let retry_after = std::time::Duration::from_secs(5);
            let fault = fault::busy("every session is at work; try again later", retry_after);
            let answer = Reply::fault(Some(&request.id), &fault);
            let mut response = json(StatusCode::SERVICE_UNAVAILABLE, answer);
            let seconds = HeaderValue::from(retry_after.as_secs());
            response.headers_mut().insert(RETRY_AFTER, seconds);
            return response;
        };
        let mut response = json(StatusCode::OK, Reply::result(&request.id, &result));
        response.headers_mut().insert(SESSION, id);
        response
    }

    /// A request of a session. It goes on when its connection ends.
    pub(super) async fn in_session(
        &self,
        context: Context,
        accepts: Accepts,
        entry: &Arc<Entry>,
        request: Asked,
    ) -> Response {
        let Some(working) = entry.in_flight.enter(&request.id).await else {
            return json(
                StatusCode::BAD_REQUEST,
                refused(&Refusal::duplicate(request.id)),
            );
        };
        let (outbox, mut queue) = outbox(accepts);
        let work = self.work(context, entry, request, working, outbox);
        let mut answering = tokio::spawn(work);
        let first = tokio::select! {
            biased;
            Some(first) = queue.recv() => Some(first),
            answer = &mut answering => match (answer, queue.try_recv()) {
                (Ok(Some(answer)), Err(_)) if accepts.json => return json(StatusCode::OK, answer),
                (Ok(Some(answer)), Err(_)) => return streamed(answer),
                (Ok(answer), first) => {
                    let last = Box::pin(std::future::ready(answer));
                    return sse::response(first.ok(), queue, last, ());
                }
                (Err(_), _) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
        };
        let last = Box::pin(async move { answering.await.ok().flatten() });
        sse::response(first, queue, last, self.metrics.stream())
    }

    /// Answers a request of a session, unless its client does not want it any more.
    fn work(
        &self,
        context: Context,
        entry: &Arc<Entry>,
        request: Asked,
        working: Working,
        outbox: Outbox,
    ) -> impl Future<Output = Option<Reply>> + Send + 'static {
        let session = Some(Arc::clone(&entry.session));
        let origin = self.origin(&context, session, outbox, working.cancel.clone());
        let (endpoint, entry) = (Arc::clone(&self.endpoint), Arc::clone(entry));
        async move {
            let answer = endpoint.answer(request, origin).await;
            entry.touch();
            drop(context);
            working.answer().then_some(answer)
        }
    }

    /// Several messages at once, which have one answer.
    pub(super) async fn batch(
        &self,
        head: &Parts,
        context: &Context,
        messages: Vec<Result<Message, Refusal>>,
    ) -> Response {
        let entry = match self.session(&head.headers, context) {
            Ok(entry) if entry.session.client().version == ProtocolVersion::V_2025_03_26 => entry,
            Err(Missing::Unknown) => return Missing::Unknown.response(None),
            _ => return refuse(StatusCode::BAD_REQUEST, &no_batches()),
        };
        let mut answers = Vec::new();
        let mut requests = Vec::new();
        for message in messages {
            match message {
                Ok(Message::Request(request)) if is_greeting(&request) => {
                    let fault = fault::params("`initialize` cannot be part of a batch");
                    answers.push(Reply::fault(Some(&request.id), &fault).text);
                }
                Ok(Message::Request(request)) => match entry.in_flight.enter(&request.id).await {
                    Some(working) => {
                        let outbox = Outbox::deaf();
                        let context = context.clone();
                        requests.push(self.work(context, &entry, request, working, outbox));
                    }
                    None => answers.push(refused(&Refusal::duplicate(request.id)).text),
                },
                Ok(Message::Notification(notification)) => hear(&entry, &notification),
                Ok(Message::Response(response)) => entry.session.answered(response),
                Err(refusal) => answers.push(refused(&refusal).text),
            }
        }
        if requests.is_empty() && answers.is_empty() {
            return accepted();
        }
        let answered = join_all(requests).await.into_iter().flatten();
        answers.extend(answered.map(|answer| answer.text));
        let text = array(&answers);
        json(StatusCode::OK, Reply { text, status: 200 })
    }

    /// The session that a request names.
    pub(super) fn session(
        &self,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Arc<Entry>, Missing> {
        let named = headers.get(SESSION).ok_or(Missing::Unnamed)?;
        let version = headers::version(headers).map_err(Missing::Version)?;
        let found = named
            .to_str()
            .ok()
            .and_then(|id| self.sessions.find(&context.caller, id));
        let entry = found.ok_or(Missing::Unknown)?;
        let agreed = &entry.session.client().version;
        match version {
            Some(version) if version != *agreed && version != UNSAID => {
                Err(Missing::Version(fault::invalid(format!(
                    "`MCP-Protocol-Version` is not the version of the session, which is `{agreed}`"
                ))))
            }
            _ => Ok(entry),
        }
    }
}

/// Why there is no session for a request.
#[derive(Debug)]
pub(super) enum Missing {
    /// It names none.
    Unnamed,
    /// There is none of that name, or not for this caller, or no more.
    Unknown,
    /// It names a version that is not served, or not the one that was agreed on.
    Version(Fault),
}

impl Missing {
    pub(super) fn response(self, request: Option<&Asked>) -> Response {
        let (status, fault) = match self {
            Self::Unnamed => (StatusCode::BAD_REQUEST, fault::no_session()),
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                fault::invalid("the session is unknown or has ended; send `initialize` again"),
            ),
            Self::Version(fault) => (StatusCode::BAD_REQUEST, fault),
        };
        json(
            status,
            Reply::fault(request.map(|request| &request.id), &fault),
        )
    }
}

pub(super) fn hear(entry: &Entry, notification: &Notification) {
    if notification.method == "notifications/cancelled" {
        let id = notification.params.get("requestId");
        if let Some(id) = id.and_then(crate::protocol::id_search::read) {
            entry.in_flight.cancel(&id);
        }
    }
}
