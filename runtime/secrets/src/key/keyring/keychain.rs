//! The Keychain of macOS.
//!
//! Owns a thread for the answer: a locked keychain asks a person, and may take its time.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use keyring_core::{CredentialStore, Error};
use zeroize::Zeroizing;

use super::{ACCOUNT, SERVICE, TIME_MAX};
use crate::key::source::KeyError;

pub(super) fn read() -> Result<Option<Zeroizing<String>>, KeyError> {
    ask(|| {
        let entry = open()?.build(SERVICE, ACCOUNT, None);
        match entry.and_then(|entry| entry.get_password()) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    })
}

pub(super) fn write(text: &str) -> Result<(), KeyError> {
    let text = Zeroizing::new(text.to_owned());
    ask(move || {
        let entry = open()?.build(SERVICE, ACCOUNT, None);
        entry
            .and_then(|entry| entry.set_password(&text))
            .map_err(|error| failed(&error))
    })
}

fn open() -> Result<Arc<CredentialStore>, KeyError> {
    let store = apple_native_keyring_store::keychain::Store::new();
    store
        .map(|store| store as Arc<CredentialStore>)
        .map_err(|error| failed(&error))
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
