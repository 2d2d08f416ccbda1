//! The server over WebSocket: the same protocol on a connection that both sides may speak on.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use std::fs;

use ringfence_tests::http::Connection;
use ringfence_tests::peer::STATELESS;
use ringfence_tests::serving::{self, Serving};
use ringfence_tests::socket::{Socket, handshake};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Serves an echo, and the guest for conformance.
fn serve() -> (TempDir, Serving) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = serving::plain(folder.path(), &["echo"]);
    let to = folder.path().join("tools/conformance.wasm");
    fs::copy(serving::prebuilt("conformance"), to).unwrap();
    arguments.extend(["--audit".into(), "-".into()]);
    let server = Serving::start(arguments);
    (folder, server)
}

/// A client that has said hello.
async fn hello(server: &Serving) -> Socket {
    let mut socket = Socket::open(server.address()).await;
    let greeted = socket
        .request(
            "initialize",
            json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"elicitation": {}},
                "clientInfo": {"name": "tests", "version": "1"},
            }),
        )
        .await;
    assert_eq!(
        greeted["result"]["protocolVersion"], "2025-11-25",
        "{greeted}"
    );
    socket
        .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    socket
}

#[tokio::test]
async fn both_eras_share_a_connection() {
    let (_folder, server) = serve();
    let mut socket = hello(&server).await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let old = json!({"name": "echo_echo", "arguments": {"text": "old"}});
    let new = json!({"name": "echo_echo", "arguments": {"text": "new"}, "_meta": meta});
    let old = socket.request("tools/call", old).await;
    assert_eq!(old["result"]["structuredContent"]["result"], "old");
    assert!(old["result"].get("resultType").is_none(), "{old}");
    let new = socket.request("tools/call", new).await;
    assert_eq!(new["result"]["structuredContent"]["result"], "new");
    assert_eq!(new["result"]["resultType"], "complete", "{new}");
}

#[tokio::test]
async fn a_guest_reports_and_asks_and_everybody_hears_of_a_change_once() {
    let (_folder, server) = serve();
    let (mut socket, mut other) = (hello(&server).await, hello(&server).await);
    let call = |name: &str| {
        json!({
            "name": format!("conformance_{name}"),
            "arguments": {},
            "_meta": {"progressToken": 7},
        })
    };
    let id = socket
        .post("tools/call", call("test_tool_with_progress"))
        .await;
    for progress in [0.0, 50.0, 100.0] {
        let report = socket.receive().await.unwrap();
        assert_eq!(report["params"]["progress"], progress, "{report}");
    }
    assert_eq!(socket.receive().await.unwrap()["id"], id);

    let mut asks = call("test_elicitation");
    asks["arguments"] = json!({"message": "Who are you?"});
    let id = socket.post("tools/call", asks).await;
    let question = socket.receive().await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let content = json!({"username": "ada", "email": "ada@example.com"});
    let result = json!({"action": "accept", "content": content});
    socket
        .send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": result}))
        .await;
    let answer = socket.receive().await.unwrap();
    assert_eq!(answer["id"], id);
    assert!(answer.to_string().contains("ada@example.com"), "{answer}");

    for changed in ["tool", "prompt"] {
        let method = format!("notifications/{changed}s/list_changed");
        let id = socket
            .post(
                "tools/call",
                call(&format!("test_trigger_{changed}_change")),
            )
            .await;
        // The answer and the news are independent; there are no more than these two.
        let both = [
            socket.receive().await.unwrap(),
            socket.receive().await.unwrap(),
        ];
        assert!(both.iter().any(|message| message["id"] == id), "{both:?}");
        assert!(
            both.iter().any(|message| message["method"] == *method),
            "{both:?}"
        );
        assert_eq!(other.receive().await.unwrap()["method"], *method);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_stops_its_call() {
    let (_folder, server) = serve();
    let mut socket = hello(&server).await;
    let call = json!({
        "name": "conformance_test_reconnection",
        "arguments": {},
        "_meta": {"progressToken": 1},
    });
    socket.post("tools/call", call).await;
    assert_eq!(
        socket.receive().await.unwrap()["method"],
        "notifications/progress"
    );
    drop(socket);
    let audit = server.logged("conformance_test_reconnection").await;
    assert!(audit.contains("cancelled"), "{audit}");
}

#[tokio::test]
async fn a_signal_lets_a_call_end_and_closes_the_connection() {
    let (_folder, mut server) = serve();
    let mut socket = hello(&server).await;
    let call = json!({
        "name": "conformance_test_reconnection",
        "arguments": {},
        "_meta": {"progressToken": 1},
    });
    let id = socket.post("tools/call", call).await;
    socket.receive().await.unwrap();
    server.terminate();
    server.refuses().await;
    let mut last = Value::Null;
    while let Some(message) = socket.receive().await {
        last = message;
    }
    assert_eq!(last["id"], id, "{last}");
    assert!(last["result"]["content"].is_array(), "{last}");
    assert!(server.wait().success(), "{}", server.log());
}

#[tokio::test]
async fn who_may_not_connect_is_told_so() {
    let (_folder, server) = serve();
    let cases = [
        ("other", None, 400),
        ("mcp", Some("https://evil.example"), 403),
        ("mcp", Some("http://localhost:6274"), 101),
    ];
    for (subprotocol, origin, status) in cases {
        let mut headers = handshake(subprotocol);
        headers.extend(origin.map(|origin| ("origin", origin.to_owned())));
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut connection = Connection::open(server.address()).await;
        let head = connection.request("GET", "/ws", &headers, b"").await;
        assert_eq!(head.status, status, "{subprotocol} {origin:?}: {head:?}");
    }
}

/// Between lines there may be empty ones. A frame is a message, or none.
#[tokio::test]
async fn an_empty_frame_is_answered() {
    let (_folder, server) = serve();
    let mut socket = hello(&server).await;
    for empty in ["", " \n\t "] {
        socket.say(empty).await;
        let answer = socket.receive().await.unwrap();
        assert_eq!(answer["error"]["code"], -32700, "{answer}");
        assert!(answer.get("id").is_none(), "{answer}");
    }
    assert!(socket.request("ping", json!({})).await["result"].is_object());
}

#[tokio::test]
async fn a_goodbye_is_answered_and_a_broken_rule_is_named() {
    let (_folder, server) = serve();
    let mut polite = hello(&server).await;
    polite.close().await;
    assert_eq!(polite.farewell().await, Some(1000));
    let mut wrong = hello(&server).await;
    wrong.nonsense().await;
    assert_eq!(wrong.farewell().await, Some(1002));
    let mut garbled = hello(&server).await;
    garbled.not_text().await;
    assert_eq!(garbled.farewell().await, Some(1007));
    let mut large = hello(&server).await;
    large.begin(9 * 1024 * 1024).await;
    // What was still on its way may reach us as a reset before the goodbye does.
    assert!(matches!(large.farewell().await, Some(1009) | None));
}

/// Whoever reads frames keeps what there is of a message until it ends, and a client may never end it.
#[tokio::test]
async fn messages_that_never_end_take_a_bounded_share_of_memory() {
    let (_folder, server) = serve();
    let mut sockets = Vec::new();
    for _ in 0..60 {
        let mut socket = Socket::open(server.address()).await;
        socket.begin(7 * 1024 * 1024).await;
        sockets.push(socket);
    }
    let resident = server.resident_kib() / 1024;
    assert!(resident < 250, "{resident} MiB");
    // Nobody else is hurt for longer than they stay.
    drop(sockets);
    let mut other = hello(&server).await;
    let call = json!({"name": "echo_echo", "arguments": {"text": "still here"}});
    let answer = other.request("tools/call", call).await;
    assert_eq!(
        answer["result"]["structuredContent"]["result"],
        "still here"
    );
}
