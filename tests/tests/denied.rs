//! What a tool tries and was not granted: it is in the receipt with the grant that would help, and in the record of
//! the call, over pipes and over HTTP, in the same words.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ringfence_sandbox::Receipt;
use ringfence_tests::binary;
use ringfence_tests::both::Both;
use ringfence_tests::intruder::{both, flagged, step};
use ringfence_tests::probe::Probe;
use serde_json::{Value, json};
use tempfile::TempDir;

const CANARY: &str = "canary-27fe0b94d1c8a365";

/// How long something may take that must happen. No test waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A directory with a file, and one in it.
fn docs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("docs/sub")).unwrap();
    for name in ["a.txt", "sub/b.txt"] {
        fs::write(folder.path().join("docs").join(name), "text").unwrap();
    }
    folder
}

/// What the probe heard of these steps, and the receipt, where `docs` is granted for `kind`.
async fn probed(folder: &TempDir, kind: &str, steps: &[Value]) -> (Value, Receipt) {
    let grant = format!("fs.{kind}={}:/docs", folder.path().join("docs").display());
    let probe = Probe::alone(&[&grant]);
    let (said, receipt) = probe.call("file", &json!({ "steps": steps })).await;
    (said.unwrap(), receipt)
}

#[tokio::test]
async fn what_a_whole_directory_is_not_granted_for_is_said_with_the_grant_that_helps() {
    let folder = docs();
    let tries = [
        (
            flagged("open", "/docs", "a.txt", "w"),
            "fs.change=HOST:/docs/a.tx?",
        ),
        (
            flagged("open", "/docs", "a.txt", "wt"),
            "fs.change=HOST:/docs/a.tx?",
        ),
        (
            flagged("open", "/docs", "new.txt", "wc"),
            "fs.create=HOST:/docs/new.tx?",
        ),
        (step("make", "/docs", "new"), "fs.create=HOST:/docs/ne?"),
        (
            step("unlink", "/docs", "a.txt"),
            "fs.delete=HOST:/docs/a.tx?",
        ),
        (step("remove", "/docs", "sub"), "fs.delete=HOST:/docs/su?"),
        (
            both("rename", "/docs", "a.txt", "b.txt"),
            "fs.delete=HOST:/docs/a.tx?",
        ),
        (
            both("rename", "/docs", "a.txt", "b.txt"),
            "fs.create=HOST:/docs/b.tx?",
        ),
        (
            both("link", "/docs", "a.txt", "b.txt"),
            "fs.create=HOST:/docs/b.tx?",
        ),
        (
            both("symlink", "/docs", "new", "a.txt"),
            "fs.create=HOST:/docs/ne?",
        ),
        (
            step("times", "/docs", "a.txt"),
            "fs.change=HOST:/docs/a.tx?",
        ),
    ];
    for (tried, helps) in tries {
        let (said, receipt) = probed(&folder, "read", std::slice::from_ref(&tried)).await;
        assert_eq!(said, json!(["error not-permitted"]), "{tried}");
        let denied = receipt.denied.join("\n");
        assert!(denied.contains(helps), "{tried}: {denied}");
    }
    // Below a directory that the guest has opened, too.
    let steps = [
        flagged("open", "/docs", "sub", "d"),
        flagged("open", "#0", "b.txt", "w"),
    ];
    let (said, receipt) = probed(&folder, "read", &steps).await;
    assert_eq!(said[1], "error not-permitted");
    let denied = receipt.denied.join("\n");
    assert!(
        denied.contains("fs.change=HOST:/docs/su?/b.txt"),
        "{denied}"
    );
    assert_eq!(fs::read(folder.path().join("docs/a.txt")).unwrap(), b"text");
}

#[tokio::test]
async fn what_is_granted_or_not_there_is_no_denial() {
    let folder = docs();
    let steps = [
        flagged("open", "/docs", "a.txt", "r"),
        flagged("open", "/docs", "nothing.txt", "r"),
        step("stat", "/docs", "sub/../a.txt"),
        step("readlink", "/docs", "a.txt"),
    ];
    let (said, receipt) = probed(&folder, "read", &steps).await;
    assert_eq!(said[1], "error no-entry");
    assert_eq!(receipt.denied, [""; 0]);
    let steps = [
        flagged("open", "/docs", "new.txt", "wc"),
        step("unlink", "/docs", "new.txt"),
        step("unlink", "/docs", "nothing.txt"),
        step("make", "/docs", "a.txt"),
    ];
    let (said, receipt) = probed(&folder, "write", &steps).await;
    assert_eq!(said[2], "error no-entry");
    assert_eq!(said[3], "error exist");
    assert_eq!(receipt.denied, [""; 0]);
}

#[tokio::test]
async fn a_path_that_leads_out_of_what_is_granted_is_said() {
    let folder = docs();
    for kind in ["read", "write", "list"] {
        let steps = [
            flagged("open", "/docs", "../secret", "r"),
            step("stat", "/docs", "sub/../../secret"),
            step("stat", "/docs", "/etc/passwd"),
        ];
        let (said, receipt) = probed(&folder, kind, &steps).await;
        assert_eq!(said, json!(vec!["error not-permitted"; 3]), "{kind}");
        let denied = receipt.denied.join("\n");
        for path in ["`../secret`", "`sub/../../secret`", "`/etc/passwd`"] {
            let why = format!("{path} leads out of `/docs`");
            assert!(denied.contains(&why), "{kind}: {denied}");
        }
    }
}

/// Servers that keep one log, and a secret.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(docs());
        let allow = [
            format!("fs.read={}:/docs", place.path("docs").display()),
            format!("fs.read={}:/part/*.md", place.path("docs/sub").display()),
            "net=https://api.example.com".to_owned(),
            "secret=TOKEN->api.example.com".to_owned(),
        ];
        let allow: Vec<_> = allow.iter().map(|grant| format!("{grant:?}")).collect();
        let policy = format!(
            "version = 1\n[default]\ndangerous = \"allow\"\nallow = [{}]\n[end]\n",
            allow.join(", ")
        );
        fs::write(place.path("policy.toml"), policy).unwrap();
        let mut set = Command::new(binary::ringfence())
            .args(["secret", "set", "TOKEN", "--audit", "off", "--state-dir"])
            .arg(place.path("state"))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let written = set.stdin.take().unwrap().write_all(CANARY.as_bytes());
        written.unwrap();
        assert!(set.wait().unwrap().success());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    async fn start(&self) -> Both {
        let options = [
            ("--policy", "policy.toml"),
            ("--state-dir", "state"),
            ("--audit", "audit"),
        ];
        let arguments = options.map(|(option, name)| [option.into(), self.path(name)]);
        Both::start(&arguments.concat()).await
    }

    /// What `audit search` prints.
    fn search(&self, more: &[&str]) -> String {
        let output = Command::new(binary::ringfence())
            .args(["audit", "search", "--event", "call", "--dir"])
            .arg(self.path("audit"))
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The records of calls, once there are so many.
    fn records(&self, count: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let found = self.search(&["--json"]);
            let records = found
                .lines()
                .map(|line| serde_json::from_str(line).unwrap());
            let records: Vec<Value> = records.collect();
            if records.len() >= count {
                return records;
            }
            assert!(began.elapsed() < PATIENCE, "{records:?}");
        }
    }
}

/// What is tried: a tool, its arguments, and what the denial says of it.
fn attempts() -> Vec<(&'static str, Value, &'static str)> {
    let get = |url: &str, header: &str| {
        let header = json!({"name": header, "value": "Bearer {{secret:TOKEN}}"});
        json!({"url": url, "headers": [header]})
    };
    let ours = "https://api.example.com/v1";
    let canary = format!("/docs/{CANARY}.txt");
    vec![
        // A host, an address, a secret in another header and to another host.
        (
            "fetch_get",
            json!({"url": "https://other.example/"}),
            "other.example",
        ),
        (
            "fetch_get",
            json!({"url": "http://169.254.169.254/"}),
            "169.254.169.254",
        ),
        (
            "fetch_get",
            get(ours, "x-other"),
            "secret=TOKEN->api.example.com:x-other",
        ),
        (
            "fetch_get",
            get("https://other.example/", "authorization"),
            "other.example",
        ),
        // A file of a directory of which a part is granted, and of one that may only be read.
        ("files_read", json!({"path": "/part/b.txt"}), "/part/b.txt"),
        (
            "files_write",
            json!({"path": "/docs/q.txt", "text": "x"}),
            "/docs/q.tx?",
        ),
        // What is a secret stays one.
        (
            "files_write",
            json!({"path": canary, "text": "x"}),
            "[secret TOKEN]",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_a_call_says_what_was_denied_in_it() {
    let place = Place::new();
    let mut servers = place.start().await;
    let mut receipts = Vec::new();
    for (tool, arguments, says) in attempts() {
        for answer in servers.call(tool, arguments.clone()).await {
            let receipt = &answer["result"]["_meta"]["ringfence/receipt"];
            let denied = receipt["denied"].clone();
            assert!(
                denied.to_string().contains(says),
                "{tool} {arguments}: {answer}"
            );
            receipts.push(denied);
        }
    }
    let granted = json!({"path": "/docs/a.txt"});
    for answer in servers.call("files_read", granted).await {
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }

    let records = place.records(receipts.len() + 2);
    assert_eq!(records.len(), receipts.len() + 2, "one for each call");
    let mut denied: Vec<_> = records.iter().map(|record| &record["denied"]).collect();
    // Two servers write to the log; each in its own order.
    for receipt in &receipts {
        let found = denied.iter().position(|denied| *denied == receipt);
        denied.remove(found.unwrap_or_else(|| panic!("{receipt} of {records:?}")));
    }
    assert_eq!(denied, [&Value::Null; 2], "where nothing was denied");
    let log = fs::read_to_string(place.path("audit/audit-00000001.jsonl")).unwrap();
    assert!(!log.contains(CANARY), "{log}");

    let found = place.search(&["--denied"]);
    assert_eq!(found.lines().count(), receipts.len(), "{found}");
    assert!(
        found.lines().all(|line| line.contains(" denied  call ")),
        "{found}"
    );
    let all = place.search(&[]);
    let others = all.lines().filter(|line| !line.contains(" denied  call "));
    assert_eq!(others.count(), 2, "{all}");
}

/// However much a guest tries, its record stays short, and says how much it leaves out.
#[tokio::test(flavor = "multi_thread")]
async fn the_record_says_how_much_more_was_denied() {
    let place = Place::new();
    let probe = ringfence_tests::serving::prebuilt("probe");
    let tried = 100;
    let steps = (0..tried).map(|number| step("unlink", "/docs", &format!("{number}")));
    let steps: Vec<_> = steps.collect();
    let arguments = json!({ "steps": steps }).to_string();
    let output = Command::new(binary::ringfence())
        .arg("call")
        .arg(probe)
        .args(["file", &arguments, "--receipt", "--policy"])
        .arg(place.path("policy.toml"))
        .arg("--state-dir")
        .arg(place.path("state"))
        .arg("--audit")
        .arg(place.path("audit"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let record = &place.records(1)[0];
    let kept = record["denied"].as_array().unwrap().len() as u64;
    assert!((16..=32).contains(&kept), "{record}");
    assert_eq!(record["denied_more"], tried - kept, "{record}");
    assert!(place.search(&[]).contains("  100 denied  "));
    let receipt = String::from_utf8(output.stderr).unwrap();
    let said = format!("and {} more", tried - kept);
    assert!(receipt.contains(&said), "{receipt}");
}
