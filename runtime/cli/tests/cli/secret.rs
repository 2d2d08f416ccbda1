//! `ringfence secret`: values go in, and never come out.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use crate::harness::{Run, finish, ringfence, run};

const CANARY: &str = "canary-4f1c9b7e2d";

/// A state directory of one test.
struct State(tempfile::TempDir);

impl State {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join("secrets").join(name)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        ringfence([&["secret"], arguments, &["--state-dir", self.path()]].concat())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments).spawn().unwrap())
    }

    #[track_caller]
    fn set(&self, arguments: &[&str], value: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(value);
        let run = finish(child);
        for output in [&run.stdout, &run.stderr] {
            assert!(!output.contains(CANARY), "{run:?}");
        }
        run
    }

    fn listed(&self) -> Vec<(String, u64)> {
        let listed = self.run(&["list", "--json"]).exits(0).stdout;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let row = |row: &Value| {
            (
                row["name"].as_str().unwrap().to_owned(),
                row["version"].as_u64().unwrap(),
            )
        };
        listed.as_array().unwrap().iter().map(row).collect()
    }
}

fn named(name: &str, version: u64) -> (String, u64) {
    (name.to_owned(), version)
}

#[test]
fn a_secret_is_set_listed_rotated_and_removed() {
    let state = State::new();
    state
        .run(&["list"])
        .exits(0)
        .prints("there are no secrets; `ringfence secret set NAME` makes one\n");
    state
        .set(&["set", "TOKEN"], CANARY.as_bytes())
        .exits(0)
        .prints("")
        .says(&["stored", "`TOKEN`, version 1"]);
    state.set(&["set", "OTHER"], b"another-value\n").exits(0);
    state
        .set(&["rotate", "TOKEN"], b"canary-two-5c\n")
        .exits(0)
        .says(&["version 2; version 1 is gone"]);
    state.run(&["rotate"]).exits(0).prints("").says(&[
        "sealed anew",
        "2 secrets",
        "under a new key",
    ]);
    let list = state.run(&["list"]).exits(0);
    assert!(
        list.stdout.starts_with(
            "NAME   VERSION  SET\nOTHER  1        just now\nTOKEN  2        just now\n"
        ),
        "{list:?}"
    );
    assert_eq!(state.listed(), [named("OTHER", 1), named("TOKEN", 2)]);
    state
        .run(&["remove", "TOKEN"])
        .exits(0)
        .prints("")
        .says(&["removed", "`TOKEN`"]);
    assert_eq!(state.listed(), [named("OTHER", 1)]);
}

#[test]
fn one_line_break_at_the_end_is_not_part_of_a_value() {
    let state = State::new();
    // There is a most: what is accepted tells how many bytes were counted.
    let most = "x".repeat(64 * 1024);
    for (end, arguments, code) in [
        ("\n", &["set", "A"][..], 0),
        ("\r\n", &["set", "A"], 0),
        ("\n\n", &["set", "A"], 4),
        ("", &["set", "A", "--exact"], 0),
        ("\n", &["set", "A", "--exact"], 4),
    ] {
        let input = format!("{most}{end}");
        state.set(arguments, input.as_bytes()).exits(code);
    }
}

#[test]
fn what_cannot_be_a_secret_is_refused_and_not_repeated() {
    let state = State::new();
    state
        .set(&["set", "A"], b"")
        .exits(4)
        .prints("")
        .says(&["at least 8 bytes", "nothing was stored"]);
    state
        .set(&["set", "A"], &vec![b'x'; 64 * 1024 + 1])
        .exits(4)
        .says(&["at most 65536"]);
    for name in ["1A", "A-B", "A B", "", "{{secret:A}}"] {
        state
            .set(&["set", name], CANARY.as_bytes())
            .exits(2)
            .prints("");
    }
    state.run(&["set", "A", CANARY]).exits(2).prints("");
    assert!(state.listed().is_empty());
}

#[test]
fn a_name_that_is_not_there_is_an_error_that_helps() {
    let state = State::new();
    state
        .set(&["set", "GITHUB_TOKEN"], CANARY.as_bytes())
        .exits(0);
    for arguments in [["remove", "GITHUB_TOKN"], ["rotate", "GITHUB_TOKN"]] {
        state
            .set(&arguments, CANARY.as_bytes())
            .exits(13)
            .prints("")
            .says(&[
                "there is no secret `GITHUB_TOKN`",
                "did you mean `GITHUB_TOKEN`?",
            ]);
    }
    // Another tenant's are not even named.
    let run = state
        .run(&["remove", "GITHUB_TOKEN", "--tenant", "other"])
        .exits(13);
    assert!(!run.stderr.contains("did you mean"), "{run:?}");
}

#[test]
fn a_vault_that_cannot_be_used_says_what_to_do() {
    let state = State::new();
    state.set(&["set", "A"], CANARY.as_bytes()).exits(0);
    let key = state.file("key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    state
        .run(&["list"])
        .exits(13)
        .prints("")
        .says(&["chmod 600", "mode 0644"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let other = "keyring:";
    state
        .run(&["list", "--vault-key", other])
        .exits(2)
        .says(&["file:PATH"]);
    state
        .run(&["list", "--vault-key", "command:false"])
        .exits(13)
        .says(&["run it by hand"]);
    let key = format!("command:echo {}", "0".repeat(64));
    state
        .run(&["list", "--vault-key", &key])
        .exits(13)
        .says(&["sealed with the key"]);
    let mut vault = fs::read(state.file("vault")).unwrap();
    let end = vault.len() - 10;
    vault[end] ^= 1;
    fs::write(state.file("vault"), &vault).unwrap();
    state
        .set(&["set", "B"], CANARY.as_bytes())
        .exits(13)
        .says(&["damaged", "nothing was written"]);
    assert_eq!(fs::read(state.file("vault")).unwrap(), vault);
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_or_the_new() {
    let state = State::new();
    state.set(&["set", "STAYS"], CANARY.as_bytes()).exits(0);
    state.set(&["set", "MOVES"], CANARY.as_bytes()).exits(0);
    let begun = std::time::Instant::now();
    state.set(&["set", "MOVES"], CANARY.as_bytes()).exits(0);
    let usual = begun.elapsed();
    let mut version = 2;
    for round in 0..20 {
        let arguments: &[&str] = if round % 3 == 2 {
            &["rotate"]
        } else {
            &["set", "MOVES"]
        };
        let mut child = state
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(CANARY.as_bytes());
        // From before it has begun to after it has ended.
        thread::park_timeout(usual * round / 16);
        let _ = child.kill();
        child.wait().unwrap();
        let listed = state.listed();
        assert_eq!(listed.len(), 2, "round {round}");
        assert_eq!(listed[1], named("STAYS", 1), "round {round}");
        assert!(
            (version..=version + 1).contains(&listed[0].1),
            "round {round}: {listed:?}"
        );
        version = listed[0].1;
    }
    state.set(&["set", "MOVES"], CANARY.as_bytes()).exits(0);
    assert_eq!(state.listed()[0], named("MOVES", version + 1));
    state.run(&["rotate"]).exits(0);
    assert_eq!(
        fs::read_to_string(state.file("key"))
            .unwrap()
            .lines()
            .count(),
        1
    );
}

#[test]
fn two_at_once_wait_for_each_other() {
    let state = State::new();
    let children: Vec<_> = (0..6)
        .map(|setter| {
            let name = format!("S{}", setter % 3);
            let mut child = state
                .command(&["set", &name])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(CANARY.as_bytes())
                .unwrap();
            child
        })
        .collect();
    for child in children {
        finish(child).exits(0);
    }
    assert_eq!(
        state.listed(),
        [named("S0", 2), named("S1", 2), named("S2", 2)]
    );
}

#[test]
fn the_help_tells_what_happens_to_a_line_break() {
    let help = run(["secret", "set", "--help"]).exits(0).stdout;
    assert!(
        help.contains("line break at the end") && help.contains("--exact"),
        "{help}"
    );
}

#[test]
fn every_change_of_a_secret_is_written_down_without_its_value() {
    let state = State::new();
    let audit = state.0.path().join("audit");
    let log = ["--audit", audit.to_str().unwrap()];
    let set = |arguments: &[&str]| state.set(&[arguments, &log].concat(), CANARY.as_bytes());
    set(&["set", "TOKEN"]).exits(0);
    set(&["rotate", "TOKEN"]).exits(0);
    state.run(&[&["rotate"][..], &log].concat()).exits(0);
    state
        .run(&[&["remove", "TOKEN"][..], &log].concat())
        .exits(0);
    // What did not happen is not written down as if it had.
    state
        .run(&[&["remove", "TOKEN"][..], &log].concat())
        .exits(13);
    let [_, folder] = log;
    let search = [
        "audit", "search", "--event", "secret", "--json", "--dir", folder,
    ];
    let found = run(search).exits(0).stdout;
    assert!(!found.contains(CANARY));
    let records = found.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        (text("state"), text("name"))
    });
    let pair = |state: &str, name: &str| (state.to_owned(), name.to_owned());
    assert_eq!(
        records.collect::<Vec<_>>(),
        [
            pair("set", "TOKEN"),
            pair("rotated", "TOKEN"),
            pair("rotated", "*"),
            pair("removed", "TOKEN"),
        ]
    );
}
