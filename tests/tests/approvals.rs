//! A person's word: who is asked, what the answer holds for, and that nothing runs without one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use ringfence_tests::binary;
use ringfence_tests::http::Connection;
use ringfence_tests::serving::{self, Serving};
use ringfence_tests::session::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long something may take that must happen. No test waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder to write to, a state of its own, and a policy under which a person is asked.
struct Setup(TempDir);

impl Setup {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        let docs = folder.path().join("docs");
        let policy = [
            "version = 1".to_owned(),
            "[default]".to_owned(),
            "dangerous = \"ask\"".to_owned(),
            "[tool.files]".to_owned(),
            format!("allow = [\"fs.write={}:/docs\"]", docs.display()),
            "[tool.conformance]".to_owned(),
            "call = \"ask\"".to_owned(),
            "[tool.sleep]".to_owned(),
            "call = \"ask\"".to_owned(),
            "[end]".to_owned(),
        ];
        fs::write(folder.path().join("policy.toml"), policy.join("\n")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn note(&self) -> PathBuf {
        self.path("docs").join("note.txt")
    }

    fn state(&self) -> [String; 2] {
        let state = self.path("state").display().to_string();
        ["--state-dir".to_owned(), state]
    }

    /// Options of a server whose calls wait for `seconds` at most.
    fn options(&self, seconds: u64) -> Vec<String> {
        let [option, state] = self.state();
        let policy = self.path("policy.toml").display().to_string();
        let audit = self.path("audit").display().to_string();
        let waits = seconds.to_string();
        [
            "--policy",
            &policy,
            "--audit",
            &audit,
            &option,
            &state,
            "--approval-wait",
            &waits,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// A server over pipes, for a client of this name that can, or cannot, show a question.
    fn session(&self, client: &str, asks: bool, more: &[String]) -> Session {
        let mut options = self.options(0);
        options.extend_from_slice(more);
        greeted(Session::start(options), client, asks)
    }

    /// `ringfence approvals` with these arguments.
    fn approvals(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary::ringfence());
        command.env("XDG_STATE_HOME", self.path("elsewhere"));
        command.arg("approvals").args(arguments).args(self.state());
        if !matches!(arguments.first(), Some(&("list" | "show"))) {
            command.arg("--audit").arg(self.path("audit"));
        }
        command.output().unwrap()
    }

    fn listed(&self, all: bool) -> Vec<Value> {
        let more: &[&str] = if all { &["--all"] } else { &[] };
        let output = self.approvals(&[&["list", "--json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The one that waits, once there is one.
    fn waiting(&self) -> String {
        let began = Instant::now();
        loop {
            let listed = self.listed(false);
            let mut asked = listed.iter().filter(|entry| entry["state"] == "asked");
            if let Some(entry) = asked.next() {
                return entry["id"].as_str().unwrap().to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "nothing waits: {listed:?}");
        }
    }

    fn done(&self, arguments: &[&str]) {
        let output = self.approvals(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }

    /// What the audit log says, each as `event outcome-or-state`.
    fn recorded(&self) -> Vec<String> {
        let output = Command::new(binary::ringfence())
            .args(["audit", "search", "--json", "--dir"])
            .arg(self.path("audit"))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let records = text.lines().map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            let ending = record.get("outcome").or_else(|| record.get("state"));
            let ending = ending.and_then(Value::as_str).unwrap_or_default();
            format!("{} {ending}", record["event"].as_str().unwrap())
        });
        records
            .filter(|record| !record.starts_with("start") && !record.starts_with("policy"))
            .collect()
    }
}

fn greeted(mut session: Session, client: &str, asks: bool) -> Session {
    let capabilities = if asks {
        json!({"elicitation": {}})
    } else {
        json!({})
    };
    session.request(
        "initialize",
        &json!({
            "protocolVersion": "2025-06-18",
            "capabilities": capabilities,
            "clientInfo": {"name": client, "version": "1"},
        }),
    );
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
    session
}

fn note(text: &str) -> Value {
    json!({"path": "/docs/note.txt", "text": text, "mode": "replace"})
}

fn text(answer: &Value) -> &str {
    let text = answer.pointer("/result/content/0/text");
    text.and_then(Value::as_str).unwrap_or_default()
}

fn kind(answer: &Value) -> &str {
    let kind = answer.pointer("/result/_meta/ringfence~1error/kind");
    kind.and_then(Value::as_str).unwrap_or_default()
}

fn pending(answer: &Value) -> String {
    assert_eq!(kind(answer), "approval-pending", "{answer}");
    let id = answer.pointer("/result/_meta/ringfence~1error/approval");
    id.and_then(Value::as_str).unwrap().to_owned()
}

/// Waits for the question of a call, and answers it.
fn answer_question(session: &mut Session, result: &Value) -> Value {
    let question = loop {
        let message = session.receive().expect("a question before the end");
        if message["method"] == "elicitation/create" {
            break message;
        }
        assert!(message.get("result").is_none(), "not asked: {message}");
    };
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": result});
    session.send(&answer.to_string());
    question["params"].clone()
}

fn accepted(decision: &str) -> Value {
    json!({"action": "accept", "content": {"decision": decision}})
}

#[test]
fn the_user_of_a_client_is_asked_and_decides() {
    let setup = Setup::new();
    let mut session = setup.session("tests", true, &[]);

    // Yes, once.
    let call = session.post_call("files_write", &note("one"));
    let asked = answer_question(&mut session, &accepted("once"));
    let answer = session.answer(call);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    assert_eq!(fs::read_to_string(setup.note()).unwrap(), "one");
    let receipt = &answer["result"]["_meta"]["ringfence/receipt"];
    assert_eq!(
        receipt["capabilities"],
        json!(["fs.write=/docs"]),
        "{receipt}"
    );
    let touched = &receipt["reached"][0];
    assert_eq!(touched["target"], "fs:/docs", "{receipt}");
    assert_eq!(touched["method"], "write", "{receipt}");
    assert_eq!(touched["sentBytes"], "one".len(), "{receipt}");
    let message = asked["message"].as_str().unwrap();
    for part in [
        "files_write",
        "sha256:",
        "local/local",
        "tests",
        "fs.write=/docs",
        "\"one\"",
    ] {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    // The host's side is nobody's business but the operator's.
    let host = setup.path("docs").display().to_string();
    assert!(!message.contains(&host), "{message}");

    // Once was once: the same call is asked about again.
    for (result, says) in [
        (accepted("deny"), "said no"),
        (json!({"action": "decline"}), "said no"),
        (json!({"action": "cancel"}), "nobody has answered"),
        // Nothing of what was asked: whoever sends that has not said yes.
        (json!({"action": "accept", "content": {}}), "said no"),
        (accepted("yes"), "said no"),
    ] {
        fs::write(setup.note(), "untouched").unwrap();
        let call = session.post_call("files_write", &note("one"));
        answer_question(&mut session, &result);
        let answer = session.answer(call);
        assert_eq!(answer["result"]["isError"], true, "{result} {answer}");
        assert!(text(&answer).contains(says), "{result} {answer}");
        assert_eq!(
            fs::read_to_string(setup.note()).unwrap(),
            "untouched",
            "{result}"
        );
    }

    // Yes, for these arguments: the next one runs unasked, and one with others does not.
    let call = session.post_call("files_write", &note("two"));
    answer_question(&mut session, &accepted("ten-minutes"));
    session.answer(call);
    let again = session.call("files_write", &note("two"));
    assert_eq!(again["result"]["isError"], false, "{again}");
    let other = session.post_call("files_write", &note("three"));
    answer_question(&mut session, &accepted("deny"));
    assert_eq!(session.answer(other)["result"]["isError"], true);

    let recorded = setup.recorded();
    let counted = |what: &str| recorded.iter().filter(|record| *record == what).count();
    assert_eq!(counted("call returned"), 3, "{recorded:?}");
    assert_eq!(counted("intent "), 3, "{recorded:?}");
    assert_eq!(counted("approval given"), 2, "{recorded:?}");
    assert_eq!(counted("approval used"), 3, "{recorded:?}");
    assert_eq!(counted("approval refused"), 5, "{recorded:?}");
    assert_eq!(counted("call refused"), 5, "{recorded:?}");
}

#[test]
fn what_hides_in_arguments_is_made_visible_in_the_question() {
    let setup = Setup::new();
    let mut session = setup.session("tests\u{202e}\u{1b}[2J", true, &[]);
    let hidden = "a\u{200b}b\u{202e}c\u{e0041}\u{7}\nTool: text_stats";
    let call = session.post_call("files_write", &note(hidden));
    let asked = answer_question(&mut session, &accepted("deny"));
    session.answer(call);
    let message = asked["message"].as_str().unwrap();
    for character in ['\u{200b}', '\u{202e}', '\u{e0041}', '\u{7}', '\u{1b}'] {
        assert!(
            !message.contains(character),
            "{character:?} is in: {message:?}"
        );
    }
    assert!(
        message.contains("⟨U+200B⟩") && message.contains("⟨U+202E⟩"),
        "{message}"
    );
    // A line of its own would be taken for one of ours.
    assert!(!message.contains("\nTool: text_stats"), "{message}");
    let shown = setup.approvals(&["list", "--all"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        !shown.contains('\u{202e}') && !shown.contains('\u{1b}'),
        "{shown:?}"
    );
}

#[test]
fn an_answer_holds_for_the_call_that_was_asked_about_and_for_nothing_else() {
    let setup = Setup::new();
    let mut session = setup.session("alpha", false, &[]);
    let id = pending(&session.call("files_write", &note("one")));
    // Asked again, it is the same question.
    assert_eq!(pending(&session.call("files_write", &note("one"))), id);
    setup.done(&["approve", &id, "--for", "1h", "--yes"]);

    // Other arguments, another function, another client: each is another question.
    let others = [
        pending(&session.call("files_write", &note("two"))),
        pending(&session.call(
            "files_edit",
            &json!({"path": "/docs/note.txt", "old": "a", "new": "b"}),
        )),
        pending(
            &setup
                .session("beta", false, &[])
                .call("files_write", &note("one")),
        ),
    ];
    assert!(!others.contains(&id));
    assert!(!setup.note().exists());

    // The order of members says nothing, and the answer outlives the process that asked.
    drop(session);
    let mut session = setup.session("alpha", false, &[]);
    let turned = json!({"mode": "replace", "text": "one", "path": "/docs/note.txt"});
    for _ in 0..2 {
        let answer = session.call("files_write", &turned);
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }

    // More is granted now, so it is another question again.
    let more = setup.path("more");
    fs::create_dir(&more).unwrap();
    let policy = fs::read_to_string(setup.path("policy.toml")).unwrap();
    let wider = format!("\"fs.write={}:/more\", \"fs.write=", more.display());
    fs::write(
        setup.path("policy.toml"),
        policy.replacen("\"fs.write=", &wider, 1),
    )
    .unwrap();
    let mut session = setup.session("alpha", false, &[]);
    pending(&session.call("files_write", &note("one")));
}

#[test]
fn a_standing_yes_does_not_survive_a_policy_that_grants_more() {
    let setup = Setup::new();
    let before = fs::read_to_string(setup.path("policy.toml")).unwrap();
    let more = setup.path("more");
    fs::create_dir(&more).unwrap();
    let mut session = setup.session("tests", false, &[]);
    let id = pending(&session.call("files_write", &note("one")));
    setup.done(&[
        "approve",
        &id,
        "--until-changed",
        "--any-arguments",
        "--yes",
    ]);
    let ran = session.call("files_write", &note("two"));
    assert_eq!(ran["result"]["isError"], false, "{ran}");

    // Reading is not dangerous, and was no part of what somebody said yes to.
    let wider = format!("\"fs.read={}:/more\", \"fs.write=", more.display());
    let wider = before.replacen("\"fs.write=", &wider, 1);
    fs::write(setup.path("policy.toml"), &wider).unwrap();
    let mut session = setup.session("tests", false, &[]);
    let anew = pending(&session.call("files_write", &note("three")));
    assert_eq!(fs::read_to_string(setup.note()).unwrap(), "two");

    // All of it is shown, what is dangerous first.
    let shown = setup.approvals(&["show", &anew]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let docs = setup.path("docs").display().to_string();
    let write = shown.find(&format!("fs.write={docs}:/docs (dangerous)\n"));
    let read = shown.find(&format!("fs.read={}:/more\n", more.display()));
    assert!(write.is_some() && write < read, "{shown}");
    let json = setup.approvals(&["show", &anew, "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["capabilities"].as_array().unwrap().len(), 2, "{json}");
    assert_eq!(json["dangerous"], 1, "{json}");
    assert_eq!(json["more_capabilities"], 0, "{json}");
    let mut asks = setup.session("asks", true, &[]);
    let call = asks.post_call("files_write", &note("four"));
    let asked = answer_question(&mut asks, &accepted("deny"));
    asks.answer(call);
    let message = asked["message"].as_str().unwrap();
    assert!(
        message.contains("It could touch: fs.write=/docs (dangerous)\n  and: fs.read=/more\n"),
        "{message}"
    );
    assert!(!message.contains(&docs), "{message}");

    // With the first policy the first yes holds again: it is the same question.
    fs::write(setup.path("policy.toml"), &before).unwrap();
    let mut session = setup.session("tests", false, &[]);
    let ran = session.call("files_write", &note("five"));
    assert_eq!(ran["result"]["isError"], false, "{ran}");
    // What was never dangerous, and many of them: as many are shown as somebody reads, and how many there are.
    let names: Vec<_> = (0..100).map(|at| format!("\"env=V{at}\"")).collect();
    let names = names.join(", ") + ", ";
    let many = before.replacen("allow = [", &format!("allow = [{names}"), 1);
    fs::write(setup.path("policy.toml"), many).unwrap();
    let mut session = setup.session("tests", false, &[]);
    let answer = session.call("files_write", &note("six"));
    // What the tool cannot make use of is no part of what it could touch.
    assert_eq!(answer["result"]["isError"], false, "{answer}");
}

#[test]
fn any_arguments_are_approved_of_only_where_the_operator_says_so() {
    let setup = Setup::new();
    let mut session = setup.session("tests", false, &[]);
    let id = pending(&session.call("files_write", &note("one")));
    setup.done(&[
        "approve",
        &id,
        "--until-changed",
        "--any-arguments",
        "--yes",
    ]);
    for text in ["one", "two"] {
        let answer = session.call("files_write", &note(text));
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        assert_eq!(fs::read_to_string(setup.note()).unwrap(), text);
    }
    setup.done(&["revoke", &id]);
    pending(&session.call("files_write", &note("two")));
}

#[test]
fn a_component_that_describes_many_tools_is_approved_of_tool_by_tool() {
    let setup = Setup::new();
    let mut options: Vec<_> = setup.options(0).into_iter().map(Into::into).collect();
    options.extend(serving::conformance(&setup.path("cache")));
    let mut session = greeted(Session::start(options), "tests", false);
    let nothing = json!({});
    let id = pending(&session.call("test_simple_text", &nothing));
    setup.done(&[
        "approve",
        &id,
        "--until-changed",
        "--any-arguments",
        "--yes",
    ]);
    let answer = session.call("test_simple_text", &nothing);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    assert_ne!(pending(&session.call("test_image_content", &nothing)), id);
}

#[test]
fn one_yes_lets_one_of_two_calls_run() {
    let setup = Setup::new();
    let options = setup.options(60);
    let mut session = greeted(Session::start(options), "tests", false);
    let calls = [
        session.post_call("files_write", &note("one")),
        session.post_call("files_write", &note("one")),
    ];
    let id = setup.waiting();
    setup.done(&["approve", &id, "--yes"]);
    // The other one asks anew.
    let next = setup.waiting();
    assert_ne!(next, id);
    setup.done(&["deny", &next]);
    let mut ran = Vec::new();
    for _ in calls {
        let answer = loop {
            let message = session.receive().expect("two answers");
            if message.get("result").is_some() {
                break message;
            }
        };
        ran.push(answer["result"]["isError"] == false);
    }
    ran.sort_unstable();
    assert_eq!(ran, [false, true]);
    // Each can be used once, and decided once.
    for (arguments, found) in [
        (["approve", &id, "--yes"].as_slice(), "used"),
        (&["deny", &next], "refused"),
        (&["approve", "0000000000000000", "--yes"], "no approval"),
    ] {
        let output = setup.approvals(arguments);
        assert_eq!(output.status.code(), Some(14), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(found), "{arguments:?}: {said}");
    }
}

#[test]
fn the_no_of_an_operator_is_heard_and_holds() {
    let setup = Setup::new();
    let denied = |answer: &Value, id: &str| {
        assert_eq!(kind(answer), "refused", "{answer}");
        let said = text(answer);
        assert!(
            said.starts_with("denied by the operator") && said.contains(id),
            "{said}"
        );
        let approval = answer.pointer("/result/_meta/ringfence~1error/approval");
        assert_eq!(approval, Some(&json!(id)), "{answer}");
    };
    // The one that waits hears it.
    let mut patient = greeted(Session::start(setup.options(60)), "tests", false);
    let call = patient.post_call("files_write", &note("one"));
    let id = setup.waiting();
    setup.done(&["deny", &id]);
    denied(&patient.answer(call), &id);
    // So does the one that tries again, at once, also with another server.
    denied(&patient.call("files_write", &note("one")), &id);
    drop(patient);
    let mut session = setup.session("tests", false, &[]);
    denied(&session.call("files_write", &note("one")), &id);
    // It is about this call, and about no other.
    let other = pending(&session.call("files_write", &note("two")));
    let held: Vec<_> = setup
        .listed(false)
        .iter()
        .map(|entry| (entry["id"].clone(), entry["state"].clone()))
        .collect();
    assert!(held.contains(&(json!(id), json!("refused"))), "{held:?}");

    // Until it is taken back.
    setup.done(&["revoke", &id]);
    let next = pending(&session.call("files_write", &note("one")));
    assert_ne!(next, id);
    // Or until the operator thinks better of it.
    setup.done(&["deny", &next]);
    denied(&session.call("files_write", &note("one")), &next);
    assert!(!setup.note().exists());
    setup.done(&["approve", &next, "--yes"]);
    let answer = session.call("files_write", &note("one"));
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    // What is over says when, and by whom.
    for (arguments, says) in [
        (["deny", &next].as_slice(), "s ago by local/local"),
        (&["revoke", &id], "by the command line"),
    ] {
        let output = setup.approvals(arguments);
        assert_eq!(output.status.code(), Some(14), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    assert_ne!(other, next);
}

#[test]
fn what_became_of_a_question_is_found_with_its_call() {
    let setup = Setup::new();
    let mut session = setup.session("tests", false, &[]);
    let id = pending(&session.call("files_write", &note("one")));
    setup.done(&["approve", &id, "--yes"]);
    session.call("files_write", &note("one"));
    let search = |more: &[&str]| {
        let output = Command::new(binary::ringfence())
            .args(["audit", "search", "--json", "--dir"])
            .arg(setup.path("audit"))
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
        records.collect::<Vec<Value>>()
    };
    // Answers do not wait for their records.
    let began = Instant::now();
    let calls = loop {
        let calls = search(&["--event", "call"]);
        if calls.len() == 2 {
            break calls;
        }
        assert!(began.elapsed() < PATIENCE, "{calls:?}");
    };
    let [asked, ran] = &calls[..] else {
        panic!("{calls:?}")
    };
    for (call, expected) in [
        (
            asked,
            &["approval asked", "call unanswered", "approval given"][..],
        ),
        (ran, &["approval used", "intent ", "call returned"]),
    ] {
        let found = search(&["--call", call["call"].as_str().unwrap()]);
        let found: Vec<_> = found
            .iter()
            .map(|record| {
                assert_eq!(record["request"], call["request"], "{record}");
                let ending = record.get("outcome").or_else(|| record.get("state"));
                let ending = ending.and_then(Value::as_str).unwrap_or_default();
                format!("{} {ending}", record["event"].as_str().unwrap())
            })
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn nothing_is_approved_of_unseen() {
    let setup = Setup::new();
    let mut session = setup.session("tests", false, &[]);
    let id = pending(&session.call("files_write", &note("one")));
    // Standard input is no terminal here.
    assert_eq!(setup.approvals(&["approve", &id]).status.code(), Some(2));
    assert_eq!(setup.listed(false)[0]["state"], "asked");
    let shown = setup.approvals(&["show", &id]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let host = setup.path("docs").display().to_string();
    for part in ["files_write", "sha256:", "tests", &host, "\"one\""] {
        assert!(shown.contains(part), "`{part}` is not in: {shown}");
    }
}

#[test]
fn a_yes_that_is_taken_back_ends_the_call_that_runs_with_it() {
    let setup = Setup::new();
    let mut options = setup.options(0);
    let guests = setup.path("guests");
    fs::create_dir(&guests).unwrap();
    options.extend(
        serving::plain(&guests, &["sleep"])
            .into_iter()
            .map(|option| option.into_string().unwrap()),
    );
    let mut session = greeted(Session::start(options), "tests", false);
    let long = json!({"milliseconds": 20_000});
    let id = pending(&session.call("sleep_sleep", &long));
    setup.done(&["approve", &id, "--yes"]);
    let began = Instant::now();
    let call = session.post_call("sleep_sleep", &long);
    while setup
        .listed(true)
        .iter()
        .all(|entry| entry["state"] != "used")
    {
        assert!(began.elapsed() < PATIENCE);
    }
    setup.done(&["revoke", &id]);
    let answer = session.answer(call);
    assert_eq!(kind(&answer), "revoked", "{answer}");
    assert!(began.elapsed() < Duration::from_secs(18));
    let recorded = setup.recorded();
    assert_eq!(
        recorded.last().map(String::as_str),
        Some("call revoked"),
        "{recorded:?}"
    );
    assert!(recorded.contains(&"revocation ".to_owned()), "{recorded:?}");
}

#[test]
fn a_model_that_tries_everything_cannot_bury_a_question() {
    let setup = Setup::new();
    let mut session = setup.session("tests", false, &[]);
    for number in 0..32 {
        pending(&session.call("files_write", &note(&number.to_string())));
    }
    let answer = session.call("files_write", &note("one more"));
    assert_eq!(kind(&answer), "too-many-questions", "{answer}");
    assert_eq!(setup.listed(false).len(), 32);
    // Those that are there can still be answered, and then there is room again.
    let id = setup.waiting();
    setup.done(&["deny", &id]);
    pending(&session.call("files_write", &note("one more")));
}

#[test]
fn a_client_that_says_all_each_time_is_asked_with_its_answer() {
    let setup = Setup::new();
    let mut session = Session::start(setup.options(0));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    });
    let call = json!({"name": "files_write", "arguments": note("one"), "_meta": meta});
    for (decision, is_error) in [("deny", true), ("once", false)] {
        let asked = session.request("tools/call", &call);
        assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
        let requests = asked["result"]["inputRequests"].as_object().unwrap();
        let (key, request) = requests.iter().next().unwrap();
        assert_eq!(request["method"], "elicitation/create");
        let mut back = call.clone();
        back["requestState"] = asked["result"]["requestState"].clone();
        back["inputResponses"] = json!({key: accepted(decision)});
        let answer = session.request("tools/call", &back);
        assert_eq!(answer["result"]["isError"], is_error, "{answer}");
        assert_eq!(setup.note().exists(), !is_error);
        // An answer is sent once.
        let replayed = session.request("tools/call", &back);
        assert!(replayed.get("error").is_some(), "{replayed}");
    }
}

/// A server with an admin listener.
struct Served {
    setup: Setup,
    serving: Serving,
    admin: SocketAddr,
    key: String,
}

impl Served {
    async fn start() -> Self {
        let setup = Setup::new();
        let mut options = setup.options(0);
        options.extend(["--admin", "127.0.0.1:0"].map(str::to_owned));
        let serving = Serving::start(options);
        let line = serving.logged("\"what\":\"admin\"").await;
        let (_, port) = line.split_once("127.0.0.1:").unwrap();
        let (port, _) = port.split_once('"').unwrap();
        let key = fs::read_to_string(setup.path("state").join("admin.key")).unwrap();
        Self {
            admin: ([127, 0, 0, 1], port.parse().unwrap()).into(),
            key: key.trim().to_owned(),
            serving,
            setup,
        }
    }

    /// A call that a person is asked about.
    async fn call(&self) -> Value {
        let mut client = Connection::open(self.serving.address()).await;
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {
                "name": "files_write", "arguments": note("one"),
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        });
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "files_write"),
        ];
        let body = body.to_string();
        client
            .request("POST", "/mcp", &headers, body.as_bytes())
            .await;
        serde_json::from_slice(&client.body().await).unwrap()
    }

    /// The status and the body that the admin listener answers with.
    async fn ask(
        &self,
        authorization: Option<&str>,
        method: &str,
        path: &str,
        body: &str,
    ) -> (u16, Value) {
        let mut client = Connection::open(self.admin).await;
        let headers: Vec<_> = authorization
            .iter()
            .map(|value| ("authorization", *value))
            .collect();
        let head = client
            .request(method, path, &headers, body.as_bytes())
            .await;
        let body = client.body().await;
        (head.status, serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn without_its_key_the_admin_listener_decides_nothing() {
    let served = Served::start().await;
    let id = pending(&served.call().await);
    let routes = [
        ("GET", "/approvals".to_owned()),
        ("GET", "/approvals?all".to_owned()),
        ("GET", format!("/approvals/{id}")),
        ("POST", format!("/approvals/{id}/approve")),
        ("POST", format!("/approvals/{id}/deny")),
        ("POST", format!("/approvals/{id}/revoke")),
        // Whether something is there is nobody's business without the key.
        ("GET", "/approvals/0000000000000000".to_owned()),
    ];
    let almost = format!("Bearer {}x", served.key);
    let wrong = [
        None,
        Some("Bearer wrong"),
        Some("Bearer "),
        Some("Bearer"),
        Some("Basic bG9jYWw6bG9jYWw="),
        Some(served.key.as_str()),
        Some(almost.as_str()),
    ];
    for authorization in wrong {
        for (method, path) in &routes {
            let (status, body) = served.ask(authorization, method, path, "").await;
            assert_eq!(status, 401, "{method} {path} {authorization:?}");
            assert_eq!(body["error"]["kind"], "unauthorized", "{body}");
        }
    }
    assert_eq!(pending(&served.call().await), id);
    assert!(!served.setup.note().exists());
    let recorded = served.setup.recorded();
    let denials = recorded.iter().filter(|record| *record == "denial ");
    // The first of so many have a record each, and the others are counted.
    assert!((32..49).contains(&denials.count()), "{recorded:?}");
}

#[tokio::test]
async fn with_its_key_the_admin_listener_decides() {
    let served = Served::start().await;
    let id = pending(&served.call().await);
    let bearer = format!("Bearer {}", served.key);
    let key = Some(bearer.as_str());
    let (_, listed) = served.ask(key, "GET", "/approvals", "").await;
    assert_eq!(listed["approvals"][0]["id"], id.as_str(), "{listed}");
    let approve = format!("/approvals/{id}/approve");
    for wrong in [
        "{",
        "[]",
        r#"{"extent": "forever"}"#,
        r#"{"extent": "for"}"#,
        r#"{"seconds": 5}"#,
        r#"{"extent": "for", "seconds": 99999999}"#,
        r#"{"any-arguments": true}"#,
    ] {
        let (status, body) = served.ask(key, "POST", &approve, wrong).await;
        assert_eq!(status, 400, "{wrong}");
        let says = body["error"]["message"].as_str().unwrap();
        assert!(
            says.contains("must be") || says.contains("allowed are"),
            "{says}"
        );
    }
    let (status, _) = served.ask(key, "POST", "/approvals/none/approve", "").await;
    assert_eq!(status, 404);
    assert_eq!(pending(&served.call().await), id);

    let said = r#"{"by": "ann", "extent": "for", "seconds": 60}"#;
    let (status, given) = served.ask(key, "POST", &approve, said).await;
    assert_eq!((status, &given["by"]), (200, &json!("ann")), "{given}");
    assert_eq!(served.ask(key, "POST", &approve, said).await.0, 409);
    let answer = served.call().await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    assert_eq!(fs::read_to_string(served.setup.note()).unwrap(), "one");
    let revoke = format!("/approvals/{id}/revoke");
    assert_eq!(served.ask(key, "POST", &revoke, "").await.0, 200);
    pending(&served.call().await);
    let recorded = served.setup.recorded();
    assert!(
        recorded.contains(&"approval given".to_owned()),
        "{recorded:?}"
    );
    assert!(recorded.contains(&"revocation ".to_owned()), "{recorded:?}");
}
