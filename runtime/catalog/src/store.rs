//! What was fetched, each piece kept under the digest of its bytes.
//!
//! Owns that a name leads to exactly the bytes that it says, or to nothing: they are hashed on the way
//! in and on the way out. Refuses to know what they mean and who wants them; what is wanted is written in
//! locks, and [`sweep`] asks those that were made known here.
//!
//! A piece is written to a file of its own beside its place, flushed, and moved there in one step, so that
//! whoever is killed at any moment leaves all of it or nothing that has its name. Whoever puts something in
//! holds a lease until the lock that names it is written; what nobody names is removed only while there is
//! no lease. A process that dies lets go of its lease.

pub(crate) mod incoming;
pub(crate) mod lease;
pub(crate) mod sweep;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ringfence_tool::Digest;
use thiserror::Error;

use crate::lock::LockError;
use lease::Lease;

/// The folder of the pieces, by the name of the algorithm that names them.
const PIECES: &str = "sha256";

/// The folder in which the locks are noted that name pieces.
const ROOTS: &str = "roots";

/// What leases are taken on.
const LEASE: &str = "lease";

/// A folder of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
}

/// Why a piece cannot be kept or had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Others put something in, or take something out, and do not end.
    #[error("`{}` is in use by another process that does not end: wait for it, or end it", .0.display())]
    Busy(PathBuf),
    /// What is kept under a digest has another.
    #[error("what is kept in `{}` is not what was put there: add it again", .0.display())]
    Damaged(PathBuf),
    /// What came is not what was asked for.
    #[error(
        "expected {wanted}, and what came is {found}: it was changed, and nothing of it is kept"
    )]
    Digest {
        /// What was asked for.
        wanted: Digest,
        /// What came.
        found: Digest,
    },
    /// Others could put something in.
    #[error("others can write to `{}` (mode {mode:04o}): run `chmod go-w '{}'`, after a look at it", .path.display(), .path.display())]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not there.
    #[error("{0} is not in the store: add it again")]
    Missing(Digest),
    /// A lock that names pieces cannot be read, so nobody knows which.
    #[error("nothing is removed while it is not known what is needed: {0}")]
    Root(#[source] LockError),
    /// The folder of a lock that names pieces is gone, perhaps with the disk that it is on.
    #[error(
        "nothing is removed: the folder of the lock `{}` is gone; bring it back, or remove `{}` to forget it",
        .lock.display(), .root.display()
    )]
    RootGone {
        /// The lock.
        lock: PathBuf,
        /// Where it is noted.
        root: PathBuf,
    },
    /// The path of a lock cannot be written down.
    #[error("`{}` is not a path that can be written down: name a lock whose path is UTF-8", .0.display())]
    RootName(PathBuf),
    /// The system says no.
    #[error("failed to {action} `{}`", .path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is longer than it may be.
    #[error("it has more than {0} bytes, and nothing of it is kept")]
    TooLarge(u64),
}

impl Store {
    /// The store in `folder`, whether there is one or not.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether something is kept under this digest. Whether it is that is known when it is read.
    pub fn has(&self, digest: &Digest) -> bool {
        self.piece(digest).is_file()
    }

    /// What is kept under a digest.
    ///
    /// # Errors
    ///
    /// It is not there, it has more than `bytes_max`, or it is not what was put there.
    pub fn read(&self, digest: &Digest, bytes_max: u64) -> Result<Bytes, StoreError> {
        let path = self.piece(digest);
        // Before opening: opening a pipe waits for a writer.
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(StoreError::Damaged(path));
        }
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing(*digest));
            }
            Err(error) => return Err(system("open", &path)(error)),
        };
        let metadata = file.metadata().map_err(system("look at", &path))?;
        if !metadata.is_file() {
            return Err(StoreError::Damaged(path));
        }
        if metadata.len() > bytes_max {
            return Err(StoreError::TooLarge(bytes_max));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        // The file may have grown since.
        file.take(bytes_max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(system("read", &path))?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes.into())
        } else {
            Err(StoreError::Damaged(path))
        }
    }

    /// Makes what is missing of the folder, and takes a lease: until it is dropped, nothing is removed.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, others can write to it, or something is being removed for too long.
    pub fn lease(&self) -> Result<Lease, StoreError> {
        lease::take(self)
    }

    fn piece(&self, digest: &Digest) -> PathBuf {
        self.pieces().join(digest.hex())
    }

    fn pieces(&self) -> PathBuf {
        self.folder.join(PIECES)
    }

    fn roots(&self) -> PathBuf {
        self.folder.join(ROOTS)
    }
}

/// An error of the system, for what was tried with what.
fn system<'p>(action: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> StoreError + 'p {
    move |source| StoreError::System {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Only afterwards are the names in a folder on the disk, too.
fn flush(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(system("flush the folder", folder))?;
    }
    Ok(())
}

/// A folder that is there and that nobody else may write to.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(system("create the folder", path))?;
    #[cfg(unix)]
    {
        /// The bits that let group and others change what is in a folder.
        const OTHERS_WRITE: u32 = 0o022;
        let metadata = fs::metadata(path).map_err(system("look at", path))?;
        let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777;
        if mode & OTHERS_WRITE != 0 {
            let path = path.to_owned();
            return Err(StoreError::Exposed { path, mode });
        }
    }
    Ok(())
}
