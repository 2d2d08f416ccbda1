//! Where the key of a vault comes from.
//!
//! Owns the grammar `file:PATH`, `keyring`, `command:PROGRAM ARGUMENT…`. Where it comes from is said
//! by the operator, in so many words; nothing that a guest or a peer says leads here.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use super::{Key, Keys, command, file, keyring};
use crate::disk::DiskError;

/// Where the key of a vault comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// `command:PROGRAM ARGUMENT…`: a program prints it. It is run as it stands, by no shell.
    Command(Vec<String>),
    /// `file:PATH`: a file that nobody else can read, made when the first secret is set.
    File(PathBuf),
    /// `keyring`: the keyring of the user's session.
    Keyring,
}

impl KeySource {
    /// The keys, or nothing when there is none yet and this source is ours to fill.
    pub(crate) fn read(&self) -> Result<Option<Keys>, KeyError> {
        match self {
            Self::Command(words) => command::read(words).map(Some),
            Self::File(path) => file::read(path),
            Self::Keyring => keyring::read(),
        }
    }

    /// The keys; a first one when there is none yet.
    pub(crate) fn read_or_create(&self) -> Result<Keys, KeyError> {
        if let Some(keys) = self.read()? {
            return Ok(keys);
        }
        let keys = Keys::one(Key::draw()?);
        self.write(&keys)?;
        Ok(keys)
    }

    /// Whether we write the keys of this source, or somebody else does.
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self, Self::Command(_))
    }

    /// Replaces the keys of this source.
    pub(crate) fn write(&self, keys: &Keys) -> Result<(), KeyError> {
        match self {
            Self::Command(_) => Err(KeyError::NotOurs),
            Self::File(path) => file::write(path, keys),
            Self::Keyring => keyring::write(keys),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Its arguments are the operator's business, and may name an account.
            Self::Command(words) => {
                write!(
                    f,
                    "the command `{}`",
                    words.first().map_or("", String::as_str)
                )
            }
            Self::File(path) => write!(f, "the key file `{}`", path.display()),
            Self::Keyring => f.write_str("the keyring"),
        }
    }
}

impl FromStr for KeySource {
    type Err = InvalidKeySource;

    fn from_str(text: &str) -> Result<Self, InvalidKeySource> {
        match text.split_once(':') {
            None if text == "keyring" => Ok(Self::Keyring),
            Some(("file", "")) => Err(InvalidKeySource::NoPath),
            Some(("file", path)) => Ok(Self::File(PathBuf::from(path))),
            Some(("command", words)) => command::words(words).map(Self::Command),
            _ => Err(InvalidKeySource::Unknown(text.escape_debug().to_string())),
        }
    }
}

/// Text that does not say where a key comes from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidKeySource {
    /// There is no command.
    #[error("expected a program after `command:`, such as `command:pass show ringfence`")]
    NoCommand,
    /// There is no path.
    #[error("expected a path after `file:`, such as `file:/etc/ringfence/key`")]
    NoPath,
    /// A quotation mark has no partner.
    #[error(
        "a quotation mark in the command has no partner; nothing else has a meaning: no shell runs it"
    )]
    Unquoted,
    /// It is none of the kinds.
    #[error("expected `keyring`, `file:PATH` or `command:PROGRAM ARGUMENT…`, not `{0}`")]
    Unknown(String),
}

/// Why there is no key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The command did not print a key.
    #[error("failed to get the key of the vault from the command `{program}`: {reason}")]
    Command {
        /// The program.
        program: String,
        /// What went wrong. Never what it printed.
        reason: String,
    },
    /// The key file cannot be used.
    #[error("failed to get the key of the vault from its file")]
    File(#[from] DiskError),
    /// What the source holds is no key.
    #[error("failed to read the key of the vault from {place}: {reason}")]
    Malformed {
        /// Where it is.
        place: String,
        /// What is wrong with it. Never what it says.
        reason: &'static str,
    },
    /// This system has none that we know.
    #[error(
        "no keyring is known on this system: use a key file, `file:PATH`, or a command, \
         `command:PROGRAM ARGUMENT…`"
    )]
    NoKeyring,
    /// The keyring does not answer.
    #[error(
        "failed to reach the keyring: {reason}; without a desktop session there is none: use a \
         key file, `file:PATH`, or a command, `command:PROGRAM ARGUMENT…`"
    )]
    Keyring {
        /// What it says.
        reason: String,
    },
    /// Somebody else keeps the keys.
    #[error("the keys come from a command, and only whoever keeps them there can add one")]
    NotOurs,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_in_so_many_words() {
        assert_eq!("keyring".parse(), Ok(KeySource::Keyring));
        assert_eq!("file:/a:b".parse(), Ok(KeySource::File("/a:b".into())));
        let words = ["op", "read", "op://a b/$(c)", ""]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(
            "command:op  read 'op://a b/$(c)' \"\"".parse(),
            Ok(KeySource::Command(words))
        );
        for text in [
            "",
            "file:",
            "command:",
            "command: ",
            "command:a 'b",
            "env:KEY",
            "/a",
            "Keyring",
        ] {
            assert!(text.parse::<KeySource>().is_err(), "{text:?}");
        }
    }
}
