//! The key of a vault.
//!
//! Owns its text form, and the mark that tells which key sealed a vault without telling the key.

mod command;
mod file;
mod keyring;
mod program;
mod source;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

pub use source::{InvalidKeySource, KeyError, KeySource};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// What a key begins with in a file, so that whoever comes across one knows what it is, and scanners
/// for leaked keys find it.
const PREFIX: &str = "ringfence-vault-key-1:";

/// The most keys that a source may give. Two are there while a vault moves from one to the next;
/// an endless list would keep a start busy.
const KEYS_MAX: usize = 8;

/// Room for a key as it stands in a file: text that grows would leave its start behind in memory.
const LINE_BYTES_MAX: usize = 80;

/// A key. Wiped when dropped; shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// A new key.
    pub(crate) fn draw() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self(bytes))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Tells keys apart. Nothing of the key follows from it.
    pub(crate) fn mark(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("ringfence vault 1: which key");
        hasher.update(self.bytes());
        let hash = hasher.finalize().to_hex();
        hash.chars().take(16).collect()
    }

    /// The key as it stands in a file.
    pub(crate) fn to_line(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.bytes()));
        Zeroizing::new(format!("{PREFIX}{}\n", *text))
    }

    /// A key of its text: as in a file, or 32 bytes as hexadecimal digits or base64.
    fn from_text(text: &str) -> Option<Self> {
        if let Some(own) = text.strip_prefix(PREFIX) {
            let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(own).ok()?);
            return Self::from_bytes(&bytes);
        }
        if let Ok(hash) = blake3::Hash::from_hex(text) {
            return Self::from_bytes(hash.as_bytes());
        }
        [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
            .into_iter()
            .find_map(|engine| {
                let bytes = Zeroizing::new(engine.decode(text).ok()?);
                Self::from_bytes(&bytes)
            })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The keys of a source. The newest one seals; each opens what it sealed.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    older: Vec<Key>,
    newest: Key,
}

impl Keys {
    pub(crate) fn one(key: Key) -> Self {
        Self {
            older: Vec::new(),
            newest: key,
        }
    }

    /// The keys in `text`, one on each line, the newest one last.
    ///
    /// Says nothing of a text that it refuses: it may be a key with a typing error.
    pub(crate) fn from_text(text: &str) -> Result<Self, &'static str> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Option<Vec<Key>> = lines.take(KEYS_MAX + 1).map(Key::from_text).collect();
        let mut older =
            keys.ok_or("a line is not a key: 32 bytes as 64 hexadecimal digits or as base64")?;
        if older.len() > KEYS_MAX {
            return Err("there are more than eight keys");
        }
        let newest = older.pop().ok_or("there is no key")?;
        Ok(Self { older, newest })
    }

    /// The key that seals.
    pub(crate) fn newest(&self) -> &Key {
        &self.newest
    }

    /// The key that sealed what bears this mark.
    pub(crate) fn marked(&self, mark: &str) -> Option<&Key> {
        self.all().find(|key| key.mark() == mark)
    }

    /// The marks of all.
    pub(crate) fn marks(&self) -> String {
        let marks: Vec<String> = self.all().map(|key| format!("`{}`", key.mark())).collect();
        marks.join(", ")
    }

    /// All of them, one on each line.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(KEYS_MAX * LINE_BYTES_MAX));
        for key in self.all() {
            text.push_str(&key.to_line());
        }
        text
    }

    /// This key, and a newer one.
    pub(crate) fn two(older: Key, newest: Key) -> Self {
        Self {
            older: vec![older],
            newest,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        self.older.iter().chain(std::iter::once(&self.newest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_each_of_its_forms() {
        let key = Key::draw().unwrap();
        let hex = blake3::Hash::from_bytes(*key.bytes()).to_hex().to_string();
        let forms = [
            key.to_line().trim().to_owned(),
            hex.to_uppercase(),
            hex,
            STANDARD.encode(key.bytes()),
            URL_SAFE_NO_PAD.encode(key.bytes()),
        ];
        for form in forms {
            assert!(Keys::from_text(&form).unwrap().newest() == &key, "{form}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let many = "00".repeat(32) + "\n";
        for text in [
            "",
            "\n\n",
            "hunter2hunter2",
            &"0".repeat(63),
            &many.repeat(9),
        ] {
            let error = Keys::from_text(text).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_last_key_seals_and_the_mark_finds_each() {
        let (old, new) = (Key::draw().unwrap(), Key::draw().unwrap());
        let keys = Keys::two(old.clone(), new.clone());
        let read = Keys::from_text(&keys.to_text()).unwrap();
        assert!(read.newest() == &new);
        assert!(read.marked(&old.mark()) == Some(&old));
        assert!(read.marked("0000000000000000").is_none());
        assert_eq!(format!("{old:?}"), "Key(..)");
    }
}
