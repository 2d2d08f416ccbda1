//! Runs the binary, and makes components for it out of the readable guests.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Fails with everything there is to see, unless the exit code is this one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Fails unless standard error says each of these.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in {self:#?}");
        }
        self
    }

    /// Fails unless standard error says this, and does not say it again.
    #[track_caller]
    pub(crate) fn says_once(self, text: &str) -> Self {
        assert_eq!(self.stderr.matches(text).count(), 1, "{self:#?}");
        self
    }

    /// Fails unless standard output is exactly this.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "{self:#?}");
        self
    }
}

/// The binary with these arguments, a cache and a log that the tests share, and no other
/// environment.
pub(crate) fn ringfence<A: AsRef<std::ffi::OsStr>>(
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command.args(arguments);
    // They share a state, and their tools are different ones under the same names.
    if command
        .get_args()
        .next()
        .is_some_and(|first| first == "serve")
    {
        command.args(["--pin", "off"]);
    }
    command
        .env_clear()
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the binary to its end.
#[track_caller]
pub(crate) fn run<const N: usize>(arguments: [&str; N]) -> Run {
    finish(ringfence(arguments).spawn().unwrap())
}

/// Runs the binary to its end, with this on standard input.
#[track_caller]
pub(crate) fn run_with_input<const N: usize>(arguments: [&str; N], input: &str) -> Run {
    let mut child = ringfence(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A child that does not read it may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    finish(child)
}

/// Waits for the end.
#[track_caller]
pub(crate) fn finish(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The path of a guest, compiled from `tests/guests/`.
pub(crate) fn guest(folder: &str, name: &str) -> String {
    static GUESTS: OnceLock<tempfile::TempDir> = OnceLock::new();
    let built = GUESTS.get_or_init(|| tempfile::tempdir().unwrap());
    let text = Path::new("../../tests/guests")
        .join(folder)
        .join(name)
        .with_extension("wat");
    let bytes = wat::parse_file(text).unwrap();
    let path: PathBuf = built.path().join(name).with_extension("wasm");
    // Tests run at the same time: a whole file appears, or none.
    let unfinished = tempfile::NamedTempFile::new_in(built.path()).unwrap();
    fs::write(unfinished.path(), bytes).unwrap();
    unfinished.persist(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Sends a signal.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}
