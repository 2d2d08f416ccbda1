//! The server as a process: what it holds, when it ends, and what no guest can do to it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use ringfence_tests::serving;
use ringfence_tests::session::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Serves some of the plain guests.
fn serve(names: &[&str], more: &[&str]) -> (TempDir, Session) {
    let (folder, mut arguments) = prepare(names);
    arguments.extend(more.iter().map(Into::into));
    let mut session = Session::start(arguments);
    session.initialize();
    (folder, session)
}

/// The same, with a log that nobody reads.
fn serve_unread(names: &[&str]) -> (TempDir, Session) {
    let (folder, arguments) = prepare(names);
    let mut session = Session::start_unread(arguments);
    session.initialize();
    (folder, session)
}

/// Some of the plain guests in a folder, and what to serve it with.
#[expect(clippy::unwrap_used, reason = "a test without its server cannot go on")]
fn prepare(names: &[&str]) -> (TempDir, Vec<OsString>) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = serving::plain(folder.path(), names);
    (folder, arguments)
}

fn text(answer: &Value) -> &str {
    answer
        .pointer("/result/content/0/text")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[test]
fn sixty_four_endless_loops_leave_everybody_else_answering() {
    let (_folder, mut session) = serve(&["spin", "echo"], &[]);
    let spinning: Vec<u64> = (0..64)
        .map(|_| session.post_call("spin_spin", &json!({})))
        .collect();
    for round in 0..20 {
        assert!(session.request("ping", &json!({}))["result"].is_object());
        let answer = session.call("echo_echo", &json!({"text": format!("round {round}")}));
        assert_eq!(text(&answer), format!("round {round}"));
    }
    // A client that gives up on them stops them all, and hears nothing of them again.
    for id in spinning {
        let cancelled = json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": {"requestId": id},
        });
        session.send(&cancelled.to_string());
    }
    assert_eq!(
        text(&session.call("echo_echo", &json!({"text": "quiet"}))),
        "quiet"
    );
}

#[test]
fn the_process_ends_with_its_input_while_a_tool_spins() {
    let (_folder, mut session) = serve(&["spin", "echo"], &[]);
    session.call("echo_echo", &json!({"text": "warm"}));
    for _ in 0..4 {
        session.post_call("spin_spin", &json!({}));
    }
    // The calls run when a later one has been answered.
    session.call("echo_echo", &json!({"text": "behind"}));
    session.close();
    let closed = Instant::now();
    assert!(session.wait().success());
    // The promise is one second; the rest is room for a machine that does other things.
    assert!(
        closed.elapsed() < Duration::from_secs(3),
        "{:?}",
        closed.elapsed()
    );
}

#[test]
fn memory_is_flat_over_two_hundred_thousand_requests() {
    const REQUESTS: usize = 200_000;
    const AT_ONCE: usize = 200;
    let (_folder, mut session) = serve(&["echo"], &["--log-level", "error"]);
    let mut resident = Vec::new();
    for batch in 0..REQUESTS / AT_ONCE {
        for _ in 0..AT_ONCE / 2 {
            session.post_call("echo_echo", &json!({"text": "the same again"}));
            session.post("ping", &json!({}));
        }
        for _ in 0..AT_ONCE {
            assert!(session.receive().unwrap()["result"].is_object());
        }
        if batch % 100 == 99 {
            resident.push(session.resident_kib());
        }
    }
    // The first tenth warms caches and pools; a leak of 64 bytes a request would show after it.
    let (early, late) = (resident[0], resident[resident.len() - 1]);
    assert!(
        late < early + 8 * 1024,
        "grew from {early} to {late} KiB: {resident:?}"
    );
}

#[test]
fn fifty_thousand_requests_at_once_are_all_answered_in_bounded_memory() {
    const REQUESTS: usize = 50_000;
    let (_folder, mut session) = serve(&["echo"], &["--log-level", "error"]);
    assert_eq!(
        text(&session.call("echo_echo", &json!({"text": "warm"}))),
        "warm"
    );
    let early = session.resident_kib();
    let lines = (0..REQUESTS).map(|request| {
        let params = json!({"name": "echo_echo", "arguments": {"text": request.to_string()}});
        let id = format!("poured {request}");
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
    });
    let pouring = session.pour(lines);
    let mut answered = HashSet::new();
    let mut highest = early;
    for received in 0..REQUESTS {
        let answer = session.receive().unwrap();
        let id = answer["id"].as_str().unwrap().to_owned();
        assert_eq!(id, format!("poured {}", text(&answer)));
        assert!(answered.insert(id), "answered twice: {answer}");
        if received % 500 == 0 {
            highest = highest.max(session.resident_kib());
        }
    }
    // Each one that waits would cost kilobytes: fifty thousand of them hundreds of megabytes.
    assert!(
        highest < early + 32 * 1024,
        "grew from {early} to {highest} KiB"
    );
    drop(pouring.join().unwrap().unwrap());
    assert!(session.receive().is_none());
}

#[test]
fn a_forged_answer_on_standard_output_stays_with_the_tool() {
    let (_folder, mut session) = serve(&["forge", "echo"], &[]);
    let id = session.post_call("forge_forge", &json!({}));
    // Every line parses as JSON, and none but ours carries an id.
    assert_eq!(session.receive().unwrap()["id"], json!(id));
    let answer = session.call("echo_echo", &json!({"text": "next"}));
    assert_eq!(text(&answer), "next");
}

#[test]
fn a_guest_that_breaks_leaves_the_next_call_untouched() {
    let broken = ["trap", "oob", "recurse", "hog", "exit"];
    let (_folder, mut session) = serve(&["trap", "oob", "recurse", "hog", "exit", "echo"], &[]);
    let tools = session.request("tools/list", &json!({}));
    let names: Vec<String> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect();
    for name in names
        .iter()
        .filter(|name| broken.iter().any(|file| name.starts_with(file)))
    {
        let arguments = if name.starts_with("hog") {
            json!({"pages": 65535})
        } else {
            json!({})
        };
        let answer = session.call(name, &arguments);
        assert!(answer["result"].is_object(), "{name}: {answer}");
        assert_eq!(
            text(&session.call("echo_echo", &json!({"text": name}))),
            name
        );
    }
}

#[test]
fn no_state_survives_a_call() {
    let (_folder, mut session) = serve(&["counter"], &[]);
    let tools = session.request("tools/list", &json!({}));
    let name = tools["result"]["tools"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let answers: Vec<Value> = (0..3)
        .map(|_| session.call(&name, &json!({}))["result"]["structuredContent"].clone())
        .collect();
    assert_eq!(answers, vec![json!({"result": 1}); 3]);
}

#[test]
fn a_client_that_never_reads_the_log_is_served_all_the_same() {
    // Each call logs a line of half a kilobyte; a pipe holds 64 of these.
    let (_folder, mut session) = serve_unread(&["echo"]);
    for round in 0..2000 {
        let answer = session.call("echo_echo", &json!({"text": "x"}));
        assert_eq!(text(&answer), "x", "round {round}");
    }
}
