//! Why a call failed. Each message says what to change, or whom to ask.

use thiserror::Error;

use crate::disk::Fault;
use crate::edit::MAX_EDIT_BYTES;
use crate::path::MAX_PATH_BYTES;
use crate::pattern::MAX_PATTERN_BYTES;
use crate::read::MAX_SCAN_BYTES;
use crate::write::MAX_WRITE_BYTES;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// An edit whose text occurs more than once.
    #[error(
        "`old` occurs {count} times in `{path}`, first in lines {lines}: add text around it until it \
         is unique, or set `all` to true"
    )]
    Ambiguous {
        /// The file.
        path: String,
        /// How often.
        count: usize,
        /// Where.
        lines: String,
    },
    /// A file that is not text.
    #[error("`{0}` is not UTF-8 text")]
    Binary(String),
    /// A line so far into a file that we do not look.
    #[error("line {line} of `{path}` lies behind its first {MAX_SCAN_BYTES} bytes: use `search`")]
    Far {
        /// The file.
        path: String,
        /// The line.
        line: u32,
    },
    /// The file system refused.
    #[error("{}", explain(path, root, *fault, *writing))]
    Fault {
        /// What was tried on.
        path: String,
        /// The granted directory it is in.
        root: String,
        /// Why.
        fault: Fault,
        /// Whether it was to be changed.
        writing: bool,
    },
    /// A file too large to edit.
    #[error("`{path}` has {bytes} bytes, and the most that can be edited is {MAX_EDIT_BYTES}")]
    Large {
        /// The file.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// A number outside of its range.
    #[error("`{parameter}` is {value} and must be from 1 to {most}")]
    Limit {
        /// Which one.
        parameter: &'static str,
        /// What was given.
        value: u32,
        /// The most.
        most: u32,
    },
    /// A text that is too large to write.
    #[error(
        "`text` has {0} bytes and the most is {MAX_WRITE_BYTES}: write it in parts with `append`"
    )]
    Long(usize),
    /// An edit whose text does not occur.
    #[error(
        "`old` does not occur in `{0}`: read the file again and copy the text exactly, white space \
         included"
    )]
    Missing(String),
    /// An edit that changes nothing.
    #[error("`old` must not be empty, and `new` must differ from it")]
    Nothing,
    /// Nothing is granted.
    #[error("no directory is granted; ask the operator for fs.read=HOST:GUEST")]
    NoGrant,
    /// A path outside of what is granted.
    #[error("`{path}` is in no granted directory; granted: {granted}")]
    Outside {
        /// The path.
        path: String,
        /// What is granted.
        granted: String,
    },
    /// A path that is no path.
    #[error("`path` must have 1 to {MAX_PATH_BYTES} bytes without a null character")]
    Path,
    /// A pattern that is no regular expression.
    #[error("`pattern` is not valid: {0}; for plain text set `literal` to true")]
    Pattern(String),
    /// A pattern that is too long.
    #[error("`pattern` must have 1 to {MAX_PATTERN_BYTES} bytes in one line")]
    PatternLength,
}

fn explain(path: &str, root: &str, fault: Fault, writing: bool) -> String {
    match fault {
        Fault::Denied if writing => format!(
            "`{path}` cannot be written: `{root}` is granted for reading only (ask the operator for \
             fs.write=HOST:{root}), a link leads out of it, or the host forbids it"
        ),
        Fault::Denied => {
            format!("`{path}` cannot be read: a link leads out of `{root}`, or the host forbids it")
        }
        Fault::Exists => {
            format!("`{path}` exists: set `mode` to `replace` or `append`, or use `edit`")
        }
        Fault::IsDirectory => format!("`{path}` is a directory: use `list`"),
        Fault::Missing if writing => {
            format!("the directory of `{path}` does not exist: set `parents` to true")
        }
        Fault::Missing => format!("`{path}` does not exist: use `list` to see what does"),
        Fault::NotDirectory => format!("`{path}` is not a directory, or leads through a file"),
        Fault::Other(reason) => format!("`{path}` failed: {reason}"),
    }
}
