//! A key in the keyring of the user's session.
//!
//! Owns the entry's name, and a thread of its own for the answer: a locked keyring asks a person, and
//! its client runs an executor, which no thread of ours may wait in.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use keyring_core::{CredentialStore, Error};
use zeroize::Zeroizing;

use super::Keys;
use super::source::KeyError;

/// What the entry is called.
const SERVICE: &str = "ringfence";
const ACCOUNT: &str = "vault";

/// How long the keyring may take. A person may have to unlock it; one that hangs must not keep the
/// server from saying why it does not start.
const TIME_MAX: Duration = Duration::from_mins(1);

/// The keys in the keyring, or nothing when it has none.
pub(super) fn read() -> Result<Option<Keys>, KeyError> {
    ask(|| read_from(&*open()?))
}

/// Writes the keys into the keyring.
pub(super) fn write(keys: &Keys) -> Result<(), KeyError> {
    let text = keys.to_text();
    ask(move || write_to(&*open()?, &text))
}

fn read_from(store: &CredentialStore) -> Result<Option<Keys>, KeyError> {
    let entry = store
        .build(SERVICE, ACCOUNT, None)
        .map_err(|error| failed(&error))?;
    let text = match entry.get_password() {
        Ok(text) => Zeroizing::new(text),
        Err(Error::NoEntry) => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    Keys::from_text(&text)
        .map(Some)
        .map_err(|reason| KeyError::Malformed {
            place: "the keyring".into(),
            reason,
        })
}

fn write_to(store: &CredentialStore, text: &str) -> Result<(), KeyError> {
    let entry = store
        .build(SERVICE, ACCOUNT, None)
        .map_err(|error| failed(&error))?;
    entry.set_password(text).map_err(|error| failed(&error))
}

#[cfg(target_os = "linux")]
fn open() -> Result<Arc<CredentialStore>, KeyError> {
    let store = zbus_secret_service_keyring_store::Store::new();
    store
        .map(|store| store as Arc<CredentialStore>)
        .map_err(|error| failed(&error))
}

#[cfg(target_os = "macos")]
fn open() -> Result<Arc<CredentialStore>, KeyError> {
    let store = apple_native_keyring_store::keychain::Store::new();
    store
        .map(|store| store as Arc<CredentialStore>)
        .map_err(|error| failed(&error))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn open() -> Result<Arc<CredentialStore>, KeyError> {
    Err(KeyError::NoKeyring)
}

/// Asks on another thread, for as long as it may take.
fn ask<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    let (sender, receiver) = mpsc::channel();
    let told = |reason: &str| KeyError::Keyring {
        reason: reason.to_owned(),
    };
    thread::Builder::new()
        .name("ringfence-keyring".into())
        .spawn(move || {
            // Nobody listens any more when it was late.
            let _ = sender.send(question());
        })
        .map_err(|error| told(&error.to_string()))?;
    match receiver.recv_timeout(TIME_MAX) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(told("it did not answer within a minute")),
        Err(RecvTimeoutError::Disconnected) => Err(told("its client broke")),
    }
}

/// Says what kind of error it is. The entry's content is part of some of them.
fn failed(error: &Error) -> KeyError {
    let reason = match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "its entry is not text".into(),
        Error::Ambiguous(_) => "it has several entries for `ringfence`: remove all but one".into(),
        other => other.to_string(),
    };
    KeyError::Keyring { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    #[test]
    fn keys_are_kept_under_one_name() {
        let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
        assert!(read_from(&*store).unwrap().is_none());
        let keys = Keys::two(Key::draw().unwrap(), Key::draw().unwrap());
        write_to(&*store, &keys.to_text()).unwrap();
        let read = read_from(&*store).unwrap().unwrap();
        assert!(read.newest() == keys.newest() && read.marks() == keys.marks());
    }

    #[test]
    fn what_is_there_and_no_key_is_not_repeated() {
        let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
        write_to(&*store, "hunter2hunter2").unwrap();
        let error = read_from(&*store).unwrap_err().to_string();
        assert!(
            error.contains("keyring") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_client_that_breaks_is_an_error() {
        let error = ask::<()>(|| panic!("broken")).unwrap_err();
        assert!(error.to_string().contains("broke"), "{error}");
    }
}
