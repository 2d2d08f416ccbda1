//! Reading components from files.
//!
//! Owns what is opened and how much of it is read. Refuses to know what the bytes mean.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ringfence_tool::COMPONENT_BYTES_MAX;

use crate::problem::Fault;

/// Entries of a directory that are looked at. Bounds how long somebody who fills the directory
/// with other files keeps us busy.
pub const DIRECTORY_ENTRIES_MAX: usize = 10_000;

/// Components that are taken from one directory. Bounds what somebody who may write to it can make
/// us hold in memory.
pub const DIRECTORY_TOOLS_MAX: usize = 256;

/// The bytes of a component's file, a symbolic link followed.
///
/// # Errors
///
/// It cannot be read, is no file, or is larger than a component may be.
pub fn read(path: &Path) -> Result<Bytes, Fault> {
    let max = COMPONENT_BYTES_MAX as u64;
    // Before opening: opening a pipe waits for a writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Fault::NotAFile);
    }
    if metadata.len() > max {
        return Err(Fault::TooLarge {
            found: metadata.len(),
            max,
        });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // The file may have grown since.
    File::open(path)?
        .take(max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    if found > max {
        return Err(Fault::TooLarge { found, max });
    }
    Ok(bytes.into())
}

/// What a directory holds.
pub(crate) struct Found {
    /// The components' files, in the order of their names.
    pub(crate) files: Vec<PathBuf>,
    /// What looks like one and is not taken.
    pub(crate) left_out: Vec<(PathBuf, Fault)>,
}

/// Looks for components directly in a directory.
pub(crate) fn list(directory: &Path) -> Result<Found, Fault> {
    let mut files = Vec::new();
    let mut left_out = Vec::new();
    for (count, entry) in fs::read_dir(directory)?.enumerate() {
        if count == DIRECTORY_ENTRIES_MAX {
            let fault = Fault::TooMany {
                what: "entries",
                max: DIRECTORY_ENTRIES_MAX,
            };
            left_out.push((directory.to_owned(), fault));
            break;
        }
        let entry = entry?;
        let path = entry.path();
        if !is_component(&path) {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_symlink() => left_out.push((path, Fault::Link)),
            Ok(kind) if kind.is_file() => files.push(path),
            Ok(_) => left_out.push((path, Fault::NotAFile)),
            Err(error) => left_out.push((path, error.into())),
        }
    }
    files.sort();
    if files.len() > DIRECTORY_TOOLS_MAX {
        files.truncate(DIRECTORY_TOOLS_MAX);
        let fault = Fault::TooMany {
            what: "components",
            max: DIRECTORY_TOOLS_MAX,
        };
        left_out.push((directory.to_owned(), fault));
    }
    left_out.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(Found { files, left_out })
}

/// Hidden files are what editors and `cp` leave while they write.
fn is_component(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("wasm"))
        && path
            .file_name()
            .is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."))
}
