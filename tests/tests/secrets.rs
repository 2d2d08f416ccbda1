//! A secret through the program: in by the vault, out in one header to one host, and nowhere else.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_tests::binary;
use ringfence_tests::network::Peer;
use serde_json::{Value, json};
use tempfile::TempDir;

const CANARY: &str = "canary-9c41d07be2f35a68";

struct Setup(TempDir);

impl Setup {
    fn new(grants: &[String]) -> Self {
        let setup = Self(tempfile::tempdir().unwrap());
        let grants: Vec<_> = grants.iter().map(|grant| format!("\"{grant}\"")).collect();
        let lines = [
            "version = 1".to_owned(),
            "[tool.fetch]".to_owned(),
            "dangerous = \"allow\"".to_owned(),
            format!("allow = [{}]", grants.join(", ")),
            "[end]".to_owned(),
        ];
        fs::write(setup.path("policy.toml"), lines.join("\n")).unwrap();
        let mut set = setup.command(&["secret", "set", "TOKEN"]);
        let mut child = set.stdin(Stdio::piped()).spawn().unwrap();
        let written = child.stdin.take().unwrap().write_all(CANARY.as_bytes());
        written.unwrap();
        assert!(child.wait().unwrap().success());
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary::ringfence());
        command.args(arguments);
        command.arg("--state-dir").arg(self.path("state"));
        command.arg("--audit").arg(self.path("audit"));
        command
    }
}

/// What a host could say that has heard the secret.
fn told() -> String {
    let body = format!("you said {}", values().join(", "));
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-heard: {CANARY}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Calls `fetch_get` through a server of its own, with the header in which the secret may go. Gives
/// the answer, after whatever the server said and kept was searched for the value.
fn get(setup: &Setup, url: &str, header: &str) -> Value {
    let policy = setup.path("policy.toml");
    let mut serve = setup.command(&["serve", "--log-level", "debug"]);
    let mut child = serve
        .arg("--policy")
        .arg(policy)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(setup.path("log")).unwrap())
        .spawn()
        .unwrap();
    let requests = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        }}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "fetch_get", "arguments": {
                "url": url,
                "headers": [{"name": header, "value": "Bearer {{secret:TOKEN}}"}],
            },
        }}),
    ];
    let mut input = child.stdin.take().unwrap();
    for request in requests {
        writeln!(input, "{request}").unwrap();
    }
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let answer = output.find_map(|line| {
        let line = line.unwrap();
        for value in values() {
            assert!(!line.contains(&value), "`{value}` is in: {line}");
        }
        line.contains("\"id\":2").then_some(line)
    });
    drop(input);
    let ended = child.wait().unwrap();
    let log = fs::read_to_string(setup.path("log")).unwrap();
    assert!(ended.success(), "{answer:?} {ended} {log}");
    for path in files(setup.0.path()) {
        let kept = fs::read(&path).unwrap();
        let kept = String::from_utf8_lossy(&kept);
        for value in values() {
            assert!(!kept.contains(&value), "`{value}` is in {}", path.display());
        }
    }
    serde_json::from_str(&answer.unwrap()).unwrap()
}

/// The value, in the encodings in which `told` has it.
fn values() -> [String; 4] {
    let hex: Vec<_> = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url: Vec<_> = CANARY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    [
        CANARY.to_owned(),
        STANDARD.encode(CANARY).trim_end_matches('=').to_owned(),
        hex.concat(),
        url.concat(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_to_its_host_in_its_header_and_nowhere_else() {
    let ours = Peer::answering("127.0.0.1:0", &told()).await.unwrap();
    let other = Peer::answering(
        "127.0.0.1:0",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    );
    let other = other.await.unwrap();
    let (port, elsewhere) = (ours.address.port(), other.address.port());
    let setup = Setup::new(&[
        format!("net=http://127.0.0.1:{port}"),
        format!("net=http://127.0.0.1:{elsewhere}"),
        format!("secret=TOKEN->http://127.0.0.1:{port}"),
    ]);

    let answer = get(
        &setup,
        &format!("http://127.0.0.1:{port}/a"),
        "authorization",
    );
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let text = answer.to_string();
    assert!(text.contains("you said [secret TOKEN]"), "{text}");
    let receipt = &answer["result"]["_meta"]["ringfence/receipt"];
    assert_eq!(receipt["secrets"], json!(["TOKEN"]), "{receipt}");
    let asked = ours.asked();
    let sent = format!("authorization: Bearer {CANARY}");
    assert!(
        asked[0].to_lowercase().contains(&sent.to_lowercase()),
        "{asked:?}"
    );

    // Another header, another host: nothing is sent, and what to grant is on record.
    for (url, header, grant) in [
        (
            format!("http://127.0.0.1:{port}/b"),
            "x-other",
            format!("`secret=TOKEN->http://127.0.0.1:{port}:x-other`"),
        ),
        (
            format!("http://127.0.0.1:{elsewhere}/c"),
            "authorization",
            format!("`secret=TOKEN->http://127.0.0.1:{elsewhere}`"),
        ),
    ] {
        let answer = get(&setup, &url, header);
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let receipt = &answer["result"]["_meta"]["ringfence/receipt"];
        let denied = receipt["denied"].to_string();
        assert!(denied.contains(&grant), "{receipt}");
        // So does the tool, which would otherwise send its caller for a grant that is there.
        let said = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert!(
            said.contains("the secret `TOKEN` is not bound to") && said.contains(&grant),
            "{said}"
        );
        assert!(!said.contains("net="), "{said}");
        assert_eq!(receipt["reached"], Value::Null, "{receipt}");
    }
    assert_eq!((ours.asked().len(), other.asked().len()), (1, 0));
    // In an address it is ordinary text.
    let url = format!("http://127.0.0.1:{port}/%7B%7Bsecret:TOKEN%7D%7D");
    get(&setup, &url, "authorization");
    let asked = ours.asked().pop().unwrap();
    assert!(!asked.lines().next().unwrap().contains(CANARY), "{asked}");
}
