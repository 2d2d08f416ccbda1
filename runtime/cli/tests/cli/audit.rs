//! `ringfence audit`, and the log that `call` and `serve` keep.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::harness::{Run, finish, guest, ringfence, signal};

/// A state directory of its own.
struct State(tempfile::TempDir);

impl State {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = ringfence(arguments);
        finish(
            command
                .env("XDG_STATE_HOME", self.0.path())
                .spawn()
                .unwrap(),
        )
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("ringfence").join("audit")
    }

    fn file(&self) -> PathBuf {
        self.log().join("audit-00000001.jsonl")
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_call_by_hand_leaves_one_record() {
    let state = State::new();
    let (add, err, trap) = (
        guest("plain", "add"),
        guest("plain", "err"),
        guest("plain", "trap"),
    );
    let spin = guest("plain", "spin");
    state
        .run(&["call", &add, "add", r#"{"a":1,"b":2}"#])
        .exits(0)
        .prints("3\n");
    state.run(&["call", &add, "add", r#"{"a":1}"#]).exits(4);
    state.run(&["call", &add, "subtract", "{}"]).exits(3);
    state
        .run(&["call", &err, "fail", r#"{"message":"m"}"#])
        .exits(5);
    state.run(&["call", &trap, "divide", "{}"]).exits(6);
    state
        .run(&["call", &spin, "spin", "{}", "--timeout", "0.1"])
        .exits(7);

    let found = state.run(&["audit", "search", "--json"]).exits(0).stdout;
    let outcomes: Vec<_> = lines(&found)
        .iter()
        .map(|record| record["outcome"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "returned",
        "invalid-arguments",
        "unknown-tool",
        "tool-error",
        "trapped",
        "limit",
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(found, fs::read_to_string(state.file()).unwrap());

    let found = state
        .run(&["audit", "search", "--outcome", "trapped"])
        .exits(0)
        .stdout;
    assert_eq!(found.lines().count(), 1);
    assert!(
        found.contains("local/local  trap_divide  trapped"),
        "{found}"
    );
    let first = ["audit", "search", "--limit", "1", "--json"];
    assert_eq!(
        lines(&state.run(&first).exits(0).stdout)[0]["tool"],
        "add_add"
    );
    state
        .run(&["audit", "search", "--tool", "nobody"])
        .exits(0)
        .prints("");
    state
        .run(&["audit", "search", "--since", "yesterday"])
        .exits(2)
        .says(&["`7d`"]);
    let last = state.run(&["audit", "tail", "-n", "2"]).exits(0).stdout;
    assert_eq!(last.lines().count(), 2);
    assert!(
        last.ends_with('\n') && last.contains("limit (wall)"),
        "{last}"
    );
}

#[test]
fn verifying_says_what_is_wrong_and_where() {
    let state = State::new();
    let add = guest("plain", "add");
    for _ in 0..3 {
        state
            .run(&["call", &add, "add", r#"{"a":1,"b":2}"#])
            .exits(0);
    }
    let whole = state.run(&["audit", "verify", "--json"]).exits(0).stdout;
    let report: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(report["whole"], true);
    assert_eq!(report["records"], 3);
    let mark = report["mark"].as_str().unwrap();
    state.run(&["audit", "verify", "--mark", mark]).exits(0);
    state
        .run(&["audit", "verify", "--mark", "3"])
        .exits(2)
        .says(&["a colon"]);

    let text = fs::read_to_string(state.file()).unwrap();
    fs::write(state.file(), text.replacen("returned", "denied!!", 2)).unwrap();
    let broken = state.run(&["audit", "verify"]).exits(11);
    assert!(broken.stdout.contains("not whole: 0 records"), "{broken:?}");
    let broken = broken.says(&["audit-00000001.jsonl:1`: edited", "--from"]);
    assert!(broken.stdout.contains("mark: "), "{broken:?}");
    let json = state.run(&["audit", "verify", "--json"]).exits(11).stdout;
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["fault"]["kind"], "edited");
    assert_eq!(report["fault"]["line"], 1);
    state.run(&["audit", "verify", "--from", "3"]).exits(0);

    let shorter: String = text.split_inclusive('\n').take(2).collect();
    fs::write(state.file(), shorter).unwrap();
    state
        .run(&["audit", "verify"])
        .exits(11)
        .says(&["jsonl:3`: truncated"]);
    fs::remove_file(state.log().join("key")).unwrap();
    state.run(&["audit", "verify"]).exits(12).says(&["no key"]);
}

#[test]
fn where_there_is_no_log_there_is_nothing_to_read() {
    let state = State::new();
    for command in ["search", "tail", "verify"] {
        let run = state.run(&["audit", command]).exits(12).prints("");
        run.says(&["there is no audit log in", "--dir"]);
    }
    assert!(!state.log().exists(), "reading makes none");
}

#[test]
fn what_no_record_can_be_is_not_looked_for() {
    let state = State::new();
    state.run(&["call", &guest("plain", "unit"), "run", "{}"]);
    let run = state
        .run(&["audit", "search", "--event", "nonsense"])
        .exits(2);
    for event in ["nonsense", "approval", "intent", "torn"] {
        assert!(run.stderr.contains(event), "{}", run.stderr);
    }
    let run = state
        .run(&["audit", "search", "--outcome", "nonsense"])
        .exits(2);
    for outcome in ["nonsense", "returned", "unanswered", "host-fault"] {
        assert!(run.stderr.contains(outcome), "{}", run.stderr);
    }
    for option in ["--call", "--parent"] {
        for none in [
            "nonsense",
            "",
            "7",
            "4f1c9b7e2d5a6c80",
            "4f1c9b7e2d5a6c80-",
            "4F1C9B7E2D5A6C80-1",
        ] {
            state
                .run(&["audit", "search", option, none])
                .exits(2)
                .says(&["records have as `call`"]);
        }
    }
}

#[test]
fn the_log_is_where_one_says() {
    let state = State::new();
    let add = guest("plain", "add");
    let call = |audit: &str| {
        let arguments = ["call", &add, "add", r#"{"a":1,"b":2}"#, "--audit", audit];
        state.run(&arguments)
    };
    assert_eq!(call("off").exits(0).stderr, "");
    let stderr = call("-").exits(0).stderr;
    assert_eq!(lines(&stderr)[0]["tool"], "add_add");
    assert!(!state.log().exists());
    let elsewhere = state.0.path().join("elsewhere");
    call(elsewhere.to_str().unwrap()).exits(0);
    assert!(!state.log().exists());
    let dir = [
        "audit",
        "search",
        "--json",
        "--dir",
        elsewhere.to_str().unwrap(),
    ];
    assert_eq!(state.run(&dir).exits(0).stdout.lines().count(), 1);

    let blocked = state.0.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let refused = call(blocked.to_str().unwrap()).exits(12);
    refused.says(&["failed to open the audit log", "--audit off"]);
}

#[test]
fn no_grant_reaches_the_log() {
    let state = State::new();
    let add = guest("plain", "add");
    let call = ["call", &add, "add", r#"{"a":1,"b":2}"#];
    state.run(&call).exits(0);
    for folder in [state.log(), state.0.path().to_owned()] {
        let grant = format!("fs.read={}:/x", folder.display());
        let arguments = [call.as_slice(), &["--grant", &grant]].concat();
        state.run(&arguments).exits(2);
    }
}

/// A call that could change something is refused without a record; one that cannot is made, and warned
/// of.
#[test]
fn without_a_log_nothing_dangerous_runs() {
    let state = State::new();
    fs::write(state.0.path().join("ringfence"), "in the way").unwrap();
    let granted = tempfile::tempdir().unwrap();
    let grant = format!("fs.write={}:/out", granted.path().display());
    let dump = guest("hostile", "h43_dump");
    let dangerous = ["call", &dump, "attack", "{}", "--grant", &grant];
    let run = state.run(&dangerous).exits(12).prints("");
    run.says(&["is refused: the audit log cannot be written", "make room"]);
    let run = state.run(&["call", &dump, "attack", "{}"]).exits(0);
    run.says(&["calls that can change something are refused"]);
    fs::remove_file(state.0.path().join("ringfence")).unwrap();
    state.run(&dangerous).exits(0);
    let events: Vec<_> = lines(&fs::read_to_string(state.file()).unwrap())
        .iter()
        .map(|record| record["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(events, ["intent", "call"]);
}

#[test]
fn calls_of_several_processes_are_one_log() {
    let state = State::new();
    let add = guest("plain", "add");
    let start = |_| {
        let mut command = ringfence(["call", &add, "add", r#"{"a":1,"b":2}"#]);
        command
            .env("XDG_STATE_HOME", state.0.path())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(start).collect();
    for child in children {
        finish(child).exits(0);
    }
    let report = state.run(&["audit", "verify", "--json"]).exits(0).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["records"], 4);
}

#[test]
fn what_happens_is_followed() {
    use std::io::{BufRead as _, BufReader};

    let state = State::new();
    let add = guest("plain", "add");
    let call = ["call", &add, "add", r#"{"a":1,"b":2}"#];
    state.run(&call).exits(0);
    let mut tail = ringfence(["audit", "tail", "-n", "1", "-f", "--json"])
        .env("XDG_STATE_HOME", state.0.path())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&shown.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["seq"], 1);
    state.run(&call).exits(0);
    assert_eq!(next()["seq"], 2);
    signal(&tail, "-INT");
    assert_eq!(tail.wait().unwrap().code(), Some(130));
}
