//! `ringfence.lock`: what was approved of each tool.
//!
//! Owns the entries and what they hold. Refuses to know how they are written ([`text`]), where they are
//! kept ([`file`]), and what becomes of a tool that is not as its entry says.

pub(crate) mod file;
pub(crate) mod installed;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ringfence_scrutiny::Pin;
use ringfence_tool::ComponentName;
use thiserror::Error;

use installed::Installed;

/// Every approval there is, by the names of tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<ComponentName, Entry>,
}

/// What was approved of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it was.
    pub pin: Pin,
    /// Its version, where its manifest says one.
    pub version: Option<String>,
    /// Where it was read from: `file:` and a path, within the lock's folder or from the root. Of one that is
    /// installed, what `ringfence update` asks for again: `oci://…` or `https://…#sha256=…` as well.
    pub source: Option<String>,
    /// Who approved.
    pub by: String,
    /// When, as RFC 3339 has it.
    pub at: String,
    /// Whether its bytes are in the store, and what goes with that.
    pub installed: Option<Installed>,
}

/// Why there is no lock that could be trusted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process holds it and does not let go.
    #[error("`{}` is being written by another process: wait for it, or end it", .path.display())]
    Busy {
        /// Its guard.
        path: PathBuf,
    },
    /// It is not what was written.
    #[error(
        "`{}` is not as it was written: {reason}; restore it, or remove it and `{}` to begin anew and approve \
         of every tool again", .path.display(), .guard.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What goes with it.
        guard: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Anybody could have written it.
    #[error("`{}` can be written by everybody (mode {mode:04o}): run `chmod o-w '{}'`, after a look at it", .path.display(), .path.display())]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There would be more in it than is read again.
    #[error("`{}` would have more than {max} bytes: remove tools that are gone with `ringfence pin remove`", .path.display())]
    Full {
        /// Which.
        path: PathBuf,
        /// The most there may be.
        max: u64,
    },
    /// It was there, and is not any more. That is no reason to trust every tool.
    #[error(
        "`{}` is gone, and was there before: restore it, or remove `{}`, too, to begin anew", .path.display(),
        .guard.display()
    )]
    Gone {
        /// Which.
        path: PathBuf,
        /// What says that it was there.
        guard: PathBuf,
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
        source: std::io::Error,
    },
}

impl Lock {
    /// All of it, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&ComponentName, &Entry)> {
        self.entries.iter()
    }

    /// What was approved of the tool with this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        let name: ComponentName = name.parse().ok()?;
        self.entries.get(&name)
    }

    /// Those that are installed, in the order of names.
    pub fn installed(&self) -> impl Iterator<Item = (&ComponentName, &Entry, &Installed)> {
        let entries = self.entries.iter();
        entries.filter_map(|(name, entry)| Some((name, entry, entry.installed.as_ref()?)))
    }

    /// Those that are installed and served.
    pub fn enabled(&self) -> impl Iterator<Item = (&ComponentName, &Entry)> {
        let installed = self.installed();
        let enabled = installed.filter(|(_, _, installed)| installed.enabled);
        enabled.map(|(name, entry, _)| (name, entry))
    }

    /// What was approved of the tool with this name, to change it.
    pub(crate) fn entry_mut(&mut self, name: &ComponentName) -> Option<&mut Entry> {
        self.entries.get_mut(name)
    }

    /// Approves.
    pub(crate) fn insert(&mut self, name: ComponentName, entry: Entry) {
        self.entries.insert(name, entry);
    }

    /// Approves no longer.
    pub(crate) fn remove(&mut self, name: &ComponentName) -> Option<Entry> {
        self.entries.remove(name)
    }
}
