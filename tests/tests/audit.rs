//! Every call over HTTP and over standard input leaves exactly one record, whatever becomes of it.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::ffi::OsString;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ringfence_audit::{Query, Verify, search, verify};
use ringfence_tests::peer::Peer;
use ringfence_tests::serving::{self, Serving};
use ringfence_tests::session::Session;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

/// Between two looks at what says nothing by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

const GUESTS: [&str; 5] = ["add", "err", "hog", "sleep", "trap"];

/// What to call, and how it ends.
fn calls() -> [(&'static str, Value, &'static str); 6] {
    [
        ("add_add", json!({"a": 1, "b": 2}), "returned"),
        ("add_add", json!({"a": "x"}), "invalid-arguments"),
        ("err_fail", json!({"message": "m"}), "tool-error"),
        ("trap_divide", json!({}), "trapped"),
        ("sleep_sleep", json!({"milliseconds": 20_000}), "limit"),
        ("nobody", json!({}), "unknown-tool"),
    ]
}

/// A folder with tools, and what to serve them with.
fn folder() -> (TempDir, PathBuf, Vec<OsString>) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("audit");
    let mut arguments = serving::plain(folder.path(), &GUESTS);
    arguments.extend(["--timeout", "1", "--audit"].map(OsString::from));
    arguments.push(log.clone().into());
    (folder, log, arguments)
}

/// The records of calls, of a log that is whole.
fn outcomes(log: &Path) -> Vec<String> {
    let report = verify(log, &Verify::default()).unwrap();
    assert_eq!(report.fault, None);
    let mut outcomes = Vec::new();
    let query = Query {
        event: Some("call".into()),
        ..Query::default()
    };
    search(log, &query, |_, entry| {
        outcomes.push(entry.outcome.as_deref().unwrap_or("-").to_owned());
        ControlFlow::Continue(())
    })
    .unwrap();
    outcomes
}

#[tokio::test]
async fn over_http() {
    let (_folder, log, arguments) = folder();
    let mut server = Serving::start(arguments);
    let mut expected = Vec::new();
    for mut peer in [
        Peer::stateless(server.address()).await,
        Peer::hello(server.address(), "2025-11-25", json!({})).await,
    ] {
        for (tool, arguments, outcome) in calls() {
            peer.call(tool, arguments).await;
            expected.push(outcome.to_owned());
        }
    }
    // One whose client goes away: its work lives in the response.
    let mut peer = Peer::stateless(server.address()).await;
    let params = json!({"name": "sleep_sleep", "arguments": {"milliseconds": 20_000}});
    let message = peer.message("tools/call", params);
    peer.send(&message).await;
    // It has begun when it is gone.
    sleep(Duration::from_millis(300)).await;
    drop(peer);
    expected.push("cancelled".to_owned());
    while outcomes(&log).len() < expected.len() {
        sleep(LOOK_AGAIN).await;
    }
    server.terminate();
    assert!(server.wait().success(), "{}", server.log());
    assert_eq!(outcomes(&log), expected);
    // Whoever reads the log has a copy of each, in the same order.
    let log_lines = server.log();
    let copies = log_lines
        .lines()
        .filter(|line| line.contains("\"event\":\"call\""));
    assert_eq!(copies.count(), expected.len(), "{log_lines}");

    // The whole life of the process is there.
    let text = fs::read_to_string(log.join("audit-00000001.jsonl")).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["event"], "start");
    assert_eq!(events.last().unwrap()["event"], "stop");
    assert_eq!(events.last().unwrap()["reason"], "a signal");
}

#[tokio::test]
async fn a_record_has_the_name_that_the_client_gave_its_request() {
    let (_folder, log, arguments) = folder();
    let server = Serving::start(arguments);
    let mut expected = Vec::new();
    for mut peer in [
        Peer::stateless(server.address()).await,
        Peer::hello(server.address(), "2025-11-25", json!({})).await,
    ] {
        for (id, name) in [
            (json!(77), "77"),
            (json!("77"), "\"77\""),
            (json!("my-req-1"), "my-req-1"),
        ] {
            let params = json!({"name": "add_add", "arguments": {"a": 1, "b": 2}});
            let mut message = peer.message("tools/call", params);
            message["id"] = id;
            peer.post(&message).await;
            expected.push(name.to_owned());
        }
    }
    while outcomes(&log).len() < expected.len() {
        sleep(LOOK_AGAIN).await;
    }
    let mut found = Vec::new();
    let query = Query {
        event: Some("call".into()),
        ..Query::default()
    };
    search(&log, &query, |_, entry| {
        found.push(entry.request.as_deref().unwrap_or("-").to_owned());
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(found, expected);
}

#[test]
fn over_standard_input() {
    let (_folder, log, arguments) = folder();
    let mut session = Session::start(arguments);
    session.initialize();
    let mut expected = Vec::new();
    for (tool, arguments, outcome) in calls() {
        session.call(tool, &arguments);
        expected.push(outcome.to_owned());
    }
    // The client leaves while this one sleeps.
    session.post_call("sleep_sleep", &json!({"milliseconds": 20_000}));
    session.request("ping", &json!({}));
    session.close();
    assert!(session.wait().success());
    expected.push("cancelled".to_owned());
    assert_eq!(outcomes(&log), expected);
}

/// What was answered is on record although the process is killed, where one asked for that.
#[test]
fn an_answered_call_is_on_record_when_the_server_is_killed() {
    let (_folder, log, mut arguments) = folder();
    arguments.extend(["--audit-durability", "answer"].map(OsString::from));
    for round in 1..=5 {
        let mut session = Session::start(&arguments);
        session.initialize();
        for _ in 0..20 {
            session.call("add_add", &json!({"a": 1, "b": 2}));
        }
        let id = i32::try_from(session.process()).ok();
        let id = id.and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
        session.wait();
        let report = verify(&log, &Verify::default()).unwrap();
        assert!(
            report.fault.is_none() || report.fault.unwrap().kind == ringfence_audit::Kind::Torn
        );
        assert_eq!(report.records, round * 21, "a start and twenty calls");
    }
}
