//! Looking a path up without following a link.
//!
//! Owns the system calls. The system itself refuses any link on the way, so nothing that happens on the
//! disk between two calls can lead elsewhere. Refuses to know who asks, and what a grant is.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

/// Opens what `path` names below `root`, where no part of it is a link.
#[cfg(target_os = "linux")]
fn beneath(root: impl AsFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    use rustix::fs::ResolveFlags;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(
        root,
        path,
        flags,
        Mode::empty(),
        resolve,
    )?)
}

/// Other systems cannot look up a path without following links in one call.
#[cfg(not(target_os = "linux"))]
fn beneath(_root: impl AsFd, _path: &str, _flags: OFlags) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether this system can look a path up without following links.
pub(super) fn is_possible(root: &File) -> bool {
    beneath(root, ".", OFlags::PATH | OFlags::DIRECTORY).is_ok()
}

/// What was found on the way to a directory.
pub(super) enum Way {
    /// The directory.
    Directory(OwnedFd),
    /// A link: the first on the way, as a path below the root, and what it says.
    Link { at: String, target: String },
}

/// The directory at `path` below `root`, to look up names in; the root itself for an empty path.
pub(super) fn directory(root: &File, path: &str) -> io::Result<Way> {
    let whole = if path.is_empty() { "." } else { path };
    match beneath(root, whole, OFlags::PATH | OFlags::DIRECTORY) {
        Ok(found) => Ok(Way::Directory(found)),
        // With links forbidden a link on the way is a loop, and one at the end is no directory.
        Err(error) if is_link(&error) => match first_link(root, path)? {
            Some((at, target)) => Ok(Way::Link { at, target }),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn is_link(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::LOOP | Errno::NOTDIR)
    )
}

fn first_link(root: &File, path: &str) -> io::Result<Option<(String, String)>> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    for end in ends.chain([path.len()]) {
        let Some(at) = path.get(..end) else {
            continue;
        };
        let found = beneath(root, at, OFlags::PATH | OFlags::NOFOLLOW)?;
        if kind_of(&found)? == FileType::Symlink {
            return Ok(Some((at.to_owned(), read_link(&found, "")?)));
        }
    }
    Ok(None)
}

/// What the link `name` in `directory` says. An empty name is the link itself.
pub(super) fn read_link(directory: impl AsFd, name: &str) -> io::Result<String> {
    let target = rustix::fs::readlinkat(directory, name, Vec::new())?;
    target.into_string().map_err(|_| Errno::ILSEQ.into())
}

/// What `name` in `directory` is, if it is there.
pub(super) fn kind(directory: impl AsFd, name: &str) -> io::Result<Option<FileType>> {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn kind_of(found: impl AsFd) -> io::Result<FileType> {
    Ok(FileType::from_raw_mode(rustix::fs::fstat(found)?.st_mode))
}

/// The directory `name` in `directory`, to read what is in it.
pub(super) fn readable(directory: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    beneath(directory, name, OFlags::RDONLY | OFlags::DIRECTORY)
}
