//! The server over HTTP, as one process with many clients: who hears what, under which status, and how
//! it ends.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::str::FromStr;
use std::time::{Duration, Instant};

use ringfence_tests::http::Connection;
use ringfence_tests::peer::{Peer, STATELESS};
use ringfence_tests::serving::{self, Serving};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

/// Versions that begin with a handshake.
const HANDSHAKES: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// Clients that call at the same time.
const CLIENTS: usize = 200;

/// Serves some of the plain guests, and the one for conformance where `more` says so.
fn serve(names: &[&str], more: bool) -> (TempDir, Serving) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = serving::plain(folder.path(), names);
    if more {
        let to = folder.path().join("tools/conformance.wasm");
        fs::copy(serving::prebuilt("conformance"), to).unwrap();
    }
    arguments.extend(["--audit".into(), "-".into()]);
    let server = Serving::start(arguments);
    (folder, server)
}

/// A client of each version.
async fn everybody(server: &Serving) -> Vec<Peer> {
    let mut peers = vec![Peer::stateless(server.address()).await];
    for version in HANDSHAKES {
        peers.push(Peer::hello(server.address(), version, json!({})).await);
    }
    peers
}

/// What a variable asks for, for a run that is longer than usual.
#[expect(clippy::disallowed_methods, reason = "how a long run is asked for")]
fn asked<T: FromStr>(name: &str, usual: T) -> T {
    let asked = std::env::var(name).ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_hear_only_their_own() {
    let (_folder, server) = serve(&["echo"], false);
    let address = server.address();
    let calls = asked("RINGFENCE_CROSS_TALK_CALLS", 20);
    let clients = (0..CLIENTS).map(|client| {
        tokio::spawn(async move {
            let version = HANDSHAKES.get(client % (HANDSHAKES.len() + 1));
            let mut peer = match version {
                Some(version) => Peer::hello(address, version, json!({})).await,
                None => Peer::stateless(address).await,
            };
            for call in 0..calls {
                let nonce = format!("client {client}, call {call}");
                // Everybody uses the same ids: only what carries a request tells it from another's.
                let message = json!({"name": "echo_echo", "arguments": {"text": nonce}});
                let reply = peer.request("tools/call", message).await;
                assert_eq!(reply.text(), nonce, "{reply:?}");
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn ten_thousand_hellos_leave_memory_bounded() {
    const HELLOS: usize = 10_000;
    let (_folder, server) = serve(&["echo"], false);
    let mut resident = Vec::new();
    let mut peer = Peer::silent(server.address(), "2025-06-18").await;
    let mut first = None;
    for hello in 1..=HELLOS {
        peer.session = None;
        peer.greet().await;
        first.get_or_insert_with(|| peer.session.clone());
        if hello % 1000 == 0 {
            resident.push(server.resident_kib());
        }
    }
    // The first thousands fill what is kept; after them one goes for each that comes.
    let (early, late) = (resident[1], resident[resident.len() - 1]);
    assert!(
        late < early + 8 * 1024,
        "grew from {early} to {late} KiB: {resident:?}"
    );
    assert_eq!(
        peer.call("echo_echo", json!({"text": "last"})).await.text(),
        "last"
    );
    peer.session = first.unwrap();
    assert_eq!(peer.request("ping", json!({})).await.head.status, 404);
}

#[tokio::test]
async fn a_session_with_a_call_in_flight_outlives_a_crowd_of_idle_ones() {
    const CROWD: usize = 1100;
    let (_folder, server) = serve(&["echo"], true);
    let capabilities = json!({"elicitation": {}});
    let mut idle = Peer::hello(server.address(), "2025-11-25", json!({})).await;
    let mut busy = Peer::hello(server.address(), "2025-11-25", capabilities).await;
    let arguments = json!({"name": "conformance_test_elicitation", "arguments": {"message": "?"}});
    let call = busy.message("tools/call", arguments);
    assert!(busy.begin(&call).await.streams());
    let question = busy.connection.event().await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");

    let mut crowd = Peer::silent(server.address(), "2025-11-25").await;
    for _ in 0..CROWD {
        crowd.session = None;
        crowd.greet().await;
    }
    assert_eq!(idle.request("ping", json!({})).await.head.status, 404);

    let content = json!({"username": "ada", "email": "ada@example.com"});
    let answer = json!({
        "jsonrpc": "2.0",
        "id": question["id"],
        "result": {"action": "accept", "content": content},
    });
    let mut beside = busy.beside().await;
    assert_eq!(beside.post(&answer).await.head.status, 202);
    let answered = busy.connection.event().await.unwrap();
    assert!(
        answered.to_string().contains("ada@example.com"),
        "{answered}"
    );
    assert!(busy.connection.event().await.is_none());
    assert_eq!(busy.request("ping", json!({})).await.head.status, 200);
}

#[tokio::test]
async fn an_answer_alone_is_json_and_more_is_a_stream() {
    let (_folder, server) = serve(&["echo"], true);
    for mut peer in everybody(&server).await {
        let reply = peer.call("echo_echo", json!({"text": "a"})).await;
        assert_eq!(reply.head.header("content-type"), Some("application/json"));
        assert_eq!(reply.text(), "a");

        // A tool that reports, and nobody who wants to hear.
        let reports = "conformance_test_tool_with_progress";
        let reply = peer.call(reports, json!({})).await;
        assert_eq!(reply.head.header("content-type"), Some("application/json"));

        let params = json!({"name": reports, "arguments": {}, "_meta": {"progressToken": "t"}});
        let message = peer.message("tools/call", params);
        let reply = peer.post(&message).await;
        assert!(reply.head.streams(), "{reply:?}");
        assert_eq!(reply.head.header("x-accel-buffering"), Some("no"));
        let (answer, before) = reply.messages.split_last().unwrap();
        assert_eq!(answer["id"], message["id"]);
        let progress: Vec<_> = before
            .iter()
            .map(|event| &event["params"]["progress"])
            .collect();
        assert_eq!(json!(progress), json!([0.0, 50.0, 100.0]), "{before:?}");

        // A client that takes only one of the two.
        for (accept, content_type) in [
            ("application/json", "application/json"),
            ("text/event-stream", "text/event-stream"),
        ] {
            let headers = peer.headers(&message);
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| match *name {
                    "accept" => ("accept", accept),
                    name => (name, value.as_str()),
                })
                .collect();
            let body = message.to_string();
            let connection = &mut peer.connection;
            let head = connection
                .request("POST", "/mcp", &headers, body.as_bytes())
                .await;
            assert_eq!(head.header("content-type"), Some(content_type));
            let reply = peer.finish(head).await;
            assert_eq!(reply.answer()["id"], message["id"], "{reply:?}");
        }
    }
}

/// One request, and the status and the code that it must get in each era. Code 0 is a result.
struct Row {
    method: &'static str,
    params: Value,
    stateless: (u16, i64),
    handshake: (u16, i64),
}

fn row(method: &'static str, params: Value, stateless: (u16, i64), handshake: (u16, i64)) -> Row {
    Row {
        method,
        params,
        stateless,
        handshake,
    }
}

#[tokio::test]
async fn every_failure_has_the_status_and_the_code_of_its_era() {
    let (_folder, server) = serve(&["echo", "trap"], true);
    let unknown_tool = json!({"name": "nobody_home", "arguments": {}});
    let wrong_type = json!({"name": "echo_echo", "arguments": {"text": 5}});
    let trap = json!({"name": "trap_unreachable"});
    let no_object = json!({"name": "echo_echo", "arguments": [1]});
    let no_resource = json!({"uri": "test://nothing-there"});
    let asks = json!({"name": "conformance_test_missing_capability", "arguments": {}});
    let rows = [
        row("tools/call", unknown_tool, (200, -32602), (200, -32602)),
        row("tools/call", wrong_type, (200, 0), (200, 0)),
        row("tools/call", trap, (200, 0), (200, 0)),
        row("tools/call", json!({}), (200, -32602), (200, -32602)),
        row(
            "tools/call",
            json!({"name": 5}),
            (200, -32602),
            (200, -32602),
        ),
        row("tools/call", no_object, (200, -32602), (200, -32602)),
        row("tools/call", asks, (400, -32021), (200, -32021)),
        row(
            "tools/list",
            json!({"cursor": "forged"}),
            (200, -32602),
            (200, -32602),
        ),
        row("nothing/known", json!({}), (404, -32601), (200, -32601)),
        row("ping", json!({}), (404, -32601), (200, 0)),
        row(
            "logging/setLevel",
            json!({"level": "info"}),
            (404, -32601),
            (200, 0),
        ),
        row(
            "resources/subscribe",
            json!({"uri": "test://watched-resource"}),
            (404, -32601),
            (200, 0),
        ),
        row("server/discover", json!({}), (200, 0), (200, -32601)),
        row("resources/read", no_resource, (200, -32602), (200, -32002)),
        row("resources/read", json!({}), (200, -32602), (200, -32602)),
        row(
            "prompts/get",
            json!({"name": "nobody"}),
            (200, -32602),
            (200, -32602),
        ),
    ];
    for mut peer in everybody(&server).await {
        for row in &rows {
            let reply = peer.request(row.method, row.params.clone()).await;
            let got = (reply.head.status, reply.code());
            let wanted = if peer.version == STATELESS {
                row.stateless
            } else {
                row.handshake
            };
            let (version, method, params) = (&peer.version, row.method, &row.params);
            assert_eq!(got, wanted, "{version} {method} {params}: {reply:?}");
            if got.1 == 0 && row.method == "tools/call" {
                assert_eq!(reply.answer()["result"]["isError"], true, "{reply:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused_in_every_era() {
    let (_folder, server) = serve(&["echo"], false);
    for mut peer in everybody(&server).await {
        let batches = peer.version == "2025-03-26";
        let ping = |id: Value| json!({"jsonrpc": "2.0", "id": id, "method": "ping"}).to_string();
        let bodies = [
            ("{\"jsonrpc\": \"2.0\", ".to_owned(), -32700),
            ("not JSON".to_owned(), -32700),
            (String::new(), -32600),
            ("5".to_owned(), -32600),
            (ping(Value::Null), -32600),
            (ping(json!(1.5)), -32600),
            (ping(json!({})), -32600),
            (json!({"id": 1, "method": "ping"}).to_string(), -32600),
            (json!({"jsonrpc": "2.0", "id": 1}).to_string(), -32600),
            (
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}".to_owned(),
                -32600,
            ),
            ("[]".to_owned(), -32600),
        ];
        let alone = peer.headers(&json!({"method": "ping"}));
        let alone: Vec<_> = alone
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        for (body, code) in &bodies {
            let head = peer
                .connection
                .request("POST", "/mcp", &alone, body.as_bytes())
                .await;
            let reply = peer.finish(head).await;
            let what = format!("{} {body}: {reply:?}", peer.version);
            assert_eq!((reply.head.status, reply.code()), (400, *code), "{what}");
        }
        let batch = format!("[{}, {}]", ping(json!("a")), ping(json!("b")));
        let head = peer
            .connection
            .request("POST", "/mcp", &alone, batch.as_bytes())
            .await;
        let reply = peer.finish(head).await;
        if batches {
            assert_eq!(
                reply.answer().as_array().map(Vec::len),
                Some(2),
                "{reply:?}"
            );
        } else {
            assert_eq!(
                (reply.head.status, reply.code()),
                (400, -32600),
                "{reply:?}"
            );
        }
        let kept = peer
            .call("echo_echo", json!({"text": "on the same connection"}))
            .await;
        assert_eq!(kept.text(), "on the same connection");
    }
}

#[tokio::test]
async fn header_and_body_must_say_the_same() {
    let (_folder, server) = serve(&["echo"], false);
    let mut peer = Peer::stateless(server.address()).await;
    let params = json!({"name": "echo_echo", "arguments": {"text": "a"}});
    let message = peer.message("tools/call", params);
    let base = peer.headers(&message);
    let with = |changed: &str, to: Option<&'static str>| -> Vec<(String, String)> {
        let kept = base.iter().filter(|(name, _)| *name != changed);
        let kept = kept.map(|(name, value)| ((*name).to_owned(), value.clone()));
        kept.chain(to.map(|to| (changed.to_owned(), to.to_owned())))
            .collect()
    };
    let cases = [
        ("mcp-protocol-version", Some("2025-11-25"), 400, -32020),
        ("mcp-method", Some("tools/list"), 400, -32020),
        ("mcp-method", Some("TOOLS/CALL"), 400, -32020),
        ("mcp-method", None, 400, -32020),
        ("mcp-name", Some("echo"), 400, -32020),
        ("mcp-name", None, 400, -32020),
        ("mcp-name", Some("=?base64?ZWNob19lY2hv?="), 200, 0),
        ("mcp-name", Some("=?base64?ZWNob19lY2h?="), 400, -32020),
        // What belongs to sessions is nothing to a client that has none.
        ("mcp-session-id", Some("long-gone"), 200, 0),
        ("last-event-id", Some("7"), 200, 0),
    ];
    for (name, value, status, code) in cases {
        let headers = with(name, value);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = message.to_string();
        let head = peer
            .connection
            .request("POST", "/mcp", &headers, body.as_bytes())
            .await;
        let reply = peer.finish(head).await;
        let got = (reply.head.status, reply.code());
        assert_eq!(got, (status, code), "{name}: {value:?}: {reply:?}");
    }
    let mut late = Peer::silent(server.address(), STATELESS).await;
    late.version = "2027-01-01".into();
    let mut message = late.message("tools/list", json!({}));
    let reply = late.post(&message).await;
    let got = (reply.head.status, reply.code());
    assert_eq!(got, (400, -32022), "the header alone: {reply:?}");
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2027-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut headers = late.headers(&message);
    headers.push(("mcp-method", "tools/list".into()));
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let body = message.to_string();
    let head = late
        .connection
        .request("POST", "/mcp", &headers, body.as_bytes())
        .await;
    let reply = late.finish(head).await;
    assert_eq!(
        (reply.head.status, reply.code()),
        (400, -32022),
        "{reply:?}"
    );
    let supported = reply.answer().pointer("/error/data/supported").unwrap();
    assert!(
        supported.as_array().unwrap().contains(&json!(STATELESS)),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_notification_of_the_stateless_era_says_the_same_in_its_headers() {
    const META: &str = "io.modelcontextprotocol/protocolVersion";
    let (_folder, server) = serve(&["echo"], false);
    let mut peer = Peer::stateless(server.address()).await;
    let cancelled = "notifications/cancelled";
    let version = ("mcp-protocol-version", STATELESS);
    let method = ("mcp-method", cancelled);
    let cases = [
        (vec![version, method], None, 202, 0),
        (vec![version, method], Some(STATELESS), 202, 0),
        (vec![version], None, 400, -32020),
        (
            vec![version, ("mcp-method", "notifications/initialized")],
            None,
            400,
            -32020,
        ),
        (vec![version, method], Some("2025-11-25"), 400, -32020),
        (vec![method], Some(STATELESS), 400, -32020),
        (
            vec![("mcp-protocol-version", "2027-01-01"), method],
            None,
            400,
            -32022,
        ),
    ];
    for (headers, meta, status, code) in cases {
        let params = match meta {
            Some(version) => json!({"requestId": 1, "_meta": {META: version}}),
            None => json!({"requestId": 1}),
        };
        let message = json!({"jsonrpc": "2.0", "method": cancelled, "params": params});
        let all = [
            &[
                ("content-type", "application/json"),
                ("accept", "application/json, text/event-stream"),
            ],
            headers.as_slice(),
        ]
        .concat();
        let body = message.to_string();
        let head = peer
            .connection
            .request("POST", "/mcp", &all, body.as_bytes())
            .await;
        let reply = peer.finish(head).await;
        let got = (reply.head.status, reply.code());
        assert_eq!(got, (status, code), "{headers:?} {meta:?}: {reply:?}");
    }
}

#[tokio::test]
async fn a_session_speaks_the_version_that_was_agreed() {
    let (_folder, server) = serve(&["echo"], false);
    for version in HANDSHAKES {
        let mut peer = Peer::hello(server.address(), version, json!({})).await;
        for other in HANDSHAKES.into_iter().chain([STATELESS, "2031-01-01"]) {
            peer.version = version.into();
            let message = peer.message("tools/list", json!({}));
            peer.version = other.into();
            // The one that is assumed of who does not say is taken in every session.
            let taken = other == version || other == "2025-03-26";
            let status = if taken { 200 } else { 400 };
            let head = peer.begin(&message).await;
            assert_eq!(head.status, status, "{version}, then {other}");
            let reply = peer.finish(head).await;
            let known = if other == "2031-01-01" {
                -32022
            } else {
                -32600
            };
            let code = if status == 200 { 0 } else { known };
            assert_eq!(reply.code(), code, "{version}, then {other}: {reply:?}");
        }
        // Older clients do not repeat it.
        peer.version = version.into();
        let message = peer.message("ping", json!({}));
        let headers = peer.headers(&message);
        let headers: Vec<_> = headers
            .iter()
            .filter(|(name, _)| *name != "mcp-protocol-version")
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = message.to_string();
        let head = peer
            .connection
            .request("POST", "/mcp", &headers, body.as_bytes())
            .await;
        assert_eq!(head.status, 200, "{version}, and never again");
        peer.connection.body().await;
    }
}

#[tokio::test]
async fn a_session_that_is_not_there_is_not_found() {
    let (_folder, server) = serve(&["echo"], false);
    for version in HANDSHAKES {
        let mut peer = Peer::silent(server.address(), version).await;
        let reply = peer.request("tools/list", json!({})).await;
        assert_eq!(reply.head.status, 400, "without any: {reply:?}");
        assert_eq!(peer.request("ping", json!({})).await.head.status, 200);

        peer.session = Some("guessed".into());
        assert_eq!(peer.request("tools/list", json!({})).await.head.status, 404);
        assert_eq!(peer.stand().await.status, 404);
        peer.connection.body().await;
        assert_eq!(peer.leave().await.head.status, 404);

        peer.session = None;
        peer.greet().await;
        assert_eq!(peer.request("tools/list", json!({})).await.head.status, 200);
        peer.version = "2031-01-01".into();
        assert_eq!(peer.request("tools/list", json!({})).await.head.status, 400);
        peer.version = version.into();
        let left = peer.leave().await;
        assert!(matches!(left.head.status, 200 | 204), "{left:?}");
        assert_eq!(peer.request("tools/list", json!({})).await.head.status, 404);
        assert_eq!(peer.leave().await.head.status, 404);
    }
}

/// Begins a call that reports, and then goes on for a second.
async fn begin_a_second(peer: &mut Peer) -> Value {
    let params = json!({
        "name": "conformance_test_reconnection",
        "arguments": {},
        "_meta": {"progressToken": 1},
    });
    let message = peer.message("tools/call", params);
    assert!(peer.begin(&message).await.streams());
    let report = peer.connection.event().await.unwrap();
    let method = report.get("method").and_then(Value::as_str);
    assert_eq!(method, Some("notifications/progress"), "{report}");
    message
}

#[tokio::test]
async fn a_client_that_goes_away_stops_its_call_unless_it_has_a_session() {
    let (_folder, server) = serve(&[], true);
    let mut peer = Peer::stateless(server.address()).await;
    begin_a_second(&mut peer).await;
    drop(peer);
    let audit = server.logged("conformance_test_reconnection").await;
    assert!(audit.contains("cancelled"), "{audit}");

    let (_folder, server) = serve(&[], true);
    let mut peer = Peer::hello(server.address(), "2025-11-25", json!({})).await;
    begin_a_second(&mut peer).await;
    drop(peer);
    let audit = server.logged("conformance_test_reconnection").await;
    assert!(!audit.contains("cancelled"), "{audit}");
}

#[tokio::test]
async fn everybody_who_listens_hears_of_a_change_once() {
    const LISTENERS: usize = 8;
    let (_folder, server) = serve(&[], true);
    let mut listeners = Vec::new();
    for listener in 0..LISTENERS {
        let version = HANDSHAKES[listener % HANDSHAKES.len()];
        let mut peer = Peer::hello(server.address(), version, json!({})).await;
        // Somebody who never listens hears nothing, and stops nobody.
        Peer::hello(server.address(), version, json!({})).await;
        assert!(peer.stand().await.streams());
        listeners.push(peer);
    }
    for _ in 0..LISTENERS {
        let mut peer = Peer::stateless(server.address()).await;
        let wanted =
            json!({"notifications": {"toolsListChanged": true, "promptsListChanged": true}});
        let message = peer.message("subscriptions/listen", wanted);
        assert!(peer.begin(&message).await.streams());
        let acknowledged = peer.connection.event().await.unwrap();
        assert!(
            acknowledged.to_string().contains("acknowledged"),
            "{acknowledged}"
        );
        listeners.push(peer);
    }
    let mut caller = Peer::stateless(server.address()).await;
    for changed in ["tools", "prompts", "tools"] {
        let tool = format!(
            "conformance_test_trigger_{}_change",
            changed.trim_end_matches('s')
        );
        assert!(!caller.call(&tool, json!({})).await.text().is_empty());
        for listener in &mut listeners {
            // What comes next is this change, and nothing twice.
            let event = listener.connection.event().await.unwrap();
            let method = format!("notifications/{changed}/list_changed");
            assert_eq!(event["method"], method, "{}: {event}", listener.version);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_added_is_announced_over_http() {
    let (folder, server) = serve(&["echo"], false);
    let mut peer = Peer::hello(server.address(), "2025-06-18", json!({})).await;
    let mut standing = peer.beside().await;
    assert!(standing.stand().await.streams());
    let tools = folder.path().join("tools");
    fs::copy(tools.join("echo.wasm"), tools.join("added.wasm.part")).unwrap();
    fs::rename(tools.join("added.wasm.part"), tools.join("added.wasm")).unwrap();
    let event = standing.connection.event().await.unwrap();
    assert_eq!(event["method"], "notifications/tools/list_changed");
    assert_eq!(
        peer.call("added_echo", json!({"text": "new"})).await.text(),
        "new"
    );
}

#[tokio::test]
async fn idle_streams_cost_little_and_all_hear_in_the_end() {
    const EACH_KIB_MAX: u64 = 50;
    let (_folder, server) = serve(&[], true);
    let mut caller = Peer::stateless(server.address()).await;
    assert_eq!(
        caller
            .request("server/discover", json!({}))
            .await
            .head
            .status,
        200
    );
    let before = server.resident_kib();
    let mut listeners = Vec::new();
    let count = asked("RINGFENCE_IDLE_STREAMS", 400);
    let seconds = asked("RINGFENCE_IDLE_SECONDS", 0);
    for _ in 0..count {
        let mut peer = Peer::stateless(server.address()).await;
        let wanted = json!({"notifications": {"toolsListChanged": true}});
        let message = peer.message("subscriptions/listen", wanted);
        assert!(peer.begin(&message).await.streams());
        peer.connection.event().await.unwrap();
        listeners.push(peer);
    }
    sleep(Duration::from_secs(seconds)).await;
    let grown = server.resident_kib().saturating_sub(before);
    let each = grown / listeners.len() as u64;
    assert!(each <= EACH_KIB_MAX, "{each} KiB for each stream");
    let tool = "conformance_test_trigger_tool_change";
    // The connection that said nothing meanwhile may have been closed for it.
    let mut caller = caller.beside().await;
    assert!(!caller.call(tool, json!({})).await.text().is_empty());
    for listener in &mut listeners {
        let event = listener.connection.event().await.unwrap();
        assert_eq!(event["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn a_signal_lets_a_running_call_end() {
    let (_folder, mut server) = serve(&[], true);
    let mut peers = vec![Peer::stateless(server.address()).await];
    peers.push(Peer::hello(server.address(), "2025-11-25", json!({})).await);
    let mut idle = Connection::open(server.address()).await;
    for peer in &mut peers {
        begin_a_second(peer).await;
    }
    server.terminate();
    server.refuses().await;
    assert!(idle.is_closed().await);
    for peer in &mut peers {
        let mut last = Value::Null;
        while let Some(event) = peer.connection.event().await {
            last = event;
        }
        let text = last
            .pointer("/result/content/0/text")
            .and_then(Value::as_str);
        assert_eq!(
            text,
            Some("Reconnection test completed successfully"),
            "{last}"
        );
    }
    assert!(server.wait().success(), "{}", server.log());
}

/// A call of a session goes on without its connection, and nobody waits for it at the end.
#[tokio::test]
async fn the_exit_code_says_that_a_call_was_cut() {
    let (_folder, mut server) = serve(&["linger"], false);
    let mut peer = Peer::hello(server.address(), "2025-11-25", json!({})).await;
    let params = json!({
        "name": "linger_linger",
        "arguments": {"steps": 1},
        "_meta": {"progressToken": 1},
    });
    let message = peer.message("tools/call", params);
    assert!(peer.begin(&message).await.streams());
    peer.connection.event().await.unwrap();
    drop(peer);
    server.terminate();
    assert_eq!(server.wait().code(), Some(15), "{}", server.log());
}

#[tokio::test]
async fn a_second_signal_waits_for_nobody() {
    let (_folder, mut server) = serve(&["linger"], false);
    let mut peer = Peer::hello(server.address(), "2025-11-25", json!({})).await;
    let params = json!({
        "name": "linger_linger",
        "arguments": {"steps": 1},
        "_meta": {"progressToken": 1},
    });
    let message = peer.message("tools/call", params);
    assert!(peer.begin(&message).await.streams());
    peer.connection.event().await.unwrap();
    server.terminate();
    server.refuses().await;
    server.terminate();
    let asked = Instant::now();
    server.wait();
    // What is in flight would have had ten seconds.
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
}
