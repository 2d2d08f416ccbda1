//! The `ringfence` binary under test.
//!
//! Owns where it is, and what every server under test is started with. `cargo test` for the whole workspace builds it beside the tests; building it
//! from within a test would choose other features and compile the engine once more.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Where servers under test keep their records: not among those of whoever runs the tests.
///
/// # Panics
///
/// As [`ringfence`].
pub fn state() -> PathBuf {
    beside("-test-state")
}

/// A place beside the binary, for what tests have in common.
///
/// # Panics
///
/// As [`ringfence`].
pub fn beside(suffix: &str) -> PathBuf {
    let mut path = ringfence().into_os_string();
    path.push(suffix);
    path.into()
}

/// `serve` with these arguments.
pub fn serving<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec!["serve".into()];
    all.extend(arguments.into_iter().map(|one| one.as_ref().to_owned()));
    if !all.iter().any(|one| one == "--pin") {
        // Tests share a state, and their tools are different ones under the same names.
        all.extend(["--pin", "off"].map(OsString::from));
    }
    all
}

/// The binary that was built with these tests. `RINGFENCE_BIN` names another one.
///
/// # Panics
///
/// When it was not built, as after `cargo test -p ringfence-tests` alone.
#[expect(
    clippy::expect_used,
    reason = "a test without its program cannot go on"
)]
pub fn ringfence() -> PathBuf {
    if let Some(other) = std::env::var_os("RINGFENCE_BIN") {
        return other.into();
    }
    // …/target/release/deps/test-0123 → …/target/release
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests run from target/PROFILE/deps");
    let binary = folder.join(format!("ringfence{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "there is no `{}`: run `cargo test --release`, without `-p`",
        binary.display()
    );
    binary
}
