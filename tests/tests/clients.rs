//! Real MCP clients against the real server, in every era that they speak and over both transports.
//!
//! The clients come from their registries on the first run and stay under `target/`. Where Python or
//! Node is missing a newcomer's run says so and goes on; with `RINGFENCE_REQUIRE_CLIENTS` set, as in
//! CI, that is a failure.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use ringfence_tests::binary;
use ringfence_tests::clients::{self, Installed};
use ringfence_tests::serving::{self, Serving};
use serde_json::Value;

const GUESTS: &[&str] = &["echo", "add", "sleep", "spin", "trap", "linger", "forge"];

/// How a client reaches the server.
#[derive(Clone, Copy)]
enum Over {
    Http,
    Stdio,
}

/// Lets a client that is installed talk to a server: `client` gets its way, and then its server.
fn session(client: Installed<Command>, mode: &[&str], over: Over) {
    let Some(mut client) = clients::unless_missing(client) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let arguments = serving::plain(folder.path(), GUESTS);
    let tools = folder.path().join("tools");
    fs::copy(
        serving::prebuilt("conformance"),
        tools.join("conformance.wasm"),
    )
    .unwrap();
    client.args(mode).arg(&tools);
    let ended = match over {
        Over::Stdio => {
            let server = client
                .arg(binary::ringfence())
                .args(["serve", "--audit", "off", "--pin", "off"]);
            clients::run(server.args(&arguments))
        }
        Over::Http => {
            let server = Serving::start(&arguments);
            clients::run(client.arg(server.url())).map_err(|why| format!("{why}\n{}", server.log()))
        }
    };
    if let Err(why) = ended {
        panic!("{why}");
    }
}

fn python(script: &str) -> Installed<Command> {
    let mut command = Command::new(clients::python()?);
    command.arg(clients::scripts().join(script));
    Ok(command)
}

fn node(script: &str) -> Installed<Command> {
    Ok(clients::node()?.script(script))
}

#[test]
fn python_client_legacy() {
    session(python("session.py"), &["legacy"], Over::Stdio);
}

#[test]
fn python_client_that_finds_out() {
    session(python("session.py"), &["auto"], Over::Stdio);
}

#[test]
fn python_client_modern() {
    session(python("session.py"), &["2026-07-28"], Over::Stdio);
}

#[test]
fn python_client_legacy_over_http() {
    session(python("session.py"), &["legacy"], Over::Http);
}

#[test]
fn python_client_that_finds_out_over_http() {
    session(python("session.py"), &["auto"], Over::Http);
}

#[test]
fn python_client_modern_over_http() {
    session(python("session.py"), &["2026-07-28"], Over::Http);
}

#[test]
fn fastmcp_client_legacy_over_http() {
    session(python("fast.py"), &["legacy"], Over::Http);
}

#[test]
fn fastmcp_client_that_finds_out_over_http() {
    session(python("fast.py"), &["auto"], Over::Http);
}

#[test]
fn fastmcp_client_modern_over_http() {
    session(python("fast.py"), &["2026-07-28"], Over::Http);
}

#[test]
fn typescript_client_legacy() {
    session(node("session.mjs"), &["legacy"], Over::Stdio);
}

#[test]
fn typescript_client_that_finds_out() {
    session(node("session.mjs"), &["auto"], Over::Stdio);
}

#[test]
fn typescript_client_modern() {
    session(node("session.mjs"), &["2026-07-28"], Over::Stdio);
}

#[test]
fn typescript_client_legacy_over_http() {
    session(node("session.mjs"), &["legacy"], Over::Http);
}

#[test]
fn typescript_client_that_finds_out_over_http() {
    session(node("session.mjs"), &["auto"], Over::Http);
}

#[test]
fn typescript_client_modern_over_http() {
    session(node("session.mjs"), &["2026-07-28"], Over::Http);
}

#[test]
fn older_typescript_sdk() {
    session(node("older.mjs"), &[], Over::Stdio);
}

#[test]
fn older_typescript_sdk_over_http() {
    session(node("older.mjs"), &[], Over::Http);
}

/// One request of the Inspector to a server of the bundled tools.
struct Inspector<'f> {
    era: &'static str,
    /// What it gets as a home, so that it leaves nothing in the one that is there.
    folder: &'f Path,
    server: Option<Serving>,
    cache: [OsString; 2],
}

impl Inspector<'_> {
    fn ask(&self, request: &[&str]) -> Result<Value, String> {
        let mut command = clients::node()?.script("node_modules/.bin/mcp-inspector");
        command.args([
            "--cli",
            "--protocol-era",
            self.era,
            "-q",
            "--format",
            "json",
        ]);
        command
            .env("MCP_INSPECTOR_SECRET_STORE", "memory")
            .env("HOME", self.folder);
        command.args(request);
        match &self.server {
            Some(server) => command.args(["--transport", "http", "--server-url", &server.url()]),
            None => command
                .arg("--")
                .arg(binary::ringfence())
                .args(["serve", "--audit", "off", "--pin", "off"])
                .args(&self.cache),
        };
        let printed = clients::run(&mut command)?;
        serde_json::from_str(&printed).map_err(|error| format!("{error}: {printed}"))
    }
}

/// What the Inspector finds, which holds schemas against what hosts accept.
fn inspect(era: &'static str, over: Over) {
    if clients::unless_missing(clients::node()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = ["--cache-dir".into(), folder.path().join("cache").into()];
    let inspector = Inspector {
        era,
        folder: folder.path(),
        server: matches!(over, Over::Http).then(|| Serving::start(&cache)),
        cache,
    };
    let listed = inspector
        .ask(&["--method", "tools/list", "--strict"])
        .unwrap();
    let tools = listed
        .pointer("/result/tools")
        .or_else(|| listed.get("tools"));
    let tools = tools.and_then(Value::as_array).unwrap();
    assert!(tools.len() > 20, "{listed}");
    let call = [
        "--method",
        "tools/call",
        "--tool-name",
        "text_stats",
        "--tool-arg",
        "text=a b",
    ];
    let called = inspector.ask(&call).unwrap();
    let words = called
        .pointer("/result/structuredContent/result/words")
        .or_else(|| called.pointer("/structuredContent/result/words"));
    assert_eq!(words, Some(&2.into()), "{called}");
}

#[test]
fn inspector_legacy() {
    inspect("legacy", Over::Stdio);
}

#[test]
fn inspector_that_finds_out() {
    inspect("auto", Over::Stdio);
}

#[test]
fn inspector_modern() {
    inspect("modern", Over::Stdio);
}

#[test]
fn inspector_legacy_over_http() {
    inspect("legacy", Over::Http);
}

#[test]
fn inspector_that_finds_out_over_http() {
    inspect("auto", Over::Http);
}

#[test]
fn inspector_modern_over_http() {
    inspect("modern", Over::Http);
}
