//! What a secret is called.
//!
//! Owns the grammar: that of an environment variable, because that is where a tool looks for it, and
//! because such a name is harmless in a file, a log line, a placeholder and JSON.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// The longest name, in bytes. It takes the place of a value in whatever is scrubbed, so an endless
/// one would let results grow.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of a secret: `[A-Za-z_][A-Za-z0-9_]*`, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(Arc<str>);

impl SecretName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SecretName {
    type Err = InvalidSecretName;

    fn from_str(text: &str) -> Result<Self, InvalidSecretName> {
        let begins = |first: char| first.is_ascii_alphabetic() || first == '_';
        let valid = text.len() <= NAME_BYTES_MAX
            && text.starts_with(begins)
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if valid {
            Ok(Self(Arc::from(text)))
        } else {
            let shown = text.chars().take(NAME_BYTES_MAX).collect::<String>();
            Err(InvalidSecretName(shown.escape_debug().to_string()))
        }
    }
}

/// Text that is not the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a secret's name has 1 to {NAME_BYTES_MAX} letters, digits and `_`, and does not begin with a \
     digit, such as `GITHUB_TOKEN`: `{0}`"
)]
pub struct InvalidSecretName(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_harmless_wherever_it_stands() {
        for text in ["A", "_", "GITHUB_TOKEN", "a1"] {
            assert_eq!(text.parse::<SecretName>().unwrap().as_str(), text);
        }
        let long = "A".repeat(NAME_BYTES_MAX + 1);
        for text in ["", "1A", "A-B", "A B", "A}", "A\"", "é", "A\n", &long] {
            assert!(text.parse::<SecretName>().is_err(), "{text:?}");
        }
    }
}
