//! Whom a request is addressed to, and from where it was sent.

use crate::client::{Running, limits};

const EVIL_HOSTS: &[&str] = &[
    "evil.com",
    "localhost.evil.com",
    "127.0.0.1.evil",
    "localhost:80@evil",
    "evil@localhost",
    "[::1%25x]",
    "[::1",
    "[::ffff:127.0.0.1]",
    "localhost.",
    "localhost.:80",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "127.1",
    "localhost:",
    "localhost:0",
    "localhost:99999",
    "localhost\tevil.com",
    "localhost, evil.com",
    "http://localhost",
    "",
];

const ROUTES: &[&str] = &["/echo", "/who", "/never", "/no-such-route", "//", "/%2e%2e"];

fn request(path: &str, lines: &[&str]) -> String {
    let lines = lines.join("\r\n");
    format!("GET {path} HTTP/1.1\r\n{lines}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn an_evil_host_gets_nothing_on_any_route() {
    let running = Running::start(limits()).await;
    for path in ROUTES {
        for host in EVIL_HOSTS {
            let answer = running
                .ask(&request(path, &[&format!("host: {host}")]))
                .await;
            assert_eq!(answer.status, 403, "{path} {host:?}");
            assert_eq!(answer.word(), "host-not-allowed");
        }
        let good = "origin: http://localhost";
        let answer = running.ask(&request(path, &["host: evil.com", good])).await;
        assert_eq!(answer.word(), "host-not-allowed");
    }
}

#[tokio::test]
async fn an_evil_origin_gets_nothing_on_any_route() {
    let running = Running::start(limits()).await;
    for path in ROUTES {
        for origin in EVIL_HOSTS.iter().map(|host| format!("http://{host}")) {
            let origin = format!("origin: {origin}");
            let answer = running
                .ask(&request(path, &["host: localhost", &origin]))
                .await;
            assert_eq!(answer.status, 403, "{path} {origin:?}");
            assert_eq!(answer.word(), "origin-not-allowed");
        }
        for origin in ["null", "", "file://", "localhost", "https://evil.com"] {
            let origin = format!("origin: {origin}");
            let answer = running
                .ask(&request(path, &["host: localhost", &origin]))
                .await;
            assert_eq!(answer.word(), "origin-not-allowed", "{path} {origin:?}");
        }
    }
}

#[tokio::test]
async fn this_machine_is_served_by_each_of_its_names() {
    let running = Running::start(limits()).await;
    for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:65535"] {
        let (host, origin) = (format!("Host: {host}"), format!("Origin: http://{host}"));
        assert_eq!(running.ask(&request("/who", &[&host])).await.status, 200);
        let answer = running.ask(&request("/who", &[&host, &origin])).await;
        assert_eq!(answer.status, 200, "{host} {origin}");
    }
}

#[tokio::test]
async fn a_request_says_once_whom_it_is_addressed_to() {
    let running = Running::start(limits()).await;
    let answer = running.ask(&request("/who", &["accept: */*"])).await;
    assert_eq!(
        (answer.status, answer.word().as_str()),
        (400, "header-missing")
    );
    for (name, value) in [
        ("Host", "localhost"),
        ("Origin", "http://localhost"),
        ("Authorization", "Bearer a"),
        ("Content-Type", "application/json"),
        ("Mcp-Session-Id", "a"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "text_stats"),
    ] {
        let line = format!("{name}: {value}");
        let host = if name == "Host" {
            "accept: */*"
        } else {
            "host: localhost"
        };
        let answer = running.ask(&request("/who", &[host, &line, &line])).await;
        let found = (answer.status, answer.word());
        assert_eq!(found, (400, "header-repeated".to_owned()), "{name}");
    }
    // Two lengths that differ never become a request.
    let lengths = ["host: localhost", "content-length: 1", "content-length: 2"];
    let mut client = running.connect().await;
    client.send(request("/echo", &lengths)).await;
    assert!(client.rest().await.starts_with(b"HTTP/1.1 400 "));
}

#[tokio::test]
async fn a_target_with_a_host_is_no_second_opinion() {
    let running = Running::start(limits()).await;
    for target in [
        "http://localhost/who",
        "http://evil.com/who",
        "https://localhost/",
    ] {
        for host in ["host: localhost", "host: evil.com"] {
            let answer = running.ask(&request(target, &[host])).await;
            let found = (answer.status, answer.word());
            assert_eq!(
                found,
                (400, "target-not-a-path".to_owned()),
                "{target} {host}"
            );
        }
    }
    let mut client = running.connect().await;
    client
        .send("CONNECT evil.com:80 HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.word(), "target-not-a-path");
}
