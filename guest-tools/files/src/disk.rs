//! What the tool needs of a file system.
//!
//! Links are resolved, and kept inside, by whoever implements this: the host of the component.

use crate::path::Place;

/// The granted directories and what is in them.
pub trait Disk {
    /// The names of the granted directories.
    fn roots(&self) -> &[String];

    /// What stands at `place`. A link is followed when it is the last part of the path.
    ///
    /// # Errors
    /// When nothing does, or it cannot be seen.
    fn stat(&self, place: &Place) -> Result<Stat, Fault>;

    /// Up to `limit` entries of the directory at `place`, in any order.
    ///
    /// # Errors
    /// When it is no directory, or cannot be read.
    fn entries(&self, place: &Place, limit: usize) -> Result<Vec<Entry>, Fault>;

    /// Up to `length` bytes of the file at `place`, from `offset` on: fewer only at its end.
    ///
    /// # Errors
    /// When it is no file, or cannot be read.
    fn read(&self, place: &Place, offset: u64, length: usize) -> Result<Vec<u8>, Fault>;

    /// Writes `bytes` to the file at `place`.
    ///
    /// # Errors
    /// When it cannot be written, or exists and `how` forbids that.
    fn write(&self, place: &Place, bytes: &[u8], how: How) -> Result<(), Fault>;

    /// Makes the directory at `place`.
    ///
    /// # Errors
    /// When it exists or cannot be made.
    fn make_directory(&self, place: &Place) -> Result<(), Fault>;
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// Anything else.
    Other,
}

/// What is known of a file or a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What to do about a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Add to its end.
    Append,
    /// Fail.
    Create,
    /// Replace its content.
    Replace,
}

/// Why the file system refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The grant or the host's permissions do not allow it.
    Denied,
    /// It exists already.
    Exists,
    /// It is a directory.
    IsDirectory,
    /// It does not exist.
    Missing,
    /// Part of the path is no directory.
    NotDirectory,
    /// Anything else, in the words of WASI.
    Other(&'static str),
}
