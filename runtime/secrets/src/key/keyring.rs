//! A key in the keyring of the user's session.
//!
//! Owns the entry's name, and how what the keyring holds becomes keys. How it is reached is each
//! system's own: `secret_service` and `keychain`.

use std::time::Duration;

use zeroize::Zeroizing;

use super::Keys;
use super::source::KeyError;

#[cfg(target_os = "macos")]
mod keychain;
#[cfg(target_os = "linux")]
mod secret_service;

#[cfg(target_os = "macos")]
use keychain as system;
#[cfg(target_os = "linux")]
use secret_service as system;

/// What the entry is called.
const SERVICE: &str = "ringfence";
const ACCOUNT: &str = "vault";

/// How long the keyring may take. A person may have to unlock it; one that hangs must not keep the
/// server from saying why it does not start.
const TIME_MAX: Duration = Duration::from_mins(1);

/// The keys in the keyring, or nothing when it has none.
pub(super) fn read() -> Result<Option<Keys>, KeyError> {
    let Some(text) = system::read()? else {
        return Ok(None);
    };
    let keys = Keys::from_text(&text).map_err(|reason| KeyError::Malformed {
        place: "the keyring".into(),
        reason,
    })?;
    Ok(Some(keys))
}

/// Writes the keys into the keyring.
pub(super) fn write(keys: &Keys) -> Result<(), KeyError> {
    let text: Zeroizing<String> = keys.to_text();
    system::write(&text)
}

/// Any other system has none that we know.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use zeroize::Zeroizing;

    use crate::key::source::KeyError;

    pub(super) fn read() -> Result<Option<Zeroizing<String>>, KeyError> {
        Err(KeyError::NoKeyring)
    }

    pub(super) fn write(_: &str) -> Result<(), KeyError> {
        Err(KeyError::NoKeyring)
    }
}
