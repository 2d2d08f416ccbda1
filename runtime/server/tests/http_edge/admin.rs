//! The operator's listener.

use std::sync::Arc;
use std::time::Duration;

use ringfence_audit::{Event, Log, Recorder, Settings, Start};
use ringfence_server::admin::{Ready, admin};
use ringfence_server::http::{AllowedHosts, Denials, Edge};
use ringfence_server::metrics::Metrics;

use crate::client::{Running, get_request, limits};

async fn start() -> (Running, Ready, Metrics) {
    start_audited(Recorder::off()).await
}

async fn start_audited(audit: Recorder) -> (Running, Ready, Metrics) {
    let (ready, metrics) = (Ready::new(), Metrics::new());
    let hosts = Arc::new(AllowedHosts::loopback());
    let denials = Arc::new(Denials::new(audit.clone()));
    let router = admin(ready.clone(), metrics.clone(), audit, None, hosts, denials);
    let edge = Edge::new(&limits(), Metrics::new());
    let running = Running::serve(limits(), edge, Metrics::new(), router).await;
    (running, ready, metrics)
}

#[tokio::test]
async fn alive_is_not_ready() {
    let (running, ready, _) = start().await;
    let answer = running.ask(&get_request("/healthz")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    let answer = running.ask(&get_request("/readyz")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.body,
        r#"{"ready":false,"reasons":{"start":"the server is starting"}}"#
    );
    ready.fulfilled("start");
    let answer = running.ask(&get_request("/readyz")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"ready":true,"reasons":{}}"#)
    );
    ready.waits_for("drain", "the server is stopping");
    assert_eq!(running.ask(&get_request("/readyz")).await.status, 503);
    assert_eq!(running.ask(&get_request("/healthz")).await.status, 200);
}

#[tokio::test]
async fn what_happened_is_there_to_be_scraped() {
    let (running, _, metrics) = start().await;
    metrics.call_started();
    metrics.call_ended("returned", Duration::from_millis(3), 1234);
    let answer = running.ask(&get_request("/metrics")).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    for line in [
        "ringfence_calls_total{outcome=\"returned\"} 1",
        "ringfence_call_duration_seconds_bucket{le=\"0.005\"} 1",
        "ringfence_fuel_total 1234",
        "ringfence_calls_in_flight 0",
    ] {
        assert!(
            answer.body.lines().any(|found| found == line),
            "{line}\n{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn only_looking_is_possible() {
    let (running, ..) = start().await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let request = get_request(path).replacen("GET", method, 1);
            assert_eq!(running.ask(&request).await.status, 405, "{method} {path}");
        }
    }
    for path in [
        "/",
        "/mcp",
        "/ws",
        "/healthz/",
        "/metrics/../mcp",
        "//healthz",
    ] {
        assert_eq!(running.ask(&get_request(path)).await.status, 404, "{path}");
    }
    let mut client = running.connect().await;
    client
        .send("HEAD /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await;
    let answer = String::from_utf8(client.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"));
}

#[tokio::test]
async fn it_is_guarded_as_well() {
    let (running, ..) = start().await;
    for path in ["/healthz", "/readyz", "/metrics", "/no-such-route"] {
        for lines in [
            "host: evil.com",
            "host: localhost\r\norigin: http://evil.com",
            "host: localhost\r\norigin: null",
        ] {
            let request = format!("GET {path} HTTP/1.1\r\n{lines}\r\n\r\n");
            let answer = running.ask(&request).await;
            assert_eq!(answer.status, 403, "{path} {lines}");
        }
    }
}

#[tokio::test]
async fn an_audit_log_that_cannot_be_written_is_a_reason_not_to_come() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("audit");
    std::fs::write(&place, "in the way").unwrap();
    let log = Log::start(Settings::in_folder(place.clone())).unwrap();
    let (running, ready, _) = start_audited(log.recorder()).await;
    ready.fulfilled("start");
    let answer = running.ask(&get_request("/readyz")).await;
    assert_eq!(answer.status, 503);
    assert!(
        answer
            .body
            .contains("\"audit\":\"the audit log cannot be written"),
        "{}",
        answer.body
    );
    let page = running.ask(&get_request("/metrics")).await.body;
    assert!(page.contains("\nringfence_audit_writable 0\n"), "{page}");

    std::fs::remove_file(&place).unwrap();
    let start = Start {
        version: "1",
        command: "test",
    };
    log.recorder().append(&Event::Start(start)).await.unwrap();
    assert_eq!(running.ask(&get_request("/readyz")).await.status, 200);
    let page = running.ask(&get_request("/metrics")).await.body;
    for line in [
        "ringfence_audit_writable 1",
        "ringfence_audit_records_total 1",
        "ringfence_audit_lost_total 0",
        "ringfence_audit_failures_total 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
}
