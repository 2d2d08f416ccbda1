//! Removing what no lock names.
//!
//! Owns that every lock which was noted is asked, and that nothing is removed when one of them cannot
//! answer: a lock that is damaged or gone may name anything.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ringfence_tool::Digest;

use super::incoming::UNFINISHED;
use super::{Store, StoreError, flush, lease, system};
use crate::lock::file::LockFile;

/// Bytes of a noted path. Bounds what somebody who may write to the folder makes us read.
const ROOT_BYTES_MAX: u64 = 16 << 10;

/// What was removed, and what was left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Pieces that no lock names, and unfinished ones of writers that are gone.
    pub removed: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Pieces that a lock names.
    pub kept: u64,
}

impl Store {
    /// Removes what no lock names.
    ///
    /// # Errors
    ///
    /// Somebody puts something in for too long, a lock cannot be read, or a file cannot be removed.
    pub fn sweep(&self) -> Result<Swept, StoreError> {
        if !self.folder().exists() {
            return Ok(Swept::default());
        }
        let _alone = lease::exclude(self)?;
        let named = self.named()?;
        let mut swept = Swept::default();
        let pieces = self.pieces();
        for path in entries(&pieces)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let is_named = name.is_some_and(|name| named.contains(name));
            if is_named {
                swept.kept += 1;
                continue;
            }
            let bytes = remove(&path)?;
            swept.removed += 1;
            swept.bytes = swept.bytes.saturating_add(bytes);
        }
        if swept.removed > 0 {
            flush(&pieces)?;
        }
        Ok(swept)
    }

    /// The names of all files that a lock names. Forgets locks that are there no more.
    fn named(&self) -> Result<HashSet<String>, StoreError> {
        let mut named = HashSet::new();
        for root in entries(&self.roots())? {
            let is_unfinished = root
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()));
            if is_unfinished {
                remove(&root)?;
                continue;
            }
            let lock = LockFile::new(noted(&root)?);
            if !lock.folder().exists() {
                let lock = lock.path().to_owned();
                return Err(StoreError::RootGone { lock, root });
            }
            let read = lock.read().map_err(StoreError::Root)?;
            if !lock.path().exists() {
                // Neither it nor its guard: somebody removed both.
                remove(&root)?;
            }
            let digests = read.iter().flat_map(|(_, entry)| entry.pieces());
            named.extend(digests.map(|digest: Digest| digest.hex()));
        }
        Ok(named)
    }
}

/// The path that is noted in a file.
fn noted(root: &Path) -> Result<PathBuf, StoreError> {
    let metadata = fs::symlink_metadata(root).map_err(system("look at", root))?;
    if !metadata.is_file() || metadata.len() > ROOT_BYTES_MAX {
        return Err(StoreError::Damaged(root.to_owned()));
    }
    let text = fs::read_to_string(root).map_err(system("read", root))?;
    let name = Digest::of(text.as_bytes()).hex();
    if root.file_name().is_some_and(|found| *found == *name) {
        Ok(text.into())
    } else {
        Err(StoreError::Damaged(root.to_owned()))
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let listed = fs::read_dir(folder).map_err(system("list", folder))?;
    listed
        .map(|entry| Ok(entry.map_err(system("list", folder))?.path()))
        .collect()
}

/// Removes a file. Gives how many bytes it had.
fn remove(path: &Path) -> Result<u64, StoreError> {
    let bytes = fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(system("remove", path)(error)),
        _ => Ok(bytes),
    }
}
