//! The file that holds the state: that it is there, and nobody else's.
//!
//! Refuses to know what is in it. A file that others can read is refused, never repaired: somebody may
//! have read it, and only its owner can tell.
//!
//! The file is never opened here once it exists: to close it would drop the locks that the database
//! holds on it in this process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::StateError;

/// What the file is called.
const FILE: &str = "state.db";

/// Held while the database is made or brought up to date.
const LOCK: &str = "state.lock";

/// How long to wait for another process that makes the database.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// How often to look whether the lock is free.
const LOCK_LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// A state directory that is fit to use. While it lives, no other process makes or changes the schema.
#[derive(Debug)]
pub(crate) struct Folder {
    file: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes what is missing of `path`, checks what is there, and waits until nobody else does so.
    pub(crate) fn ready(path: &Path) -> Result<Self, StateError> {
        make(path)?;
        let lock = lock(&path.join(LOCK))?;
        let file = path.join(FILE);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&file) {
            Ok(_) => File::open(path)
                .and_then(|folder| folder.sync_all())
                .map_err(system("flush the folder", path))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_file(&file)?,
            Err(error) => return Err(system("create", &file)(error)),
        }
        Ok(Self { file, _lock: lock })
    }

    /// The file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }
}

fn system<'p>(action: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> StateError + 'p {
    move |source| StateError::System {
        action,
        path: path.to_owned(),
        source,
    }
}

fn make(path: &Path) -> Result<(), StateError> {
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
            return Err(StateError::ExposedFolder {
                path: path.to_owned(),
                mode,
            });
        }
    }
    Ok(())
}

fn check_file(path: &Path) -> Result<(), StateError> {
    let metadata = fs::symlink_metadata(path).map_err(system("look at", path))?;
    let unfit = |problem| StateError::Unfit {
        path: path.to_owned(),
        problem,
    };
    if !metadata.is_file() {
        return Err(unfit("is not a file: move it away, or use another folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        /// The permission bits of group and others: on a private file, none.
        const OTHERS: u32 = 0o077;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(unfit(
                "belongs to another user: use a state directory of your own",
            ));
        }
        let mode = metadata.mode() & 0o7777;
        if mode & OTHERS != 0 {
            return Err(StateError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
    }
    Ok(())
}

fn lock(path: &Path) -> Result<File, StateError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(system("open the lock", path))?;
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::park_timeout(LOCK_LOOK_INTERVAL);
            }
            Err(TryLockError::WouldBlock) => return Err(StateError::Busy),
            Err(TryLockError::Error(error)) => return Err(system("lock", path)(error)),
        }
    }
}
