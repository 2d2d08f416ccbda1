//! The file that keeps the lock.
//!
//! Owns that it is replaced whole or not at all, that two writers do not lose each other's approvals,
//! and that a lock which was there is missed. Refuses to know what is in it.
//!
//! Beside it lies its guard: the file that writers lock, and that is not empty once a lock was written.
//! No lock and no such guard is a first use. No lock and a guard is a loss, and nothing is trusted.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::text;
use super::{Lock, LockError};

/// Bytes of a lock. Bounds what a folder of tools with endless descriptions makes every start read.
const LOCK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long to wait for another writer. One that is stopped must not stop all others for ever.
const GUARD_WAIT: Duration = Duration::from_secs(20);
const GUARD_LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// What stands in the guard once a lock was written.
const GUARD_TEXT: &str = "The lock beside this file was written. While this file is here and the lock is not, no tool is trusted.\n";

/// Where a lock is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    path: PathBuf,
}

impl LockFile {
    /// The lock at `path`, whether there is one or not.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that holds it, and its guard.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// What was approved. Nothing where nothing ever was.
    ///
    /// # Errors
    ///
    /// The file is not as it was written, is gone, or cannot be read.
    pub fn read(&self) -> Result<Lock, LockError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.missing(),
            Err(source) => return Err(self.failed("open", source)),
        };
        let metadata = file
            .metadata()
            .map_err(|source| self.failed("look at", source))?;
        if !metadata.is_file() {
            return Err(self.damaged("it is not a file"));
        }
        self.refuse_exposed(&metadata)?;
        let mut bytes = Vec::new();
        file.take(LOCK_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| self.failed("read", source))?;
        if bytes.len() as u64 > LOCK_BYTES_MAX {
            return Err(self.damaged(format!("it has more than {LOCK_BYTES_MAX} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| self.damaged("it is not UTF-8"))?;
        text::parse(&text).map_err(|reason| self.damaged(reason))
    }

    /// Changes what was approved, alone: whatever others wrote before is there. Afterwards there is a
    /// lock, even an empty one.
    ///
    /// # Errors
    ///
    /// As [`Self::read`], or it cannot be written: then it is as it was.
    pub fn update<T>(&self, change: impl FnOnce(&mut Lock) -> T) -> Result<T, LockError> {
        fs::create_dir_all(self.folder()).map_err(|source| LockError::System {
            action: "create the folder",
            path: self.folder().to_owned(),
            source,
        })?;
        let mut guard = self.alone()?;
        let before = self.read()?;
        let mut lock = before.clone();
        let told = change(&mut lock);
        if lock != before || !self.path.exists() {
            self.replace(&text::print(&lock))?;
            self.remember(&mut guard)?;
        }
        Ok(told)
    }

    fn guard(&self) -> PathBuf {
        self.beside(".guard")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        self.folder().join(name)
    }

    fn missing(&self) -> Result<Lock, LockError> {
        let guard = self.guard();
        match fs::metadata(&guard) {
            Ok(metadata) if metadata.len() > 0 => Err(LockError::Gone {
                path: self.path.clone(),
                guard,
            }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.failed("look for the guard of", error))
            }
            _ => Ok(Lock::default()),
        }
    }

    #[cfg(unix)]
    fn refuse_exposed(&self, metadata: &fs::Metadata) -> Result<(), LockError> {
        use std::os::unix::fs::MetadataExt as _;
        const OTHERS_WRITE: u32 = 0o002;
        let mode = metadata.mode() & 0o7777;
        if mode & OTHERS_WRITE == 0 {
            return Ok(());
        }
        let path = self.path.clone();
        Err(LockError::Exposed { path, mode })
    }

    #[cfg(not(unix))]
    fn refuse_exposed(&self, _: &fs::Metadata) -> Result<(), LockError> {
        Ok(())
    }

    /// Waits until nobody else writes.
    fn alone(&self) -> Result<File, LockError> {
        let guard = self.guard();
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&guard);
        let file = opened.map_err(|source| self.failed("guard", source))?;
        let deadline = Instant::now() + GUARD_WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::park_timeout(GUARD_LOOK_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => return Err(LockError::Busy { path: guard }),
                Err(TryLockError::Error(source)) => return Err(self.failed("guard", source)),
            }
        }
    }

    /// Afterwards, also after a crash, there is the old lock or the new one.
    fn replace(&self, text: &str) -> Result<(), LockError> {
        if text.len() as u64 > LOCK_BYTES_MAX {
            return Err(LockError::Full {
                path: self.path.clone(),
                max: LOCK_BYTES_MAX,
            });
        }
        let unfinished = self.beside(".new");
        // What a writer that was killed left behind. Never written through: it may be a link by now.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(self.failed("replace", error));
            }
            _ => {}
        }
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&unfinished)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&unfinished, &self.path));
        if let Err(source) = written {
            // The first error is the one to tell.
            let _ = fs::remove_file(&unfinished);
            return Err(self.failed("replace", source));
        }
        self.flush_folder()
    }

    /// Only afterwards is the new name on the disk, too.
    fn flush_folder(&self) -> Result<(), LockError> {
        if cfg!(unix) {
            File::open(self.folder())
                .and_then(|folder| folder.sync_all())
                .map_err(|source| self.failed("flush the folder of", source))?;
        }
        Ok(())
    }

    /// Notes that there is a lock from now on.
    fn remember(&self, guard: &mut File) -> Result<(), LockError> {
        let noted = guard.metadata().and_then(|metadata| {
            if metadata.len() == 0 {
                guard.write_all(GUARD_TEXT.as_bytes())?;
            }
            guard.sync_all()
        });
        noted.map_err(|source| self.failed("guard", source))
    }

    fn damaged(&self, reason: impl Into<String>) -> LockError {
        LockError::Damaged {
            path: self.path.clone(),
            guard: self.guard(),
            reason: reason.into(),
        }
    }

    fn failed(&self, action: &'static str, source: io::Error) -> LockError {
        LockError::System {
            action,
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Entry;
    use ringfence_scrutiny::Pin;

    fn file() -> (tempfile::TempDir, LockFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = LockFile::new(folder.path().join("below/ringfence.lock"));
        (folder, file)
    }

    fn add(file: &LockFile, name: &str) -> Result<(), LockError> {
        let bytes = wat::parse_str("(component)").unwrap();
        let component = ringfence_tool::Component::read(bytes.into(), name).unwrap();
        let entry = Entry {
            pin: Pin::of(&component),
            version: None,
            source: None,
            by: "test".into(),
            at: String::new(),
            installed: None,
        };
        file.update(|lock| lock.insert(component.name().clone(), entry))
    }

    #[test]
    fn nothing_was_approved_where_nothing_ever_was() {
        let (_folder, file) = file();
        assert_eq!(file.read().unwrap(), Lock::default());
        file.update(|_| {}).unwrap();
        assert!(file.path().exists(), "from now on it is missed");
        assert_eq!(file.read().unwrap(), Lock::default());
    }

    #[test]
    fn h54_a_lock_that_was_there_and_is_gone_is_no_first_use() {
        let (_folder, file) = file();
        add(&file, "a").unwrap();
        fs::remove_file(file.path()).unwrap();
        assert!(matches!(file.read(), Err(LockError::Gone { .. })));
        assert!(matches!(add(&file, "b"), Err(LockError::Gone { .. })));
        fs::remove_file(file.guard()).unwrap();
        assert_eq!(
            file.read().unwrap(),
            Lock::default(),
            "whoever removes both means it"
        );
    }

    #[test]
    fn a_damaged_lock_is_refused_and_left_alone() {
        let (_folder, file) = file();
        add(&file, "a").unwrap();
        let whole = fs::read_to_string(file.path()).unwrap();
        for broken in [
            "",
            "version = 1\n",
            &whole[..whole.len() / 2],
            &whole.replace("test", "tast"),
        ] {
            fs::write(file.path(), broken).unwrap();
            assert!(
                matches!(file.read(), Err(LockError::Damaged { .. })),
                "{broken}"
            );
            assert!(add(&file, "b").is_err());
            assert_eq!(fs::read_to_string(file.path()).unwrap(), broken);
        }
        fs::write(file.path(), [0xff, 0xfe]).unwrap();
        assert!(file.read().is_err());
        fs::remove_file(file.path()).unwrap();
        fs::create_dir(file.path()).unwrap();
        assert!(file.read().is_err());
    }

    #[test]
    fn many_writers_lose_nothing() {
        let (_folder, file) = file();
        thread::scope(|scope| {
            for writer in 0..4 {
                let file = &file;
                scope.spawn(move || {
                    for number in 0..5 {
                        add(file, &format!("t{writer}-{number}")).unwrap();
                    }
                });
            }
        });
        assert_eq!(file.read().unwrap().iter().count(), 20);
    }

    #[test]
    fn what_a_killed_writer_left_is_no_obstacle() {
        let (_folder, file) = file();
        add(&file, "a").unwrap();
        fs::write(file.beside(".new"), "half").unwrap();
        add(&file, "b").unwrap();
        assert_eq!(file.read().unwrap().iter().count(), 2);
        assert!(!file.beside(".new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_everybody_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, file) = file();
        add(&file, "a").unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(
            file.read(),
            Err(LockError::Exposed { mode: 0o666, .. })
        ));
    }
}
