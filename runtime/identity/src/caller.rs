//! The caller: a tenant, and a principal within it.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use thiserror::Error;

/// The longest tenant or principal name, in bytes. Names appear in every log line and storage key,
/// so an endless one would let a caller fill both.
pub(crate) const NAME_BYTES_MAX: usize = 128;

/// In whose name a call runs.
///
/// Every decision, quota and audit record is keyed by this pair, never by a transport detail such
/// as a connection or a peer address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caller {
    tenant: TenantName,
    principal: PrincipalName,
}

impl Caller {
    /// A caller whose credential has been verified.
    pub fn new(tenant: TenantName, principal: PrincipalName) -> Self {
        Self { tenant, principal }
    }

    /// The person who started the process: over stdio and on the command line, whoever can write
    /// to our standard input is that person already.
    pub fn local() -> Self {
        // Every request of such a person needs it.
        static LOCAL: LazyLock<Caller> = LazyLock::new(|| Caller {
            tenant: TenantName(Arc::from("local")),
            principal: PrincipalName(Arc::from("local")),
        });
        LOCAL.clone()
    }

    /// The tenant that pays for the call and whose data it may see.
    pub fn tenant(&self) -> &TenantName {
        &self.tenant
    }

    /// The person or program within the tenant.
    pub fn principal(&self) -> &PrincipalName {
        &self.principal
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.principal)
    }
}

/// A name that cannot be used: what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("name must be 1 to {NAME_BYTES_MAX} characters of `A-Z a-z 0-9 . _ @ -`: `{0}`")]
pub struct InvalidName(String);

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
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

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if is_name(text) {
                    Ok(Self(Arc::from(text)))
                } else {
                    Err(InvalidName(text.escape_debug().take(NAME_BYTES_MAX).collect()))
                }
            }
        }
    };
}

name! {
    /// A tenant: an organisation or a person whose data is kept apart from all others'.
    TenantName
}
name! {
    /// A principal: a person or a program that acts within one tenant.
    PrincipalName
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_BYTES_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_forge_a_key_or_a_log_line_are_refused() {
        for text in [
            "",
            "a/b",
            "a b",
            "a\nb",
            "\u{202e}a",
            &"x".repeat(NAME_BYTES_MAX + 1),
        ] {
            assert!(text.parse::<TenantName>().is_err(), "{text:?}");
        }
        assert_eq!(
            "ops@example.com".parse::<PrincipalName>().unwrap().as_str(),
            "ops@example.com"
        );
    }
}
