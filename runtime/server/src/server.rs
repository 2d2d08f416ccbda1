//! One server: everything that its transports share, and what runs beside them.
//!
//! Owns that directories are watched once, however many clients there are. Refuses to know what is
//! served.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ringfence_identity::Caller;
use ringfence_policy::Policy;
use ringfence_sandbox::Directories;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::admin::{self, AdminKey, Ready};
use crate::call::Funnel;
use crate::denials::Denials;
use crate::protocol::endpoint::Endpoint;
use crate::transport::http::mcp::Mcp;
use crate::transport::http::routed::Routed;
use crate::transport::http::ws::Socket;
use crate::transport::http::{self, AllowedHosts, Drain, Edge, Ended, Guarded, Limits};
use crate::transport::{Lifecycle, stdio};
use crate::watch::Watch;

/// What to log unless somebody asks for more: no line for every call, which the audit log has, and
/// none for every message that the protocol library or the engine sees.
pub const LOG_FILTER: &str = "info,rmcp=error,wasmtime=warn,cranelift=warn,notify=warn";

/// How long the end waits for calls that were given up, and for those that are about to end by themselves.
const CALLS_PATIENCE: Duration = Duration::from_millis(250);

/// How long calls that are stopped at the end may take to leave their records. A guest stops within
/// microseconds: bounds how long a tool keeps the process alive through a call of the host that does not come
/// back.
const RECORDS_PATIENCE: Duration = Duration::from_secs(3);

/// Serves the tools behind one funnel.
#[derive(Debug, Clone)]
pub struct Server {
    endpoint: Arc<Endpoint>,
    beside: Arc<OnceCell<Beside>>,
    readiness: Ready,
}

/// How HTTP is served.
///
/// Defaults: this machine's own names alone, the default [`Limits`], `/ws` as well.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The names that clients may know the server by.
    pub hosts: AllowedHosts,
    /// What is too much.
    pub limits: Limits,
    /// Whether `/ws` is served.
    pub websocket: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            hosts: AllowedHosts::loopback(),
            limits: Limits::default(),
            websocket: true,
        }
    }
}

/// What runs beside the transports, as long as there is a server.
#[derive(Debug)]
struct Beside {
    _watch: Option<Watch>,
    _follow: AbortOnDropHandle<()>,
}

impl Server {
    /// A server for the tools behind `funnel`.
    pub fn new(funnel: Arc<Funnel>) -> Self {
        let changes = crate::watch::may_change(&funnel.catalog());
        Self {
            endpoint: Endpoint::new(funnel, changes),
            beside: Arc::default(),
            readiness: Ready::new(),
        }
    }

    /// Asks components what they provide, and begins to watch directories. Serving does it, too.
    pub async fn ready(&self) {
        let endpoint = &self.endpoint;
        let begin = || async {
            endpoint.refresh(false).await;
            let watch = Watch::start(endpoint).unwrap_or_else(|error| {
                tracing::warn!(%error, "changes of the served directories will not be seen");
                None
            });
            let following = Arc::clone(endpoint);
            let follow = tokio::spawn(async move { following.follow().await });
            Beside {
                _watch: watch,
                _follow: AbortOnDropHandle::new(follow),
            }
        };
        self.beside.get_or_init(begin).await;
        self.readiness.fulfilled("start");
    }

    /// Serves MCP over HTTP: `/mcp`, and `/ws` where `options` say so, until `drain` ends it.
    pub async fn serve_http(&self, listener: TcpListener, options: &HttpOptions, drain: &Drain) {
        self.ready().await;
        let metrics = self.endpoint.funnel.metrics().clone();
        let mut edge = Edge::new(&options.limits, metrics.clone());
        edge.hosts = Arc::new(options.hosts.clone());
        let denials = Arc::new(Denials::new(self.endpoint.funnel.audit().clone()));
        edge.denials = Arc::clone(&denials);
        let mcp = Mcp::new(
            Arc::clone(&self.endpoint),
            edge.bodies.clone(),
            metrics.clone(),
            drain.clone(),
        );
        let mut others = Router::new();
        if options.websocket {
            let socket = Socket::new(
                Arc::clone(&self.endpoint),
                metrics.clone(),
                drain.clone(),
                options.limits.socket_silence_max,
            );
            others = socket.router();
        }
        let site = Guarded::new(edge, Routed { mcp, others });
        let ended = http::serve(listener, site, &options.limits, &metrics, drain).await;
        denials.finish();
        if ended == Ended::Cut {
            self.endpoint.cut();
        }
    }

    /// Serves health and metrics, and, to those that have `key`, approvals, until `drain` ends it.
    pub async fn serve_admin(
        &self,
        listener: TcpListener,
        options: &HttpOptions,
        key: Option<AdminKey>,
        drain: &Drain,
    ) {
        let metrics = self.endpoint.funnel.metrics().clone();
        let hosts = Arc::new(options.hosts.clone());
        let audit = self.endpoint.funnel.audit().clone();
        let approvals = self.endpoint.funnel.approvals().cloned().zip(key);
        let ready = self.readiness.clone();
        let denials = Arc::new(Denials::new(audit.clone()));
        let noting = Arc::clone(&denials);
        let router = admin::admin(ready, metrics.clone(), audit, approvals, hosts, noting);
        http::serve(listener, router, &options.limits, &metrics, drain).await;
        denials.finish();
    }

    /// Decides by another policy from now on, and tells clients that the lists may have changed.
    pub async fn enforce(&self, policy: Policy, directories: Directories) {
        self.endpoint.funnel.enforce(policy, directories);
        self.endpoint.replaced().await;
    }

    /// Stops every call that the transports have left behind, and waits until each has left its record: those of
    /// a session whose client went away, tasks, calls that wait for a client to come back, and all that they have
    /// called. Nothing is called from then on.
    pub async fn end(&self) {
        let endpoint = &self.endpoint;
        endpoint.funnel.idle(CALLS_PATIENCE).await;
        if endpoint.funnel.metrics().calls_running() > 0 {
            tracing::warn!("calls were stopped at the end of the server");
            endpoint.cut();
        }
        endpoint.parked.close();
        endpoint.funnel.end(RECORDS_PATIENCE).await;
    }

    /// Whether calls were stopped because the server ended: they had not come to their own end when
    /// their transport was done waiting, or they still run.
    pub fn has_cut_calls(&self) -> bool {
        self.endpoint.has_cut() || self.endpoint.funnel.metrics().calls_running() > 0
    }

    /// No new work is taken from now on: whoever asks whether the server is ready hears so.
    pub fn draining(&self) {
        self.readiness.waits_for("drain", "the server is draining");
    }

    /// Serves the process that started this one, over standard input and output, until the input
    /// ends or `shutdown` is cancelled. Nothing else may use these two.
    ///
    /// Where standard input is no pipe, a thread stays behind that waits for it: shut the runtime
    /// down in the background.
    pub async fn serve_stdio(&self, shutdown: &CancellationToken) {
        let (input, output) = rmcp::transport::stdio_pipes();
        self.serve(input, output, Caller::local(), shutdown).await;
    }

    /// Serves `caller` over two byte streams, until the input ends or `shutdown` is cancelled.
    pub async fn serve<R, W>(
        &self,
        input: R,
        output: W,
        caller: Caller,
        shutdown: &CancellationToken,
    ) where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        self.ready().await;
        let lifecycle = Lifecycle::under(shutdown);
        stdio::serve(Arc::clone(&self.endpoint), input, output, caller, lifecycle).await;
    }
}
