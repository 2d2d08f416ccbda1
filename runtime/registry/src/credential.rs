//! What proves to a registry who asks.
//!
//! Owns that it is never shown, and wiped when it is dropped.

use std::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

/// Text that is wiped, as it is read.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Wiped(pub(crate) Zeroizing<String>);

impl From<String> for Wiped {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

/// A proof for one registry.
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A token that buys shorter ones.
    Refresh(Zeroizing<String>),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password(…)",
            Self::Refresh(_) => "Refresh(…)",
        })
    }
}

/// Whoever keeps credentials.
pub trait Keychain: Send + Sync {
    /// The credential for a registry, where there is one. May read files and run programs; called where
    /// blocking is allowed.
    ///
    /// # Errors
    ///
    /// There should be one, and it cannot be had. Never what it is.
    fn credential(&self, registry: &str) -> Result<Option<Credential>, String>;
}

/// Nobody is known anywhere.
#[derive(Debug, Clone, Copy)]
pub struct NoKeychain;

impl Keychain for NoKeychain {
    fn credential(&self, _: &str) -> Result<Option<Credential>, String> {
        Ok(None)
    }
}
