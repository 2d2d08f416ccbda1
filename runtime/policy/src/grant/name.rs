//! Names of variables, configuration values and secrets.
//!
//! Owns what makes each safe to print and to compare. Refuses to know what they stand for.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::invalid::InvalidGrant;

/// Bytes in a name. Bounds what a hostile request puts into logs and questions.
const NAME_BYTES_MAX: usize = 256;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidGrant;

            fn from_str(text: &str) -> Result<Self, InvalidGrant> {
                let valid: fn(&str) -> bool = $valid;
                if text.len() <= NAME_BYTES_MAX && valid(text) {
                    Ok(Self(Arc::from(text)))
                } else {
                    Err(InvalidGrant::malformed($expected, text))
                }
            }
        }
    };
}

name! {
    /// The name of an environment variable.
    EnvName, "the name of an environment variable, such as `env=LANG`", identifier
}
name! {
    /// The name of a secret.
    SecretName, "the name of a secret, such as `GITHUB_TOKEN`", identifier
}
name! {
    /// The key of a configuration value.
    ConfigKey, "a key of letters, digits, `.`, `_`, `-` and `/`, such as `config=greeting`", key
}

fn identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn key(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}
