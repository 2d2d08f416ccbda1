//! Real MCP clients against the real server, in every era that they speak.
//!
//! The clients come from their registries on the first run and stay under `target/`. Where Python or
//! Node is missing a newcomer's run says so and goes on; with `RINGFENCE_REQUIRE_CLIENTS` set, as in
//! CI, that is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use ringfence_tests::{binary, guests};

const GUESTS: &[&str] = &["echo", "add", "sleep", "spin", "trap", "linger", "forge"];

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Where the clients are installed: beside everything else that is built.
fn installed() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().join("clients")
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (&output.stdout, &output.stderr);
    let text = [String::from_utf8_lossy(out), String::from_utf8_lossy(err)].join("\n");
    Err(format!("{shown}: {}\n{text}", output.status))
}

/// A Python that has the client. Installed once for all tests of this run and the next.
fn python() -> Result<PathBuf, String> {
    static READY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    READY
        .get_or_init(|| {
            let folder = installed().join("python");
            let python = folder.join("bin/python");
            let wanted = fs::read_to_string(clients().join("requirements.txt")).unwrap();
            let marker = folder.join("installed.txt");
            if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
                return Ok(python);
            }
            run(Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder))?;
            run(Command::new(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                ])
                .arg(clients().join("requirements.txt")))?;
            fs::write(marker, wanted).unwrap();
            Ok(python)
        })
        .clone()
}

/// A folder in which Node finds the client.
fn node() -> Result<PathBuf, String> {
    static READY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    READY
        .get_or_init(|| {
            let folder = installed().join("node");
            fs::create_dir_all(&folder).unwrap();
            run(Command::new("node").arg("--version"))?;
            let wanted = fs::read_to_string(clients().join("package.json")).unwrap();
            fs::copy(clients().join("session.mjs"), folder.join("session.mjs")).unwrap();
            let marker = folder.join("installed.json");
            if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
                return Ok(folder);
            }
            fs::write(folder.join("package.json"), &wanted).unwrap();
            run(Command::new("npm")
                .args([
                    "install",
                    "--silent",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                ])
                .current_dir(&folder))?;
            fs::write(marker, wanted).unwrap();
            Ok(folder)
        })
        .clone()
}

/// Whether a client that could not be installed fails the test.
#[expect(
    clippy::disallowed_methods,
    reason = "how CI tells a missing client from a small machine"
)]
fn required() -> bool {
    std::env::var("RINGFENCE_REQUIRE_CLIENTS").is_ok()
}

fn session(client: impl FnOnce() -> Result<Command, String>, mode: &str) {
    let mut client = match client() {
        Ok(client) => client,
        Err(why) if required() => panic!("the client is required and cannot be installed: {why}"),
        Err(why) => {
            eprintln!("SKIPPED, the client cannot be installed: {why}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for guest in GUESTS {
        fs::write(tools.join(format!("{guest}.wasm")), guests::plain(guest)).unwrap();
    }
    let ended = run(client
        .arg(mode)
        .arg(&tools)
        .arg(binary::ringfence())
        .arg("serve")
        .arg(&tools)
        .arg("--cache-dir")
        .arg(folder.path().join("cache")));
    if let Err(why) = ended {
        panic!("{why}");
    }
}

fn python_session(mode: &str) {
    let client = || {
        let mut command = Command::new(python()?);
        command.arg(clients().join("session.py"));
        Ok(command)
    };
    session(client, mode);
}

fn node_session(mode: &str) {
    let client = || {
        let mut command = Command::new("node");
        command.arg(node()?.join("session.mjs"));
        Ok(command)
    };
    session(client, mode);
}

#[test]
fn python_client_legacy() {
    python_session("legacy");
}

#[test]
fn python_client_that_finds_out() {
    python_session("auto");
}

#[test]
fn python_client_modern() {
    python_session("2026-07-28");
}

#[test]
fn typescript_client_legacy() {
    node_session("legacy");
}

#[test]
fn typescript_client_that_finds_out() {
    node_session("auto");
}

#[test]
fn typescript_client_modern() {
    node_session("2026-07-28");
}
