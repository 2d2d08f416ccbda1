//! Why state cannot be read or written.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::dialect;

/// What went wrong inside the database, without its type: no other room names a database.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why state cannot be read or written: what, where, and what to do about it.
///
/// The text is for whoever runs the process. It names folders of the host, so a guest is told none
/// of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// Somebody else writes, and does not stop.
    #[error("another process writes to the state, and does not stop: wait for it, or end it")]
    Busy,
    /// Others can read the file.
    #[error(
        "`{}` can be read or written by others (mode {mode:04o}): run `chmod 600 '{}'`",
        .path.display(), .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others can replace what is in the folder.
    #[error(
        "others can replace what is in `{}` (mode {mode:04o}): run `chmod 700 '{}'`",
        .path.display(), .path.display()
    )]
    ExposedFolder {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The database says no.
    #[error("failed to {action} the state")]
    Failed {
        /// What was tried.
        action: &'static str,
        /// What the database says.
        #[source]
        source: Source,
    },
    /// A newer ringfence wrote it, and may mean something else by it.
    #[error(
        "`{}` was written by a newer ringfence (version {found} of its schema, this one knows {known}): \
         use that one, or another `--state-dir`", .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The version that this ringfence knows.
        known: i64,
    },
    /// The system says no.
    #[error("failed to {action} `{}`", .path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is a folder, a link or somebody else's.
    #[error("`{}` {problem}", .path.display())]
    Unfit {
        /// What it is.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
}

impl StateError {
    /// What the database said while `action` was tried.
    pub(crate) fn failed(action: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| {
            if dialect::is_busy(&error) {
                return Self::Busy;
            }
            Self::Failed {
                action,
                source: error.into(),
            }
        }
    }
}
