//! Buckets: what guests keep by key.
//!
//! Owns the entries of each tenant's buckets and the limits on them. A quota is checked in the change
//! that uses it up, so two writers never pass it together. Refuses to know who may open a bucket.

mod read;
mod write;

use ringfence_identity::TenantName;
use thiserror::Error;

use crate::error::StateError;
use crate::state::State;

/// Bytes in a key. Keys are in an index and in every page of a listing: long ones would make both large.
pub const KEY_BYTES_MAX: usize = 1024;

/// Bytes in one value. A value is in memory whole, in the guest, here, and in the database's log: large ones
/// in many calls at once would fill it.
pub const VALUE_BYTES_MAX: usize = 1024 * 1024;

/// Keys in one bucket. Each costs some hundred bytes of index that no quota counts, so many tiny ones would
/// fill the disk.
pub const KEYS_MAX: u64 = 100_000;

/// Keys in one batch. A batch holds the one connection that writes, so an endless one would keep all
/// others waiting.
pub const BATCH_MAX: usize = 1_000;

/// Bytes of the values that one batch reads. Naming one large value in every place of a batch would
/// otherwise have the host lay out a gigabyte.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Keys in one page of a listing. A guest would otherwise have the host lay out all keys at once.
pub const PAGE_KEYS_MAX: u32 = 500;

/// What key-value buckets hold.
#[derive(Debug, Clone, Copy)]
pub struct Buckets<'s> {
    state: &'s State,
}

impl<'s> Buckets<'s> {
    pub(crate) fn new(state: &'s State) -> Self {
        Self { state }
    }

    /// The buckets of one tenant.
    pub fn of(self, tenant: &TenantName) -> TenantBuckets {
        TenantBuckets {
            state: self.state.clone(),
            tenant: tenant.clone(),
        }
    }
}

/// The buckets of one tenant.
#[derive(Debug, Clone)]
pub struct TenantBuckets {
    state: State,
    tenant: TenantName,
}

impl TenantBuckets {
    /// The bucket `name`, which may hold `quota` bytes of keys and values. It is there as soon as something
    /// is in it.
    pub fn bucket(&self, name: &str, quota: u64) -> Bucket {
        Bucket {
            state: self.state.clone(),
            tenant: self.tenant.clone(),
            name: name.to_owned(),
            quota,
        }
    }
}

/// One bucket of one tenant.
#[derive(Debug, Clone)]
pub struct Bucket {
    state: State,
    tenant: TenantName,
    name: String,
    quota: u64,
}

/// Why a bucket does not do what it is asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BucketError {
    /// Too much at once.
    #[error("a batch may have {BATCH_MAX} keys, this one has {0}: make several of it")]
    BatchTooLarge(usize),
    /// Too many bytes at once.
    #[error("a batch may read {BATCH_BYTES_MAX} bytes, these values have more: make several of it")]
    BatchTooManyBytes,
    /// Its quota would be passed.
    #[error(
        "the bucket `{bucket}` may hold {quota} bytes, with this it would be {needed}: delete something first"
    )]
    Full {
        /// The bucket.
        bucket: String,
        /// What it may hold.
        quota: u64,
        /// What it would hold.
        needed: u64,
    },
    /// A key is too long.
    #[error("a key may have {KEY_BYTES_MAX} bytes, this one has {0}")]
    KeyTooLong(usize),
    /// What is to be added to is no number.
    #[error(
        "the value is not a whole number from 0 to {}, so nothing can be added to it",
        u64::MAX
    )]
    NotANumber,
    /// The sum is too large to be counted.
    #[error("the sum is more than {}", u64::MAX)]
    Overflow,
    /// There is no database, or it does not work.
    #[error(transparent)]
    State(#[from] StateError),
    /// It has as many keys as it may.
    #[error("a bucket may have {KEYS_MAX} keys: delete some first")]
    TooManyKeys,
    /// A value is too large.
    #[error("a value may have {VALUE_BYTES_MAX} bytes, this one has {0}")]
    ValueTooLarge(usize),
}

/// Some of a bucket's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The keys, in the order in which they came into the bucket.
    pub keys: Vec<String>,
    /// Where the next page begins, when there is one.
    pub next: Option<u64>,
}

fn check_batch(length: usize) -> Result<(), BucketError> {
    if length > BATCH_MAX {
        return Err(BucketError::BatchTooLarge(length));
    }
    Ok(())
}

fn check_key(key: &str) -> Result<(), BucketError> {
    if key.len() > KEY_BYTES_MAX {
        return Err(BucketError::KeyTooLong(key.len()));
    }
    Ok(())
}
