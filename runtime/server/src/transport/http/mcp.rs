//! `/mcp`: the protocol's Streamable HTTP, for clients of both eras.
//!
//! Owns how one request becomes one response: JSON when there is only the answer, a stream of events
//! when there is more. A request of the stateless era ends with its connection; one of the handshake
//! era belongs to a session and goes on without it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rmcp::model::ProtocolVersion;
use tokio_util::sync::CancellationToken;

use super::media::{self, Accepts};
use super::sessions::{Entry, Sessions};
use super::{Bodies, Context, Drain, headers, sse};
use crate::metrics::Metrics;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::Origin;
use crate::protocol::fault::{self, Fault};
use crate::protocol::frame::{self, Frame, Message, Notification, Refusal};
use crate::protocol::outbox::{Outbox, Reply};
use crate::protocol::{frame::Request as Asked, listen, versions};
use crate::transport::connection::{array, is_greeting, no_batches, refused};
use crate::transport::in_flight::Working;

/// Where a session is named.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

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
            headers::check(&head.headers, &request, &self.endpoint.offer())
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

    /// `GET`: a stream of what belongs to no request, for a session.
    fn stand(&self, context: &Context, headers: &HeaderMap) -> Response {
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
    fn end(&self, context: &Context, headers: &HeaderMap) -> Response {
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

    fn greet(&self, context: &Context, request: &Asked) -> Response {
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
    async fn in_session(
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
    async fn batch(
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

    /// The session that a request names.
    fn session(&self, headers: &HeaderMap, context: &Context) -> Result<Arc<Entry>, Missing> {
        let named = headers.get(SESSION).ok_or(Missing::Unnamed)?;
        let version = headers::version(headers).map_err(Missing::Version)?;
        let found = named
            .to_str()
            .ok()
            .and_then(|id| self.sessions.find(&context.caller, id));
        let entry = found.ok_or(Missing::Unknown)?;
        let agreed = &entry.session.client().version;
        match version {
            Some(version) if version != *agreed => Err(Missing::Version(fault::invalid(format!(
                "`MCP-Protocol-Version` is not the version of the session, which is `{agreed}`"
            )))),
            _ => Ok(entry),
        }
    }
}

/// Why there is no session for a request.
#[derive(Debug)]
enum Missing {
    /// It names none.
    Unnamed,
    /// There is none of that name, or not for this caller, or no more.
    Unknown,
    /// It names a version that is not served, or not the one that was agreed on.
    Version(Fault),
}

impl Missing {
    fn response(self, request: Option<&Asked>) -> Response {
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

fn not_allowed() -> Response {
    let allow = [(ALLOW, HeaderValue::from_static("POST, GET, DELETE"))];
    let fault = fault::invalid("this method needs `Mcp-Session-Id`; everything else is `POST`");
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, &fault);
    response.headers_mut().extend(allow);
    response
}

fn hear(entry: &Entry, notification: &Notification) {
    if notification.method == "notifications/cancelled" {
        let id = notification.params.get("requestId");
        if let Some(id) = id.and_then(crate::protocol::id_search::read) {
            entry.in_flight.cancel(&id);
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

fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// An answer in the stateless era, whose errors have statuses of their own.
fn reply(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    json(status, reply)
}

/// An answer alone, for a client that takes nothing but events.
fn streamed(answer: Reply) -> Response {
    let (_, queue) = Outbox::new();
    sse::response(None, queue, Box::pin(std::future::ready(Some(answer))), ())
}

fn refuse(status: StatusCode, fault: &Fault) -> Response {
    json(status, Reply::fault(None, fault))
}

fn json(status: StatusCode, reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
