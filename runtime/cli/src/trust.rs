//! The file that says whose signature which source needs, and keys in files.
//!
//! Owns what is opened, how much of it is read, and who may have written or may read it. What it means is the
//! business of `ringfence-signatures`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_signatures::{KEY_BYTES_MAX, PublicKey, SigningKey, TRUST_BYTES_MAX, Trust};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The file's name in the folder of state.
const FILE: &str = "trust.toml";

/// Bits by which everybody can change a file, and by which others can do anything with it.
#[cfg(unix)]
const EVERYBODY_WRITES: u32 = 0o002;
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Where the file is, whether it is there or not.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Somebody named it: it has to be there.
    Named(PathBuf),
    /// Where it would be looked for.
    Usual(PathBuf),
}

impl Place {
    /// The usual file in this folder of state.
    pub(crate) fn in_state(state: &Path) -> Self {
        Self::Usual(state.join(FILE))
    }

    /// What it says. Nothing, where there is none and nobody named one.
    ///
    /// # Errors
    ///
    /// It cannot be read, or others could have written it: a weaker one than what was written is none.
    pub(crate) fn read(&self) -> Result<Option<Arc<Trust>>, Failure> {
        let (path, is_named) = match self {
            Self::Named(path) => (path, true),
            Self::Usual(path) => (path, false),
        };
        let unread = |reason: String| Failure::TrustUnread {
            path: path.clone(),
            reason,
        };
        let bytes = match bytes(path, TRUST_BYTES_MAX, written_by_others) {
            Err(Unread::Missing) if !is_named => return Ok(None),
            read => read.map_err(|error| unread(error.words()))?,
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| unread("it is not UTF-8".into()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let mut file = |name: &str| {
            let read = self::bytes(&folder.join(name), KEY_BYTES_MAX, written_by_others);
            read.map(|bytes| bytes.to_vec()).map_err(Unread::words)
        };
        let read = Trust::parse(&path.display().to_string(), text, &mut file);
        Ok(Some(Arc::new(read.map_err(Failure::Trust)?)))
    }
}

/// One public key, for whatever it is asked about.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn in_key(path: &Path) -> Result<Arc<Trust>, Failure> {
    let unread = |reason| Failure::Key {
        path: path.to_owned(),
        reason,
    };
    let bytes = bytes(path, KEY_BYTES_MAX, |_, _| Ok(()));
    let bytes = bytes.map_err(|error| unread(error.words()))?;
    let key = PublicKey::from_pem(&bytes).map_err(|error| unread(error.to_string()))?;
    Ok(Arc::new(Trust::in_key(&path.display().to_string(), key)))
}

/// A private key.
///
/// # Errors
///
/// It cannot be read, or others can read it as well.
pub(crate) fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    let unread = |reason| Failure::Key {
        path: path.to_owned(),
        reason,
    };
    let bytes = bytes(path, KEY_BYTES_MAX, read_by_others);
    let bytes = bytes.map_err(|error| unread(error.words()))?;
    SigningKey::from_pem(&bytes).map_err(|error| unread(error.to_string()))
}

/// Why a file was not read.
enum Unread {
    /// It is not there.
    Missing,
    /// Something else.
    Because(String),
}

impl Unread {
    fn words(self) -> String {
        match self {
            Self::Missing => "there is no such file".to_owned(),
            Self::Because(reason) => reason,
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Because(error.to_string()),
        }
    }
}

/// The bytes of a file of at most `max` bytes, of which `check` says that nobody else has a hand in it.
fn bytes(
    path: &Path,
    max: u64,
    check: impl Fn(&Path, &std::fs::Metadata) -> Result<(), String>,
) -> Result<Zeroizing<Vec<u8>>, Unread> {
    // Before opening: opening a pipe waits for a writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > max {
        let reason = format!("it is no file of at most {max} bytes");
        return Err(Unread::Because(reason));
    }
    check(path, &metadata).map_err(Unread::Because)?;
    let mut bytes = Zeroizing::new(Vec::new());
    // The file may have grown since.
    File::open(path)?.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn written_by_others(path: &Path, metadata: &std::fs::Metadata) -> Result<(), String> {
    open_to_others(path, metadata, EVERYBODY_WRITES, "write", "o-w")
}

#[cfg(unix)]
fn read_by_others(path: &Path, metadata: &std::fs::Metadata) -> Result<(), String> {
    open_to_others(path, metadata, OTHERS, "read", "600")
}

#[cfg(unix)]
fn open_to_others(
    path: &Path,
    metadata: &std::fs::Metadata,
    bits: u32,
    what: &str,
    repair: &str,
) -> Result<(), String> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    if mode & bits == 0 {
        return Ok(());
    }
    Err(format!(
        "others can {what} it (mode {mode:04o}): run `chmod {repair} '{}'`, after a look at it",
        path.display()
    ))
}

#[cfg(not(unix))]
fn written_by_others(_: &Path, _: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}

#[cfg(not(unix))]
fn read_by_others(_: &Path, _: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}
