//! What this process holds of the system, to be compared before and after.
//!
//! Owns what makes the comparison exact: nothing else runs in the process, and idle threads leave.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Builder;

/// Descriptors, threads and memory of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// Open file descriptors: what each stands for, in order. Numbers are left out, because a
    /// descriptor that is opened anew may have another.
    pub descriptors: Vec<String>,
    /// Threads, by name, in order.
    pub threads: Vec<String>,
    /// Resident memory, in KiB.
    pub resident_kib: usize,
}

impl Footprint {
    /// What this process holds now.
    ///
    /// # Panics
    ///
    /// Without `/proc`: the tests that ask run on Linux.
    #[expect(clippy::expect_used, reason = "a test on another system must say so")]
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("`/proc` is there");
        let resident_kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .expect("`/proc/self/status` names the resident memory");
        Self {
            descriptors: each("/proc/self/fd", |path| {
                // The one that reads this folder is closed by now.
                Some(fs::read_link(path).ok()?.display().to_string())
            }),
            threads: each("/proc/self/task", |path| {
                Some(
                    fs::read_to_string(path.join("comm"))
                        .ok()?
                        .trim()
                        .to_owned(),
                )
            }),
            resident_kib,
        }
    }

    /// What this process holds once the runtime's idle threads have left. Waits for as long as the
    /// number of threads still falls.
    ///
    /// # Panics
    ///
    /// As [`Self::now`].
    pub async fn settled() -> Self {
        let mut before = Self::now();
        loop {
            tokio::time::sleep(10 * IDLE_THREAD_KEPT).await;
            let now = Self::now();
            if now.threads.len() >= before.threads.len() {
                return now;
            }
            before = now;
        }
    }
}

/// What `read` makes of each entry of a folder that is there when it is read, in order.
fn each(folder: &str, read: impl Fn(&Path) -> Option<String>) -> Vec<String> {
    let entries = Path::new(folder).read_dir().into_iter().flatten();
    let paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let mut found: Vec<_> = paths.iter().filter_map(|path| read(path)).collect();
    found.sort();
    found
}

/// How much processor time this process has used, all threads together. Unlike a clock on the wall it
/// stands still while other processes have the processor.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // A process that has used less than nothing is not to be had.
    Duration::try_from(time).unwrap_or_default()
}

/// How long a thread of the runtime that has nothing to do is kept. Short, so that those that are left
/// are those that something still holds.
const IDLE_THREAD_KEPT: Duration = Duration::from_millis(10);

/// Runs one test with nothing beside it: what the process holds is then this test's doing.
///
/// The turn is taken before the runtime is made, and given on when the runtime is gone: a runtime has
/// descriptors and threads of its own, and a test that waits for its turn within one has already
/// opened them.
///
/// # Panics
///
/// When the test does, or there is no runtime to be had.
#[expect(clippy::expect_used, reason = "a test without a runtime cannot run")]
pub fn alone(test: impl Future<Output = ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed has said so itself.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_keep_alive(IDLE_THREAD_KEPT)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(test);
}
