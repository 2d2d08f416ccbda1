//! The right to put something into the store before any lock names it.
//!
//! Owns that it excludes whoever removes what no lock names, and that both end with their process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use ringfence_tool::Digest;

use super::incoming::{self, Incoming};
use super::{LEASE, Store, StoreError, flush, make, system};

/// How long to wait for others. One that is stopped must not stop all others for ever.
const WAIT: Duration = Duration::from_secs(20);
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// Nothing is removed while there is one of these.
#[derive(Debug)]
pub struct Lease {
    store: Store,
    _held: File,
}

impl Lease {
    /// Begins to take something in, of at most `bytes_max`.
    ///
    /// # Errors
    ///
    /// There is no room for it.
    pub fn incoming(&self, bytes_max: u64) -> Result<Incoming, StoreError> {
        incoming::begin(self.store.pieces(), bytes_max)
    }

    /// Takes in what is there as a whole. Gives its digest.
    ///
    /// # Errors
    ///
    /// There is no room for it.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        // Read, not only looked for: what is damaged is replaced.
        let length = bytes.len() as u64;
        if self.store.read(&digest, length).is_ok() {
            return Ok(digest);
        }
        let mut incoming = self.incoming(length)?;
        incoming.take(bytes)?;
        incoming.keep(Some(digest))
    }

    /// Notes that the lock at `path` names pieces. Before it does: what no noted lock names is removed.
    ///
    /// # Errors
    ///
    /// It cannot be noted.
    pub fn note(&self, path: &Path) -> Result<(), StoreError> {
        let path = std::path::absolute(path).map_err(system("find", path))?;
        let text = path
            .to_str()
            .ok_or_else(|| StoreError::RootName(path.clone()))?;
        let roots = self.store.roots();
        let root = roots.join(Digest::of(text.as_bytes()).hex());
        if fs::read(&root).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        let unfinished = incoming::unfinished(&roots)?;
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&unfinished)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&unfinished, &root));
        if let Err(error) = written {
            // The first error is the one to tell.
            let _ = fs::remove_file(&unfinished);
            return Err(system("write", &root)(error));
        }
        flush(&roots)
    }
}

/// Takes one, as soon as nothing is being removed.
pub(super) fn take(store: &Store) -> Result<Lease, StoreError> {
    let held = hold(store, File::try_lock_shared)?;
    Ok(Lease {
        store: store.clone(),
        _held: held,
    })
}

/// Waits until there is no lease, and lets nobody take one.
pub(super) fn exclude(store: &Store) -> Result<File, StoreError> {
    hold(store, File::try_lock)
}

fn hold(
    store: &Store,
    try_lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<File, StoreError> {
    make(store.folder())?;
    make(&store.pieces())?;
    make(&store.roots())?;
    let path: PathBuf = store.folder().join(LEASE);
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = opened.map_err(system("open", &path))?;
    let deadline = Instant::now() + WAIT;
    loop {
        match try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::park_timeout(LOOK_INTERVAL);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Busy(store.folder().to_owned()));
            }
            // A call that a signal interrupted is made again.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(system("lock", &path)(error)),
        }
    }
}
