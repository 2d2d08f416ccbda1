//! Tools from a real registry: pushed, installed by tag and by digest, changed behind our back, run.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use ringfence_tests::binary;
use ringfence_tests::registry::{Registry, unless_missing};
use ringfence_tool::Digest;
use serde_json::Value;
use tempfile::TempDir;

/// A component that runs to this number.
fn component(code: u32) -> Vec<u8> {
    let manifest = format!("name = \"frog\"\nversion = \"{code}.0.0\"\n");
    let quoted = manifest.bytes().fold(String::new(), |mut quoted, byte| {
        let _ = write!(quoted, "\\{byte:02x}");
        quoted
    });
    wat::parse_str(format!(
        "(component
            (core module $m (func (export \"f\") (result i32) i32.const {code}))
            (core instance $i (instantiate $m))
            (func $l (result u32) (canon lift (core func $i \"f\")))
            (export \"run\" (func $l))
            (@custom \"ringfence:manifest\" \"{quoted}\"))"
    ))
    .unwrap()
}

struct Desk {
    registry: Registry,
    state: TempDir,
}

impl Desk {
    fn new() -> Option<Self> {
        Some(Self {
            registry: Registry::start(&unless_missing()?).unwrap(),
            state: tempfile::tempdir().unwrap(),
        })
    }

    fn source(&self, rest: &str) -> String {
        format!("oci://{}/org/frog{rest}", self.registry.host())
    }

    /// Runs the program. Gives its exit code, and what it printed and said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(binary::ringfence());
        command
            .args(arguments)
            .arg("--state-dir")
            .arg(self.state.path());
        if ["add", "update"].contains(&arguments[0]) {
            command.args(["--plain-http", "--allow-private-registry", "127.0.0.0/8"]);
        }
        if !["list", "gc"].contains(&arguments[0]) {
            command.args(["--audit", "off"]);
        }
        let home = self.state.path();
        command
            .env("HOME", home)
            .env("XDG_CACHE_HOME", home.join("cache"));
        command.env_remove("DOCKER_CONFIG").stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {text}");
        text
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], expected: i32, says: &str) {
        let (code, text) = self.run(arguments);
        assert!(
            code == expected && text.contains(says),
            "{arguments:?}: {code} {text}"
        );
    }

    fn listed(&self) -> Value {
        serde_json::from_str(&self.succeeds(&["list", "--json"])).unwrap()
    }
}

#[test]
fn a_tag_that_moves_moves_nothing_until_somebody_says_so() {
    let Some(desk) = Desk::new() else { return };
    let first = desk.registry.push("org/frog", "1", &component(1)).unwrap();
    desk.succeeds(&["add", &desk.source(":1")]);
    let listed = desk.listed();
    assert_eq!(listed[0]["resolved"], first.to_string());
    assert_eq!(listed[0]["digest"], Digest::of(&component(1)).to_string());
    desk.succeeds(&["update"]);
    assert_eq!(desk.listed(), listed);

    let second = desk.registry.push("org/frog", "1", &component(2)).unwrap();
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('1'));
    desk.fails(&["update"], 2, "What has changed");
    assert_eq!(desk.listed(), listed);
    desk.succeeds(&["update", "--yes"]);
    assert_eq!(desk.listed()[0]["resolved"], second.to_string());
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('2'));
    desk.succeeds(&["rollback", "frog"]);
    assert_eq!(desk.listed()[0]["resolved"], first.to_string());
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('1'));
}

#[test]
fn a_digest_is_fetched_once_and_had_without_a_network_from_then_on() {
    let Some(desk) = Desk::new() else { return };
    let first = desk.registry.push("org/frog", "1", &component(1)).unwrap();
    desk.registry.push("org/frog", "1", &component(2)).unwrap();
    let source = desk.source(&format!(":1@{first}"));
    desk.succeeds(&["add", &source]);
    assert_eq!(desk.listed()[0]["version"], "1.0.0");
    desk.succeeds(&["remove", "frog"]);
    desk.fails(
        &["add", &desk.source(":1"), "--offline"],
        16,
        "nothing is fetched",
    );
    desk.succeeds(&["add", &source, "--offline"]);
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('1'));
    desk.succeeds(&["remove", "frog"]);
    desk.succeeds(&["gc"]);
    desk.fails(&["add", &source, "--offline"], 16, "nothing is fetched");
}

#[test]
fn h51_what_a_registry_changed_is_not_installed() {
    let Some(desk) = Desk::new() else { return };
    let manifest = desk.registry.push("org/frog", "1", &component(1)).unwrap();
    let layer = desk.registry.kept(&Digest::of(&component(1)));
    let mut changed = fs::read(&layer).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&layer, &changed).unwrap();
    desk.fails(
        &["add", &desk.source(":1")],
        16,
        "it was changed on the way or at its source",
    );
    fs::write(&layer, [changed, vec![0; 100]].concat()).unwrap();
    desk.fails(&["add", &desk.source(":1")], 16, "was said to have");
    // Another manifest under the digest of this one, which is not in the store any more.
    desk.succeeds(&["gc"]);
    let other = desk.registry.push("org/frog", "2", &component(2)).unwrap();
    let kept = |digest: &Digest| desk.registry.kept(digest);
    fs::copy(kept(&other), kept(&manifest)).unwrap();
    let (code, text) = desk.run(&["add", &desk.source(&format!("@{manifest}"))]);
    assert_eq!(code, 16, "{text}");
    desk.fails(&["add", &desk.source(":3")], 16, "there is no `oci://");
    assert_eq!(desk.listed().as_array().unwrap().len(), 0);
    let pieces = fs::read_dir(desk.state.path().join("store/sha256")).unwrap();
    let left = pieces.map(Result::unwrap);
    assert_eq!(left.count(), 0, "nothing of it is left");
}
