//! One piece on its way into the store.
//!
//! Owns that it is hashed as it comes, that it is never longer than was said, and that nothing has its
//! name before all of it is on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ringfence_tool::{Digest, Hashing};

use super::{StoreError, flush, system};

/// What the names of unfinished files begin with. No digest does.
pub(super) const UNFINISHED: &str = ".new-";

/// Bytes of chance in the name of an unfinished file. Two writers never have the same.
const CHANCE_BYTES: usize = 16;

/// A piece that is not kept yet. Dropping it removes what there is of it.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    path: PathBuf,
    pieces: PathBuf,
    hashing: Hashing,
    left: u64,
    bytes_max: u64,
    is_kept: bool,
}

/// Begins one.
pub(super) fn begin(pieces: PathBuf, bytes_max: u64) -> Result<Incoming, StoreError> {
    let path = unfinished(&pieces)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(system("create", &path))?;
    Ok(Incoming {
        file,
        path,
        pieces,
        hashing: Hashing::default(),
        left: bytes_max,
        bytes_max,
        is_kept: false,
    })
}

/// A name in `folder` that nobody else has.
pub(super) fn unfinished(folder: &Path) -> Result<PathBuf, StoreError> {
    let mut chance = [0; CHANCE_BYTES];
    getrandom::fill(&mut chance)
        .map_err(|error| system("find a name in", folder)(io::Error::other(error)))?;
    Ok(folder.join(format!("{UNFINISHED}{}", Digest::of(&chance).hex())))
}

impl Incoming {
    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// There are more than was said, or there is no room for them.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(StoreError::TooLarge(self.bytes_max))?;
        self.hashing.update(bytes);
        self.file
            .write_all(bytes)
            .map_err(system("write", &self.path))
    }

    /// Keeps it, under the digest of what came. Afterwards it is on the disk.
    ///
    /// # Errors
    ///
    /// What came is not `wanted`, or it cannot be written. Then nothing of it is kept.
    pub fn keep(mut self, wanted: Option<Digest>) -> Result<Digest, StoreError> {
        let found = std::mem::take(&mut self.hashing).finish();
        if let Some(wanted) = wanted
            && wanted != found
        {
            return Err(StoreError::Digest { wanted, found });
        }
        self.file.sync_all().map_err(system("flush", &self.path))?;
        let place = self.pieces.join(found.hex());
        // What is there already is the same, or damaged.
        fs::rename(&self.path, &place).map_err(system("move to", &place))?;
        self.is_kept = true;
        flush(&self.pieces)?;
        Ok(found)
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.is_kept {
            // What stays is removed with what nobody names.
            let _ = fs::remove_file(&self.path);
        }
    }
}
