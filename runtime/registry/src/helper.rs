//! A program that keeps credentials, as Docker has them.
//!
//! Owns the program's life: no shell, one line of input, a time and a size. What it prints is never
//! repeated, not even in an error, because it is a password.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credential::{Credential, Wiped};

/// What the programs' names begin with.
const PREFIX: &str = "docker-credential-";

/// How long the program may take. A person may have to unlock something; one that hangs must not keep
/// a command for ever.
const TIME_MAX: Duration = Duration::from_secs(30);

/// How much it may print. Bounds what a program that prints for ever makes us hold.
const PRINTED_BYTES_MAX: usize = 64 << 10;

/// How often we look whether it has ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// The user that stands for a token.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: Wiped,
}

/// Asks the helper called `name` about a registry.
///
/// # Errors
///
/// It cannot be run, or does not answer. That it knows nothing is no error.
pub(crate) fn ask(name: &str, registry: &str) -> Result<Option<Credential>, String> {
    // A name with a slash would be a path.
    let is_word = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !is_word {
        return Err("the helper in the configuration of Docker is not named by a word".to_owned());
    }
    run(&format!("{PREFIX}{name}"), registry, TIME_MAX)
}

fn run(program: &str, registry: &str, time_max: Duration) -> Result<Option<Credential>, String> {
    let failed = |why: String| format!("`{program}` did not say who asks: {why}");
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // It may say what it found.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let ended = answer(&mut child, registry, time_max);
    if ended.is_err() {
        // What has ended already cannot be ended, and that is all that can go wrong.
        let _ = child.kill();
        let _ = child.wait();
    }
    let (well, printed) = ended.map_err(failed)?;
    if !well {
        // As the protocol has it, a helper that knows nothing fails, too.
        return Ok(None);
    }
    let answer: Answer = serde_json::from_slice(&printed)
        .map_err(|_| failed("what it printed is not what a helper prints".to_owned()))?;
    Ok(Some(if answer.username == TOKEN_USER {
        Credential::Refresh(answer.secret.0)
    } else {
        Credential::Password {
            user: answer.username,
            password: answer.secret.0,
        }
    }))
}

/// Whether it ended well, and what it printed.
fn answer(
    child: &mut Child,
    registry: &str,
    time_max: Duration,
) -> Result<(bool, Zeroizing<Vec<u8>>), String> {
    let deadline = Instant::now() + time_max;
    let late = || format!("it took longer than {} s", time_max.as_secs_f32());
    let mut stdin = child.stdin.take().ok_or("it has no standard input")?;
    // One that does not read says so by what it answers.
    let _ = stdin.write_all(registry.as_bytes());
    drop(stdin);
    let stdout = child.stdout.take().ok_or("it has no standard output")?;
    let (sender, receiver) = mpsc::channel();
    // On a thread of its own: a grandchild may keep the pipe open for as long as it likes.
    thread::Builder::new()
        .name("ringfence-helper".into())
        .spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(PRINTED_BYTES_MAX + 1));
            let read = stdout
                .take(PRINTED_BYTES_MAX as u64 + 1)
                .read_to_end(&mut bytes);
            // Nobody listens any more when it was late.
            let _ = sender.send(read.map(|_| bytes));
        })
        .map_err(|error| error.to_string())?;
    let printed = receiver
        .recv_timeout(time_max)
        .map_err(|_| late())?
        .map_err(|error| error.to_string())?;
    if printed.len() > PRINTED_BYTES_MAX {
        return Err(format!("it printed more than {PRINTED_BYTES_MAX} bytes"));
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status.success(), printed)),
            Ok(None) if Instant::now() >= deadline => return Err(late()),
            Ok(None) => thread::park_timeout(LOOK_INTERVAL),
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn said(script: &str) -> Result<Option<Credential>, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("helper");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        run(
            program.to_str().unwrap(),
            "a.example",
            Duration::from_secs(10),
        )
    }

    #[test]
    fn a_helper_is_asked_about_one_registry() {
        let script = r#"read host; [ "$1 $host" = "get a.example" ] || exit 1
                        echo '{"ServerURL": "a.example", "Username": "ann", "Secret": "s3"}'"#;
        let Some(Credential::Password { user, password }) = said(script).unwrap() else {
            panic!("no password");
        };
        assert_eq!((user.as_str(), password.as_str()), ("ann", "s3"));
        let script = r#"echo '{"Username": "<token>", "Secret": "t"}'"#;
        assert!(matches!(said(script), Ok(Some(Credential::Refresh(token))) if *token == "t"));
        assert!(matches!(
            said("echo credentials not found; exit 1"),
            Ok(None)
        ));
    }

    #[test]
    fn what_a_helper_prints_is_not_repeated() {
        for script in [
            "echo hunter2",
            r#"echo '{"Username": "hunter2"}'"#,
            "head -c 200000 /dev/zero | tr '\\0' 'h'",
        ] {
            let error = said(script).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(run("/no/such/helper", "a", TIME_MAX).is_err());
    }
}
