//! Files that nobody else may read.
//!
//! Owns how they are opened, checked, replaced and locked. A file that others can read is refused,
//! never repaired: somebody may have read it, and only its owner can tell.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use zeroize::Zeroizing;

/// How long to wait for another process that holds the lock. Longer than a key command may take; a
/// process that is stopped while it holds the lock must not stop all others for ever.
const LOCK_WAIT: Duration = Duration::from_mins(1);

/// How often to look whether the lock is free.
const LOCK_LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// The permission bits of group and others: on a private file, none.
const OTHERS: u32 = 0o077;

/// The bits that let group and others change what is in a folder.
const OTHERS_WRITE: u32 = 0o022;

/// Why a private file cannot be used: what, where, and what to do about it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiskError {
    /// Another process holds the lock and does not let go.
    #[error("`{}` is locked by another process: wait for it, or end it", .path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// Others can read it.
    #[error(
        "`{}` can be read or written by others (mode {mode:04o}): run `chmod 600 '{}'`, and \
         replace what was in it if anybody may have looked", .path.display(), .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others can replace what is in the folder.
    #[error(
        "others can replace what is in `{}` (mode {mode:04o}): run `chmod 700 '{}'`",
        .path.display(), .path.display()
    )]
    ExposedFolder {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
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
    /// It is no file, or somebody else's.
    #[error("`{}` {problem}", .path.display())]
    Unfit {
        /// What it is.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
    /// It is larger than anything we write.
    #[error("`{}` has more than {max} bytes: it is not what it should be", .path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// The most it may have.
        max: u64,
    },
}

fn system<'p>(action: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> DiskError + 'p {
    move |source| DiskError::System {
        action,
        path: path.to_owned(),
        source,
    }
}

/// The bytes of a private file, or nothing when there is none.
pub(crate) fn read_private(
    path: &Path,
    bytes_max: u64,
) -> Result<Option<Zeroizing<Vec<u8>>>, DiskError> {
    // Without waiting: a pipe that nobody writes to would keep us for ever.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(system("open", path)(error)),
    };
    check_private(&file, path)?;
    // Wiped when it is dropped, and never moved while it grows.
    let length = file.metadata().map_err(system("look at", path))?.len();
    let capacity = usize::try_from(length.min(bytes_max)).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(system("read", path))?;
    if bytes.len() as u64 > bytes_max {
        return Err(DiskError::Large {
            path: path.to_owned(),
            max: bytes_max,
        });
    }
    Ok(Some(bytes))
}

/// Checks the file that is open, not the path that led to it.
fn check_private(file: &File, path: &Path) -> Result<(), DiskError> {
    let metadata = file.metadata().map_err(system("look at", path))?;
    let unfit = |problem| DiskError::Unfit {
        path: path.to_owned(),
        problem,
    };
    if !metadata.is_file() {
        return Err(unfit("is not a file: name one"));
    }
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us && metadata.uid() != 0 {
        return Err(unfit(
            "belongs to another user, who can read it: use one of your own",
        ));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(DiskError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Makes a folder that nobody else can look into, or checks that nobody else can change what is in
/// the one that is there.
pub(crate) fn private_folder(path: &Path) -> Result<(), DiskError> {
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(path) {
        return Err(system("create the folder", path)(error));
    }
    let metadata = fs::metadata(path).map_err(system("look at", path))?;
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS_WRITE != 0 {
        return Err(DiskError::ExposedFolder {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Replaces a private file, or makes it: afterwards, also after a crash, there is the old one or the
/// new one. Whoever calls this holds the lock.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let unfinished = folder.join(name);
    // What a process that was killed left behind. Never written through: it may be a link by now.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(system("remove", &unfinished)(error));
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(system("create", &unfinished))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let replaced = written
        .map_err(system("write", &unfinished))
        .and_then(|()| fs::rename(&unfinished, path).map_err(system("replace", path)));
    if replaced.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
        return replaced;
    }
    // Only now is the new name on the disk, too.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(system("flush the folder", folder))
}

/// A lock that is held until it is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds the lock.
    pub(crate) fn alone(path: &Path) -> Result<Self, DiskError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(system("open the lock", path))?;
        Self::wait(file, path, File::try_lock)
    }

    /// Waits until nobody writes. Where nobody ever did, there is nothing to wait for.
    pub(crate) fn shared(path: &Path) -> Result<Option<Self>, DiskError> {
        match File::open(path) {
            Ok(file) => Self::wait(file, path, File::try_lock_shared).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(system("open the lock", path)(error)),
        }
    }

    fn wait(
        file: File,
        path: &Path,
        lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, DiskError> {
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            match lock(&file) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::park_timeout(LOCK_LOOK_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(DiskError::Busy {
                        path: path.to_owned(),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(system("lock", path)(error)),
            }
        }
    }
}
