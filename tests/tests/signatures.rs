//! Tools that are pushed to a real registry, signed, fetched, and taken or not by who signed them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
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
    folder: TempDir,
}

impl Desk {
    /// A registry, two keys, and nothing installed.
    fn new() -> Option<Self> {
        let desk = Self {
            registry: Registry::start(&unless_missing()?).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["one", "two"] {
            desk.succeeds(&["keygen", &desk.text(name)]);
        }
        fs::create_dir(desk.path("state")).unwrap();
        Some(desk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn source(&self, rest: &str) -> String {
        format!("oci://{}/org/frog{rest}", self.registry.host())
    }

    /// The trust file names this key for everything from the registry.
    fn trust(&self, key: &str) {
        let (host, key) = (self.registry.host(), self.text(&format!("{key}.pub")));
        let text = format!(
            "version = 1\nrequire = true\n\n[key.release]\nfile = \"{key}\"\n\n[[rule]]\n\
             source = \"oci://{host}/org/*\"\nkeys = [\"release\"]\n\n[end]\n"
        );
        fs::write(self.path("state/trust.toml"), text).unwrap();
    }

    /// Runs the program. Gives its exit code, and what it printed and said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(binary::ringfence());
        command.args(arguments);
        let is = |names: &[&str]| names.contains(&arguments[0]);
        if is(&[
            "add", "update", "rollback", "call", "list", "verify", "pull", "info",
        ]) {
            command.arg("--state-dir").arg(self.path("state"));
        }
        if is(&["add", "update", "verify", "pull", "push", "sign"]) {
            command.args(["--plain-http", "--allow-private-registry", "127.0.0.0/8"]);
        }
        if is(&["add", "update", "rollback", "call"]) {
            command.args(["--audit", "off"]);
        }
        let home = self.folder.path();
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

    /// Pushes a component under a tag. Gives the digest of its manifest.
    #[track_caller]
    fn push(&self, code: u32, tag: &str) -> Digest {
        let file = self.text("frog.wasm");
        fs::write(&file, component(code)).unwrap();
        let text = self.succeeds(&["push", &file, &self.source(&format!(":{tag}"))]);
        let line = text.lines().find(|line| line.starts_with("oci://"));
        let (_, digest) = line.unwrap().split_once('@').unwrap();
        digest.parse().unwrap()
    }

    #[track_caller]
    fn sign(&self, tag: &str, key: &str) {
        let source = self.source(&format!(":{tag}"));
        self.succeeds(&["sign", &source, "--key", &self.text(key)]);
    }

    fn listed(&self) -> Value {
        serde_json::from_str(&self.succeeds(&["list", "--json"])).unwrap()
    }
}

#[test]
fn a_tool_is_pushed_signed_verified_installed_and_run() {
    let Some(desk) = Desk::new() else { return };
    let digest = desk.push(1, "1");
    assert_eq!(
        desk.push(1, "1"),
        digest,
        "the same tool is the same artifact"
    );
    desk.sign("1", "one");
    desk.sign("1", "two");
    let exact = desk.source(&format!("@{digest}"));
    let (one, two) = (desk.text("one.pub"), desk.text("two.pub"));
    let said = desk.succeeds(&["verify", &exact, "--key", &one]);
    assert!(said.contains(&format!("{digest}, by ")), "{said}");
    desk.succeeds(&["verify", &exact, "--key", &two]);
    desk.fails(&["verify", &exact], 2, "nobody has to have signed");

    desk.trust("one");
    desk.succeeds(&["verify", &exact]);
    let pulled = desk.text("pulled.wasm");
    desk.succeeds(&["pull", &exact, "-o", &pulled]);
    assert_eq!(fs::read(&pulled).unwrap(), component(1));
    desk.succeeds(&["add", &exact]);
    let by = desk.listed()[0]["signedBy"].as_str().unwrap().to_owned();
    assert!(by.starts_with("release, ed25519 key sha256:"), "{by}");
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('1'));
    // As well as what `wkg` writes.
    desk.registry.push("org/toad", "1", &component(2)).unwrap();
    let other = format!("oci://{}/org/toad:1", desk.registry.host());
    desk.succeeds(&["sign", &other, "--key", &desk.text("one")]);
    desk.succeeds(&["verify", &other]);
}

#[test]
fn what_is_not_signed_as_it_has_to_be_is_not_installed() {
    let Some(desk) = Desk::new() else { return };
    desk.trust("one");
    let (first, second) = (desk.push(1, "1"), desk.push(2, "2"));
    let source = desk.source(":1");
    desk.fails(&["add", &source], 17, "it is not signed, and `");
    desk.fails(
        &["pull", &source, "-o", &desk.text("x")],
        17,
        "it is not signed",
    );
    assert!(!desk.path("x").exists());
    desk.sign("1", "two");
    desk.fails(&["add", &source], 17, "it is signed, and not by `release`");
    // The signature of one artifact, laid beside another.
    desk.sign("1", "one");
    let tag = |digest: &Digest| format!("sha256-{}.sig", digest.hex());
    let copied = desk.registry.copy("org/frog", &tag(&first), &tag(&second));
    copied.unwrap();
    let says = format!("is of {first}, and this is {second}");
    desk.fails(&["add", &desk.source(":2")], 17, &says);
    // No rule is for it.
    fs::write(desk.path("frog.wasm"), component(3)).unwrap();
    desk.fails(
        &["add", &desk.text("frog.wasm")],
        17,
        "has no rule for `file:",
    );
    let elsewhere = format!("oci://{}/other/frog:1", desk.registry.host());
    desk.succeeds(&["push", &desk.text("frog.wasm"), &elsewhere]);
    desk.fails(&["add", &elsewhere], 17, "has no rule for `oci://");
    assert_eq!(desk.listed().as_array().unwrap().len(), 0);
    desk.succeeds(&["add", &source]);
}

#[test]
fn h51_what_a_registry_changed_of_what_was_signed_is_refused() {
    let Some(desk) = Desk::new() else { return };
    desk.trust("one");
    desk.push(1, "1");
    desk.sign("1", "one");
    let layer = desk.registry.kept(&Digest::of(&component(1)));
    let whole = fs::read(&layer).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&layer, &changed).unwrap();
    desk.fails(
        &["add", &desk.source(":1")],
        16,
        "it was changed on the way",
    );
    fs::write(&layer, &whole).unwrap();
    desk.succeeds(&["add", &desk.source(":1")]);
    // The tag leads to another tool, which nobody signed.
    desk.push(2, "1");
    desk.fails(&["update", "--yes"], 17, "it is not signed");
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('1'));
    desk.sign("1", "one");
    desk.succeeds(&["update", "--yes"]);
    assert!(desk.succeeds(&["call", "frog", "run"]).starts_with('2'));
}

#[test]
fn who_signed_is_asked_again_when_it_is_loaded() {
    let Some(desk) = Desk::new() else { return };
    desk.trust("one");
    desk.push(1, "1");
    desk.sign("1", "one");
    desk.succeeds(&["add", &desk.source(":1")]);
    desk.push(2, "1");
    desk.sign("1", "one");
    desk.succeeds(&["update", "--yes"]);
    let call = ["call", "frog", "run"];
    desk.trust("two");
    desk.fails(&call, 17, "it is signed, and not by `release`");
    desk.fails(
        &["rollback", "frog"],
        17,
        "it is signed, and not by `release`",
    );
    fs::remove_file(desk.path("state/trust.toml")).unwrap();
    desk.fails(&call, 17, "the file that says who has to is gone");
    fs::write(
        desk.path("state/trust.toml"),
        "version = 1\nrequire = false\n",
    )
    .unwrap();
    desk.fails(&call, 2, "is the rest of it missing?");
    desk.trust("one");
    assert!(desk.succeeds(&call).starts_with('2'));
    desk.succeeds(&["rollback", "frog"]);
    assert!(desk.succeeds(&call).starts_with('1'));
    // Another signature is enough for another key.
    desk.trust("two");
    desk.fails(&call, 17, "not by `release`");
    desk.push(1, "1");
    desk.sign("1", "two");
    desk.succeeds(&["add", &desk.source(":1")]);
    assert!(desk.succeeds(&call).starts_with('1'));
}
