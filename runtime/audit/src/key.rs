//! The key of an installation.
//!
//! Owns the file that holds it and the two hashes made with it: over the lines of the log, and over
//! what a call was given. Without the key neither can be made; with a plain hash somebody who reads
//! the log could guess short arguments, and somebody who writes to it could make a new chain.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::folder::create_private;

const KEY_BYTES: usize = 32;

/// What tells the key for arguments from the one for lines.
const ARGUMENTS: &str = "ringfence 2026-11-22 arguments of audited calls";

/// The name of the key's file.
pub(crate) const KEY_FILE: &str = "key";

/// A hash in hexadecimal digits, as it stands in the log.
pub(crate) type Hex = [u8; 64];

/// The key.
#[derive(Clone)]
pub(crate) struct Key([u8; KEY_BYTES]);

/// What a call was given, as a digest that only this installation can make. The same arguments have
/// the same digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentsDigest([u8; 32]);

impl ArgumentsDigest {
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The key for arguments.
#[derive(Clone)]
pub(crate) struct ArgumentsKey([u8; KEY_BYTES]);

impl ArgumentsKey {
    pub(crate) fn digest(&self, arguments: &[u8]) -> ArgumentsDigest {
        ArgumentsDigest(*blake3::keyed_hash(&self.0, arguments).as_bytes())
    }
}

impl fmt::Debug for ArgumentsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArgumentsKey")
    }
}

impl Key {
    /// Reads the key of the log in `folder`. Nothing when there is none.
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(KEY_FILE);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(bytes) => bytes.try_into().map(|key| Some(Self(key))).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("`{}` is not a key: restore it", path.display()),
                )
            }),
        }
    }

    /// Makes the key of a new log. Whoever calls holds the log's lock.
    pub(crate) fn make(folder: &Path) -> io::Result<Self> {
        let key = random()?;
        let unfinished = folder.join(".key");
        // Left behind by a process that was killed while it made one.
        let _ = fs::remove_file(&unfinished);
        let mut file = create_private(&unfinished)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join(KEY_FILE))?;
        Ok(Self(key))
    }

    pub(crate) fn hash(&self, bytes: &[u8]) -> Hex {
        let text = blake3::keyed_hash(&self.0, bytes).to_hex();
        // A hash has 64 digits.
        text.as_bytes().try_into().unwrap_or([b'0'; 64])
    }

    pub(crate) fn for_arguments(&self) -> ArgumentsKey {
        ArgumentsKey(blake3::derive_key(ARGUMENTS, &self.0))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// A key for arguments that nobody keeps: equal arguments look equal while this process runs.
pub(crate) fn passing_key() -> io::Result<ArgumentsKey> {
    Ok(ArgumentsKey(random()?))
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}
