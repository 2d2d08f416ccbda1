//! A server on a port of its own, and a client that decides about each byte.
//!
//! Owns the patience of the tests: everything that is waited for is an event, and one that never
//! comes fails the test instead of hanging it.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use ringfence_audit::Recorder;
use ringfence_catalog::{Catalog, Naming, Source};
use ringfence_policy::{Budget, Policy};
use ringfence_sandbox::{Sandbox, Settings};
use ringfence_server::http::{Context, Drain, Edge, Ended, Guarded, Limits, Site, serve};
use ringfence_server::metrics::Metrics;
use ringfence_server::{Funnel, HttpOptions, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long an event may take that must come. No test waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) edge: Edge,
    pub(crate) metrics: Metrics,
    pub(crate) closing: CancellationToken,
    pub(crate) now: CancellationToken,
    pub(crate) served: JoinHandle<Ended>,
}

/// What `event` gives, or a failed test.
pub(crate) async fn within<T>(what: &str, event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// Limits that no test reaches by accident.
pub(crate) fn limits() -> Limits {
    Limits {
        head_time_max: PATIENCE * 10,
        idle_time_max: PATIENCE * 10,
        write_stall_max: PATIENCE * 10,
        body_time_max: PATIENCE * 10,
        drain_max: PATIENCE * 10,
        ..Limits::default()
    }
}

impl Running {
    /// A server with the routes below and these limits.
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::start_with(limits, routes, |edge| edge).await
    }

    pub(crate) async fn start_with(
        limits: Limits,
        routes: impl FnOnce(Edge) -> Router,
        change: impl FnOnce(Edge) -> Edge,
    ) -> Self {
        let metrics = Metrics::new();
        let edge = change(Edge::new(&limits, metrics.clone()));
        let guarded = Guarded::new(edge.clone(), routes(edge.clone()));
        Self::serve(limits, edge, metrics, guarded).await
    }

    pub(crate) async fn serve(
        limits: Limits,
        edge: Edge,
        metrics: Metrics,
        site: impl Site,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (closing, now) = (CancellationToken::new(), CancellationToken::new());
        let drain = Drain::new(closing.clone(), now.clone());
        let counted = metrics.clone();
        let served =
            tokio::spawn(async move { serve(listener, site, &limits, &counted, &drain).await });
        Self {
            address,
            edge,
            metrics,
            closing,
            now,
            served,
        }
    }

    /// A server as it is shipped, with one tool: `echo_echo`.
    pub(crate) async fn product(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/plain/echo.wat");
        let file = folder.path().join("echo.wasm");
        std::fs::write(&file, wat::parse_file(guest).unwrap()).unwrap();
        let funnel = Funnel::new(
            Catalog::load_named(vec![Source::File(file)], Naming::Prefixed),
            Policy::new(Vec::new(), Budget::default()).unwrap(),
            Sandbox::new(Settings::default()),
            Recorder::off(),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (closing, now) = (CancellationToken::new(), CancellationToken::new());
        let drain = Drain::new(closing.clone(), now.clone());
        let metrics = funnel.metrics().clone();
        let edge = Edge::new(&limits, metrics.clone());
        let options = HttpOptions {
            limits,
            ..HttpOptions::default()
        };
        let served = tokio::spawn(async move {
            let server = Server::new(funnel);
            server.serve_http(listener, &options, &drain).await;
            if server.has_cut_calls() {
                Ended::Cut
            } else {
                Ended::Drained
            }
        });
        Self {
            address,
            edge,
            metrics,
            closing,
            now,
            served,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    /// Waits until that many connections are open.
    pub(crate) async fn connections_become(&self, count: i64) {
        within("the number of connections", async {
            while self.metrics.connections_open() != count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

/// One connection.
pub(crate) struct Client(pub(crate) TcpStream);

/// One response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn send(&mut self, text: impl AsRef<[u8]>) {
        self.0.write_all(text.as_ref()).await.unwrap();
    }

    /// The next response, which has a length.
    pub(crate) async fn answer(&mut self) -> Answer {
        within("an answer", self.read_answer())
            .await
            .expect("the connection ended instead of an answer")
    }

    pub(crate) async fn read_head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        Some(String::from_utf8(head).unwrap())
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let head = self.read_head().await?;
        // One that says that there is nothing to read has no length.
        let empty = head.starts_with("HTTP/1.1 204").then_some("0");
        let length = empty.or_else(|| header(&head, "content-length"))?;
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: String::from_utf8(body).unwrap(),
        })
    }

    /// Everything until the server ends the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        within("the end of the connection", async {
            let mut piece = [0; 4096];
            // A reset is an end as well.
            while let Ok(length @ 1..) = self.0.read(&mut piece).await {
                rest.extend_from_slice(&piece[..length]);
            }
        })
        .await;
        rest
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The word of a refusal.
    pub(crate) fn word(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        body["error"].as_str().unwrap().to_owned()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// A request without a body.
pub(crate) fn get_request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// A request with a body that is said back.
pub(crate) fn echo_request(body: &str) -> String {
    let length = body.len();
    format!("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Routes that say what they were given: a body, the caller, bytes without end, a wait without end.
pub(crate) fn routes(edge: Edge) -> Router {
    Router::new()
        .route("/echo", post(echo))
        .route("/who", get(who))
        .route("/endless", get(endless))
        .route("/never", get(std::future::pending::<()>))
        .with_state(edge)
}

async fn echo(State(edge): State<Edge>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match edge.bodies.read(&head.headers, body).await {
        Ok(received) => received.to_vec().into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn who(request: Request) -> (StatusCode, String) {
    let context = request.extensions().get::<Context>().unwrap();
    (
        StatusCode::OK,
        format!("{} {}", context.caller, context.correlation),
    )
}

async fn endless() -> Body {
    Body::new(Endless)
}

/// A body that always has more.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16384])))))
    }
}
