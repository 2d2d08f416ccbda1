//! Tools that call other tools: what they find, what stops them, and what is written down.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_audit::Recorder;
use ringfence_catalog::{Catalog, Source};
use ringfence_identity::Caller;
use ringfence_policy::{Budget, Policy};
use ringfence_sandbox::{ArtifactCache, Sandbox, Settings};
use ringfence_server::{CallRequest, Funnel, Outcome, Output, Silent, Target};
use ringfence_tests::both::Both;
use ringfence_tests::provider::{self, Described};
use ringfence_tests::session::Session;
use ringfence_tests::{binary, guests};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// How long something may take that must happen. No test waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// What may be called, unless a test says otherwise.
const GRANTED: &str = "allow = [\"tools=calls_*\", \"tools=other_*\", \"tools=add_add\", \
                       \"tools=err_fail\", \"tools=sleep_*\", \"tools=trap_*\"]";

/// A folder with tools, a policy and an audit log of its own.
struct Place(TempDir);

impl Place {
    /// Callers `calls` and `other`, and some plain guests, under `rules`.
    fn new(rules: &[&str]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("tools")).unwrap();
        let calls = guests::granted("calls");
        let plain = ["add", "err", "sleep", "trap", "unit"].map(|name| (name, guests::plain(name)));
        let tools = [("calls", calls.clone()), ("other", calls)];
        for (name, bytes) in tools.into_iter().chain(plain) {
            let file = place.path("tools").join(name).with_extension("wasm");
            fs::write(file, bytes).unwrap();
        }
        let rules = rules.join("\n");
        let policy = format!("version = 1\n[default]\ndangerous = \"allow\"\n{rules}\n[end]\n");
        fs::write(place.path("policy.toml"), policy).unwrap();
        place
    }

    /// The same, where both callers may call what is `GRANTED`.
    fn granting(rules: &[&str]) -> Self {
        let granted = ["[tool.calls]", GRANTED, "[tool.other]", GRANTED];
        Self::new(&[&granted, rules].concat())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![self.path("tools").display().to_string()];
        for (option, value) in [
            ("--policy", self.path("policy.toml")),
            ("--state-dir", self.path("state")),
            ("--audit", self.path("audit")),
            ("--cache-dir", self.path("cache")),
        ] {
            arguments.push(option.into());
            arguments.push(value.display().to_string());
        }
        arguments.extend(["--approval-wait", "0"].map(str::to_owned));
        arguments
    }

    fn session(&self) -> Session {
        let mut session = Session::start(self.arguments());
        session.initialize();
        session
    }

    /// `ringfence approvals` with these arguments.
    fn approvals(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new(binary::ringfence());
        command.arg("approvals").args(arguments);
        command.arg("--state-dir").arg(self.path("state"));
        if !matches!(arguments.first(), Some(&("list" | "show"))) {
            command.arg("--audit").arg(self.path("audit"));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    /// Records of calls that `audit search` finds.
    fn records(&self, more: &[&str]) -> Vec<Value> {
        let output = Command::new(binary::ringfence())
            .args(["audit", "search", "--json", "--dir"])
            .arg(self.path("audit"))
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The same, once there are so many.
    fn recorded(&self, count: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let records = self.records(&["--event", "call"]);
            if records.len() >= count {
                return records;
            }
            assert!(began.elapsed() < PATIENCE, "{records:?}");
        }
    }
}

/// Arguments for a caller that calls `name` with `arguments`.
fn to_call(name: &str, arguments: &Value) -> Value {
    json!({"name": name, "arguments": arguments.to_string()})
}

/// The case of the error by which a call ended, with the text that a model reads.
fn error(answer: &Value) -> (&str, &str) {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let case = answer.pointer("/result/_meta/ringfence~1error/case");
    let text = answer["result"]["content"][0]["text"].as_str();
    (case.and_then(Value::as_str).unwrap(), text.unwrap())
}

/// What the tool that was called gave back.
fn called(answer: &Value) -> &Value {
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    &answer["result"]["structuredContent"]["result"]
}

/// The structured result of what was called.
fn structured(called: &Value) -> Value {
    serde_json::from_str(called["structured"].as_str().unwrap()).unwrap()
}

/// Which tool, and how its call ended.
fn outcomes(records: &[Value]) -> Vec<(&str, &str)> {
    records
        .iter()
        .map(|record| {
            let (tool, outcome) = (record["tool"].as_str(), record["outcome"].as_str());
            (tool.unwrap(), outcome.unwrap())
        })
        .collect()
}

/// What a guest used is on record, however it ended.
fn assert_spent(record: &Value) {
    for field in ["fuel", "cpu_us", "wall_us"] {
        assert!(
            record[field].as_u64().is_some_and(|spent| spent > 0),
            "{field}: {record}"
        );
    }
}

/// So is what it touched, and could have: `calls_call` has called this, and that ended so.
fn assert_touched(record: &Value, name: &str) {
    assert_spent(record);
    let capabilities = record["capabilities"].as_array().unwrap();
    assert!(capabilities.contains(&json!("tools=calls_*")), "{record}");
    let touched = record["touched"].as_array().unwrap();
    assert!(
        touched
            .iter()
            .any(|touched| touched["kind"] == "tools" && touched["name"] == name),
        "{record}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_calls_what_it_is_granted_and_finds_nothing_else() {
    let place = Place::granting(&["[tool.trap]", "call = \"deny\""]);
    let mut both = Both::start(&place.arguments()).await;

    for answer in both.call("calls_names", json!({})).await {
        let listed = called(&answer).as_array().unwrap().clone();
        let names = listed.iter().map(|tool| tool["name"].as_str().unwrap());
        let names: Vec<_> = names.collect();
        let known = ["calls_", "other_", "add_add", "err_fail", "sleep_sleep"];
        assert!(names.len() > 6, "{names:?}");
        for name in &names {
            assert!(
                known.iter().any(|known| name.starts_with(known)),
                "{names:?}"
            );
        }
        let add = listed
            .iter()
            .find(|tool| tool["name"] == "add_add")
            .unwrap();
        let schema: Value = serde_json::from_str(add["input-schema"].as_str().unwrap()).unwrap();
        assert_eq!(schema["required"], json!(["a", "b"]), "{schema}");
    }

    let sum = to_call("add_add", &json!({"a": 2, "b": 3}));
    for answer in both.call("calls_call", sum).await {
        let called = called(&answer);
        assert_eq!(structured(called), json!({"result": 5}));
        assert_eq!(
            (&called["is-error"], &called["content"]),
            (&json!(false), &json!([]))
        );
        let receipt = &answer["result"]["_meta"]["ringfence/receipt"];
        assert_eq!(receipt["children"]["calls"], 1, "{receipt}");
        assert!(
            receipt["children"]["fuel"].as_u64().unwrap() > 0,
            "{receipt}"
        );
        assert_eq!(
            receipt["reached"][0]["target"], "tools:add_add",
            "{receipt}"
        );
        assert_eq!(receipt["reached"][0]["method"], "returned", "{receipt}");
    }

    // Its own error is an answer.
    let fails = to_call("err_fail", &json!({"message": "on purpose"}));
    for answer in both.call("calls_call", fails).await {
        let called = called(&answer);
        assert_eq!(called["is-error"], true);
        assert_eq!(called["content"][0]["text"]["text"], "on purpose");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_granted_or_does_not_fit_is_not_called() {
    let place = Place::granting(&["[tool.trap]", "call = \"deny\""]);
    let mut both = Both::start(&place.arguments()).await;

    // Not granted, denied to the caller, and not there at all: one word for all three.
    for name in [
        "unit_run",
        "trap_divide",
        "calls_nothing",
        "nothing_at_all",
        "a b",
    ] {
        for answer in both.call("calls_call", to_call(name, &json!({}))).await {
            assert_eq!(error(&answer), ("unknown", "unknown"), "{name}");
            // Nor does the receipt tell them apart.
            let reached = &answer["result"]["_meta"]["ringfence/receipt"]["reached"][0];
            let word = &reached["method"];
            assert!(word.is_null() || word == "unknown-tool", "{reached}");
        }
    }

    for (arguments, says) in [
        ("{\"a\": 2}", "b"),
        ("{\"a\": 2, \"b\": \"3\"}", "/b"),
        ("[]", "object"),
        ("{", "JSON"),
    ] {
        let call = json!({"name": "add_add", "arguments": arguments});
        for answer in both.call("calls_call", call).await {
            let (case, text) = error(&answer);
            assert_eq!(case, "invalid-arguments", "{arguments}");
            assert!(text.contains(says), "{arguments}: {text}");
        }
    }
}

/// What is called is looked at, and may be run, on the stack of the guest that calls.
#[tokio::test(flavor = "multi_thread")]
async fn what_nests_deeply_fits_on_the_stack_of_whoever_calls() {
    let place = Place::new(&[
        "[tool.calls]",
        "allow = [\"tools=calls_*\", \"tools=deep_*\"]",
    ]);
    let next = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}}});
    let schema = json!({"type": "object", "$ref": "#/$defs/a", "$defs": {"a": next}}).to_string();
    let deep = (0..50).fold(json!({}), |value, _| json!({ "x": value }));
    let tools = [Described {
        name: "takes",
        description: "Does something.",
        input: &schema,
        output: Some(&schema),
    }];
    let component = provider::component(&tools, Some(&deep.to_string()));
    fs::write(place.path("tools").join("deep.wasm"), component).unwrap();
    let mut both = Both::start(&place.arguments()).await;
    let call = (0..2).fold(to_call("deep_takes", &deep), |call, _| {
        to_call("calls_call", &call)
    });
    for answer in both.call("calls_call", call).await {
        let lowest = structured(&structured(called(&answer))["result"])["result"].clone();
        assert_eq!(structured(&lowest), deep, "{answer}");
    }
}

#[test]
fn every_call_leaves_one_record_and_says_which_one_made_it() {
    let place = Place::granting(&[]);
    let mut session = place.session();
    let sum = to_call("add_add", &json!({"a": 2, "b": 3}));
    session.call("calls_call", &to_call("calls_call", &sum));
    session.call("calls_call", &to_call("files_read", &json!({})));
    // Answers do not wait for their records, and dropping a session kills its server.
    let records = place.recorded(5);
    drop(session);
    // What is called ends before what calls it.
    assert_eq!(
        outcomes(&records),
        [
            ("add_add", "returned"),
            ("calls_call", "returned"),
            ("calls_call", "returned"),
            ("files_read", "denied"),
            ("calls_call", "tool-error"),
        ]
    );
    let [sum, middle, root, denied, other] = &records[..] else {
        panic!("{records:?}");
    };
    assert!(root.get("parent").is_none() && other.get("parent").is_none());
    assert_eq!(middle["parent"], root["call"]);
    assert_eq!(sum["parent"], middle["call"]);
    assert_eq!(denied["parent"], other["call"]);
    // All of them were made for one request of the client.
    assert!(
        [sum, middle]
            .iter()
            .all(|call| call["request"] == root["request"])
    );
    assert_eq!(denied["request"], other["request"]);
    assert!(
        denied["reason"].as_str().unwrap().contains("files_read"),
        "{denied}"
    );
    assert_touched(middle, "add_add");
    for ran in [sum, middle, root, other] {
        assert_spent(ran);
    }
    let parent = root["call"].as_str().unwrap();
    let found = place.records(&["--event", "call", "--parent", parent]);
    assert_eq!(&found, std::slice::from_ref(middle));
}

#[test]
fn calls_are_told_apart_whatever_clients_call_their_requests() {
    let place = Place::granting(&[]);
    let mut session = place.session();
    let mut sums = to_call("add_add", &json!({"a": 2, "b": 3}));
    sums["times"] = json!(2);
    let long = "x".repeat(250);
    let ids = [json!(1), json!("1"), json!(long), json!(format!("{long}y"))];
    for id in &ids {
        let call = json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": "calls_again", "arguments": sums},
        });
        session.send(&call.to_string());
        while session.receive().unwrap()["id"] != *id {}
    }
    let records = place.recorded(3 * ids.len());
    let mut calls: Vec<_> = records
        .iter()
        .map(|record| record["call"].as_str().unwrap())
        .collect();
    calls.sort_unstable();
    calls.dedup();
    assert_eq!(calls.len(), records.len(), "{records:?}");
    for family in records.chunks(3) {
        let [first, second, above] = family else {
            panic!("{family:?}")
        };
        assert_eq!(first["parent"], above["call"]);
        assert_eq!(second["parent"], above["call"]);
    }
    let requests = [2, 5].map(|at: usize| records[at]["request"].as_str().unwrap());
    assert_eq!(requests, ["1", "\"1\""]);
}

#[test]
fn what_calls_itself_or_goes_in_circles_comes_to_an_end() {
    let place = Place::granting(&[]);
    let mut session = place.session();
    let answer = session.call("calls_recurse", &json!({}));
    called(&answer);
    // Four below the first, and the one that was too deep.
    let records = place.recorded(6);
    assert_eq!(records[0]["outcome"], "too-deep", "{records:?}");
    let ended: Vec<_> = outcomes(&records)[1..]
        .iter()
        .map(|(_, word)| *word)
        .collect();
    assert_eq!(
        ended,
        ["tool-error", "returned", "returned", "returned", "returned"]
    );

    let mut arguments = json!({"name": "add_add", "arguments": "{}"});
    for name in [
        "calls_call",
        "other_call",
        "calls_call",
        "other_call",
        "calls_call",
    ] {
        arguments = to_call(name, &arguments);
    }
    let answer = session.call("other_call", &arguments);
    let mut below = called(&answer).clone();
    for _ in 0..3 {
        assert_eq!(below["is-error"], false, "{below}");
        below = structured(&below)["result"].clone();
    }
    assert_eq!(below["content"][0]["text"]["text"], "too-deep", "{below}");

    // Wide instead of deep.
    let sum = to_call("add_add", &json!({"a": 2, "b": 3}));
    let mut many = sum.clone();
    many["times"] = json!(1000);
    assert_eq!(error(&session.call("calls_again", &many)).0, "too-many");
    let mut wide = to_call("calls_again", &many);
    wide["times"] = json!(1000);
    assert_eq!(error(&session.call("calls_again", &wide)).0, "too-many");
    // Of 250 a hundred below each of the first two, and the rest below the third.
    let records = place.recorded(366);
    drop(session);
    let ran = outcomes(&records);
    let count = |wanted| ran.iter().filter(|ended| **ended == wanted).count();
    assert_eq!(count(("add_add", "returned")), 100 + 247);
    assert_eq!(count(("add_add", "too-many-calls")), 1);
    assert_eq!(count(("calls_again", "too-many-calls")), 1);
    assert_eq!(records.len(), 366);
}

#[test]
fn time_is_up_for_what_is_called_alone_or_for_both() {
    let slow = ["[tool.sleep]", "budget = { wall = \"100ms\" }"];
    let place = Place::granting(&slow);
    let mut session = place.session();
    let sleep = to_call("sleep_sleep", &json!({"milliseconds": 60_000}));
    assert_eq!(error(&session.call("calls_call", &sleep)).0, "timed-out");
    drop(session);

    let place = Place::new(&["[tool.calls]", GRANTED, "budget = { wall = \"300ms\" }"]);
    let mut session = place.session();
    let answer = session.call("calls_call", &sleep);
    let limit = answer.pointer("/result/_meta/ringfence~1error/limit");
    assert_eq!(limit, Some(&json!("wall")), "{answer}");
    let records = place.recorded(2);
    assert_eq!(outcomes(&records)[1], ("calls_call", "limit"));
    assert!(matches!(
        outcomes(&records)[0],
        ("sleep_sleep", "cancelled" | "limit")
    ));
    assert_spent(&records[0]);
    assert_touched(&records[1], "sleep_sleep");
    drop(session);

    // Out of fuel.
    let place = Place::new(&["[tool.calls]", GRANTED, "budget = { fuel = 5000000 }"]);
    let mut session = place.session();
    let mut many = to_call("add_add", &json!({"a": 2, "b": 3}));
    many["times"] = json!(1000);
    let answer = session.call("calls_again", &many);
    let limit = answer.pointer("/result/_meta/ringfence~1error/limit");
    assert_eq!(limit, Some(&json!("fuel")), "{answer}");
    let records = place.recorded(2);
    assert_touched(records.last().unwrap(), "add_add");
}

#[test]
fn what_is_called_takes_no_time_of_whoever_calls() {
    let limited = ["[tool.spin]", "budget = { fuel = 300000000 }"];
    let place = Place::new(&[&["[tool.calls]", "allow = [\"tools=*\"]"][..], &limited].concat());
    fs::write(place.path("tools").join("spin.wasm"), guests::plain("spin")).unwrap();
    let mut session = place.session();
    session.call("calls_call", &to_call("spin_spin", &json!({})));
    let records = place.recorded(2);
    assert_eq!(
        outcomes(&records),
        [("spin_spin", "limit"), ("calls_call", "tool-error")]
    );
    let [below, above] = [0, 1].map(|at| records[at]["cpu_us"].as_u64().unwrap());
    assert!(0 < above && above < below, "{records:?}");
}

#[test]
fn whoever_gives_up_on_a_call_gives_up_on_what_it_called() {
    let place = Place::granting(&[]);
    let mut session = place.session();
    let sleep = to_call("sleep_sleep", &json!({"milliseconds": 20_000}));
    let call = session.post_call("calls_call", &sleep);
    // The intent of a dangerous call is written before it runs.
    let began = Instant::now();
    while place.records(&["--event", "intent"]).is_empty() {
        assert!(began.elapsed() < PATIENCE);
    }
    // What it calls leaves nothing behind until it has ended.
    std::thread::park_timeout(Duration::from_secs(1));
    let cancel = json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"requestId": call},
    });
    session.send(&cancel.to_string());
    let records = place.recorded(2);
    assert_eq!(
        outcomes(&records),
        [("sleep_sleep", "cancelled"), ("calls_call", "cancelled")]
    );
    assert!(began.elapsed() < Duration::from_secs(18));
    assert_spent(&records[0]);
    assert_touched(&records[1], "sleep_sleep");
}

#[test]
fn what_a_call_touched_until_its_yes_was_taken_back_is_on_record() {
    let place = Place::new(&["[tool.calls]", GRANTED, "call = \"ask\""]);
    let mut session = place.session();
    let sleep = to_call("sleep_sleep", &json!({"milliseconds": 20_000}));
    let pending = session.call("calls_call", &sleep);
    let id = pending.pointer("/result/_meta/ringfence~1error/approval");
    let id = id.and_then(Value::as_str).unwrap();
    place.approvals(&["approve", id, "--yes"]);
    let call = session.post_call("calls_call", &sleep);
    let began = Instant::now();
    while place.records(&["--event", "intent"]).is_empty() {
        assert!(began.elapsed() < PATIENCE);
    }
    // What it calls leaves nothing behind until it has ended.
    std::thread::park_timeout(Duration::from_secs(1));
    place.approvals(&["revoke", id]);
    let answer = session.answer(call);
    assert!(began.elapsed() < Duration::from_secs(18));
    let meta = &answer["result"]["_meta"];
    assert_eq!(meta["ringfence/error"]["kind"], "revoked", "{answer}");
    let receipt = &meta["ringfence/receipt"];
    assert!(receipt["fuel"].as_u64().unwrap() > 0, "{receipt}");
    assert_eq!(
        receipt["reached"][0]["target"], "tools:sleep_sleep",
        "{receipt}"
    );
    // The first was about the call that had to be asked about.
    let records = place.recorded(3);
    assert_eq!(
        outcomes(&records)[1..],
        [("sleep_sleep", "cancelled"), ("calls_call", "revoked")]
    );
    assert_spent(&records[1]);
    assert_touched(&records[2], "sleep_sleep");
}

#[test]
fn a_person_is_asked_about_what_is_called_and_is_told_who_calls() {
    let place = Place::granting(&["[tool.add]", "call = \"ask\""]);
    let sum = to_call("add_add", &json!({"a": 2, "b": 3}));
    // Nobody can be asked in time.
    let mut session = place.session();
    let answer = session.call("calls_call", &sum);
    let (case, text) = error(&answer);
    assert_eq!(case, "denied");
    assert!(text.contains("a person has to approve"), "{text}");
    drop(session);

    let mut session = Session::start(place.arguments());
    let hello = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {"elicitation": {}},
        "clientInfo": {"name": "asking", "version": "1"},
    });
    session.request("initialize", &hello);
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
    for (decision, ends) in [("once", "returned"), ("deny", "denied")] {
        let call = session.post_call("calls_call", &sum);
        let question = loop {
            let message = session.receive().unwrap();
            if message["method"] == "elicitation/create" {
                break message;
            }
            assert!(message.get("result").is_none(), "not asked: {message}");
        };
        let message = question["params"]["message"].as_str().unwrap();
        assert!(message.contains("Tool: add_add"), "{message}");
        assert!(
            message.contains("The tool `calls_call` makes this call."),
            "{message}"
        );
        let said = json!({"action": "accept", "content": {"decision": decision}});
        let said = json!({"jsonrpc": "2.0", "id": question["id"], "result": said});
        session.send(&said.to_string());
        let answer = session.answer(call);
        if ends == "returned" {
            assert_eq!(structured(called(&answer)), json!({"result": 5}));
        } else {
            let (case, text) = error(&answer);
            assert_eq!(case, "denied");
            assert!(text.contains("said no"), "{text}");
        }
    }
    // Whoever looks for a call finds what became of the question about what it called.
    place.recorded(4);
    let asked = place.records(&["--event", "approval"]);
    let words: Vec<_> = asked.iter().map(|record| &record["state"]).collect();
    // The last records of the first session may have ended with it.
    let expected = ["asked", "given", "used", "asked", "refused"];
    assert_eq!(
        words[words.len().saturating_sub(5)..],
        expected,
        "{asked:?}"
    );
    let above = place.records(&["--event", "call", "--tool", "calls_call"]);
    let last = asked.last().unwrap();
    assert_eq!(last["parent"], above.last().unwrap()["call"], "{last}");
}

#[test]
fn by_hand_a_tool_may_call_its_own_functions() {
    let place = Place::new(&[]);
    let file = place.path("tools").join("calls.wasm");
    let call = |grants: &[&str]| {
        let mut command = Command::new(binary::ringfence());
        command.env("XDG_STATE_HOME", place.path("state"));
        command.arg("call").arg(&file);
        command.args(["call", r#"{"name":"calls_names","arguments":"{}"}"#]);
        for grant in grants {
            command.args(["--grant", grant]);
        }
        command.args(["--audit", "off", "--json"]).output().unwrap()
    };
    let output = call(&["tools=calls_*"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("calls_recurse") && said.contains("tools:calls_names"),
        "{said}"
    );
    let output = call(&[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("unknown"),
        "{said}"
    );
}

/// In one process, with room for two calls.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_fill_all_room_still_get_what_they_call() {
    let place = Place::new(&[]);
    let file = |name: &str| Source::File(place.path("tools").join(format!("{name}.wasm")));
    let sources = vec![file("calls"), file("sleep")];
    let grants = vec!["tools=*".parse().unwrap()];
    let sandbox = Sandbox::new(Settings {
        small_slots: 2,
        cache: Some(ArtifactCache::open(place.path("cache")).unwrap()),
        ..Settings::default()
    });
    let policy = Policy::new(grants, Budget::default()).unwrap();
    let funnel = Funnel::new(Catalog::load(sources), policy, sandbox, Recorder::off());
    let call = |tool: &'static str, arguments: Value| {
        let funnel = Arc::clone(&funnel);
        async move {
            let request = CallRequest {
                id: "1".into(),
                target: Target::Tool(tool.into()),
                arguments: serde_json::from_value(arguments).unwrap(),
            };
            let (events, cancel) = (Arc::new(Silent), CancellationToken::new());
            let caller = Caller::local();
            let answer = funnel.call(&caller, &request, events, cancel);
            match answer.await.unwrap().outcome {
                Outcome::Returned(Output::Json(json)) => Ok(json),
                Outcome::ToolError(error) => Err(error.case.unwrap_or_default()),
                other => Err(other.word().to_owned()),
            }
        }
    };
    let sleep = |milliseconds: u32| to_call("sleep_sleep", &json!({"milliseconds": milliseconds}));
    // Everything is compiled.
    call("calls_call", sleep(0)).await.unwrap();

    // One takes what room there is beside the one that calls: what is kept is there for what it calls.
    let long = tokio::spawn(call("sleep_sleep", json!({"milliseconds": 5_000})));
    while funnel.metrics().calls_running() == 0 {
        tokio::task::yield_now().await;
    }
    call("calls_call", sleep(1)).await.unwrap();
    assert!(!long.is_finished());
    long.abort();
    drop(long.await);

    // Two have all room, the third what is kept. The fourth hears so, long before anybody would give up.
    let nested = |last: Value| to_call("calls_call", &to_call("calls_call", &last));
    let began = Instant::now();
    let busy = call("calls_call", nested(sleep(0))).await.unwrap();
    assert!(busy.contains("busy"), "{busy}");
    assert!(began.elapsed() >= Duration::from_millis(500));
    assert!(began.elapsed() < Duration::from_secs(9));

    // All room is there again.
    for _ in 0..2 {
        let done = call("calls_call", to_call("calls_call", &sleep(0))).await;
        assert!(!done.unwrap().contains("busy"));
    }
}

#[test]
fn a_yes_to_what_one_tool_calls_is_none_to_another_nor_to_whoever_calls_it() {
    let place = Place::granting(&["[tool.add]", "call = \"ask\""]);
    let sum = json!({"a": 2, "b": 3});
    let child = to_call("add_add", &sum);
    let mut session = place.session();
    assert_eq!(error(&session.call("calls_call", &child)).0, "denied");
    let open: Value = serde_json::from_slice(&place.approvals(&["list", "--json"])).unwrap();
    let id = open[0]["id"].as_str().unwrap();
    // Whose call it is, and where it is found: with the call that made it, too.
    assert_eq!(open[0]["parent_tool"], "calls_call", "{open}");
    let listed = String::from_utf8(place.approvals(&["list"])).unwrap();
    assert!(
        listed.contains("MADE BY") && listed.contains("calls_call"),
        "{listed}"
    );
    let parent = open[0]["parent"].as_str().unwrap();
    let asked = place.records(&["--event", "approval", "--call", parent]);
    assert_eq!(asked.len(), 1, "{asked:?}");
    place.approvals(&["approve", id, "--until-changed", "--yes"]);
    for _ in 0..2 {
        let answer = session.call("calls_call", &child);
        assert_eq!(structured(called(&answer)), json!({"result": 5}));
    }
    assert_eq!(error(&session.call("other_call", &child)).0, "denied");
    let direct = session.call("add_add", &sum);
    assert_eq!(direct["result"]["isError"], true, "{direct}");
}
