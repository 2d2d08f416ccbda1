//! What one caller sends.
//!
//! Owns the order of one request, which is the order of its checks: read, ask, look up, classify,
//! connect, secure, inject, send. Owns the caller's limits and its record, too.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body::Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::body::{Fault, RequestBody, ResponseBody, Worker};
use crate::connect::Checked;
use crate::destination::{Destination, Scheme};
use crate::egress::Egress;
use crate::error::{EgressError, Malformed, Part, Stage};
use crate::headers;
use crate::ledger::{Ledger, Touched};
use crate::limits::Limits;
use crate::rules::{Hop, Leave, Rules};
use crate::socket::Sockets;
use crate::stream::Counted;
use crate::target::Target;

/// How many bytes on the wire one byte of a response may take: TLS, chunks, interim answers. Bounds
/// what comes without ever being a body.
const WIRE_PER_BYTE_MAX: u64 = 4;

/// Bytes on the wire that any response may take: heads and handshakes.
const WIRE_BYTES_MIN: u64 = 1 << 20;

/// The smallest buffer that the connection can be made to read with.
const READ_BUFFER_MIN: usize = 8 << 10;

/// Shorter times than the limits say. A longer one is cut to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// As [`Limits::connect`].
    pub connect: Option<Duration>,
    /// As [`Limits::first_byte`].
    pub first_byte: Option<Duration>,
    /// As [`Limits::between_bytes`].
    pub between_bytes: Option<Duration>,
}

/// What one caller sends: one call of a guest, or one part of the host.
pub struct Outgoing {
    egress: Egress,
    rules: Arc<dyn Rules>,
    limits: Limits,
    slots: Arc<Semaphore>,
    requests_left: AtomicU32,
    pub(crate) sockets: Sockets,
    pub(crate) ledger: Ledger,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("limits", &self.limits)
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

impl Outgoing {
    pub(crate) fn new(egress: Egress, rules: Arc<dyn Rules>, limits: Limits) -> Self {
        Self {
            egress,
            rules,
            slots: Arc::new(Semaphore::new(limits.concurrent)),
            requests_left: AtomicU32::new(limits.requests),
            sockets: Sockets::new(&limits),
            ledger: Ledger::default(),
            limits,
        }
    }

    /// What was touched until now.
    pub fn touched(&self) -> Touched {
        self.ledger.touched()
    }

    /// Sends one request, and waits for the head of its response. A redirect is a response.
    ///
    /// Dropping the future, or the body that it leads to, closes the connection.
    ///
    /// # Errors
    ///
    /// When it is denied, malformed, too large or too slow, or when it fails.
    pub async fn send<B>(
        &self,
        request: Request<B>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, EgressError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let slot = self.slot()?;
        let sent = self.hop(request, timeouts, slot).await;
        if let Err(error) = &sent
            && error.is_denied()
        {
            self.deny(error);
        }
        sent
    }

    pub(crate) fn egress(&self) -> &Egress {
        &self.egress
    }

    pub(crate) fn rules(&self) -> &dyn Rules {
        &*self.rules
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Notes a denial.
    pub(crate) fn deny(&self, error: &EgressError) {
        self.ledger.deny(error.to_string());
    }

    /// Room for one more request.
    fn slot(&self) -> Result<OwnedSemaphorePermit, EgressError> {
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| EgressError::Exhausted("requests at once"))?;
        self.requests_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .map_err(|_| EgressError::Exhausted("requests"))?;
        Ok(slot)
    }

    async fn hop<B>(
        &self,
        request: Request<B>,
        timeouts: Timeouts,
        slot: OwnedSemaphorePermit,
    ) -> Result<Response<ResponseBody>, EgressError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let begun = Instant::now();
        let limits = &self.limits;
        let (mut parts, body) = request.into_parts();
        let target = Target::of(&parts.method, &parts.uri, limits)?;
        headers::check(&parts.headers, limits)?;
        let declared = length(&parts.headers, &body, limits)?;
        let hop = Hop {
            method: &parts.method,
            destination: &target.destination,
            path: target.path.path(),
        };
        let leave = self.rules.request(&hop)?;
        self.rules.headers(&hop, &parts.headers)?;

        let deadline = begun + limits.total;
        let connect = shorter(timeouts.connect, limits.connect);
        let shown = target.destination.to_string();
        let connected = self.connect(&hop, &leave, connect);
        let (mut sender, worker) = timeout_at(deadline.min(begun + connect), connected)
            .await
            .map_err(|_| EgressError::Timeout(shown.clone(), Stage::Connect))??;

        self.rules.inject(&hop, &mut parts.headers)?;
        headers::check(&parts.headers, limits)?;
        let fault = Fault::default();
        let body = RequestBody::new(body, declared, limits.request_bytes, fault.clone());
        let request = plain(parts, &target, body)?;
        let first_byte = shorter(timeouts.first_byte, limits.first_byte);
        let answer_by = deadline.min(Instant::now() + first_byte);
        let answered = timeout_at(answer_by, sender.send_request(request))
            .await
            .map_err(|_| EgressError::Timeout(shown.clone(), Stage::FirstByte))?;
        let response = answered.map_err(|error| failed(error, &fault, &shown))?;
        let between_bytes = shorter(timeouts.between_bytes, limits.between_bytes);
        let times = (between_bytes, deadline);
        let bytes_max = limits.response_bytes;
        let (mut head, incoming) = response.into_parts();
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            let why = "nobody asked for another protocol";
            return Err(EgressError::Protocol(shown, why.into()));
        }
        headers::strip(&mut head.headers);
        let body = ResponseBody::new(incoming, shown, bytes_max, times, worker, slot);
        Ok(Response::from_parts(head, body))
    }

    /// A connection to an address that was checked, ready for one request.
    async fn connect<B>(
        &self,
        hop: &Hop<'_>,
        leave: &Leave,
        time: Duration,
    ) -> Result<(http1::SendRequest<RequestBody<B>>, Worker), EgressError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let destination = hop.destination;
        let checked = Checked::of(destination.host(), leave, self.egress.resolver()).await?;
        let shown = destination.to_string();
        let method = Some(hop.method.to_string());
        let bytes = self.ledger.reach(shown.clone(), method);
        let stream = checked
            .connect(destination.port(), time)
            .await
            .map_err(|error| EgressError::Connect(shown.clone(), error))?;
        let wire_bytes_max = self
            .limits
            .response_bytes
            .saturating_mul(WIRE_PER_BYTE_MAX)
            .saturating_add(WIRE_BYTES_MIN);
        let stream = Counted::new(stream, bytes, wire_bytes_max);
        match destination.scheme() {
            Scheme::Http => self.speak(stream, destination).await,
            Scheme::Https => {
                let secured = self.egress.trust().secure(destination.host(), stream);
                let stream = secured
                    .await
                    .map_err(|error| EgressError::Tls(shown, error))?;
                self.speak(stream, destination).await
            }
        }
    }

    async fn speak<B, S>(
        &self,
        stream: S,
        destination: &Destination,
    ) -> Result<(http1::SendRequest<RequestBody<B>>, Worker), EgressError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .max_headers(self.limits.headers)
            .max_buf_size(self.limits.header_bytes.max(READ_BUFFER_MIN))
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| EgressError::Protocol(destination.to_string(), error.into()))?;
        let worker = Worker::spawn(async move {
            // What goes wrong is told to whoever waits for the response or its body.
            let _ = connection.await;
        });
        Ok((sender, worker))
    }
}

/// How long the body is, where that is known.
fn length<B: Body>(
    fields: &http::HeaderMap,
    body: &B,
    limits: &Limits,
) -> Result<Option<u64>, EgressError> {
    let declared = headers::declared_length(fields)?;
    let exact = body.size_hint().exact();
    if let (Some(declared), Some(exact)) = (declared, exact)
        && declared != exact
    {
        return Err(Malformed::ContentLength.into());
    }
    if declared.or(exact).unwrap_or(0) > limits.request_bytes {
        return Err(EgressError::TooLarge(Part::RequestBody));
    }
    Ok(declared)
}

/// The request as it goes over the wire: its path alone, and the host that was checked.
fn plain<B>(
    parts: http::request::Parts,
    target: &Target,
    body: RequestBody<B>,
) -> Result<Request<RequestBody<B>>, Malformed> {
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = Uri::from(target.path.clone());
    *request.headers_mut() = parts.headers;
    let host = HeaderValue::try_from(target.destination.authority())
        .map_err(|_| Malformed::Header(header::HOST.to_string()))?;
    request.headers_mut().insert(header::HOST, host);
    Ok(request)
}

/// Why there is no response.
fn failed(error: hyper::Error, fault: &Fault, shown: &str) -> EgressError {
    match fault.take() {
        Some(fault) => fault,
        None if error.is_parse_too_large() => EgressError::TooLarge(Part::ResponseHead),
        None => EgressError::Protocol(shown.to_owned(), error.into()),
    }
}

fn shorter(asked: Option<Duration>, limit: Duration) -> Duration {
    asked.map_or(limit, |asked| asked.min(limit))
}
