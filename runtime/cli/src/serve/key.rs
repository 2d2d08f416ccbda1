//! The key of the admin listener.
//!
//! Owns the file that it is in: made with a random key where there is none, and refused when others can read
//! it. Whoever may read the file may decide about calls.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ringfence_server::admin::AdminKey;

use crate::failure::Failure;

/// What the file in the state directory is called.
const FILE: &str = "admin.key";

/// The shortest key that is taken. What is shorter can be guessed over the network.
const KEY_BYTES_MIN: usize = 32;

/// The longest file that is read. A key is a line.
const FILE_BYTES_MAX: u64 = 4 * 1024;

/// The key in `named`, or in the state directory, where it is made when there is none. Says where it is.
///
/// # Errors
///
/// The file cannot be read or made, others can read it, or what is in it is too short.
pub(super) fn open(named: Option<&Path>, state: Option<PathBuf>) -> Result<AdminKey, Failure> {
    let (path, ours) = match named {
        Some(named) => (named.to_path_buf(), false),
        None => (state.ok_or(Failure::StateFolder)?.join(FILE), true),
    };
    if ours {
        make(&path).map_err(|error| Failure::Write {
            path: path.clone(),
            reason: error.to_string(),
        })?;
    }
    let unread = |reason: String| Failure::AdminKey {
        path: path.clone(),
        reason,
    };
    check(&path).map_err(&unread)?;
    let text = fs::read_to_string(&path).map_err(|error| unread(error.to_string()))?;
    let key = text.trim();
    if key.len() < KEY_BYTES_MIN {
        return Err(unread(format!(
            "a key has {KEY_BYTES_MIN} characters at least, this one has {}",
            key.len()
        )));
    }
    tracing::info!(file = %path.display(), "the key of the admin listener");
    Ok(AdminKey::new(key))
}

/// Makes the file with a random key, unless it is there.
fn make(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.create(folder)?;
    if path.exists() {
        return Ok(());
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    // Under its name only when it is whole: a process that starts at the same time must not read half a
    // key. The first one wins.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", URL_SAFE_NO_PAD.encode(key))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

fn check(path: &Path) -> Result<(), String> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .open(path)
        .map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
        return Err("it is not a file with a key in it".to_owned());
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!(
                "others can read it (mode {mode:04o}): run `chmod 600 '{}'`",
                path.display()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        open(None, Some(state.clone())).unwrap();
        let path = state.join(FILE);
        let made = fs::read_to_string(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        open(None, Some(state.clone())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), made);
        assert!(made.trim().len() >= KEY_BYTES_MIN);
    }

    #[test]
    fn a_key_that_others_know_or_can_guess_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "x".repeat(64)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = open(Some(&path), None).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        fs::write(&path, "short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(open(Some(&path), None).is_err());
        assert!(open(Some(&folder.path().join("none")), None).is_err());
    }
}
