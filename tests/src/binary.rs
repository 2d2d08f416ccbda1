//! The `ringfence` binary under test.
//!
//! Owns where it is and that it is fresh: built in the profile of the test that asks, from the
//! sources as they are.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The binary, built if need be. A build of what is fresh already takes a moment. `RINGFENCE_BIN`
/// names another one.
///
/// # Panics
///
/// When it does not build.
pub fn ringfence() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

#[expect(
    clippy::expect_used,
    reason = "a test without its program cannot go on"
)]
fn build() -> PathBuf {
    if let Some(other) = std::env::var_os("RINGFENCE_BIN") {
        return other.into();
    }
    // …/target/release/deps/test-0123 → …/target/release
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests run from target/PROFILE/deps");
    let mut cargo = Command::new(env!("CARGO"));
    // The same selection as `cargo test`, so that no dependency is built with other features.
    cargo.args([
        "build",
        "--locked",
        "--quiet",
        "--workspace",
        "--bin",
        "ringfence",
    ]);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "`ringfence` does not build");
    folder.join("ringfence")
}
