//! How much one call may use.
//!
//! Owns the numbers. Refuses to know how they are enforced: that is the sandbox's business.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The limits of one call. All of them always hold; there is no way to switch one off.
///
/// Defaults, anchored at what hosted platforms give:
///
/// - memory: 64 MiB over all linear memories
/// - tables: 100,000 elements over all tables
/// - wall clock: 30 s; CPU: 10 s; fuel: 100 billion
/// - result: 1 MiB; standard output and error: 256 KiB each
/// - host-call data: 4 MiB for each host call
/// - handles: 256; random: 64 KiB for each request
/// - log: 1,000 lines of 4 KiB
/// - written to files: 256 MiB; new files, directories and links: 10,000
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of linear memory, summed over every memory of the call. Bounds a guest that grows one
    /// memory for ever, and one that spreads itself over many.
    pub memory_bytes: usize,
    /// Table elements, summed over every table. Each costs the host 8 bytes that no memory limit
    /// sees.
    pub table_elements: usize,
    /// Core instances, memories and tables of each kind. Bounds a component that instantiates
    /// itself a thousand times over.
    pub instances: usize,
    /// Time from start to end, waits in the host included. Bounds a guest that sleeps.
    pub wall: Duration,
    /// Time that a processor spends on the call. Bounds a guest that computes.
    pub cpu: Duration,
    /// Instructions, roughly; the same number for the same work on every machine.
    pub fuel: u64,
    /// Bytes of the result as JSON or content.
    pub result_bytes: usize,
    /// Bytes kept of standard output, and as many of standard error. More is dropped and counted.
    pub output_bytes: usize,
    /// Bytes that one host call, or one result, may make the host copy. Bounds a list whose
    /// elements all alias the same megabyte.
    pub host_call_bytes: usize,
    /// Live handles: descriptors, streams, pollables. Bounds a guest that opens for ever.
    pub handles: usize,
    /// Bytes for each request of random data. Bounds a guest that asks the host for a gigabyte.
    pub random_bytes: u64,
    /// Lines that a call may log; the rest is dropped and counted.
    pub log_lines: usize,
    /// Bytes of one log line; the rest is cut.
    pub log_line_bytes: usize,
    /// Bytes that a call may write to files, with the holes that it leaves in them: they can be filled
    /// later. Bounds a guest that fills the disk.
    pub written_bytes: u64,
    /// New files, directories and links. Bounds a guest that takes every inode with empty files.
    pub created_files: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            memory_bytes: 64 * MIB,
            table_elements: 100_000,
            instances: 64,
            wall: Duration::from_secs(30),
            cpu: Duration::from_secs(10),
            fuel: 100_000_000_000,
            result_bytes: MIB,
            output_bytes: 256 * KIB,
            host_call_bytes: 4 * MIB,
            handles: 256,
            random_bytes: 64 * KIB as u64,
            log_lines: 1000,
            log_line_bytes: 4 * KIB,
            written_bytes: 256 * MIB as u64,
            created_files: 10_000,
        }
    }
}

impl Budget {
    /// The smallest memory that a call can have: one WebAssembly page.
    pub const MEMORY_BYTES_MIN: usize = 64 * KIB;

    /// The most fuel that a budget may name: days of work, which the clocks end first.
    pub const FUEL_MAX: u64 = 1_000_000_000_000_000;

    /// The most handles that a budget may name. Each is a file descriptor of the host at worst.
    pub const HANDLES_MAX: usize = 10_000;

    /// The most lines of log that a budget may name. Bounds what one call writes to a disk.
    pub const LOG_LINES_MAX: usize = 100_000;

    /// The most output that a budget may name. It is held in memory until the call ends.
    pub const OUTPUT_BYTES_MAX: usize = 16 * MIB;

    /// The largest result that a budget may name. It is held in memory twice while it is sent.
    pub const RESULT_BYTES_MAX: usize = 16 * MIB;

    /// The largest linear memory that a budget may name: what a pooled slot reserves.
    pub const MEMORY_BYTES_MAX: usize = 512 * MIB;

    /// The most that a budget may let a call write to files.
    pub const WRITTEN_BYTES_MAX: u64 = 64 * 1024 * MIB as u64;

    /// The most files that a budget may let a call make.
    pub const CREATED_FILES_MAX: u64 = 1_000_000;

    /// The longest wall-clock time that a budget may name.
    pub const WALL_MAX: Duration = Duration::from_mins(10);

    /// The longest that a component may take to describe itself. Bounds how long a list that a client
    /// waits for is held up by one component.
    pub const DESCRIBE_WALL_MAX: Duration = Duration::from_secs(5);

    /// This budget, with no more time and memory than describing takes.
    pub(crate) fn for_describing(mut self) -> Self {
        self.wall = self.wall.min(Self::DESCRIBE_WALL_MAX);
        self.cpu = self.cpu.min(Self::DESCRIBE_WALL_MAX);
        self.memory_bytes = self.memory_bytes.min(Self::default().memory_bytes);
        self
    }

    /// This budget with a shorter wall clock, when `timeout` is shorter: a tool may ask for less
    /// time than it is given, never for more.
    pub fn within(mut self, timeout: Option<Duration>) -> Self {
        if let Some(timeout) = timeout {
            self.wall = self.wall.min(timeout);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_can_only_shorten_its_time() {
        let budget = Budget::default();
        assert_eq!(
            budget
                .clone()
                .within(Some(Duration::from_secs(1)))
                .wall
                .as_secs(),
            1
        );
        assert_eq!(
            budget.clone().within(Some(Duration::from_hours(1))).wall,
            budget.wall
        );
        assert_eq!(budget.clone().within(None), budget);
    }
}
