//! Where components come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ringfence_signatures::Trust;
use ringfence_tool::ComponentName;

use crate::store::Store;

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
    /// What the lock says is installed and enabled, in the order of names. Nothing, where the catalog goes
    /// by no lock.
    Installed {
        /// Where the bytes are.
        store: Store,
        /// The only one that is taken, where one is named.
        only: Option<ComponentName>,
        /// Who has to have signed what, where somebody says so.
        trust: Option<Arc<Trust>>,
    },
}

/// The exact place that a component, or a problem, came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Part of this program.
    Bundled(&'static str),
    /// Installed under this name.
    Installed(ComponentName),
    /// A file, or a directory that could not be read.
    Path(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(name) => write!(f, "bundled:{name}"),
            Self::Installed(name) => write!(f, "installed:{name}"),
            // A file's name may hold what steers a terminal or forges a log line.
            Self::Path(path) => write!(f, "{}", path.display().to_string().escape_debug()),
        }
    }
}
