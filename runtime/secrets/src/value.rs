//! The value of a secret, in memory.
//!
//! Owns its limits, and that it is wiped when dropped. Refuses to be printed: there is no `Display`,
//! and `Debug` shows nothing.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretSlice};
use thiserror::Error;
use zeroize::Zeroize as _;

/// The longest value: room for a private key with its chain. What is longer is a file, and a vault
/// full of them would make every start slow.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// The shortest value, line breaks not counted. Outputs are searched for values: shorter ones stand in ordinary text by
/// chance, and a guest could find them out by returning guesses and looking which disappear.
pub const VALUE_BYTES_MIN: usize = 8;

/// Whether a byte breaks a line.
fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// A value of a secret.
#[derive(Clone)]
pub struct SecretValue(SecretSlice<u8>);

impl SecretValue {
    /// A value of these bytes, which are wiped where they were when they are refused.
    ///
    /// # Errors
    ///
    /// Too few bytes, or too many.
    pub fn new(mut bytes: Vec<u8>) -> Result<Self, InvalidValue> {
        // Line breaks come and go where text is wrapped, so they are not looked for, and do not count.
        let length = bytes.iter().filter(|byte| !is_break(**byte)).count();
        if length < VALUE_BYTES_MIN {
            bytes.zeroize();
            return Err(InvalidValue::Short { length });
        }
        let length = bytes.len();
        if length > VALUE_BYTES_MAX {
            bytes.zeroize();
            return Err(InvalidValue::Long { length });
        }
        Ok(Self(SecretSlice::from(bytes)))
    }

    /// The bytes. Whoever calls this carries them to where they belong, and nowhere else.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

/// Bytes that cannot be a secret. Says how many they are, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidValue {
    /// Too many.
    #[error("a secret has at most {VALUE_BYTES_MAX} bytes, and this has {length}")]
    Long {
        /// How many there are.
        length: usize,
    },
    /// Too few.
    #[error(
        "a secret has at least {VALUE_BYTES_MIN} bytes besides line breaks, and this has {length}: a \
         shorter one could not be told from ordinary text where outputs are searched for it"
    )]
    Short {
        /// How many there are.
        length: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_shows_nothing_of_itself() {
        let value = SecretValue::new(b"correct horse".to_vec()).unwrap();
        assert_eq!(
            format!("{value:?} {:?}", Some(&value)),
            "SecretValue(..) Some(SecretValue(..))"
        );
        assert_eq!(value.expose(), b"correct horse");
    }

    #[test]
    fn a_value_has_bounds_and_a_refusal_names_only_its_length() {
        let short = SecretValue::new(b"hunter2".to_vec())
            .unwrap_err()
            .to_string();
        assert!(
            short.contains("this has 7") && !short.contains("hunter2"),
            "{short}"
        );
        assert!(SecretValue::new(vec![b'x'; VALUE_BYTES_MIN]).is_ok());
        assert!(SecretValue::new(b"abcd\r\nefg".to_vec()).is_err());
        assert!(SecretValue::new(b"abcd\nefgh".to_vec()).is_ok());
        assert!(SecretValue::new(vec![b'x'; VALUE_BYTES_MAX]).is_ok());
        assert!(SecretValue::new(vec![b'x'; VALUE_BYTES_MAX + 1]).is_err());
    }
}
