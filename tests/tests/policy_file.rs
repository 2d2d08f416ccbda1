//! A policy file while tools are served: what it hides, and what becomes of it when it changes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::path::PathBuf;

use ringfence_tests::peer::Peer;
use ringfence_tests::serving::{self, Serving};
use ringfence_tests::session::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Setup(TempDir);

impl Setup {
    fn new(rules: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("docs").join("a.txt"), "canary").unwrap();
        let setup = Self(folder);
        setup.write(rules);
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Replaces the file as an editor does: whole, under its name. `DOCS` in a rule is the folder.
    fn write(&self, rules: &[&str]) {
        let docs = self.path("docs").display().to_string();
        let rules = rules.join("\n").replace("DOCS", &docs);
        let next = self.path("next.toml");
        fs::write(&next, format!("version = 1\n{rules}\n[end]\n")).unwrap();
        fs::rename(next, self.path("policy.toml")).unwrap();
    }

    fn serve(&self) -> Session {
        let mut session = Session::start([
            "--policy".into(),
            self.path("policy.toml"),
            "--state-dir".into(),
            self.path("state"),
            "--audit".into(),
            self.path("audit"),
        ]);
        session.initialize();
        session
    }

    /// What the audit log says became of the policy, once there are so many records of it.
    fn loaded(&self, count: usize) -> Vec<String> {
        loop {
            let output = std::process::Command::new(ringfence_tests::binary::ringfence())
                .args(["audit", "search", "--json", "--event", "policy", "--dir"])
                .arg(self.path("audit"))
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let records = text.lines().map(|line| {
                let record: Value = serde_json::from_str(line).unwrap();
                record["state"].as_str().unwrap().to_owned()
            });
            let records: Vec<_> = records.collect();
            if records.len() >= count {
                return records;
            }
        }
    }
}

fn names(session: &mut Session) -> Vec<String> {
    let answer = session.request("tools/list", &json!({}));
    let tools = answer["result"]["tools"].as_array().unwrap();
    let names = tools.iter().map(|tool| tool["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn read(session: &mut Session) -> Value {
    session.call("files_read", &json!({"path": "/docs/a.txt"}))
}

#[test]
fn what_policy_never_allows_is_as_if_it_were_not_there() {
    let setup = Setup::new(&[
        "[tool.text]",
        "call = \"deny\"",
        "[tool.files]",
        // Dangerous, and nobody is to be asked.
        "allow = [\"fs.write=DOCS:/docs\"]",
    ]);
    let mut session = setup.serve();
    let names = names(&mut session);
    assert!(
        names.iter().any(|name| name.starts_with("data_")),
        "{names:?}"
    );
    for hidden in ["text_", "files_"] {
        assert!(
            !names.iter().any(|name| name.starts_with(hidden)),
            "{names:?}"
        );
    }
    let unknown = session.call("nonsense_stats", &json!({"text": "a"}));
    let hidden = session.call("text_stats", &json!({"text": "a"}));
    let dangerous = read(&mut session);
    // What it is called with does not show it either.
    let unfit = session.call("text_stats", &json!({"nonsense": 1}));
    // The same words but for the name, so that nobody can tell one from the other.
    let words = |answer: &Value, name: &str| answer["error"].to_string().replace(name, "NAME");
    assert_eq!(
        words(&unfit, "text_stats"),
        words(&unknown, "nonsense_stats")
    );
    assert_eq!(
        words(&hidden, "text_stats"),
        words(&unknown, "nonsense_stats")
    );
    assert_eq!(
        words(&dangerous, "files_read"),
        words(&unknown, "nonsense_stats")
    );
}

#[test]
fn a_policy_that_changes_holds_from_then_on_and_a_broken_one_changes_nothing() {
    let nothing: &[&str] = &["[tool.text]", "call = \"deny\""];
    let reading: &[&str] = &["[tool.files]", "allow = [\"fs.read=DOCS:/docs\"]"];
    let setup = Setup::new(nothing);
    let mut session = setup.serve();
    assert!(!names(&mut session).contains(&"text_stats".to_owned()));
    assert_eq!(read(&mut session)["result"]["isError"], true);

    // Wider: the list says so, and the directory is there.
    setup.write(reading);
    loop {
        let message = session.receive().expect("news before the end");
        if message["method"] == "notifications/tools/list_changed" {
            break;
        }
    }
    assert!(names(&mut session).contains(&"text_stats".to_owned()));
    let answer = read(&mut session);
    assert!(answer.to_string().contains("canary"), "{answer}");

    // Torn, contradictory, or of something that is not there: what held before holds on.
    let broken: [&[&str]; 4] = [
        &["[tool.files]", "allow = [\"fs.read=DOCS"],
        &["[tool.files]", "allow = [\"fs.read=DOCS/none:/docs\"]"],
        &["[tool.files]", "alow = []"],
        &["[tool.files]", "allow = [\"secret=TOKEN->example.com\"]"],
    ];
    for (at, rules) in broken.iter().enumerate() {
        setup.write(rules);
        let loaded = setup.loaded(3 + at);
        assert_eq!(
            loaded.last().map(String::as_str),
            Some("rejected"),
            "{rules:?}"
        );
        assert!(
            read(&mut session).to_string().contains("canary"),
            "{rules:?}"
        );
    }

    // Gone is no policy, not a weaker one.
    fs::remove_file(setup.path("policy.toml")).unwrap();
    assert_eq!(setup.loaded(7).last().map(String::as_str), Some("rejected"));
    assert!(read(&mut session).to_string().contains("canary"));

    // Narrower: the next call finds nothing.
    setup.write(nothing);
    assert_eq!(setup.loaded(8).last().map(String::as_str), Some("loaded"));
    assert_eq!(read(&mut session)["result"]["isError"], true);
    assert!(!names(&mut session).contains(&"text_stats".to_owned()));
}

/// Who cuts the seal off may have changed the rest: nobody would see it.
#[test]
fn a_sealed_policy_does_not_lose_its_seal_unseen() {
    let rules = ["[tool.files]", "allow = [\"fs.read=DOCS:/docs\"]"];
    let setup = Setup::new(&rules);
    let seal = || {
        let sealed = std::process::Command::new(ringfence_tests::binary::ringfence())
            .args(["policy", "seal"])
            .arg(setup.path("policy.toml"))
            .status();
        assert!(sealed.unwrap().success());
    };
    seal();
    let sealed = fs::read_to_string(setup.path("policy.toml")).unwrap();
    let mut session = setup.serve();
    assert_eq!(read(&mut session)["result"]["isError"], false);
    // What `DOCS` grants is gone, and nobody has said so.
    setup.write(&["[tool.text]", "call = \"deny\""]);
    assert_eq!(setup.loaded(2), ["loaded", "rejected"]);
    assert_eq!(read(&mut session)["result"]["isError"], false);
    // A file that ends right after its last table is whole, but for its seal.
    let (cut, _) = sealed.split_once("seal = ").unwrap();
    fs::write(setup.path("policy.toml"), cut).unwrap();
    assert_eq!(setup.loaded(3), ["loaded", "rejected", "rejected"]);
    seal();
    assert_eq!(setup.loaded(4).last().unwrap(), "loaded");
    // Another one, once it is sealed as well.
    setup.write(&["[tool.text]", "call = \"deny\""]);
    assert_eq!(setup.loaded(5).last().unwrap(), "rejected");
    seal();
    assert_eq!(setup.loaded(6).last().unwrap(), "loaded");
    assert!(
        read(&mut session)["error"].is_object() || read(&mut session)["result"]["isError"] == true
    );
}

#[tokio::test]
async fn whoever_grants_something_dangerous_learns_why_it_is_not_offered() {
    let setup = Setup::new(&["[tool.files]", "allow = [\"fs.write=DOCS:/docs\"]"]);
    let serving = Serving::start([
        "--policy".into(),
        setup.path("policy.toml"),
        "--state-dir".into(),
        setup.path("state"),
    ]);
    let line = serving.logged("a tool is not offered").await;
    for part in ["files_", "dangerous", "fs.write=/docs", "ask"] {
        assert!(line.contains(part), "`{part}` is not in: {line}");
    }
}

#[tokio::test]
async fn what_a_hidden_tool_wants_repeated_in_headers_does_not_show_it() {
    let setup = Setup::new(&["[tool.conformance]", "call = \"deny\""]);
    let mut arguments = serving::conformance(&setup.path("cache"));
    arguments.push("--policy".into());
    arguments.push(setup.path("policy.toml").into());
    let serving = Serving::start(arguments);
    let mut peer = Peer::stateless(serving.address()).await;
    // One wants `Mcp-Param-Region` beside this; nobody has the other.
    let given = json!({"region": "here", "query": "x"});
    let hidden = peer.call("test_custom_header", given.clone()).await;
    let unknown = peer.call("nonsense_header", given).await;
    let words = |answer: &Value, name: &str| answer["error"].to_string().replace(name, "NAME");
    assert_eq!(
        words(hidden.answer(), "test_custom_header"),
        words(unknown.answer(), "nonsense_header")
    );
}
