//! The end of a server: whatever still runs is stopped, and leaves its record before the process is gone.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ringfence_audit::{Verify, verify};
use ringfence_tests::guests;
use ringfence_tests::peer::Peer;
use ringfence_tests::serving::{self, Serving};
use ringfence_tests::session::Session;
use ringfence_tests::socket::Socket;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

/// Between two looks at what says nothing by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long something may take that must happen. No test waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// Tools that go on for long, and a policy under which one calls another.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let tools = place.path("tools");
        fs::create_dir(&tools).unwrap();
        for (name, bytes) in [
            ("calls", guests::granted("calls")),
            ("linger", guests::plain("linger")),
            ("sleep", guests::plain("sleep")),
        ] {
            fs::write(tools.join(name).with_extension("wasm"), bytes).unwrap();
        }
        let conformance = serving::prebuilt("conformance");
        fs::copy(conformance, tools.join("conformance.wasm")).unwrap();
        let policy = "version = 1\n[default]\ndangerous = \"allow\"\n[tool.calls]\n\
                      allow = [\"tools=calls_*\", \"tools=sleep_*\"]\n[end]\n";
        fs::write(place.path("policy.toml"), policy).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn arguments(&self) -> Vec<PathBuf> {
        let mut arguments = vec![self.path("tools")];
        for (option, name) in [
            ("--policy", "policy.toml"),
            ("--state-dir", "state"),
            ("--audit", "audit"),
            ("--cache-dir", "cache"),
        ] {
            arguments.push(option.into());
            arguments.push(self.path(name));
        }
        arguments
    }

    /// Every record there is.
    fn records(&self) -> Vec<Value> {
        let log = self.path("audit").join("audit-00000001.jsonl");
        let text = fs::read_to_string(log).unwrap_or_default();
        // The last one may still be written.
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Waits until so many calls are about to change something.
    async fn intended(&self, count: usize) {
        let began = Instant::now();
        let intents = || {
            let records = self.records();
            let intents = records.iter().filter(|record| record["event"] == "intent");
            intents.count()
        };
        while intents() < count {
            assert!(began.elapsed() < PATIENCE, "{:?}", self.records());
            sleep(LOOK_AGAIN).await;
        }
    }

    /// The tools that were called, in the order of their names, when the log is whole, ends with the end of the
    /// process, and says of each call that it was cancelled, and what it had cost and could touch.
    fn cancelled(&self, reason: &str) -> Vec<String> {
        let report = verify(&self.path("audit"), &Verify::default()).unwrap();
        assert_eq!(report.fault, None);
        let records = self.records();
        let last = records.last().unwrap();
        assert_eq!(last["event"], "stop", "{last}");
        assert_eq!(last["reason"], reason, "{last}");
        let mut tools = Vec::new();
        for record in records.iter().filter(|record| record["event"] == "call") {
            if record["outcome"] == "returned" {
                continue;
            }
            assert_eq!(record["outcome"], "cancelled", "{record}");
            assert!(record["fuel"].as_u64().unwrap() > 0, "{record}");
            if record["tool"] == "calls_call" {
                let capabilities = record["capabilities"].as_array().unwrap();
                assert!(capabilities.contains(&json!("tools=calls_*")), "{record}");
                assert_eq!(record["touched"][0]["kind"], "tools", "{record}");
            }
            tools.push(record["tool"].as_str().unwrap().to_owned());
        }
        tools.sort();
        tools
    }
}

/// A call of a tool that calls itself, which then calls one that sleeps.
fn parents() -> Value {
    let call =
        |name: &str, arguments: &Value| json!({"name": name, "arguments": arguments.to_string()});
    let sleeps = call("sleep_sleep", &json!({"milliseconds": 25_000}));
    json!({"name": "calls_call", "arguments": call("calls_call", &sleeps)})
}

/// A call that says when it runs, and then goes on until it is given up.
fn lingers() -> Value {
    json!({
        "name": "linger_linger",
        "arguments": {"steps": 1},
        "_meta": {"progressToken": 1},
    })
}

/// Begins a call, and waits until it runs.
async fn linger(peer: &mut Peer) {
    let message = peer.message("tools/call", lingers());
    assert!(peer.begin(&message).await.streams());
    peer.connection.event().await.unwrap();
}

async fn hello(server: &Serving) -> Peer {
    Peer::hello(server.address(), "2025-11-25", json!({})).await
}

/// Nobody is there any more who would hear an answer: the calls of sessions go on without their clients, and so do
/// tasks, and those that wait for their clients to come back.
#[tokio::test]
async fn over_http_what_nobody_waits_for_has_its_record() {
    let place = Place::new();
    let mut server = Serving::start(place.arguments());
    let mut alone = hello(&server).await;
    linger(&mut alone).await;
    drop(alone);

    let mut parent = hello(&server).await;
    let message = parent.message("tools/call", parents());
    parent.send(&message).await;
    place.intended(2).await;

    let mut tasks = Peer::stateless(server.address()).await;
    tasks.capabilities = json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let task = tasks.call("linger_linger", json!({"steps": 1})).await;
    let kind = &task.answer()["result"]["resultType"];
    assert_eq!(kind, "task", "{}", task.answer());

    let mut asked = Peer::stateless(server.address()).await;
    asked.capabilities = json!({"elicitation": {}});
    let asks = "conformance_test_input_required_result_elicitation";
    let answer = asked.call(asks, json!({})).await;
    let kind = &answer.answer()["result"]["resultType"];
    assert_eq!(kind, "input_required", "{}", answer.answer());

    // What was called runs by now, too.
    sleep(Duration::from_millis(500)).await;
    drop((parent, tasks, asked));
    server.terminate();
    assert_eq!(server.wait().code(), Some(15), "{}", server.log());
    assert_eq!(
        place.cancelled("a signal, before every call had ended"),
        [
            "calls_call",
            "calls_call",
            asks,
            "linger_linger",
            "linger_linger",
            "sleep_sleep",
        ],
    );
}

/// Their clients wait, over each transport, until the time to drain is over.
#[tokio::test]
async fn over_http_what_outlives_the_drain_has_its_record() {
    let place = Place::new();
    let mut server = Serving::start(place.arguments());
    let mut peers = vec![hello(&server).await];
    peers.push(Peer::stateless(server.address()).await);
    for peer in &mut peers {
        linger(peer).await;
    }
    let mut socket = Socket::open(server.address()).await;
    let greeting = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    });
    socket.request("initialize", greeting).await;
    socket.post("tools/call", parents()).await;
    place.intended(2).await;
    sleep(Duration::from_millis(500)).await;
    server.terminate();
    assert_eq!(server.wait().code(), Some(15), "{}", server.log());
    drop((peers, socket));
    assert_eq!(
        place.cancelled("a signal, before every call had ended"),
        [
            "calls_call",
            "calls_call",
            "linger_linger",
            "linger_linger",
            "sleep_sleep"
        ],
    );
}

/// Whoever cannot wait for the drain has the records all the same.
#[tokio::test]
async fn a_second_signal_leaves_the_records() {
    let place = Place::new();
    let mut server = Serving::start(place.arguments());
    let mut peer = hello(&server).await;
    linger(&mut peer).await;
    server.terminate();
    server.refuses().await;
    server.terminate();
    assert_eq!(server.wait().code(), Some(130), "{}", server.log());
    assert_eq!(place.cancelled("a second signal"), ["linger_linger"]);
}

#[tokio::test]
async fn over_standard_input_each_has_its_record() {
    let place = Place::new();
    let mut session = Session::start(place.arguments());
    session.initialize();
    session.post("tools/call", &parents());
    session.post("tools/call", &lingers());
    place.intended(2).await;
    sleep(Duration::from_millis(500)).await;
    let id = i32::try_from(session.process())
        .ok()
        .and_then(Pid::from_raw);
    kill_process(id.unwrap(), Signal::TERM).unwrap();
    assert_eq!(session.wait().code(), Some(15));
    assert_eq!(
        place.cancelled("a signal, before every call had ended"),
        ["calls_call", "calls_call", "linger_linger", "sleep_sleep"]
    );
}
