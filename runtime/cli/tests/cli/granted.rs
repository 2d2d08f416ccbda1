//! What a tool is given beside files and the network: buckets, values and standard streams.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::harness::{finish, guest, ringfence, run, run_with_input};

#[test]
fn what_a_tool_keeps_outlives_the_process() {
    let counts = guest("granted", "counts");
    let scratch = tempfile::tempdir().unwrap();
    let state = scratch.path().join("state");
    let place = state.to_str().unwrap();
    let count = ["call", &counts, "count", "--state-dir", place];
    // Not granted: the tool is told, and nothing is opened.
    run(count).exits(6);
    assert!(!state.join("state.db").exists());
    for calls in ["1\n", "2\n", "3\n"] {
        let granted = [&count[..], &["--grant", "kv=notes"]].concat();
        finish(ringfence(granted).spawn().unwrap())
            .exits(0)
            .prints(calls);
    }
    let audit = scratch.path().join("audit");
    let audit = audit.to_str().unwrap();
    let granted = ["--grant", "kv=notes:1KiB", "--json", "--audit", audit];
    let called = [&count[..], &granted].concat();
    let called = finish(ringfence(called).spawn().unwrap()).exits(0);
    let document: serde_json::Value = serde_json::from_str(&called.stdout).unwrap();
    let reached = &document["receipt"]["reached"][0];
    let line = (&reached["target"], &reached["method"]);
    assert_eq!(line, (&"kv:notes".into(), &"set".into()));
    let recorded = run(["audit", "tail", "--json", "--dir", audit]).exits(0);
    let record = recorded.stdout.lines().last().unwrap();
    let record: serde_json::Value = serde_json::from_str(record).unwrap();
    let touched = &record["touched"][0];
    let line = (&touched["kind"], &touched["name"]);
    assert_eq!(line, (&"kv".into(), &"notes".into()), "{record}");
}

#[test]
fn no_grant_reaches_the_state_even_before_it_is_there() {
    let scratch = tempfile::tempdir().unwrap();
    let state = scratch.path().join("outer/state");
    let grant = format!("fs.write={}:/x", scratch.path().display());
    let place = state.to_str().unwrap();
    run([
        "call",
        "files",
        "list",
        r#"{"path":"/x"}"#,
        "--grant",
        &grant,
        "--state-dir",
        place,
    ])
    .exits(2)
    .says(&["ringfence's own state"]);
}

#[test]
fn a_value_is_found_where_it_is_granted() {
    let greets = guest("granted", "greets");
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("values.toml");
    fs::write(
        &file,
        "greeting = 'hello'\nplace = 'earth'\n[tenant.local]\nplace = 'home'\n[tenant.other]\ngreeting = 'no'",
    )
    .unwrap();
    let values = file.to_str().unwrap();
    let find = |key: &str, more: &[&str]| {
        let key = format!("{{\"key\":\"{key}\"}}");
        let call = ["call", &greets, "find", &key, "--config-values", values];
        finish(ringfence([&call[..], more].concat()).spawn().unwrap()).exits(0)
    };
    find("greeting", &["--grant", "config=greeting"]).prints("hello\n");
    find("place", &["--grant", "config=place"]).prints("home\n");
    find("place", &["--grant", "config=greeting"]).prints("null\n");
    let named = [
        "--grant",
        "config=greeting",
        "--config-value",
        "greeting=hi=there",
    ];
    find("greeting", &named).prints("hi=there\n");

    fs::write(&file, "greeting = 1").unwrap();
    run([
        "call",
        &greets,
        "find",
        r#"{"key":"greeting"}"#,
        "--config-values",
        values,
    ])
    .exits(2)
    .says(&["`greeting`", "quotes"]);
}

#[test]
fn a_tool_filters_what_is_piped_in() {
    let copies = guest("granted", "copies");
    // As much as two pipes hold: whoever writes here reads only afterwards.
    let text = "a line\n".repeat(5_000);
    run_with_input(
        [
            "call", &copies, "copy", "--grant", "stdin", "--grant", "stdout",
        ],
        &text,
    )
    .exits(0)
    .prints(&format!("{text}35000\n"));
    // Without the one it reads nothing, without the other nobody sees it come.
    run_with_input(["call", &copies, "copy", "--grant", "stdout"], &text)
        .exits(0)
        .prints("0\n");
    run_with_input(["call", &copies, "copy", "--grant", "stdin"], "a line\n")
        .exits(0)
        .prints("7\n")
        .says(&["stdout", "a line"]);
    let json = [
        "call", &copies, "copy", "--grant", "stdin", "--grant", "stdout", "--json",
    ];
    let called = run_with_input(json, "a line\n").exits(0);
    let document: serde_json::Value = serde_json::from_str(&called.stdout).unwrap();
    assert_eq!(document["stdout"], "a line\n", "{document}");
}

#[test]
fn what_a_tool_prints_is_seen_while_it_runs() {
    let copies = guest("granted", "copies");
    let call = [
        "call", &copies, "copy", "--grant", "stdin", "--grant", "stdout",
    ];
    let mut child = ringfence(call).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    for line in ["one\n", "two\n"] {
        input.write_all(line.as_bytes()).unwrap();
        input.flush().unwrap();
        let mut seen = vec![0; line.len()];
        output.read_exact(&mut seen).unwrap();
        assert_eq!(seen, line.as_bytes());
    }
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "8\n");
    assert!(child.wait().unwrap().success());
}

#[test]
fn standard_input_is_the_tools_or_holds_its_arguments() {
    let copies = guest("granted", "copies");
    run_with_input(["call", &copies, "copy", "-", "--grant", "stdin"], "{}")
        .exits(2)
        .prints("")
        .says(&["standard input"]);
}

#[test]
fn a_server_hands_nobody_its_streams() {
    for grant in ["stdin", "stdout"] {
        run(["serve", "--grant", grant])
            .exits(2)
            .prints("")
            .says(&[grant, "the protocol's"]);
    }
}
