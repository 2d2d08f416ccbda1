//! What this process holds of the system, to be compared before and after.

use std::path::Path;

/// Descriptors, threads and memory of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
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
        let status = std::fs::read_to_string("/proc/self/status").expect("`/proc` is there");
        let resident_kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .expect("`/proc/self/status` names the resident memory");
        let count = |folder| Path::new(folder).read_dir().map_or(0, Iterator::count);
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            resident_kib,
        }
    }
}
