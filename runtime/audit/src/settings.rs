//! How a log is kept.

use std::path::PathBuf;
use std::time::Duration;

/// A file of this size is followed by another: one that editors and log shippers still take.
const ROTATE_BYTES: u64 = 64 * 1024 * 1024;

/// A file of this age is followed by another: a month is what people ask for.
const ROTATE_AFTER: Duration = Duration::from_hours(30 * 24);

/// What must have happened to a record before whoever waits for it goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Dangerous calls wait until their intent is with the operating system; others do not wait, and
    /// their record follows within milliseconds. It survives the end of the process from then on.
    #[default]
    Os,
    /// Every answer waits until its record is with the operating system.
    Answer,
    /// Every answer waits until its record is on the disk.
    Disk,
}

impl Durability {
    /// Whether an ordinary answer waits for its record.
    pub fn holds_answers(self) -> bool {
        self != Self::Os
    }
}

/// How a log is kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the log's files. Nobody but this user may enter it.
    pub folder: PathBuf,
    /// What must have happened to a record before whoever waits for it goes on.
    pub durability: Durability,
    /// The size at which a file is followed by another.
    pub rotate_bytes: u64,
    /// The age at which a file is followed by another.
    pub rotate_after: Duration,
}

impl Settings {
    /// A log in `folder`.
    ///
    /// Defaults:
    ///
    /// - [`Durability::Os`]
    /// - a new file after 64 MiB or 30 days
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            durability: Durability::default(),
            rotate_bytes: ROTATE_BYTES,
            rotate_after: ROTATE_AFTER,
        }
    }
}
