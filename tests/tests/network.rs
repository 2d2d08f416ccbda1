//! Guests that ask for the network: what is granted arrives, and nothing else gets onto the wire.
//!
//! The guest checks nothing, so that what stops it is the host. Canaries are real listeners on this machine;
//! those on private and metadata addresses are in `addresses.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

use std::ffi::OsString;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_policy::Budget;
use ringfence_sandbox::Outcome;
use ringfence_tests::harness::ending;
use ringfence_tests::network::{Canary, Peer, Script};
use ringfence_tests::probe::{DENIED, OK, Probe, both_ways, denied_both_ways, get, served};
use ringfence_tests::way::Way;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

/// `value` with some fields more.
fn with(mut value: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("{fields}");
    };
    value.as_object_mut().unwrap().extend(fields);
    value
}

async fn peer() -> Peer {
    Peer::answering("127.0.0.1:0", OK).await.unwrap()
}

async fn canary() -> Canary {
    Canary::on("127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn what_is_granted_arrives_and_is_on_the_receipt() {
    let peer = peer().await;
    let port = peer.address.port();
    let here = format!("net=POST http://127.0.0.1:{port}/api");
    let name = format!("net=POST http://api.example:{port}/api");
    let probe = Probe::new(&Script::new(&[&["127.0.0.1"]]), &[&here, &name]);
    let sent = json!({
        "method": "POST", "scheme": "http", "authority": format!("API.example.:{port}"),
        "path": "/api/x?y=z", "headers": [{ "name": "accept", "value": "*/*" }], "body": "body",
    });
    let (answer, receipt) = probe.call("request", &sent).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], 200);
    assert_eq!(answer["body"], "hello");
    let cookie = json!({ "name": "set-cookie", "value": "a=b" });
    assert!(answer["headers"].as_array().unwrap().contains(&cookie));
    let [head] = peer.asked().try_into().unwrap();
    assert!(head.starts_with("POST /api/x?y=z HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains(&format!("\r\nhost: api.example:{port}\r\n")),
        "{head}"
    );
    let [reached] = receipt.reached.try_into().unwrap();
    assert_eq!(reached.target, format!("http://api.example:{port}"));
    assert_eq!(reached.method.as_deref(), Some("POST"));
    assert_eq!(reached.received_bytes, OK.len() as u64);
    assert!(reached.sent_bytes >= head.len() as u64);
    assert_eq!(receipt.denied, [""; 0]);
}

/// Another method, path, port, scheme or host than what is granted.
#[tokio::test]
async fn what_is_not_granted_is_not_sent() {
    let (peer, canary) = (peer().await, canary().await);
    let (port, other) = (peer.address.port(), canary.address.port());
    let resolver = Script::new(&[&["127.0.0.1"]]);
    let grant = format!("net=http://127.0.0.1:{port}/api");
    let probe = Probe::new(&resolver, &[&grant]);
    let granted = with(
        get(&format!("127.0.0.1:{port}")),
        json!({ "path": "/api/x" }),
    );
    for change in [
        json!({ "method": "POST" }),
        json!({ "path": "/" }),
        json!({ "path": "/apis" }),
        json!({ "authority": format!("127.0.0.1:{other}") }),
        json!({ "authority": format!("127.0.0.2:{port}") }),
        json!({ "authority": format!("localhost:{port}") }),
        json!({ "scheme": "https" }),
        json!({ "scheme": null }),
    ] {
        let (refused, receipt) = probe
            .call("request", &with(granted.clone(), change.clone()))
            .await;
        assert_eq!(refused.unwrap_err(), DENIED, "{change}");
        assert!(receipt.reached.is_empty(), "{change}");
        assert!(receipt.denied.len() == 1, "{change}: {:?}", receipt.denied);
    }
    assert_eq!(
        probe.call("request", &granted).await.0.unwrap()["status"],
        200
    );
    assert_eq!(peer.asked().len(), 1);
    assert_eq!(resolver.asked(), [""; 0]);
    assert!(canary.is_untouched().await.unwrap());
}

#[tokio::test]
async fn without_a_grant_nothing_leaves() {
    let canary = canary().await;
    let port = canary.address.port();
    let resolver = Script::new(&[&["127.0.0.1"]]);
    let probe = Probe::new(&resolver, &[]);
    let mut asked = Vec::new();
    for authority in [
        "8.8.8.8",
        "c2VjcmV0.evil.example",
        &format!("127.0.0.1:{port}"),
    ] {
        asked.push(("probe_request", get(authority)));
        let (refused, receipt) = probe.get(authority).await;
        assert_eq!(refused.unwrap_err(), DENIED, "{authority}");
        let [denied] = receipt.denied.try_into().unwrap();
        assert!(denied.contains("net=GET http://"), "{denied}");
    }
    let peer = json!({ "address": "127.0.0.1", "port": port });
    let tcp = json!({ "to": peer, "data": "x" });
    let (refused, receipt) = probe.call("tcp", &tcp).await;
    assert_eq!(refused.unwrap_err(), "access-denied");
    let [denied] = receipt.denied.try_into().unwrap();
    assert_eq!(
        denied,
        format!(
            "tcp 127.0.0.1:{port}: denied, no grant; grant it with `socket=tcp:127.0.0.1:{port}`: that opens \
             what listens on this machine itself"
        )
    );
    asked.push(("probe_tcp", tcp));
    for (connected, to) in [(peer.clone(), Value::Null), (Value::Null, peer.clone())] {
        let arguments = json!({ "connected": connected, "to": to, "data": "x" });
        let (refused, receipt) = probe.call("udp", &arguments).await;
        assert_eq!(refused.unwrap_err(), "access-denied", "{arguments}");
        assert!(receipt.reached.is_empty());
        let hint = format!("`socket=udp:127.0.0.1:{port}`");
        assert!(receipt.denied.concat().contains(&hint), "{receipt:?}");
        asked.push(("probe_udp", arguments));
    }
    let name = json!({ "name": "c2VjcmV0.evil.example" });
    let (refused, _) = probe.call("lookup", &name).await;
    assert_eq!(refused.unwrap_err(), "access-denied");
    asked.push(("probe_lookup", name));
    assert_eq!(resolver.asked(), [""; 0]);
    denied_both_ways(&[], asked).await;
    assert!(canary.is_untouched().await.unwrap());
}

/// H34. Every host is granted, which means every public one.
#[tokio::test]
async fn no_spelling_of_this_machine_reaches_it() {
    let canary = canary().await;
    let port = canary.address.port();
    let everywhere = format!("net=http://*:{port}");
    let probe = Probe::new(&Script::new(&[&["127.0.0.1"]]), &[&everywhere]);
    let mut asked = Vec::new();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::1]",
        "[fe80::5efe:7f00:1]",
        "[fe80::1%25lo]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "192.0.0.192",
        "100.100.100.200",
        "10.0.0.1",
        "100.64.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "ok@127.0.0.1",
        "ok:ok@127.0.0.1",
        "127.0.0.1#.example.com",
        "127.0.0.1\\.example.com",
        "example.com@127.0.0.1",
    ] {
        let (refused, receipt) = probe.get(&format!("{host}:{port}")).await;
        let refused = refused.unwrap_err();
        let expected = [
            DENIED,
            "refused: authority",
            "ErrorCode::HttpRequestUriInvalid",
        ];
        assert!(expected.contains(&refused.as_str()), "{host}: {refused}");
        assert!(receipt.reached.is_empty(), "{host}: {:?}", receipt.reached);
        asked.push(("probe_request", get(&format!("{host}:{port}"))));
    }
    denied_both_ways(&[&everywhere], asked).await;
    assert!(canary.is_untouched().await.unwrap());
}

/// H36. The redirect is the guest's to see, and to ask for.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let canary = canary().await;
    for to in [
        format!("http://{}/", canary.address),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        let peer = Peer::answering("127.0.0.1:0", &answer).await.unwrap();
        let grant = format!("net=http://{}", peer.address);
        let probe = Probe::alone(&[&grant]);
        let (answer, _) = probe.get(&peer.address.to_string()).await;
        let answer = answer.unwrap();
        assert_eq!(answer["status"], 302);
        assert!(answer["headers"].to_string().contains(&to), "{answer}");
        // Nor when the guest follows it itself.
        let followed = get(&canary.address.to_string());
        let (refused, _) = probe.call("request", &followed).await;
        assert_eq!(refused.unwrap_err(), DENIED);
        let first = get(&peer.address.to_string());
        let calls = [
            ("probe_request", first, false),
            ("probe_request", followed, true),
        ];
        for answer in both_ways(&[&grant], &calls).await.remove(0) {
            assert_eq!(
                answer["result"]["structuredContent"]["result"]["status"],
                302
            );
        }
    }
    assert!(canary.is_untouched().await.unwrap());
}

/// H37. What is malformed does not get onto the wire, whoever refuses it.
#[tokio::test]
async fn a_request_is_one_request_for_its_host() {
    let canary = canary().await;
    let authority = canary.address.to_string();
    let grant = format!("net=* http://{authority}");
    let probe = Probe::alone(&[&grant]);
    let fields = |fields: &[(&str, &str)]| {
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| json!({ "name": name, "value": value }));
        fields.collect::<Vec<_>>()
    };
    let mut changes = Vec::new();
    for headers in [
        fields(&[("host", "evil.example")]),
        fields(&[("Host", "evil.example")]),
        fields(&[("connection", "x")]),
        fields(&[("keep-alive", "1")]),
        fields(&[("transfer-encoding", "chunked")]),
        fields(&[("te", "trailers")]),
        fields(&[("trailer", "host")]),
        fields(&[("upgrade", "h2c")]),
        fields(&[("expect", "100-continue")]),
        fields(&[("http2-settings", "x")]),
        fields(&[("proxy-authorization", "x")]),
        fields(&[("proxy-connection", "x")]),
        fields(&[("content-length", "1"), ("content-length", "2")]),
        fields(&[("content-length", "+1")]),
        fields(&[("content-length", "5")]),
        fields(&[("x", "a\r\nhost: evil.example")]),
        fields(&[("x", "a\nb")]),
        fields(&[("x", "a\0b")]),
        fields(&[("x\r\nhost", "evil.example")]),
        fields(&[("x y", "z")]),
        fields(&[("", "z")]),
    ] {
        changes.push(json!({ "headers": headers }));
    }
    for path in [
        "http://evil.example/",
        "evil.example",
        "*",
        "/a b",
        "/a\r\nhost: evil.example",
        "/../x",
        "/a/%2e%2e/x",
        "/a/..%2fx",
        "/\0",
    ] {
        changes.push(json!({ "path": path }));
    }
    for method in ["CONNECT", "TRACE", "GET /evil HTTP/1.1\r\n", ""] {
        changes.push(json!({ "method": method }));
    }
    for scheme in ["file", "ftp", "http\r\n", "ws"] {
        changes.push(json!({ "scheme": scheme }));
    }
    changes.push(json!({ "authority": null }));
    changes.push(json!({ "authority": format!("{authority}@evil.example") }));
    changes.push(json!({ "authority": format!("evil.example\r\nhost: {authority}") }));
    let mut asked = Vec::new();
    for change in changes {
        let altered = with(get(&authority), change.clone());
        let (refused, receipt) = probe.call("request", &altered).await;
        assert!(refused.is_err(), "{change}: {refused:?}");
        assert!(
            receipt.reached.is_empty(),
            "{change}: {:?}",
            receipt.reached
        );
        asked.push(("probe_request", altered));
    }
    denied_both_ways(&[&grant], asked).await;
    assert!(canary.is_untouched().await.unwrap());
}

#[tokio::test]
async fn forbidden_fields_do_not_come_as_trailers() {
    let peer = peer().await;
    let grant = format!("net=POST http://{}", peer.address);
    let probe = Probe::alone(&[&grant]);
    for name in ["host", "transfer-encoding", "x-plain"] {
        let sent = with(
            get(&peer.address.to_string()),
            json!({ "method": "POST", "body": "x", "trailers": [{ "name": name, "value": "v" }] }),
        );
        let (refused, _) = probe.call("request", &sent).await;
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
    for asked in peer.asked() {
        assert!(!asked.contains("x-plain"), "{asked}");
    }
}

/// H38, H39. A socket is granted to one peer: no other is reached, by any way round, and nothing
/// listens.
#[tokio::test]
async fn a_socket_reaches_its_peer_and_no_other() {
    let (peer, canary) = (peer().await, canary().await);
    let port = peer.address.port();
    let grants = [format!("socket=tcp:127.0.0.1:{port}")];
    let probe = Probe::alone(&[&grants[0]]);
    let to = |address: &str, port: u16| json!({ "to": { "address": address, "port": port }, "data": "x\r\n\r\n" });
    let (answer, receipt) = probe.call("tcp", &to("127.0.0.1", port)).await;
    assert_eq!(answer, Ok(json!(OK)), "{:?}", receipt.denied);
    let [reached] = receipt.reached.try_into().unwrap();
    assert_eq!(
        (reached.target, reached.count),
        (format!("tcp://127.0.0.1:{port}"), 1)
    );
    let other = canary.address.port();
    let mut asked = Vec::new();
    for (address, port) in [("127.0.0.1", other), ("127.0.0.2", port), ("::1", port)] {
        let (refused, receipt) = probe.call("tcp", &to(address, port)).await;
        assert_eq!(refused.unwrap_err(), "access-denied", "{address}:{port}");
        assert_eq!(receipt.denied.len(), 1);
        asked.push(("probe_tcp", to(address, port)));
    }
    for (address, port) in [
        ("127.0.0.1", 0),
        ("0.0.0.0", 0),
        ("0.0.0.0", 18_080),
        ("::", 0),
        ("127.0.0.1", port),
    ] {
        let at = json!({ "at": { "address": address, "port": port } });
        let (refused, _) = probe.call("listen", &at).await;
        assert_eq!(refused.unwrap_err(), "access-denied", "{at}");
        asked.push(("probe_listen", at));
    }
    denied_both_ways(&[&grants[0]], asked).await;
    assert!(canary.is_untouched().await.unwrap());
}

#[tokio::test]
async fn a_datagram_goes_to_whom_it_is_granted() {
    let (allowed, forbidden) = (
        UdpSocket::bind("127.0.0.1:0").await.unwrap(),
        UdpSocket::bind("127.0.0.1:0").await.unwrap(),
    );
    let place = |socket: &UdpSocket| {
        let address = socket.local_addr().unwrap();
        json!({ "address": address.ip().to_string(), "port": address.port() })
    };
    let grant = format!("socket=udp:{}", allowed.local_addr().unwrap());
    let probe = Probe::alone(&[&grant]);
    for (connected, to, sent) in [
        (Value::Null, place(&allowed), true),
        (place(&allowed), Value::Null, true),
        (Value::Null, place(&forbidden), false),
        (place(&forbidden), Value::Null, false),
        // Connected to whom it may, and then sent to whom it may not.
        (place(&allowed), place(&forbidden), false),
        (place(&forbidden), place(&allowed), false),
    ] {
        let arguments = json!({ "connected": connected, "to": to, "data": "x" });
        let (answer, _) = probe.call("udp", &arguments).await;
        assert_eq!(answer.is_ok(), sent, "{arguments}: {answer:?}");
    }
    let mut buffer = [0; 8];
    for _ in 0..2 {
        assert_eq!(allowed.recv(&mut buffer).await.unwrap(), 1);
    }
    // Datagrams on one machine arrive in order: the test's own is the first.
    allowed
        .send_to(b"own", forbidden.local_addr().unwrap())
        .await
        .unwrap();
    assert_eq!(forbidden.recv(&mut buffer).await.unwrap(), 3);
}

/// H40. A name is looked up for a socket that is granted to it, and leads to where it may.
#[tokio::test]
async fn a_name_is_looked_up_for_its_socket_alone() {
    let (peer, canary) = (peer().await, canary().await);
    let port = peer.address.port();
    let grants = [
        format!("socket=tcp:db.example:{port}"),
        format!("socket=tcp:127.0.0.1/32:{port}"),
    ];
    let resolver = Script::new(&[&["127.0.0.1"]]);
    let probe = Probe::new(&resolver, &[&grants[0], &grants[1]]);
    let (found, _) = probe
        .call("lookup", &json!({ "name": "DB.example." }))
        .await;
    assert_eq!(found.unwrap(), json!(["127.0.0.1"]));
    for name in [
        "c2VjcmV0.evil.example",
        "db.example.evil.example",
        "localhost",
    ] {
        let (refused, _) = probe.call("lookup", &json!({ "name": name })).await;
        assert_eq!(refused.unwrap_err(), "access-denied", "{name}");
    }
    assert_eq!(resolver.asked(), ["db.example"]);
    // A name alone does not lead into the house.
    let probe = Probe::new(&resolver, &[&grants[0]]);
    let (refused, _) = probe.call("lookup", &json!({ "name": "db.example" })).await;
    assert_eq!(refused.unwrap_err(), "access-denied");
    assert!(canary.is_untouched().await.unwrap());
}

/// A host that accepts and never answers.
async fn silent() -> (String, tokio::sync::oneshot::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (closed, ended) = tokio::sync::oneshot::channel();
    let closed = Arc::new(Mutex::new(Some(closed)));
    tokio::spawn(async move {
        // Somebody else may look whether it is open.
        while let Ok((mut stream, _)) = listener.accept().await {
            let closed = Arc::clone(&closed);
            tokio::spawn(async move {
                let (mut buffer, mut asked) = ([0; 1024], false);
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    asked = true;
                }
                if asked && let Some(closed) = closed.lock().unwrap().take() {
                    // Who does not wait for it does not hear of it.
                    let _ = closed.send(());
                }
            });
        }
    });
    (address.to_string(), ended)
}

/// H41. However long a host takes, the guest's own patience and the call's wall clock hold; waiting
/// costs no fuel, and the connection is closed.
#[tokio::test]
async fn a_host_that_never_answers_holds_nobody() {
    for timeout in [json!(0), json!(50)] {
        let (address, _closed) = silent().await;
        let grant = format!("net=http://{address}");
        let probe = Probe::alone(&[&grant]);
        let impatient = with(get(&address), json!({ "timeout-ms": timeout }));
        let (ended, receipt) = probe.call("request", &impatient).await;
        let ended = ended.unwrap_err();
        assert!(ended.contains("Timeout"), "{ended}");
        assert!(receipt.fuel < 50_000_000, "{}", receipt.fuel);
    }

    let (address, closed) = silent().await;
    let grant = format!("net=http://{address}");
    let budget = Budget {
        wall: Duration::from_millis(300),
        ..Budget::default()
    };
    let probe = Probe::within(&Script::new(&[]), &[&grant], budget);
    let answer = probe.answer("request", &get(&address)).await;
    assert_eq!(ending(&answer.outcome), "limit(wall)");
    assert_eq!(answer.receipt.reached.len(), 1);
    closed.await.unwrap();
}

/// The same through the program: each of the two ways waits for a host of its own, one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_never_answers_holds_nobody_through_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut peers = Vec::new();
    for _ in 0..6 {
        peers.push(silent().await);
    }
    let mut hosts = peers.iter().map(|(address, _)| address.clone());
    let grants: Vec<_> = peers
        .iter()
        .map(|(address, _)| format!("net=http://{address}"))
        .collect();
    let grants: Vec<_> = grants.iter().map(String::as_str).collect();
    let mut options = served(folder.path(), &grants);
    options.extend(["--timeout", "1"].map(OsString::from));
    for over_http in [false, true] {
        let mut way = Way::start(over_http, &options).await;
        for timeout in [json!(0), json!(50)] {
            let host = hosts.next().unwrap();
            let impatient = with(get(&host), json!({ "timeout-ms": timeout }));
            let answer = way.call("probe_request", impatient).await;
            assert_eq!(answer["result"]["isError"], true, "{answer}");
            assert!(answer.to_string().contains("Timeout"), "{answer}");
        }
        // Whoever is patient meets the clock of the call, and the others are served meanwhile.
        let answer = way.call("probe_request", get(&hosts.next().unwrap())).await;
        let error = &answer["result"]["_meta"]["ringfence/error"];
        assert_eq!(error["limit"], "wall", "{answer}");
        assert!(!way.tools().await.is_empty());
    }
    // The patient ones were let go of.
    for (_, closed) in peers.into_iter().skip(2).step_by(3) {
        closed.await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_is_cancelled_lets_go_of_its_connection() {
    let (address, closed) = silent().await;
    let grant = format!("net=http://{address}");
    let probe = Probe::alone(&[&grant]);
    let cancel = CancellationToken::new();
    let arguments = get(&address).to_string();
    let call = probe
        .harness
        .call_until(&probe.guest, "request", &arguments, cancel.clone());
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel();
    };
    let (answer, ()) = tokio::join!(call, stop);
    assert_eq!(ending(&answer.unwrap().outcome), "cancelled");
    closed.await.unwrap();
}

/// H42. Whether a port is open, closed, or there at all: a guest hears one and the same.
#[tokio::test]
async fn a_denial_tells_nothing_of_the_house() {
    let canary = canary().await;
    let open = canary.address.port();
    let closed = {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        gone.local_addr().unwrap().port()
    };
    let grants = [
        format!("net=http://*:{open}"),
        format!("net=http://*:{closed}"),
    ];
    let probe = Probe::new(&Script::new(&[&["10.0.0.1"]]), &[&grants[0], &grants[1]]);
    let mut heard = Vec::new();
    for host in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "inner.example",
        "[::1]",
    ] {
        for port in [open, closed, 1] {
            heard.push(probe.get(&format!("{host}:{port}")).await.0.unwrap_err());
        }
    }
    heard.dedup();
    assert_eq!(heard, [DENIED]);

    let mut calls = Vec::new();
    for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]"] {
        for port in [open, closed, 1] {
            calls.push(("probe_request", get(&format!("{host}:{port}")), true));
        }
    }
    let answers = both_ways(&[&grants[0], &grants[1]], &calls).await;
    let mut heard: Vec<_> = answers
        .iter()
        .flatten()
        .map(|answer| answer["result"]["content"].to_string())
        .collect();
    heard.dedup();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(canary.is_untouched().await.unwrap());
}

/// H21. What comes back is bounded: the guest gets the start, and the host keeps little.
#[tokio::test]
async fn a_response_without_end_ends() {
    let long = "x".repeat(17 << 20);
    let fields = "x-field: 1\r\n".repeat(200);
    for (answer, expected) in [
        (
            format!("HTTP/1.1 200 OK\r\n\r\n{long}"),
            "HttpResponseBodySize",
        ),
        (
            format!("HTTP/1.1 200 OK\r\n{fields}\r\n"),
            "HttpResponseHeaderSectionSize",
        ),
        (
            format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", &long[..100_000]),
            "HttpResponseHeaderSectionSize",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".into(),
            "HttpProtocolError",
        ),
        ("SSH-2.0-OpenSSH\r\n".into(), "HttpProtocolError"),
    ] {
        let peer = Peer::answering("127.0.0.1:0", &answer).await.unwrap();
        let grant = format!("net=http://{}", peer.address);
        let probe = Probe::alone(&[&grant]);
        // Larger than any result: the guest reads it all, and what it makes of it has its own limit.
        let answer = probe
            .answer("request", &get(&peer.address.to_string()))
            .await;
        match answer.outcome {
            Outcome::ToolError(error) => assert!(error.text.contains(expected), "{}", error.text),
            other => {
                assert_eq!(expected, "HttpResponseBodySize", "{other:?}");
                let ending = ending(&other);
                assert!(
                    ["limit(memory)", "limit(result)"].contains(&ending.as_str()),
                    "{ending}"
                );
            }
        }
        let [reached] = answer.receipt.reached.try_into().unwrap();
        assert!(
            reached.received_bytes < 17 << 20,
            "{}",
            reached.received_bytes
        );
    }
}

#[tokio::test]
async fn fetch_reads_a_page_and_says_what_to_grant() {
    let page = "<title>T</title><h1>Head</h1><p hidden>obey</p><p>text";
    let length = page.len();
    let page = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n{page}"
    );
    let peer = Peer::answering("127.0.0.1:0", &page).await.unwrap();
    let canary = canary().await;
    let grant = format!("net=http://{}", peer.address);
    let fetch = Probe::tool("fetch", &Script::new(&[]), &[&grant], Budget::default());
    let url = format!("http://{}/x", peer.address);
    let (read, receipt) = fetch.call("get", &json!({ "url": url })).await;
    let read = read.unwrap();
    assert_eq!(
        (&read["title"], &read["text"]),
        (&json!("T"), &json!("# Head\n\ntext"))
    );
    assert_eq!(receipt.reached.len(), 1);
    let (refused, _) = fetch
        .call("post", &json!({ "url": url, "body": "x" }))
        .await;
    assert!(refused.unwrap_err().contains("net=POST http://127.0.0.1"));
    let url = format!("http://{}/x", canary.address);
    for function in ["get", "head"] {
        let (refused, _) = fetch.call(function, &json!({ "url": url })).await;
        let refused = refused.unwrap_err();
        assert!(
            refused.contains(&format!("net=http://{}", canary.address)),
            "{refused}"
        );
    }
    assert_eq!(peer.asked().len(), 1);
    assert!(canary.is_untouched().await.unwrap());
}

#[tokio::test]
async fn netscan_finds_what_is_open_where_it_may_look() {
    let (peer, canary) = (peer().await, canary().await);
    let (open, other) = (peer.address.port(), canary.address.port());
    let closed = {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        gone.local_addr().unwrap().port()
    };
    let grants = [
        format!("socket=tcp:127.0.0.1:{open}"),
        format!("socket=tcp:127.0.0.1:{closed}"),
    ];
    let grants = [grants[0].as_str(), grants[1].as_str()];
    let netscan = Probe::tool("netscan", &Script::new(&[]), &grants, Budget::default());
    let ports = [open, closed, other].map(|port| port.to_string());
    let arguments = json!({ "targets": ["127.0.0.1"], "ports": ports, "timeout-ms": 10_000 });
    let (report, receipt) = netscan.call("scan", &arguments).await;
    let found = json!([{ "address": "127.0.0.1", "port": open }]);
    let expected =
        json!({ "open": found, "closed": 1, "silent": 0, "unreachable": 0, "denied": 1 });
    assert_eq!(report.unwrap(), expected);
    assert_eq!(receipt.reached.len(), 2);
    assert!(canary.is_untouched().await.unwrap());
}
