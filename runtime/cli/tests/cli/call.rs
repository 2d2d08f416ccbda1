//! `ringfence call`: what is printed where, and which exit code it ends with.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{finish, guest, ringfence, run, run_with_input};

/// A tool does not know what would let it; whoever started it is told.
#[test]
fn what_a_failed_call_was_denied_is_shown_with_the_grant_that_helps() {
    for (tool, function, arguments, grant) in [
        (
            "fetch",
            "get",
            r#"{"url": "http://169.254.169.254/latest"}"#,
            "`net=GET http://169.254.169.254/latest`: never do",
        ),
        (
            "netscan",
            "scan",
            r#"{"targets": ["10.0.0.5"], "ports": ["22"]}"#,
            "`socket=tcp:10.0.0.5:22`: that opens a network behind the firewall",
        ),
    ] {
        run(["call", tool, function, arguments, "--audit", "off"])
            .exits(5)
            .says(&["denied | ", grant]);
    }
}

#[test]
fn a_bundled_tool_answers() {
    let run = run(["call", "text", "stats", r#"{"text": "one two\nthree"}"#]).exits(0);
    let stats: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&stats["words"], &stats["lines"]),
        (&3.into(), &2.into()),
        "{run:?}"
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_string_is_printed_as_it_is_and_other_values_as_json() {
    let echo = guest("plain", "echo");
    run(["call", &echo, "echo", r#"{"text":"grüße\n\"🦀\""}"#])
        .exits(0)
        .prints("grüße\n\"🦀\"\n");
    run(["call", &echo, "echo-list", r#"{"numbers":[1,2]}"#])
        .exits(0)
        .prints("[\n  1,\n  2\n]\n");
    let ints = guest("plain", "ints");
    for number in ["18446744073709551615", "0.1"] {
        let (function, json) = (
            if number == "0.1" {
                "echo-f64"
            } else {
                "echo-u64"
            },
            format!(r#"{{"value":{number}}}"#),
        );
        run(["call", &ints, function, &json])
            .exits(0)
            .prints(&format!("{number}\n"));
    }
    run(["call", &guest("plain", "unit"), "run"])
        .exits(0)
        .prints("")
        .says(&[]);
}

#[test]
fn arguments_may_come_from_standard_input() {
    let echo = guest("plain", "echo");
    run_with_input(["call", &echo, "echo", "-"], "{\"text\":\"piped\"}\n")
        .exits(0)
        .prints("piped\n");
    run_with_input(["call", &echo, "echo", "-"], "")
        .exits(4)
        .prints("")
        .says(&["not JSON"]);
}

#[test]
fn the_receipt_goes_to_standard_error() {
    let add = guest("plain", "add");
    let run = run(["call", &add, "add", r#"{"a":2,"b":3}"#, "--receipt"])
        .exits(0)
        .prints("5\n");
    run.says(&[
        "time",
        "processor",
        "instructions",
        "peak memory",
        "granted",
        "nothing",
    ]);
}

#[test]
fn everything_is_available_as_json() {
    let add = guest("plain", "add");
    let run = run(["call", &add, "add", r#"{"a":2,"b":3}"#, "--json"]).exits(0);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["outcome"], "returned");
    assert_eq!(answer["result"], 5);
    assert!(answer["receipt"]["fuel"].as_u64().unwrap() > 0, "{answer}");
    assert!(
        answer["receipt"]["wallMicros"].as_u64().unwrap() > 0,
        "{answer}"
    );
}

#[test]
fn a_failed_call_is_available_as_json_too() {
    let fail = guest("plain", "err");
    let run = run([
        "call",
        &fail,
        "fail",
        r#"{"message":"no such page"}"#,
        "--json",
    ])
    .exits(5);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&answer["outcome"], &answer["error"]),
        (&"tool-error".into(), &"no such page".into())
    );
}

#[test]
fn wrong_arguments_name_the_fault_and_the_way_to_the_schema() {
    let add = guest("plain", "add");
    for (json, fault) in [
        ("{", "not JSON"),
        ("[1]", "an array"),
        (r#"{"a":1,"a":2,"b":3}"#, "twice"),
        (r#"{"a":1}"#, "b"),
        (r#"{"a":1,"b":"x"}"#, "/b"),
        (r#"{"a":1,"b":4294967296}"#, "/b"),
        (r#"{"a":1,"b":2,"c":3}"#, "c"),
        (r#"{"a":1e400,"b":2}"#, "not JSON"),
    ] {
        run(["call", &add, "add", json])
            .exits(4)
            .prints("")
            .says(&["error: ", fault, "inspect"]);
    }
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    run(["call", "txt", "stats"])
        .exits(3)
        .prints("")
        .says(&["`txt`", "did you mean `text`?"]);
    run(["call", "text", "stat"])
        .exits(3)
        .prints("")
        .says(&["`stat`", "did you mean `stats`?"]);
    run(["call", "./missing.wasm", "f"])
        .exits(3)
        .prints("")
        .says(&["missing.wasm", "cannot be read"]);
}

#[test]
fn bytes_that_are_no_component_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not.wasm");
    std::fs::write(&path, "#!/bin/sh\n").unwrap();
    run(["call", path.to_str().unwrap(), "f"])
        .exits(3)
        .prints("")
        .says(&["not a WebAssembly"]);
    let shared = guest("hostile", "h11_shared_memory");
    run(["call", &shared, "attack"])
        .exits(3)
        .prints("")
        .says(&["error: failed to load", "feature"]);
}

#[test]
fn a_tool_error_a_trap_and_a_limit_have_codes_of_their_own() {
    let fail = guest("plain", "err");
    run(["call", &fail, "fail", r#"{"message":"no such page"}"#])
        .exits(5)
        .prints("")
        .says(&["no such page"]);
    run(["call", &guest("plain", "trap"), "unreachable"])
        .exits(6)
        .prints("")
        .says(&["broke"]);
    run([
        "call",
        &guest("plain", "recurse"),
        "recurse",
        r#"{"levels":10000000}"#,
    ])
    .exits(7)
    .prints("")
    .says(&["call stack"]);
}

#[test]
fn a_spinning_tool_is_stopped_when_its_time_is_up() {
    let started = Instant::now();
    let run = run(["call", &guest("plain", "spin"), "spin", "--timeout", "1"]);
    run.exits(7)
        .prints("")
        .says(&["`spin`", "time", "--timeout"]);
    let took = started.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(8),
        "{took:?}"
    );
}

#[test]
fn memory_is_what_was_allowed() {
    let hog = guest("hostile", "h10_grow_then_oom");
    run(["call", &hog, "attack", "--memory", "1MiB"])
        .exits(7)
        .says(&["memory", "--memory"]);
}

#[test]
fn what_a_tool_prints_never_reaches_standard_output() {
    let run = run(["call", &guest("plain", "forge"), "forge"])
        .exits(0)
        .prints("genuine\n");
    run.says(&["stdout | {\"jsonrpc\"", "stderr | {\"jsonrpc\""]);
}

#[test]
fn what_a_tool_prints_cannot_drive_a_terminal() {
    let run = run(["call", &guest("hostile", "h45_ansi_panic"), "attack"])
        .exits(6)
        .prints("");
    assert!(
        !run.stderr.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']),
        "{run:?}"
    );
    assert!(run.stderr.len() < 20_000, "{}", run.stderr.len());
}

#[test]
fn progress_and_log_lines_are_shown_while_the_tool_runs() {
    let run = run(["call", &guest("plain", "host"), "work", r#"{"steps":2}"#]).exits(0);
    run.says(&[
        "progress | 1 of 2: one step",
        "info | one step",
        "progress | 2 of 2",
    ]);
}

#[test]
fn a_grant_that_cannot_be_used_is_a_usage_error() {
    let add = guest("plain", "add");
    let call = |grant| run(["call", &add, "add", r#"{"a":1,"b":2}"#, "--grant", grant]);
    call("nett=https://example.com")
        .exits(2)
        .prints("")
        .says(&["unknown capability `nett`; did you mean `net`?"]);
    call("fs.read=docs")
        .exits(2)
        .prints("")
        .says(&["./docs:/docs"]);
    call("fs.read=./no/such/folder:/docs")
        .exits(2)
        .prints("")
        .says(&["./no/such/folder", "help:"])
        .says_once("os error 2");
    call("fs.read=/proc:/docs")
        .exits(2)
        .prints("")
        .says(&["give away the host"]);
    let run = run([
        "call",
        &add,
        "add",
        "{}",
        "--grant",
        "fs.read=src:/x",
        "--grant",
        "fs.read=tests:/x",
    ]);
    run.exits(2).prints("").says(&["src:/x", "tests:/x"]);
}

#[test]
fn the_cache_cannot_be_granted() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("inner");
    let grant = format!("fs.read={}:/c", cache.path().display());
    let run = run([
        "call",
        &guest("plain", "add"),
        "add",
        r#"{"a":1,"b":2}"#,
        "--cache-dir",
        folder.to_str().unwrap(),
        "--grant",
        &grant,
    ]);
    run.exits(2).says(&["ringfence's own state"]);
}

#[test]
fn a_cache_that_cannot_be_opened_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let add = guest("plain", "add");
    run([
        "call",
        &add,
        "add",
        r#"{"a":1,"b":2}"#,
        "--cache-dir",
        file.to_str().unwrap(),
    ])
    .exits(0)
    .prints("3\n")
    .says(&["no cache"]);
}

#[test]
fn a_variable_reaches_a_tool_only_when_it_is_granted() {
    let spy = guest("hostile", "h43_dump");
    let spied = |arguments: &[&str]| {
        let mut command = ringfence(["call", spy.as_str(), "attack"]);
        command.args(arguments).env("SECRET_TOKEN", "hunter2");
        finish(command.spawn().unwrap()).exits(0)
    };
    assert!(!spied(&[]).stdout.contains("hunter2"));
    let granted = spied(&["--grant", "env=SECRET_TOKEN"]);
    assert!(
        granted.stdout.contains("hunter2") && !granted.stdout.contains("HOME"),
        "{granted:?}"
    );
}

#[test]
fn a_path_and_a_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    // A file called like a bundled tool takes its place only when its path is written out.
    std::fs::copy(guest("plain", "add"), folder.path().join("text")).unwrap();
    let called = |tool: &str, function: &str, json: &str| {
        let mut command = ringfence(["call", tool, function, json]);
        finish(command.current_dir(folder.path()).spawn().unwrap())
    };
    called("text", "stats", r#"{"text":"a"}"#).exits(0);
    called("./text", "add", r#"{"a":1,"b":2}"#)
        .exits(0)
        .prints("3\n");
}

#[cfg(unix)]
#[test]
fn a_signal_stops_the_tool() {
    for name in ["-INT", "-TERM"] {
        let mut command = ringfence([
            "call",
            &guest("plain", "sleep"),
            "sleep",
            r#"{"milliseconds":20000}"#,
        ]);
        let child = command.spawn().unwrap();
        std::thread::park_timeout(Duration::from_millis(1500));
        let signalled = Instant::now();
        crate::harness::signal(&child, name);
        finish(child).exits(130).prints("");
        assert!(signalled.elapsed() < Duration::from_secs(2), "{name}");
    }
}
