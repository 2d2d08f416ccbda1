//! Requests of those who should not ask: whatever the route and however they ask, no tool runs.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::ffi::OsString;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;

use ringfence_audit::{Query, search};
use ringfence_tests::http::Connection;
use ringfence_tests::peer::Peer;
use ringfence_tests::serving::{self, Serving};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};

const ROUTES: &[(&str, &str)] = &[
    ("POST", "/mcp"),
    ("PUT", "/mcp"),
    ("DELETE", "/mcp"),
    ("POST", "/mcp/"),
    ("POST", "/MCP"),
    ("POST", "//mcp"),
    ("POST", "/%6dcp"),
    ("POST", "/ws"),
    ("POST", "/"),
    ("POST", "/tools/call"),
    ("POST", "/approvals"),
    ("POST", "http://evil.example/mcp"),
    ("OPTIONS", "*"),
];

/// A `Host`, or none for the right one, and one more line.
const STRANGERS: &[(Option<&str>, &str)] = &[
    (Some("evil.example"), ""),
    (Some("localhost.evil.example"), ""),
    (Some("2130706433"), ""),
    (Some("evil.example"), "origin: http://localhost"),
    (Some("localhost, evil.example"), ""),
    (None, "host: evil.example"),
    (None, "origin: https://evil.example"),
    (None, "origin: null"),
    (None, "origin: http://localhost.evil.example"),
    (None, "origin: http://localhost, https://evil.example"),
    (None, "origin: file://"),
];

/// Sends a call to a route, and gives the status.
async fn call(address: SocketAddr, route: (&str, &str), host: &str, line: &str) -> u16 {
    let mut peer = Peer::stateless(address).await;
    let params = json!({"name": "add_add", "arguments": {"a": 1, "b": 2}});
    let message = peer.message("tools/call", params);
    let (method, path) = route;
    let body = message.to_string();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in peer.headers(&message) {
        head += &[name, ": ", &value, "\r\n"].concat();
    }
    if !line.is_empty() {
        head += line;
        head += "\r\n";
    }
    let length = body.len().to_string();
    head += &["content-length: ", &length, "\r\nconnection: close\r\n\r\n"].concat();
    let mut stream = Connection::open(address).await.into_stream();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut status = String::new();
    stream.read_line(&mut status).await.unwrap();
    let status = status.split(' ').nth(1).map(str::parse);
    status.unwrap().unwrap()
}

/// How many calls are on record.
fn calls(log: &Path) -> usize {
    let mut count = 0;
    let query = Query {
        event: Some("call".into()),
        ..Query::default()
    };
    search(log, &query, |_, _| {
        count += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    count
}

/// Whether a call of [`STRANGERS`] that had this answer was denied, and not only bad.
fn is_denied(status: u16, route: (&str, &str), line: &str) -> bool {
    status == 403 || line.starts_with("host:") || !route.1.starts_with('/')
}

/// How many denials of a host, an origin or a target are on record: those that have one of their own, and
/// those that are counted.
fn denials(log: &Path) -> (u64, u64) {
    let (mut records, mut counted) = (0, 0);
    let query = Query {
        event: Some("denial".into()),
        ..Query::default()
    };
    search(log, &query, |line, _| {
        let record: Value = serde_json::from_str(line).unwrap();
        let reason = record.get("reason").and_then(Value::as_str).unwrap();
        assert!(line.len() < 1024, "{line}");
        let denies = [" is not allowed", "more than one `host`", "must be a path"];
        if denies.iter().any(|part| reason.contains(part)) {
            records += 1;
        }
        if let Some((before, _)) = reason.split_once(" more have no record") {
            let count = before.rsplit(' ').next().unwrap();
            counted += count.parse::<u64>().unwrap();
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    (records, counted)
}

#[tokio::test]
async fn who_is_not_invited_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("audit");
    let mut arguments = serving::plain(folder.path(), &["add"]);
    arguments.extend([OsString::from("--audit"), log.clone().into()]);
    let mut server = Serving::start(arguments);
    let address = server.address();
    let ours = address.to_string();
    let mut denied = 0;
    for route in ROUTES {
        for (host, line) in STRANGERS {
            let status = call(address, *route, host.unwrap_or(&ours), line).await;
            denied += u64::from(is_denied(status, *route, line));
            assert!(
                (400..500).contains(&status),
                "{route:?} {host:?} {line}: {status}"
            );
        }
        if *route != ("POST", "/mcp") {
            let status = call(address, *route, &ours, "").await;
            assert!((400..500).contains(&status), "{route:?}: {status}");
            denied += u64::from(is_denied(status, *route, ""));
        }
    }
    // A session that is somebody else's, or nobody's.
    for session in ["", "x", "0000000000000000", "../x"] {
        let mut guess = Peer::silent(address, "2025-11-25").await;
        guess.session = Some(session.to_owned());
        let reply = guess.call("add_add", json!({"a": 1, "b": 2})).await;
        let status = reply.head.status;
        assert!((400..500).contains(&status), "{session}: {status}");
    }
    // Who is invited is served, or nothing was tested.
    assert_eq!(call(address, ("POST", "/mcp"), &ours, "").await, 200);
    server.terminate();
    assert!(server.wait().success(), "{}", server.log());
    assert_eq!(calls(&log), 1);
    // None is forgotten, and the log does not grow with each.
    let (records, counted) = denials(&log);
    assert!(denied > 100, "{denied}");
    assert_eq!(records + counted, denied);
    assert!((32..denied / 2).contains(&records), "{records} of {denied}");
}
