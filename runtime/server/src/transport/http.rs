//! HTTP: from a socket to a request that somebody may make, and no further.
//!
//! Owns the order in which a request is held against what may be refused before it is understood.
//! Refuses to know MCP: a handler gets a [`Context`] and reads the body with [`Bodies`].

mod answer;
mod auth;
mod backoff;
mod body;
mod connection;
mod correlation;
mod cors;
mod drain;
pub(crate) mod guard;
mod headers;
mod host;
mod limits;
mod listen;
pub(crate) mod mcp;
mod media;
mod rate;
mod refusal;
pub(crate) mod routed;
mod sessions;
mod sse;
pub(crate) mod ws;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use ringfence_audit::Recorder;
use ringfence_identity::Caller;
use tower_service::Service as _;

use self::cors::Page;
pub use crate::denials::Denials;
use crate::metrics::Metrics;
pub use crate::trace::TraceParent;

pub use auth::{Authenticate, BindRefused, LocalOnly, check_bind};
pub use body::{Bodies, Received};
pub use correlation::{CORRELATION_HEADER, CORRELATION_ID_BYTES_MAX, Correlation};
pub use drain::Drain;
pub use host::{AllowedHosts, InvalidHost};
pub use limits::{
    BODIES_BYTES_MAX, BODY_BYTES_MAX, BODY_TIME_MAX, CONNECTIONS_MAX, DRAIN_MAX, HEAD_BYTES_MAX,
    HEAD_TIME_MAX, IDLE_TIME_MAX, Limits, PRINCIPAL_REQUESTS_MAX, REQUESTS_MAX, SOCKET_SILENCE_MAX,
    WRITE_STALL_MAX,
};
pub use listen::{Ended, serve};
pub use rate::{Place, Rate};
pub use refusal::Refusal;

/// What every request is held against. Clones share their counts.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Reads bodies within their limits.
    pub bodies: Bodies,
    /// The names that this server is known by.
    pub hosts: Arc<AllowedHosts>,
    /// Who sends a request.
    pub identity: Arc<dyn Authenticate>,
    /// How many requests may be in flight.
    pub rate: Rate,
    /// Where requests are counted.
    pub metrics: Metrics,
    /// Where it is written down who was refused.
    pub denials: Arc<Denials>,
}

/// What is known of a request that got past the edge.
#[derive(Debug, Clone)]
pub struct Context {
    /// In whose name it runs.
    pub caller: Caller,
    /// What ties it to its answer and to the log.
    pub correlation: Correlation,
    /// Its place among the requests in flight.
    pub place: Place,
}

impl Edge {
    /// An edge with these limits, for this machine alone:
    ///
    /// - hosts: the loopback names;
    /// - identity: [`LocalOnly`];
    /// - denials: kept nowhere.
    pub fn new(limits: &Limits, metrics: Metrics) -> Self {
        Self {
            bodies: Bodies::new(limits),
            hosts: Arc::new(AllowedHosts::loopback()),
            identity: Arc::new(LocalOnly),
            rate: Rate::new(limits),
            metrics,
            denials: Arc::new(Denials::new(Recorder::off())),
        }
    }
}

/// What answers a request.
pub trait Site: Send + Sync + 'static {
    /// Answers one request.
    fn respond(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// What answers a request that got past an edge.
pub trait Routes: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, context: Context, request: Request) -> impl Future<Output = Response> + Send;

    /// Whether pages in a browser may read what this path answers: those of an allowed origin.
    fn is_for_pages(&self, _path: &str) -> bool {
        false
    }
}

impl Site for Router {
    async fn respond(&self, request: Request) -> Response {
        let Ok(response) = self.clone().call(request).await;
        response
    }
}

impl Routes for Router {
    /// The context is in the request's extensions.
    async fn handle(&self, context: Context, mut request: Request) -> Response {
        request.extensions_mut().insert(context);
        self.respond(request).await
    }
}

/// Routes behind an edge. Every route, and what is no route, is behind it.
#[derive(Debug)]
pub struct Guarded<R> {
    edge: Edge,
    routes: R,
}

impl<R: Routes> Guarded<R> {
    /// `routes` behind `edge`.
    pub fn new(edge: Edge, routes: R) -> Self {
        Self { edge, routes }
    }

    async fn dispatch(
        &self,
        correlation: Correlation,
        request: Request,
    ) -> Result<Response, Refusal> {
        let edge = &self.edge;
        let (head, body) = request.into_parts();
        edge.bodies.check_declared(&head.headers)?;
        let checked = guard::check(&edge.hosts, &head.uri, &head.headers);
        guard::noted(checked, &edge.denials, &head.method, &head.uri)?;
        let page = Page::of(&head.headers).filter(|_| self.routes.is_for_pages(head.uri.path()));
        let Some(page) = page else {
            return self.admit(correlation, head, body).await;
        };
        let answered = match Page::preflight(&head) {
            Some(allowed) => Ok(allowed),
            None => self.admit(correlation, head, body).await,
        };
        Ok(page.may_read(answered.unwrap_or_else(IntoResponse::into_response)))
    }

    /// What is left of the way, for a request that is meant for this server.
    async fn admit(
        &self,
        correlation: Correlation,
        head: Parts,
        body: Body,
    ) -> Result<Response, Refusal> {
        let edge = &self.edge;
        let caller = edge.identity.authenticate(&head)?;
        let place = edge.rate.admit(&caller)?;
        let context = Context {
            caller,
            correlation,
            place: place.clone(),
        };
        let request = Request::from_parts(head, body);
        let response = self.routes.handle(context, request).await;
        drop(place);
        Ok(response)
    }
}

/// The life of a request before its handler. What is above has happened when what is below begins:
///
/// 1. limits on connections and heads: [`serve`], before there is a request
/// 2. correlation id, so that every refusal below carries one
/// 3. limits on the declared body
/// 4. `Host`, `Origin`, target, repeated fields; a browser that asks what a page may send is answered
/// 5. identity
/// 6. rate
/// 7. dispatch
impl<R: Routes> Site for Guarded<R> {
    async fn respond(&self, request: Request) -> Response {
        let correlation = Correlation::of(request.headers());
        let (labels, header) = (correlation.labels(), correlation.header());
        let mut response = labels
            .scope(self.dispatch(correlation, request))
            .await
            .unwrap_or_else(IntoResponse::into_response);
        if let Some(header) = header {
            response.headers_mut().insert(CORRELATION_HEADER, header);
        }
        self.edge.metrics.http_request(response.status());
        response
    }
}
