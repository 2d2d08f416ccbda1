//! The order in which a request is held against what may be refused.
//!
//! Each test breaks two rules at once: which one is answered is the order.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::request::Parts;
use ringfence_identity::Caller;
use ringfence_server::http::{Authenticate, Context, Edge, Guarded, Limits, Refusal, Routes};
use ringfence_server::metrics::Metrics;

use crate::client::{Answer, Running, get_request, limits, routes};

/// Nobody is known.
#[derive(Debug)]
struct Strict;

impl Authenticate for Strict {
    fn authenticate(&self, _head: &Parts) -> Result<Caller, Refusal> {
        Err(Refusal::Unauthenticated("no credential".to_owned()))
    }
}

fn strict(edge: Edge) -> Edge {
    Edge {
        identity: Arc::new(Strict),
        ..edge
    }
}

/// No request is admitted.
fn full() -> Limits {
    Limits {
        requests_max: 0,
        ..limits()
    }
}

/// A site whose every path pages may read.
#[derive(Debug)]
struct ForPages;

impl Routes for ForPages {
    async fn handle(&self, _context: Context, _request: Request) -> Response {
        StatusCode::OK.into_response()
    }

    fn is_for_pages(&self, _path: &str) -> bool {
        true
    }
}

/// A browser asks without a credential, and says with it what it sends.
#[tokio::test]
async fn a_browser_asks_before_anybody_knows_who_it_is() {
    let limits = full();
    let metrics = Metrics::new();
    let edge = strict(Edge::new(&limits, metrics.clone()));
    let site = Guarded::new(edge.clone(), ForPages);
    let running = Running::serve(limits, edge, metrics, site).await;
    let ask = |method: &str, host: &str, origin: &str| {
        let request = format!(
            "{method} /mcp HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n\
             access-control-request-method: POST\r\n\r\n"
        );
        let running = &running;
        async move { running.ask(&request).await }
    };
    let origin = "http://localhost:6274";
    assert_eq!(ask("OPTIONS", "localhost", origin).await.status, 204);
    let refused = ask("GET", "localhost", origin).await;
    assert_eq!(refused.word(), "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
    let refused = ask("OPTIONS", "localhost", "https://evil.example").await;
    assert_eq!(refused.word(), "origin-not-allowed");
    assert_eq!(refused.header("access-control-allow-origin"), None);
    let refused = ask("OPTIONS", "evil.example", origin).await;
    assert_eq!(refused.word(), "host-not-allowed");
    assert_eq!(refused.header("access-control-allow-origin"), None);
}

/// A request to a route that does not exist.
fn lost(lines: &str) -> String {
    format!("GET /no-such-route HTTP/1.1\r\n{lines}\r\n")
}

fn assert_refused(answer: &Answer, status: u16, word: &str) {
    assert_eq!((answer.status, answer.word().as_str()), (status, word));
    let id = answer.header("x-correlation-id");
    assert!(id.is_some_and(|id| !id.is_empty()), "{}", answer.head);
}

#[tokio::test]
async fn heads_are_limited_before_anything_else() {
    let running = Running::start_with(full(), routes, strict).await;
    let mut client = running.connect().await;
    let filler = "x".repeat(40 * 1024);
    client
        .send(lost(&format!("host: evil.com\r\nx-filler: {filler}\r\n")))
        .await;
    let answer = String::from_utf8(client.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // There was no request yet, so there is no id.
    assert!(!answer.contains("x-correlation-id"));

    let mut client = running.connect().await;
    let fields = "x: y\r\n".repeat(101);
    client
        .send(lost(&format!("host: evil.com\r\n{fields}")))
        .await;
    assert!(client.rest().await.starts_with(b"HTTP/1.1 431 "));
}

#[tokio::test]
async fn declared_bodies_are_limited_before_hosts_are_checked() {
    let running = Running::start_with(full(), routes, strict).await;
    let answer = running
        .ask(&lost("host: evil.com\r\ncontent-length: 4294967296\r\n"))
        .await;
    assert_refused(&answer, 413, "body-too-large");
}

#[tokio::test]
async fn hosts_are_checked_before_credentials() {
    let running = Running::start_with(full(), routes, strict).await;
    let answer = running.ask(&lost("host: evil.com\r\n")).await;
    assert_refused(&answer, 403, "host-not-allowed");
    let answer = running
        .ask(&lost("host: localhost\r\norigin: http://evil.com\r\n"))
        .await;
    assert_refused(&answer, 403, "origin-not-allowed");
}

#[tokio::test]
async fn credentials_are_checked_before_rates() {
    let running = Running::start_with(full(), routes, strict).await;
    let answer = running.ask(&lost("host: localhost\r\n")).await;
    assert_refused(&answer, 401, "unauthenticated");
}

#[tokio::test]
async fn rates_are_checked_before_routes() {
    let running = Running::start(full()).await;
    let answer = running.ask(&lost("host: localhost\r\n")).await;
    assert_refused(&answer, 503, "server-busy");
    assert_eq!(answer.header("retry-after"), Some("1"));

    let running = Running::start(Limits {
        principal_requests_max: 0,
        ..limits()
    })
    .await;
    let answer = running.ask(&lost("host: localhost\r\n")).await;
    assert_refused(&answer, 429, "principal-busy");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_request_that_got_through_knows_its_caller_and_its_id() {
    let running = Running::start(limits()).await;
    let answer = running
        .ask("GET /who HTTP/1.1\r\nhost: localhost\r\nx-correlation-id: mine-1\r\n\r\n")
        .await;
    assert_eq!(answer.body, "local/local mine-1");
    assert_eq!(answer.header("x-correlation-id"), Some("mine-1"));
    let answer = running.ask(&get_request("/no-such-route")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.header("x-correlation-id").is_some());
    assert_eq!(running.edge.rate.in_flight(), 0);
}
