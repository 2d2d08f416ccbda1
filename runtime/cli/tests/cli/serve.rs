//! `ringfence serve`: the process, from its first line to its last.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[cfg(unix)]
use crate::harness::signal;
use crate::harness::{guest, ringfence, run};

/// A server, and a client that writes lines to it.
struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Session {
    fn start(arguments: &[&str]) -> Self {
        let mut command = ringfence(["serve"]);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut session = Self {
            child,
            input,
            output,
        };
        session.send(
            &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": {"name": "test", "version": "0"},
            }}),
        );
        assert_eq!(session.receive()["id"], 0);
        session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        session
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    fn call(&mut self, id: u32, tool: &str, arguments: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}}));
    }

    /// The next message. Every line must be one.
    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Waits for an end that has another cause than its input's. Gives the exit code and standard error.
    #[cfg(unix)]
    fn ended(mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().unwrap();
        let mut log = String::new();
        let errors = self.child.stderr.take();
        errors.unwrap().read_to_string(&mut log).unwrap();
        (code, log)
    }

    /// Waits for the end. Gives the exit code, how long that took, and standard error.
    fn end(mut self) -> (i32, Duration, String) {
        let started = Instant::now();
        drop(self.input.take());
        let code = self.child.wait().unwrap().code().unwrap();
        let took = started.elapsed();
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        for line in rest.lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (code, took, log)
    }
}

#[test]
fn the_bundled_tools_are_served_and_each_call_leaves_one_record() {
    let mut session = Session::start(&["--audit", "-"]);
    session.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
    let listed = session.receive();
    let tools = listed["result"]["tools"].as_array().unwrap();
    assert!(
        tools.iter().any(|tool| tool["name"] == "text_stats"),
        "{listed}"
    );
    session.call(2, "text_stats", &json!({"text": "one two"}));
    let answer = session.receive();
    assert_eq!(
        answer["result"]["structuredContent"]["result"]["words"], 2,
        "{answer}"
    );
    let (code, _, log) = session.end();
    assert_eq!(code, 0, "{log}");
    let records: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let calls = records
        .iter()
        .filter(|record| record["tool"] == "text_stats")
        .count();
    assert_eq!(calls, 1, "{log}");
}

#[test]
fn a_forged_answer_never_reaches_the_client() {
    let mut session = Session::start(&[&guest("plain", "forge")]);
    session.call(1, "forge_forge", &json!({}));
    let answer = session.receive();
    assert!(answer.to_string().contains("genuine") && !answer.to_string().contains("forged"));
    assert_eq!(session.end().0, 0);
}

#[test]
fn the_end_of_the_input_ends_the_process_even_while_a_tool_spins() {
    let mut session = Session::start(&[&guest("plain", "spin")]);
    for id in 1..=4 {
        session.call(id, "spin_spin", &json!({}));
    }
    // A ping is answered in their midst, so they have been read.
    session.send(&json!({"jsonrpc": "2.0", "id": 9, "method": "ping"}));
    assert_eq!(session.receive()["id"], 9);
    let (code, took, log) = session.end();
    assert_eq!(code, 0, "{log}");
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_process() {
    let mut session = Session::start(&[&guest("plain", "spin")]);
    session.call(1, "spin_spin", &json!({}));
    signal(&session.child, "-TERM");
    let started = Instant::now();
    let code = session.child.wait().unwrap().code().unwrap();
    // The call may have begun or not.
    assert!(matches!(code, 0 | 15), "{code}");
    assert!(
        started.elapsed() < Duration::from_millis(1500),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_tool_that_was_named_and_cannot_be_loaded_is_an_error() {
    run(["serve", "./missing.wasm"])
        .exits(3)
        .prints("")
        .says(&["missing.wasm", "error:"]);
    run(["serve", "--grant", "fs.read=./missing:/x"])
        .exits(2)
        .prints("")
        .says(&["./missing"]);
}

#[cfg(unix)]
#[test]
fn the_exit_code_says_whether_a_signal_cut_calls() {
    let idle = Session::start(&[&guest("plain", "spin")]);
    signal(&idle.child, "-TERM");
    let (code, log) = idle.ended();
    assert_eq!(code, 0, "{log}");
    let mut busy = Session::start(&[&guest("plain", "spin")]);
    busy.call(1, "spin_spin", &json!({}));
    // The call is in flight when what came after it is answered.
    busy.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "ping"}));
    assert_eq!(busy.receive()["id"], 2);
    signal(&busy.child, "-TERM");
    let (code, log) = busy.ended();
    assert_eq!(code, 15, "{log}");
    assert!(log.contains("were cut"), "{log}");
}

#[test]
fn a_broken_file_in_a_folder_is_only_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(guest("plain", "add"), folder.path().join("add.wasm")).unwrap();
    std::fs::write(folder.path().join("broken.wasm"), "nonsense").unwrap();
    let mut session = Session::start(&[folder.path().to_str().unwrap()]);
    session.call(1, "add_add", &json!({"a": 1, "b": 2}));
    assert_eq!(
        session.receive()["result"]["structuredContent"]["result"],
        3
    );
    let (code, _, log) = session.end();
    assert_eq!(code, 0);
    assert!(log.contains("broken.wasm"), "{log}");
}
