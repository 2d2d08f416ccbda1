//! Buckets of the key-value store.
//!
//! Owns `BUCKET[:QUOTA]`. Refuses to know where a bucket is kept, and whose it is: every tenant has
//! its own of the same name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::invalid::InvalidGrant;
use super::quantity;

/// Bytes in a bucket's name: it becomes part of storage keys.
const NAME_BYTES_MAX: usize = 64;

/// The name of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(Arc<str>);

impl BucketName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BucketName {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let valid = text.len() <= NAME_BYTES_MAX
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            });
        if valid {
            Ok(Self(Arc::from(text)))
        } else {
            const EXPECTED: &str =
                "the name of a bucket in lower case, such as `kv=notes` or `kv=notes:10MiB`";
            Err(InvalidGrant::malformed(EXPECTED, text))
        }
    }
}

/// One bucket, and how much it may hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketGrant {
    /// Which.
    pub name: BucketName,
    /// How many bytes of keys and values it may hold.
    pub quota: u64,
}

impl BucketGrant {
    /// What a bucket holds when nothing is said of it.
    pub const QUOTA_DEFAULT: u64 = 1024 * 1024;

    /// The most that a policy may name. Bounds what one line of it can fill of a disk.
    pub const QUOTA_MAX: u64 = 1024 * 1024 * 1024 * 1024;
}

impl fmt::Display for BucketGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.quota != Self::QUOTA_DEFAULT {
            f.write_str(":")?;
            quantity::show_bytes(self.quota, f)?;
        }
        Ok(())
    }
}

impl FromStr for BucketGrant {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let (name, quota) = match text.split_once(':') {
            Some((name, quota)) => (name, quantity::bytes(quota)?),
            None => (text, Self::QUOTA_DEFAULT),
        };
        if quota == 0 || quota > Self::QUOTA_MAX {
            const EXPECTED: &str = "a quota from 1 byte to 1,024 GiB, such as `kv=notes:10MiB`";
            return Err(InvalidGrant::malformed(EXPECTED, text));
        }
        Ok(Self {
            name: name.parse()?,
            quota,
        })
    }
}
