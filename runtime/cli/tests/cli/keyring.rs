//! `--vault-key keyring`, with a keyring and without one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::harness::{Run, finish, ringfence};

const CANARY: &str = "canary-4f1c9b7e2d";

/// What a session runs: an unlocked keyring first.
const UNLOCKED: &str =
    "printf 'password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
exec \"$@\"";

/// Whether this machine has what a session with a keyring takes.
fn has_keyring() -> bool {
    let has = |program: &str| {
        let mut command = Command::new(program);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    // The last has no `--version`, and fails when it is asked nothing.
    let there = has("dbus-run-session")
        && has("gnome-keyring-daemon")
        && Command::new("secret-tool").output().is_ok();
    if !there {
        #[expect(clippy::print_stderr, reason = "whoever reads the results must know")]
        {
            eprintln!(
                "skipped: a keyring needs `dbus-run-session`, `gnome-keyring-daemon` and \
                 `secret-tool`"
            );
        }
    }
    there
}

/// The binary in a session of its own, whose keyring is kept in `home`.
fn in_session(home: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = Command::new("dbus-run-session");
    command
        .args([
            "--",
            "sh",
            "-c",
            UNLOCKED,
            "sh",
            env!("CARGO_BIN_EXE_ringfence"),
        ])
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    finish(child)
}

/// Answers one request, and gives it back.
fn answer(listener: &TcpListener) -> String {
    let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
    let (mut asked, mut piece) = (Vec::new(), [0; 1024]);
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).unwrap();
        assert_ne!(read, 0, "the request broke off");
        asked.extend_from_slice(&piece[..read]);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        .unwrap();
    String::from_utf8(asked).unwrap()
}

#[test]
fn a_key_in_the_keyring_opens_the_vault_in_another_session() {
    if !has_keyring() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (home, state) = (folder.path().join("home"), folder.path().join("state"));
    fs::create_dir(&home).unwrap();
    let state = state.to_str().unwrap();
    let place = ["--state-dir", state, "--vault-key", "keyring"];
    let secret = |words: &[&str], input: &[u8]| {
        let arguments = [&["secret"], words, &place].concat();
        in_session(&home, &arguments, input)
    };
    secret(&["set", "TOKEN", "--audit", "off"], CANARY.as_bytes()).exits(0);
    // The key is in the keyring, and in no file of ours.
    assert!(!Path::new(state).join("secrets/key").exists());
    let listed = secret(&["list"], b"").exits(0);
    assert!(listed.stdout.contains("TOKEN"), "{listed:?}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || answer(&listener));
    let arguments = format!(
        r#"{{"url": "{url}", "headers": [{{"name": "authorization", "value": "Bearer {{{{secret:TOKEN}}}}"}}]}}"#
    );
    let (net, bound) = (format!("net={url}"), format!("secret=TOKEN->{url}"));
    let words = [
        "call", "fetch", "get", &arguments, "--grant", &net, "--grant", &bound, "--audit", "off",
    ];
    in_session(&home, &[&words[..], &place].concat(), b"").exits(0);
    let asked = asked.join().unwrap();
    assert!(asked.contains(&format!("Bearer {CANARY}")), "{asked}");

    secret(&["rotate", "--audit", "off"], b"").exits(0);
    secret(&["list"], b"").exits(0);
}

#[test]
fn without_a_session_there_is_no_keyring_and_advice() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let place = ["--state-dir", state, "--vault-key", "keyring"];
    // Nothing is asked for as long as nothing is kept.
    finish(
        ringfence([&["secret", "list"][..], &place].concat())
            .spawn()
            .unwrap(),
    )
    .exits(0);
    let command = [&["secret", "set", "TOKEN", "--audit", "off"][..], &place].concat();
    let mut child = ringfence(command)
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .env("XDG_RUNTIME_DIR", folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(CANARY.as_bytes());
    finish(child)
        .exits(13)
        .says(&["keyring", "file:PATH", "command:"]);
}
