//! The server as a process that listens on a port of its own.
//!
//! Owns the process, its log and its end. Refuses to know what goes over the wire: `peer` and the
//! official clients do that.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::binary;
use crate::guests;
use crate::http::PATIENCE;

/// Between two looks at what says nothing by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A running server. No server outlives its test.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its server cannot go on"
)]
impl Serving {
    /// Starts `ringfence serve` with `arguments` over HTTP, and waits until it listens.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let mut child = Command::new(binary::ringfence())
            .env("XDG_STATE_HOME", binary::state())
            .args(binary::serving(arguments))
            .args(["--http", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = Arc::<Mutex<String>>::default();
        let (listens, heard) = mpsc::channel();
        let errors = child.stderr.take().expect("a piped log");
        let kept = Arc::clone(&log);
        thread::spawn(move || follow(errors, &kept, &listens));
        let Ok(address) = heard.recv() else {
            let ended = child.wait();
            panic!("the server does not listen: {ended:?}\n{}", text(&log));
        };
        Self {
            child,
            address,
            log,
        }
    }

    /// Which process it is.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where MCP is.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// Waits until the log says something: the first line that does.
    ///
    /// # Panics
    ///
    /// When it never does.
    pub async fn logged(&self, what: &str) -> String {
        let said = async {
            loop {
                let log = self.log();
                if let Some(line) = log.lines().find(|line| line.contains(what)) {
                    return line.to_owned();
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        let Ok(line) = timeout(PATIENCE, said).await else {
            panic!("the log never says `{what}`:\n{}", self.log());
        };
        line
    }

    /// Waits until nobody can connect any more: it knows then that it is to end.
    ///
    /// # Panics
    ///
    /// When it goes on.
    pub async fn refuses(&self) {
        let refused = async {
            while TcpStream::connect(self.address).await.is_ok() {
                sleep(LOOK_AGAIN).await;
            }
        };
        let refused = timeout(PATIENCE, refused).await;
        refused.expect("a server that ends");
    }

    /// Asks it to end, as a service manager does.
    ///
    /// # Panics
    ///
    /// When it is gone already.
    pub fn terminate(&self) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a process id"), Signal::TERM).expect("the server runs");
    }

    /// Waits for the end.
    ///
    /// # Panics
    ///
    /// When the system cannot tell.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the server ends")
    }

    /// Resident memory, in KiB.
    ///
    /// # Panics
    ///
    /// Without `/proc`.
    pub fn resident_kib(&self) -> u64 {
        resident_kib(self.child.id())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of a process, in KiB.
///
/// # Panics
///
/// Without `/proc`.
#[expect(clippy::expect_used, reason = "a test on another system must say so")]
pub fn resident_kib(process: u32) -> u64 {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(path).expect("the server runs");
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .expect("a number of KiB")
}

/// Some of the plain guests in a folder, and what to serve it with.
///
/// # Panics
///
/// When it cannot be written.
#[expect(clippy::expect_used, reason = "a test without its server cannot go on")]
pub fn plain(folder: &Path, names: &[&str]) -> Vec<OsString> {
    let tools = folder.join("tools");
    fs::create_dir(&tools).expect("an empty folder");
    for name in names {
        fs::write(tools.join(format!("{name}.wasm")), guests::plain(name)).expect("room");
    }
    let cache = folder.join("cache");
    vec![tools.into(), "--cache-dir".into(), cache.into()]
}

/// The component that provides what the official suite asks for, and what to serve it with.
pub fn conformance(cache: &Path) -> Vec<OsString> {
    let arguments: [&OsStr; 4] = [
        "--names".as_ref(),
        "bare".as_ref(),
        "--cache-dir".as_ref(),
        cache.as_os_str(),
    ];
    let component = prebuilt("conformance").into_os_string();
    [component]
        .into_iter()
        .chain(arguments.map(OsStr::to_owned))
        .collect()
}

/// A component that is committed as it was built.
pub fn prebuilt(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .join("../guest-tools/prebuilt")
        .join(format!("{name}.wasm"))
}

/// Keeps the log, and tells where the server listens once it says so.
fn follow(errors: ChildStderr, log: &Mutex<String>, listens: &Sender<SocketAddr>) {
    for line in BufReader::new(errors).lines().map_while(Result::ok) {
        if let Some(address) = address(&line) {
            // Nobody waits for a second one.
            let _ = listens.send(address);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

/// The address in a line of the log.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening")?.1.split_once("127.0.0.1:")?;
    let digits = rest
        .find(|next: char| !next.is_ascii_digit())
        .unwrap_or(rest.len());
    let port = rest.get(..digits)?.parse().ok()?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}

fn text(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
