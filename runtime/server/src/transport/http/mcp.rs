//! `/mcp`: the protocol's Streamable HTTP, for clients of both eras.
//!
//! Owns how one request becomes one response: JSON when there is only the answer, a stream of events
//! when there is more. A request of the stateless era ends with its connection; one of the handshake
//! era belongs to a session and goes on without it.

mod answer;
mod session;

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use tokio_util::sync::CancellationToken;

use self::answer::{accepted, json, not_allowed, refuse, reply, streamed};
use self::session::{SESSION, hear};
use super::media::{self, Accepts};
use super::sessions::Sessions;
use super::{Bodies, Context, Drain, headers, sse};
use crate::metrics::Metrics;
use crate::offer::Backing;
use crate::protocol::client::wants_news;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::Origin;
use crate::protocol::fault::{self, Fault};
use crate::protocol::frame::{self, Frame, Message};
use crate::protocol::outbox::{Outbox, Reply};
use crate::protocol::{frame::Request as Asked, versions};
use crate::transport::connection::{is_greeting, refused};

/// What answers `/mcp`.
#[derive(Debug, Clone)]
pub(crate) struct Mcp {
    pub(crate) endpoint: Arc<Endpoint>,
    sessions: Arc<Sessions>,
    bodies: Bodies,
    metrics: Metrics,
    pub(crate) drain: Drain,
}

impl Mcp {
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        bodies: Bodies,
        metrics: Metrics,
        drain: Drain,
    ) -> Self {
        let sessions = Sessions::new(metrics.clone(), drain.now().clone());
        Self {
            endpoint,
            sessions: Arc::new(sessions),
            bodies,
            metrics,
            drain,
        }
    }

    /// Answers a request to `/mcp`.
    pub(crate) async fn respond(&self, context: Context, request: Request) -> Response {
        match *request.method() {
            Method::POST => self.send(context, request).await,
            Method::GET => self.stand(&context, request.headers()),
            Method::DELETE => self.end(&context, request.headers()),
            _ => not_allowed(),
        }
    }
}

impl Mcp {
    /// `POST`: one message, or a batch.
    async fn send(&self, context: Context, request: Request) -> Response {
        let (head, body) = request.into_parts();
        if !media::is_json(&head.headers) {
            let fault = fault::invalid("`Content-Type` must be `application/json`, in UTF-8");
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, &fault);
        }
        let accepts = Accepts::of(&head.headers);
        if accepts.nothing() {
            let fault =
                fault::invalid("`Accept` must allow `application/json` or `text/event-stream`");
            return refuse(StatusCode::NOT_ACCEPTABLE, &fault);
        }
        let frame = match self.bodies.read(&head.headers, body).await {
            Ok(bytes) => frame::read(&bytes),
            Err(refusal) => return refusal.into_response(),
        };
        match frame {
            Ok(Frame::Message(message)) => self.message(&head, context, accepts, message).await,
            Ok(Frame::Batch(messages)) => self.batch(&head, &context, messages).await,
            Ok(Frame::Nothing) => {
                let fault = fault::invalid("the body is empty");
                refuse(StatusCode::BAD_REQUEST, &fault)
            }
            Err(refusal) => json(StatusCode::BAD_REQUEST, refused(&refusal)),
        }
    }

    async fn message(
        &self,
        head: &Parts,
        context: Context,
        accepts: Accepts,
        message: Message,
    ) -> Response {
        let stateless = says_stateless(&head.headers);
        match message {
            Message::Request(request) if stateless || request.names_version() => {
                self.stateless(head, context, accepts, request).await
            }
            Message::Request(request) if is_greeting(&request) => self.greet(&context, &request),
            // Before the handshake, too, one may ask whether anybody is there.
            Message::Request(request)
                if request.method == "ping" && !head.headers.contains_key(SESSION) =>
            {
                let (outbox, _) = Outbox::new();
                let origin = self.origin(&context, None, outbox, CancellationToken::new());
                json(StatusCode::OK, self.endpoint.answer(request, origin).await)
            }
            Message::Request(request) => match self.session(&head.headers, &context) {
                Ok(entry) => self.in_session(context, accepts, &entry, request).await,
                Err(missing) => missing.response(Some(&request)),
            },
            // Whoever is stateless has nothing to tell: a call ends with its connection.
            Message::Notification(notification)
                if stateless || frame::names_version(&notification.params) =>
            {
                match headers::check_notification(&head.headers, &notification) {
                    Ok(()) => accepted(),
                    Err(fault) => self.reject(None, &fault),
                }
            }
            Message::Notification(notification) => match self.session(&head.headers, &context) {
                Ok(entry) => {
                    hear(&entry, &notification);
                    accepted()
                }
                Err(missing) => missing.response(None),
            },
            Message::Response(response) => match self.session(&head.headers, &context) {
                Ok(entry) => {
                    entry.session.answered(response);
                    accepted()
                }
                Err(missing) => missing.response(None),
            },
        }
    }

    /// A request that says all. It ends when its connection does: what answers it lives in the
    /// response, and is dropped with it.
    async fn stateless(
        &self,
        head: &Parts,
        context: Context,
        accepts: Accepts,
        request: Asked,
    ) -> Response {
        let checked = if request.names_version() {
            let endpoint = &self.endpoint;
            let visible =
                |backing: &Backing| backing.is_visible(&endpoint.funnel.policy(), &context.caller);
            headers::check(&head.headers, &request, &endpoint.offer(), visible)
        } else {
            headers::check_version(&head.headers)
        };
        if let Err(fault) = checked {
            return self.reject(Some(&request), &fault);
        }
        let listens = request.method == "subscriptions/listen";
        if listens && !accepts.events {
            let fault = fault::invalid("`Accept` must allow `text/event-stream` to listen");
            return refuse(StatusCode::NOT_ACCEPTABLE, &fault);
        }
        // Nearly every request: nothing is said but the answer.
        if !listens && !wants_news(&request.params) {
            let origin = self.origin(&context, None, Outbox::deaf(), CancellationToken::new());
            let answer = self.endpoint.answer(request, origin).await;
            return if accepts.json {
                reply(answer)
            } else {
                streamed(answer)
            };
        }
        let (outbox, mut queue) = outbox(accepts);
        // Dropping the answer stops the work; the token is for those who ask.
        let origin = self.origin(&context, None, outbox, CancellationToken::new());
        let endpoint = Arc::clone(&self.endpoint);
        let mut answering = Box::pin(async move { endpoint.answer(request, origin).await });
        let first = tokio::select! {
            biased;
            Some(first) = queue.recv() => first,
            answer = &mut answering => match queue.try_recv() {
                Err(_) => return if accepts.json {
                    reply(answer)
                } else {
                    streamed(answer)
                },
                Ok(first) => {
                    let last = Box::pin(std::future::ready(Some(answer)));
                    return sse::response(Some(first), queue, last, ());
                }
            },
        };
        let last = Box::pin(async move { Some(answering.await) });
        let stream = self.metrics.stream();
        // Whoever only listens takes no place from those who call.
        let place = (!listens).then_some(context.place);
        sse::response(Some(first), queue, last, (stream, place))
    }

    /// The answer to a message of the stateless era that is at fault before anybody looks into it.
    fn reject(&self, request: Option<&Asked>, fault: &Fault) -> Response {
        self.metrics.protocol_error(fault.error.code.0);
        reply(Reply::fault(request.map(|request| &request.id), fault))
    }

    fn origin(
        &self,
        context: &Context,
        session: Option<Arc<crate::protocol::session::Session>>,
        outbox: Outbox,
        cancel: CancellationToken,
    ) -> Origin {
        Origin {
            caller: context.caller.clone(),
            correlation: Some(context.correlation.shared()),
            session,
            outbox,
            cancel,
            closing: self.drain.closing().clone(),
        }
    }
}

/// Where what belongs to a request goes: nowhere when its client takes only the answer.
fn outbox(accepts: Accepts) -> (Outbox, tokio::sync::mpsc::Receiver<Vec<u8>>) {
    let (outbox, queue) = Outbox::new();
    if accepts.events {
        (outbox, queue)
    } else {
        (Outbox::deaf(), queue)
    }
}

/// Whether the headers alone say that a message is of the stateless era. A version that is not served
/// is refused as such, with those that are.
fn says_stateless(headers: &HeaderMap) -> bool {
    !headers.contains_key(SESSION)
        && match headers::version(headers) {
            Ok(version) => version.is_some_and(|version| !versions::is_handshake(&version)),
            Err(_) => true,
        }
}
