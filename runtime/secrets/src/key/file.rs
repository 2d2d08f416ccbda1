//! A key in a file.
//!
//! Owns nothing but its size: that it is whole and private is `disk`'s business.

use std::path::Path;

use super::Keys;
use super::source::KeyError;
use crate::disk;

/// The largest key file. Bounds what a wrong path, such as that of a device, makes us read.
const FILE_BYTES_MAX: u64 = 4096;

/// The keys in a file, or nothing when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Keys>, KeyError> {
    let Some(bytes) = disk::read_private(path, FILE_BYTES_MAX)? else {
        return Ok(None);
    };
    let malformed = |reason| KeyError::Malformed {
        place: format!("`{}`", path.display()),
        reason,
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed("it is not text"))?;
    Keys::from_text(text).map(Some).map_err(malformed)
}

/// Writes a key file, whole or not at all.
pub(super) fn write(path: &Path, keys: &Keys) -> Result<(), KeyError> {
    Ok(disk::replace_private(path, keys.to_text().as_bytes())?)
}
