//! What becomes of a component that nobody approved, or that is not what was approved.
//!
//! Owns the rule: it is disabled, and the rest is served. Refuses to know words: which of them are
//! suspicious, and which say what has changed, is the business of `ringfence-scrutiny`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ringfence_scrutiny::{Facts, Flag, Pin};
use ringfence_tool::{Component, ComponentName};

use crate::lock::file::LockFile;
use crate::lock::{Entry, Lock, LockError};
use crate::look::Neighbours;
use crate::source::Origin;

/// Who approved a component that was there first and nothing was wrong with.
const FIRST_USE: &str = "first use";

/// What becomes of a component that nobody approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinMode {
    /// It is approved as it is, unless something about it is suspicious.
    FirstUse,
    /// It is disabled until somebody approves.
    Required,
    /// It is taken as it is, and so is one that is not what was approved. What is installed still has to be
    /// what the lock says.
    Off,
}

/// Pins, and what they are for.
#[derive(Debug)]
pub struct Pinning {
    file: LockFile,
    mode: PinMode,
    /// What was read last. It holds while the file cannot be read.
    lock: RwLock<Arc<Lock>>,
}

/// A component that is not served, although it could be.
#[derive(Debug, Clone)]
pub struct Disabled {
    /// Where it was read from.
    pub origin: Origin,
    /// What it is now.
    pub component: Arc<Component>,
    /// Why.
    pub reason: Reason,
    /// What was approved of under its name, if anything was: the name is enough then to show it and to approve.
    pub approved: Option<Pin>,
}

/// Why a component is disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It is not what was approved: which parts of it are not.
    Changed(Vec<&'static str>),
    /// Nobody approved it, and that is required.
    Unapproved,
    /// Nobody approved it, and something about it is suspicious.
    Suspicious(Vec<Flag>),
    /// It could have been approved as it is, and that could not be written.
    Unwritten(String),
}

impl fmt::Display for Reason {
    /// In words of ours alone: nothing of it is the component's text, so that a model may read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(parts) => {
                write!(
                    f,
                    "it is not what was approved: its {} changed",
                    listed(parts)
                )
            }
            Self::Unapproved => f.write_str("nobody has approved it"),
            Self::Suspicious(flags) => {
                let count = flags.len();
                let things = if count == 1 { "thing" } else { "things" };
                write!(
                    f,
                    "nobody has approved it, and {count} {things} about it should be looked at"
                )
            }
            Self::Unwritten(reason) => write!(f, "its approval cannot be written down: {reason}"),
        }
    }
}

fn listed(parts: &[&str]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl Disabled {
    /// The whole sentence, with what to do, for who runs this host.
    pub fn sentence(&self) -> String {
        let name = self.component.name().as_str();
        match &self.origin {
            Origin::Path(path) if self.approved.is_none() => self.with(&argument(path)),
            _ => self.with(name),
        }
    }

    /// The same for whoever calls it: where it is on this host is none of their business.
    pub fn told(&self) -> String {
        match (&self.approved, &self.origin) {
            (None, Origin::Path(_)) => self.with("./FILE.wasm"),
            _ => self.with(self.component.name().as_str()),
        }
    }

    /// What was approved of and is there no longer, by the names of functions.
    pub fn gone(&self) -> impl Iterator<Item = &str> {
        let facts = self.approved.as_ref().and_then(Pin::facts);
        let known = facts.into_iter().flat_map(Facts::functions);
        known.filter(|name| {
            let mut definitions = self.component.definitions().iter();
            !definitions.any(|definition| definition.function.as_str() == *name)
        })
    }

    fn with(&self, named: &str) -> String {
        let name = self.component.name();
        format!(
            "component `{name}` is disabled: {}; `ringfence pin show {named}` shows it, `ringfence pin approve \
             {named}` approves it",
            self.reason
        )
    }
}

/// What was approved because it was there first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The component's name.
    pub name: ComponentName,
    /// What it was.
    pub pin: Pin,
    /// What was approved under the name before.
    pub replaced: Option<Pin>,
}

/// A component that stands for its turn.
pub(crate) type Candidate = (Origin, Arc<Component>);

/// What became of the candidates.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) disabled: Vec<Disabled>,
    pub(crate) pinned: Vec<Pinned>,
}

impl Pinning {
    /// Pins that are kept at `path`.
    ///
    /// # Errors
    ///
    /// There is a lock that cannot be trusted, or there was one.
    pub fn open(path: PathBuf, mode: PinMode) -> Result<Self, LockError> {
        let file = LockFile::new(path);
        let lock = RwLock::new(Arc::new(file.read()?));
        Ok(Self { file, mode, lock })
    }

    /// Makes sure that there is a lock: nobody else can put one there, and it is missed when it is gone.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn establish(&self) -> Result<(), LockError> {
        self.file.update(|_| ())
    }

    /// Where they are kept.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The folder that they are kept in.
    pub fn folder(&self) -> &Path {
        self.file.folder()
    }

    /// What was approved, as it was read last.
    pub fn lock(&self) -> Arc<Lock> {
        Arc::clone(&self.lock.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Approves a component as it is. Gives what was approved under its name before.
    ///
    /// # Errors
    ///
    /// The lock cannot be written.
    pub fn approve(
        &self,
        origin: &Origin,
        component: &Component,
        by: &str,
    ) -> Result<Pinned, LockError> {
        let name = component.name().clone();
        let entry = self.entry(origin, component, by);
        let pin = entry.pin.clone();
        let inserted = name.clone();
        let replaced = self.file.update(|lock| {
            let before = lock.entry(inserted.as_str()).map(|entry| entry.pin.clone());
            lock.insert(inserted, entry);
            before
        })?;
        self.refresh()?;
        Ok(Pinned {
            name,
            pin,
            replaced,
        })
    }

    /// Approves no longer of the tool with this name. Whether it was.
    ///
    /// # Errors
    ///
    /// The lock cannot be written.
    pub fn remove(&self, name: &ComponentName) -> Result<Option<Entry>, LockError> {
        let removed = self.file.update(|lock| lock.remove(name))?;
        self.refresh()?;
        Ok(removed)
    }

    /// Where the tool of an entry is read from, when that is a file.
    pub fn source(&self, entry: &Entry) -> Option<PathBuf> {
        if entry.installed.is_some() {
            return None;
        }
        let path = entry.source.as_deref()?.strip_prefix("file:")?;
        Some(self.folder().join(path))
    }

    /// Judges components by the lock as it was read.
    pub(crate) fn judge(&self, lock: &Lock, candidates: &[Candidate]) -> Judged {
        let mut judged = Judged::default();
        let mut newcomers = Vec::new();
        for candidate in candidates {
            let (origin, component) = candidate;
            match lock.entry(component.name().as_str()) {
                _ if matches!(origin, Origin::Bundled(_)) => {}
                _ if self.mode == PinMode::Off && !matches!(origin, Origin::Installed(_)) => {}
                Some(entry) if entry.pin.fits(component) => {}
                Some(entry) => judged
                    .disabled
                    .push(disabled(candidate, changed(&entry.pin, component))),
                // A file that has changed its tool's name is the same file, and not first of anything.
                None => match self.of_file(lock, origin) {
                    Some(entry) => judged
                        .disabled
                        .push(disabled(candidate, changed(&entry.pin, component))),
                    None => newcomers.push(candidate),
                },
            }
        }
        if !newcomers.is_empty() {
            self.admit(lock, candidates, newcomers, &mut judged);
        }
        let lock = self.lock();
        for disabled in &mut judged.disabled {
            let entry = lock.entry(disabled.component.name().as_str());
            disabled.approved = entry.map(|entry| entry.pin.clone());
        }
        judged
    }

    /// Judges those that nobody knows.
    fn admit(
        &self,
        lock: &Lock,
        all: &[Candidate],
        newcomers: Vec<&Candidate>,
        judged: &mut Judged,
    ) {
        if self.mode == PinMode::Required {
            let unapproved = newcomers.into_iter();
            let unapproved = unapproved.map(|candidate| disabled(candidate, Reason::Unapproved));
            judged.disabled.extend(unapproved);
            return;
        }
        let served = all.iter().map(|(_, component)| component);
        let known = lock.iter().map(|(name, _)| name.as_str());
        let neighbours = Neighbours::new(served, known);
        let mut honest = Vec::new();
        for candidate in newcomers {
            let flags = neighbours.look_at(&candidate.1);
            if flags.is_empty() {
                honest.push(candidate);
            } else {
                judged
                    .disabled
                    .push(disabled(candidate, Reason::Suspicious(flags)));
            }
        }
        self.pin(&honest, judged);
    }

    /// Approves of those that are there first; another process may have been faster.
    fn pin(&self, honest: &[&Candidate], judged: &mut Judged) {
        if honest.is_empty() {
            return;
        }
        let entries: Vec<_> = honest
            .iter()
            .map(|(origin, component)| self.entry(origin, component, FIRST_USE))
            .collect();
        let written = self.file.update(|lock| {
            let mut pinned = Vec::new();
            for ((_, component), entry) in honest.iter().zip(entries) {
                let name = component.name();
                if lock.entry(name.as_str()).is_none() {
                    let pin = entry.pin.clone();
                    lock.insert(name.clone(), entry);
                    pinned.push(Pinned {
                        name: name.clone(),
                        pin,
                        replaced: None,
                    });
                }
            }
            pinned
        });
        match written.and_then(|pinned| self.refresh().map(|()| pinned)) {
            Ok(pinned) => judged.pinned = pinned,
            Err(error) => {
                let reason = Reason::Unwritten(error.to_string());
                let unwritten = honest
                    .iter()
                    .map(|candidate| disabled(candidate, reason.clone()));
                judged.disabled.extend(unwritten);
                return;
            }
        }
        let lock = self.lock();
        for candidate in honest {
            match lock.entry(candidate.1.name().as_str()) {
                Some(entry) if entry.pin.fits(&candidate.1) => {}
                Some(entry) => {
                    let reason = changed(&entry.pin, &candidate.1);
                    judged.disabled.push(disabled(candidate, reason));
                }
                None => judged
                    .disabled
                    .push(disabled(candidate, Reason::Unapproved)),
            }
        }
    }

    /// Reads the lock again. What was read before still holds where that goes wrong.
    pub(crate) fn refresh(&self) -> Result<(), LockError> {
        let next = Arc::new(self.file.read()?);
        *self.lock.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    fn entry(&self, origin: &Origin, component: &Component, by: &str) -> Entry {
        let version = component.manifest().version.as_ref();
        Entry {
            pin: Pin::of(component),
            version: version.map(ToString::to_string),
            source: self.written(origin),
            by: by.to_owned(),
            at: now(),
            installed: None,
        }
    }

    /// What was approved of in this very file, under whatever name.
    fn of_file<'l>(&self, lock: &'l Lock, origin: &Origin) -> Option<&'l Entry> {
        let written = self.written(origin)?;
        let mut entries = lock.iter().map(|(_, entry)| entry);
        entries.find(|entry| {
            entry.installed.is_none() && entry.source.as_deref() == Some(written.as_str())
        })
    }

    /// Within the lock's folder a path is written from there on, so that both can be moved together.
    fn written(&self, origin: &Origin) -> Option<String> {
        let Origin::Path(path) = origin else {
            return None;
        };
        let path = std::path::absolute(path).ok()?;
        let folder = std::path::absolute(self.folder()).ok()?;
        let shown = path.strip_prefix(&folder).unwrap_or(&path);
        Some(format!("file:{}", shown.to_str()?))
    }
}

/// As RFC 3339 has it.
pub(crate) fn now() -> String {
    chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn disabled((origin, component): &Candidate, reason: Reason) -> Disabled {
    Disabled {
        origin: origin.clone(),
        component: Arc::clone(component),
        reason,
        approved: None,
    }
}

/// A path as an argument of a command: as a path, even where it looks like a name, and as one word of a shell.
fn argument(path: &Path) -> String {
    let shown = path.display().to_string();
    let shown = if shown.contains('/') {
        shown
    } else {
        format!("./{shown}")
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@,".contains(&byte);
    if shown.bytes().all(is_plain) && !shown.starts_with('-') {
        shown
    } else {
        // What steers a terminal stands as an escape: such a file has to be renamed first.
        format!(
            "'{}'",
            shown.escape_debug().to_string().replace("\\'", "'\\''")
        )
    }
}

fn changed(pin: &Pin, component: &Component) -> Reason {
    Reason::Changed(pin.changed(&Pin::of(component)))
}
