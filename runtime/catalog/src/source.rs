//! Where components come from.

use std::fmt;
use std::path::PathBuf;

/// A place that components are loaded from. Sources are read in the order they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A component that is part of this program.
    Bundled {
        /// Its name, where it has no manifest.
        name: &'static str,
        /// Its bytes.
        bytes: &'static [u8],
    },
    /// Every `*.wasm` file directly in a directory, in the order of their names.
    Directory(PathBuf),
    /// One file. A symbolic link is followed: whoever names the file chose it.
    File(PathBuf),
}

/// The exact place that a component, or a problem, came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Part of this program.
    Bundled(&'static str),
    /// A file, or a directory that could not be read.
    Path(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(name) => write!(f, "bundled:{name}"),
            // A file's name may hold what steers a terminal or forges a log line.
            Self::Path(path) => write!(f, "{}", path.display().to_string().escape_debug()),
        }
    }
}
