//! What file grants name on the host.
//!
//! Owns the handles, opened once when the policy is loaded: replacing a path by a link later does not
//! change what tools see. Refuses what would give away the host, or ringfence's own state.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_policy::{Capability, FileGrant, FileKind, Kind, Policy};

use super::{kernel, walk};

/// Directories that are never granted: each gives away the host itself, whatever is below it.
const FORBIDDEN: [&str; 5] = ["/", "/dev", "/proc", "/run", "/sys"];

/// Why something cannot be opened for tools.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What is wrong and what to do.
    pub(crate) reason: &'static str,
    /// In the system's words.
    pub(crate) source: Option<io::Error>,
}

impl Refusal {
    /// Without the system's words.
    pub(crate) fn because(reason: &'static str) -> Self {
        Self {
            reason,
            source: None,
        }
    }

    fn of(reason: &'static str, source: io::Error) -> Self {
        Self {
            reason,
            source: Some(source),
        }
    }
}

/// One thing of the host that grants name.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// A directory.
    Directory(Arc<File>),
    /// A file: its name, in the directory that holds it. Not the file itself, because programs save a
    /// file by putting another one in its place.
    File {
        /// The directory.
        parent: Arc<File>,
        /// The name.
        name: Arc<str>,
    },
}

/// Everything of the host that grants name, by its path.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    opened: HashMap<PathBuf, Opened>,
}

impl Hosts {
    /// Opens what `files` names. `private` are our own folders: a tool that could read the key of the
    /// artefact cache could forge machine code.
    pub(crate) fn open(&mut self, files: &FileGrant, private: &[PathBuf]) -> Result<(), Refusal> {
        let opened = match self.opened.get(&files.host) {
            Some(opened) => opened.clone(),
            None => open(&files.host, private)?,
        };
        let (directory, is_file) = match &opened {
            Opened::Directory(directory) => (directory, false),
            Opened::File { parent, .. } => (parent, true),
        };
        if is_file && files.glob.is_some() {
            return Err(Refusal::because(
                "a pattern needs a directory, and this is a file; leave the pattern out",
            ));
        }
        let whole = !is_file
            && files.glob.is_none()
            && matches!(files.kind, FileKind::Read | FileKind::Write);
        if !whole && !walk::is_possible(directory) {
            return Err(Refusal::because(
                "this system cannot look up a path without following links (openat2), so it can \
                 grant whole directories alone, with `fs.read` or `fs.write`",
            ));
        }
        self.opened.insert(files.host.clone(), opened);
        Ok(())
    }

    /// What stands for the host's path.
    pub(crate) fn get(&self, host: &Path) -> Option<&Opened> {
        self.opened.get(host)
    }

    /// A denial that cannot be kept here: of random bytes, which every tool can draw, and of a part of
    /// a directory where paths cannot be looked up without following links.
    pub(crate) fn unkept<'p>(&self, policy: &'p Policy) -> Option<&'p Capability> {
        let judged = self.opened.values().all(|opened| match opened {
            Opened::Directory(directory) => walk::is_possible(directory),
            Opened::File { .. } => true,
        });
        policy.partial_denials().find(|denied| match denied {
            Capability::Files(_) => !judged,
            denied => !matches!(denied.kind(), Kind::Net | Kind::Socket),
        })
    }
}

/// Where `path` is, or will be when somebody makes it.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(real) = std::fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent.as_os_str().is_empty() => {
            resolved(Path::new(".")).join(name)
        }
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => path.to_path_buf(),
    }
}

fn open(path: &Path, private: &[PathBuf]) -> Result<Opened, Refusal> {
    let real = std::fs::canonicalize(path)
        .map_err(|error| Refusal::of("the host directory cannot be found", error))?;
    let host = || Refusal::because("it would give away the host; grant a directory below it");
    let forbidden = FORBIDDEN.iter().map(Path::new).any(|path| {
        // Everything below /proc, /sys and /dev is as bad; `/` and `/run` only themselves.
        real == path
            || (path != Path::new("/") && path != Path::new("/run") && real.starts_with(path))
    });
    if forbidden {
        return Err(host());
    }
    for own in private.iter().map(|path| resolved(path)) {
        if real.starts_with(&own) || own.starts_with(&real) {
            return Err(Refusal::because(
                "it holds ringfence's own state; grant another directory",
            ));
        }
    }
    let handle = |path: &Path| {
        let opened = File::open(path);
        let opened =
            opened.map_err(|error| Refusal::of("the host directory cannot be opened", error))?;
        // The same under another name: it can be mounted anywhere.
        if kernel::is_one(&opened) {
            return Err(host());
        }
        Ok(Arc::new(opened))
    };
    if real.is_dir() {
        return handle(&real).map(Opened::Directory);
    }
    if !real.is_file() {
        return Err(Refusal::because(
            "it is neither a directory nor a file; grant one of these",
        ));
    }
    let parent = real.parent().zip(real.file_name());
    match parent.and_then(|(parent, name)| Some((parent, name.to_str()?))) {
        Some((parent, name)) => Ok(Opened::File {
            parent: handle(parent)?,
            name: name.into(),
        }),
        None => Err(Refusal::because(
            "the file's name is not UTF-8; grant the directory that holds it",
        )),
    }
}
