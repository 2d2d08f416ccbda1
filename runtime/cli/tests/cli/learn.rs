//! `ringfence learn`.

use std::fs;
use std::path::Path;

use ringfence_policy::PolicyFile;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Run, guest, run};

/// A folder with texts in it.
fn docs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("sub/deep")).unwrap();
    for (path, text) in [
        ("a.txt", "one two"),
        ("b.md", "one"),
        ("sub/1.md", "one"),
        ("sub/2.md", "two"),
        ("sub/3.md", "three"),
        ("sub/deep/4.md", "four"),
    ] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

fn scratch(folder: &Path) -> String {
    format!("{}:/docs", fs::canonicalize(folder).unwrap().display())
}

fn allowed(policy: &str) -> Vec<String> {
    let file = PolicyFile::parse("policy.toml", policy).unwrap_or_else(|error| {
        panic!("{error}\n{policy}");
    });
    let rules = file.rules().iter().map(ToString::to_string);
    rules.filter(|rule| rule.contains("=/")).collect()
}

/// Learns from calls, one after the other.
fn learn(folder: &Path, calls: &[(&str, Value)]) -> Run {
    let lines = calls.iter().map(|(function, arguments)| {
        json!({"function": function, "arguments": arguments}).to_string() + "\n"
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), lines.collect::<String>()).unwrap();
    let calls = file.path().to_str().unwrap();
    run([
        "learn",
        "files",
        "--calls",
        calls,
        "--scratch",
        &scratch(folder),
    ])
}

#[test]
fn one_file_that_is_read_is_all_that_is_proposed() {
    let folder = docs();
    let read = r#"{"path": "/docs/a.txt"}"#;
    let learned = run([
        "learn",
        "files",
        "read",
        read,
        "--scratch",
        &scratch(folder.path()),
    ])
    .exits(0)
    .says(&["call 1, read: returned"]);
    let host = fs::canonicalize(folder.path()).unwrap();
    let expected = format!("fs.read={}/a.txt:/docs/a.txt", host.display());
    assert_eq!(allowed(&learned.stdout), [expected]);
    let text = &learned.stdout;
    assert!(
        text.contains("[tool.files_read]\ndigest = \"sha256:"),
        "{text}"
    );
    assert!(
        text.contains("# list /docs/a.txt, read /docs/a.txt: 2 times, by call 1"),
        "{text}"
    );
    assert!(text.contains("the author: \""), "{text}");
    assert!(text.ends_with("[end]\n"), "{text}");
}

#[test]
fn what_is_proposed_is_no_wider_than_what_was_wanted() {
    let folder = docs();
    let read = |path: &str| ("read", json!({"path": path}));
    let two = learn(
        folder.path(),
        &[read("/docs/sub/1.md"), read("/docs/sub/2.md")],
    )
    .exits(0);
    assert_eq!(allowed(&two.stdout).len(), 2);
    assert!(!two.stdout.contains('*'), "{}", two.stdout);
    let three = learn(
        folder.path(),
        &[
            read("/docs/sub/1.md"),
            read("/docs/sub/2.md"),
            read("/docs/sub/3.md"),
            read("/docs/a.txt"),
        ],
    )
    .exits(0);
    let host = fs::canonicalize(folder.path()).unwrap();
    let host = host.display();
    assert_eq!(
        allowed(&three.stdout),
        [
            format!("fs.read={host}/a.txt:/docs/a.txt"),
            format!("fs.read={host}/sub:/docs/sub/*.md"),
        ]
    );
}

/// The law: a run under what was proposed wants nothing that is denied.
#[test]
fn under_what_was_proposed_nothing_is_denied() {
    let calls = [
        ("read", json!({"path": "/docs/a.txt"})),
        ("list", json!({"path": "/docs", "depth": 3})),
        ("search", json!({"path": "/docs", "pattern": "o"})),
        ("write", json!({"path": "/docs/sub/new.md", "text": "new"})),
        (
            "write",
            json!({"path": "/docs/made/by/it.txt", "text": "new", "parents": true}),
        ),
        (
            "edit",
            json!({"path": "/docs/b.md", "old": "one", "new": "two"}),
        ),
    ];
    let folder = docs();
    let learned = learn(folder.path(), &calls).exits(0);
    assert!(
        !learned.stdout.contains("not covered"),
        "{}",
        learned.stdout
    );
    // Nothing was changed: the tool worked on a copy.
    assert!(!folder.path().join("made").exists());
    assert_eq!(
        fs::read_to_string(folder.path().join("b.md")).unwrap(),
        "one"
    );

    let policy = tempfile::NamedTempFile::new().unwrap();
    fs::write(policy.path(), &learned.stdout).unwrap();
    let policy = policy.path().to_str().unwrap();
    run(["check", policy]).exits(0);
    for (function, arguments) in calls {
        let called = run([
            "call",
            "files",
            function,
            &arguments.to_string(),
            "--policy",
            policy,
            "--json",
            "--audit",
            "off",
        ])
        .exits(0);
        let answer: Value = serde_json::from_str(&called.stdout).unwrap();
        assert_eq!(
            answer["receipt"]["denied"],
            Value::Null,
            "{function}: {answer}"
        );
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("b.md")).unwrap(),
        "two"
    );
    assert!(folder.path().join("made/by/it.txt").exists());
    // And no more than that.
    run([
        "call",
        "files",
        "read",
        r#"{"path": "/docs/b.md"}"#,
        "--policy",
        policy,
        "--audit",
        "off",
    ])
    .exits(5);
}

/// Neither what a link in the middle of a path leads to nor a path behind it is looked at or named.
#[cfg(unix)]
#[test]
fn nothing_behind_a_link_is_looked_at_or_named() {
    let (folder, outside) = (docs(), docs());
    std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink("sub", folder.path().join("within")).unwrap();
    let read = |path: &str| ("read", json!({"path": path}));
    let there = learn(folder.path(), &[read("/docs/out/a.txt")]).exits(0);
    let missing = learn(folder.path(), &[read("/docs/out/none.txt")]).exits(0);
    // A file that is there and one that is not are the same.
    let lines = |run: &Run| run.stdout.replace("none.txt", "a.txt");
    assert_eq!(lines(&there), lines(&missing));
    let within = learn(folder.path(), &[read("/docs/within/1.md")]).exits(0);
    for run in [&there, &within] {
        for line in allowed(&run.stdout) {
            let host = line.split_once('=').unwrap().1.split_once(':').unwrap().0;
            assert!(
                !host.contains("/out") && !host.contains("/within"),
                "{line}"
            );
        }
    }
}

#[test]
fn the_network_is_denied_and_noted() {
    let get = r#"{"url": "https://api.example.com:8443/v1/users?page=2"}"#;
    let learned = run(["learn", "fetch", "get", get]).exits(0);
    let text = &learned.stdout;
    let line = "\"net=GET https://api.example.com:8443/v1/users\",";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("dangerous"), "{text}");
    PolicyFile::parse("policy.toml", text).unwrap();
}

#[test]
fn a_placeholder_that_is_sent_is_a_secret_that_is_wanted() {
    let get = r#"{"url": "https://api.example.com/v1",
        "headers": [{"name": "X-Api-Key", "value": "{{secret:API_KEY}}"}]}"#;
    let text = run(["learn", "fetch", "get", get]).exits(0).stdout;
    let line = "\"secret=API_KEY->api.example.com:x-api-key\",";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("not covered"), "{text}");
    PolicyFile::parse("policy.toml", &text).unwrap();
}

#[test]
fn the_sockets_of_a_scan_are_denied_and_noted() {
    let scan = r#"{"targets": ["192.0.2.7", "192.0.2.8"], "ports": ["22", "443"]}"#;
    let text = run(["learn", "netscan", "scan", scan]).exits(0).stdout;
    for peer in [
        "192.0.2.7:22",
        "192.0.2.7:443",
        "192.0.2.8:22",
        "192.0.2.8:443",
    ] {
        assert!(text.contains(&format!("\"socket=tcp:{peer}\",")), "{text}");
    }
    assert!(text.contains("dangerous = "), "{text}");
    PolicyFile::parse("policy.toml", &text).unwrap();
}

/// A tool that stops where it is denied something is run again with that.
#[test]
fn a_bucket_is_made_up_so_that_the_tool_goes_on() {
    let counts = guest("granted", "counts");
    let learned = run(["learn", &counts, "count"])
        .exits(0)
        .says(&["call 1, count: returned"])
        .says_once("call 1");
    assert!(
        learned.stdout.contains("\"kv=notes\","),
        "{}",
        learned.stdout
    );
    assert!(
        !learned.stdout.contains("not covered"),
        "{}",
        learned.stdout
    );
    PolicyFile::parse("policy.toml", &learned.stdout).unwrap();
}

#[test]
fn standard_input_is_seen_and_empty() {
    let copies = guest("granted", "copies");
    let learned = run(["learn", &copies, "copy"])
        .exits(0)
        .says(&["call 1, copy: returned"]);
    assert!(learned.stdout.contains("\"stdin\","), "{}", learned.stdout);
    // It printed nothing, and whoever prints needs no grant for that.
    assert!(!learned.stdout.contains("\"stdout\""), "{}", learned.stdout);
}

/// What works without a grant as well is proposed to whoever asks for more, and uses it.
#[test]
fn clocks_and_standard_output_are_seen_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let requests = |kinds: &[&str]| {
        let mut manifest = "name = \"asks\"\nversion = \"1.0.0\"\n".to_owned();
        for kind in kinds {
            manifest += "[[requests]]\nreason = \"to see\"\ncapability = \"";
            manifest += kind;
            manifest += "\"\n";
        }
        manifest
    };
    for (name, function, wanted) in [
        ("h05_clock_flood", "attack", "clock.precise"),
        ("h16_stdout_line", "attack", "stdout"),
    ] {
        let built = guest("hostile", name);
        for (kinds, expected) in [(&[wanted, "env=A"][..], true), (&["env=A"][..], false)] {
            fs::write(file("tool.toml"), requests(kinds)).unwrap();
            let (manifest, packed) = (file("tool.toml"), file("asks.wasm"));
            run(["pack", &built, "--manifest", &manifest, "-o", &packed]).exits(0);
            let learned = run(["learn", &packed, function, "{}", "--timeout", "2"]).exits(0);
            let line = format!("\"{wanted}\",");
            let text = &learned.stdout;
            assert_eq!(text.contains(&line), expected, "{wanted} {kinds:?}: {text}");
        }
    }
}

/// What a tool looks for beside the folders that were named is wanted as well.
#[test]
fn what_is_beside_the_named_folders_is_an_empty_folder() {
    let folder = docs();
    let write = r#"{"path": "/out/new.txt", "text": "new", "parents": true}"#;
    let scratch = scratch(folder.path());
    let learned = run(["learn", "files", "write", write, "--scratch", &scratch])
        .exits(0)
        .says(&["call 1, write: returned"]);
    assert!(learned.stdout.contains("/change/me"), "{}", learned.stdout);
    assert!(
        !learned.stdout.contains("not covered"),
        "{}",
        learned.stdout
    );
}

#[test]
fn what_cannot_be_learned_from_is_a_fault() {
    let folder = docs();
    run(["learn", "files"]).exits(2);
    run(["learn", "files", "raed"]).exits(3).says(&["`read`"]);
    run(["learn", "files", "read", "[]"]).exits(4);
    run(["learn", "files", "read", "--scratch", "./no/such:/docs"])
        .exits(2)
        .says(&["./no/such"]);
    run(["learn", "files", "read", "--scratch", "docs"]).exits(2);
    let broken = folder.path().join("calls");
    fs::write(&broken, "{\"function\": \"read\"}\n{").unwrap();
    run(["learn", "files", "--calls", broken.to_str().unwrap()])
        .exits(2)
        .says(&["line 2"]);
}
