//! Files.
//!
//! Owns `HOST:GUEST[/GLOB]` and what may be done with what it covers. HOST is a directory or a single
//! file; GUEST is where the tool sees it. Refuses to know which of the two it is, and to follow links:
//! what it decides about are the names that the tool uses.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::glob::Glob;
use super::invalid::InvalidGrant;
use super::kind::Kind;

/// One thing to do with a file or a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileOperation {
    /// To change contents, size or times of what is there.
    Change,
    /// To make a new file, directory or link.
    Create,
    /// To delete, and to rename away.
    Delete,
    /// To see names, sizes and times.
    List,
    /// To read contents.
    Read,
}

impl FileOperation {
    /// Every operation, in alphabetical order.
    pub const ALL: [Self; 5] = [
        Self::Change,
        Self::Create,
        Self::Delete,
        Self::List,
        Self::Read,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Read => "read",
        }
    }
}

/// A set of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileOperations(u8);

impl FileOperations {
    /// Every operation.
    pub const ALL: Self = Self((1 << FileOperation::ALL.len()) - 1);

    /// None.
    pub const NONE: Self = Self(0);

    /// This set and `operation`.
    pub const fn with(self, operation: FileOperation) -> Self {
        Self(self.0 | (1 << operation as u8))
    }

    /// What is in either.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set alone.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it holds `operation`.
    pub const fn contains(self, operation: FileOperation) -> bool {
        self.0 & (1 << operation as u8) != 0
    }

    /// Whether it holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether anything can become different.
    pub const fn writes(self) -> bool {
        self.contains(FileOperation::Change)
            || self.contains(FileOperation::Create)
            || self.contains(FileOperation::Delete)
    }

    /// What it holds, in alphabetical order.
    pub fn iter(self) -> impl Iterator<Item = FileOperation> {
        let all = FileOperation::ALL.into_iter();
        all.filter(move |operation| self.contains(*operation))
    }
}

/// What a grant lets a tool do with files: the word after `fs.`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// To change what is there.
    Change,
    /// To make what is new.
    Create,
    /// To delete.
    Delete,
    /// To see names, sizes and times.
    List,
    /// To list, and to read contents.
    Read,
    /// Everything.
    Write,
}

impl FileKind {
    /// Every kind, the widest first.
    pub const ALL: [Self; 6] = [
        Self::Write,
        Self::Read,
        Self::List,
        Self::Create,
        Self::Change,
        Self::Delete,
    ];

    /// What it allows.
    pub const fn operations(self) -> FileOperations {
        const NONE: FileOperations = FileOperations::NONE;
        match self {
            Self::Change => NONE.with(FileOperation::Change),
            Self::Create => NONE.with(FileOperation::Create),
            Self::Delete => NONE.with(FileOperation::Delete),
            Self::List => NONE.with(FileOperation::List),
            Self::Read => NONE.with(FileOperation::List).with(FileOperation::Read),
            Self::Write => FileOperations::ALL,
        }
    }

    /// What both allow, which one kind can always say.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let both = self.operations().intersection(other.operations());
        Self::ALL.into_iter().find(|kind| kind.operations() == both)
    }

    pub(crate) fn of(kind: Kind) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|file| Kind::from(*file) == kind)
    }
}

impl From<FileKind> for Kind {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Change => Self::FsChange,
            FileKind::Create => Self::FsCreate,
            FileKind::Delete => Self::FsDelete,
            FileKind::List => Self::FsList,
            FileKind::Read => Self::FsRead,
            FileKind::Write => Self::FsWrite,
        }
    }
}

/// A directory or a file of the host, and what a tool may do with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileGrant {
    /// What may be done.
    pub kind: FileKind,
    /// The directory or file on the host.
    pub host: PathBuf,
    /// Where the tool sees it.
    pub guest: GuestPath,
    /// Which of what is below `guest` alone; all of it when there is none.
    pub glob: Option<Glob>,
}

impl FileGrant {
    pub(crate) fn parse(kind: FileKind, value: &str) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str = "HOST:GUEST with an absolute guest path, such as `./docs:/docs` or `./docs:/docs/**/*.md`";
        let wrong = || InvalidGrant::malformed(EXPECTED, value);
        // The last colon that a slash follows parts them, so a host path may hold colons.
        let at = value.rfind(":/").ok_or_else(wrong)?;
        let (host, guest) = value.split_at(at);
        let guest = guest.strip_prefix(':').unwrap_or(guest);
        if host.is_empty() || host.chars().any(char::is_control) {
            return Err(wrong());
        }
        let (guest, glob) = narrowed(guest)?;
        Ok(Self {
            kind,
            host: PathBuf::from(host),
            guest,
            glob,
        })
    }

    /// Whether it lets a tool do `operation` with `path`. The directories on the way to what a
    /// pattern covers may be listed.
    pub fn covers(&self, operation: FileOperation, path: &str) -> bool {
        self.kind.operations().contains(operation)
            && covers(&self.guest, self.glob.as_ref(), operation, path)
    }
}

/// Whether `path` is below `guest`, and fits `glob`.
pub(crate) fn covers(
    guest: &GuestPath,
    glob: Option<&Glob>,
    operation: FileOperation,
    path: &str,
) -> bool {
    match (guest.below(path), glob) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(rest), Some(glob)) => {
            glob.covers(rest) || (operation == FileOperation::List && glob.leads_below(rest))
        }
    }
}

impl fmt::Display for FileGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = Kind::from(self.kind);
        write!(f, "{kind}={}:", self.host.display())?;
        show(&self.guest, self.glob.as_ref(), f)
    }
}

/// A guest path and the pattern below it.
pub(crate) fn show(
    guest: &GuestPath,
    glob: Option<&Glob>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match glob {
        None => write!(f, "{guest}"),
        Some(glob) if guest.as_str() == "/" => write!(f, "/{glob}"),
        Some(glob) => write!(f, "{guest}/{glob}"),
    }
}

/// Parts a guest path before its first pattern.
pub(crate) fn narrowed(text: &str) -> Result<(GuestPath, Option<Glob>), InvalidGrant> {
    let Some(wild) = text.find(['*', '?']) else {
        return Ok((text.parse()?, None));
    };
    let slash = text.get(..wild).and_then(|head| head.rfind('/'));
    let Some((base, glob)) = slash.and_then(|at| text.split_at_checked(at)) else {
        return text.parse().map(|guest| (guest, None));
    };
    let base = if base.is_empty() { "/" } else { base };
    let glob = Glob::parse(glob.strip_prefix('/').unwrap_or(glob))?;
    Ok((base.parse()?, Some(glob)))
}

/// An absolute, normal path as the tool sees it: no `.`, `..`, empty part or control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GuestPath(Arc<str>);

impl GuestPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What of `path` is below this one: empty for the same path, nothing for one that is elsewhere
    /// or not normal. Compares whole parts.
    pub fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        if !is_normal(path) {
            return None;
        }
        let rest = path.strip_prefix(&*self.0)?;
        if &*self.0 == "/" {
            return Some(rest);
        }
        match rest.strip_prefix('/') {
            Some(below) => Some(below),
            None => rest.is_empty().then_some(rest),
        }
    }
}

/// Whether a path is one that rules can compare.
pub(crate) fn is_normal(path: &str) -> bool {
    let parts = path == "/"
        || path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")));
    parts && !path.chars().any(char::is_control)
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<Path> for GuestPath {
    fn as_ref(&self) -> &Path {
        Path::new(&*self.0)
    }
}

impl FromStr for GuestPath {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let trimmed = text
            .strip_suffix('/')
            .filter(|rest| !rest.is_empty())
            .unwrap_or(text);
        if is_normal(trimmed) && !trimmed.contains(['*', '?']) {
            Ok(Self(Arc::from(trimmed)))
        } else {
            const EXPECTED: &str = "an absolute guest path without `.` or `..`, such as `/docs`";
            Err(InvalidGrant::malformed(EXPECTED, text))
        }
    }
}
