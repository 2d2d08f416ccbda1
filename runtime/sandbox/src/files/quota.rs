//! How much one call may still put on the host's disks.
//!
//! Owns what is left of its bytes and of its new files, and how far each file that it holds reaches.
//! Both are taken before the disk is touched: what is over is refused, not undone. What is deleted or
//! cut off again gives nothing back. Refuses to know who may write where.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_policy::Budget;
use thiserror::Error;
use wasmtime_wasi::p2::StreamError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use crate::ledger::Ledger;

/// The call has used up what it may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the call has used up what it may write")]
pub(super) struct OverQuota;

impl From<OverQuota> for ErrorCode {
    fn from(_: OverQuota) -> Self {
        Self::Quota
    }
}

impl From<OverQuota> for StreamError {
    fn from(over: OverQuota) -> Self {
        Self::LastOperationFailed(wasmtime::Error::new(over))
    }
}

/// How far a file reaches, as far as the call has seen. Writing beyond it leaves a hole, which counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach(Arc<AtomicU64>);

impl Reach {
    /// Of a file of `bytes`.
    pub(super) fn of(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }
}

/// What one call may still write.
#[derive(Debug)]
pub(super) struct Quota {
    left: Mutex<Left>,
    ledger: Arc<Ledger>,
}

#[derive(Debug)]
struct Left {
    bytes: u64,
    files: u64,
}

impl Quota {
    pub(super) fn new(budget: &Budget, ledger: Arc<Ledger>) -> Self {
        Self {
            left: Mutex::new(Left {
                bytes: budget.written_bytes,
                files: budget.created_files,
            }),
            ledger,
        }
    }

    /// Takes so many bytes.
    pub(super) fn bytes(&self, bytes: u64) -> Result<(), OverQuota> {
        let mut left = self.left();
        let Some(rest) = left.bytes.checked_sub(bytes) else {
            drop(left);
            return Err(self.over("write more to files in one call: over `budget.written`"));
        };
        left.bytes = rest;
        Ok(())
    }

    /// Takes what it takes to write `bytes` at `offset` of a file.
    pub(super) fn write(&self, reach: &Reach, offset: u64, bytes: u64) -> Result<(), OverQuota> {
        let hole = offset.saturating_sub(reach.0.load(Ordering::Relaxed));
        self.bytes(hole.saturating_add(bytes))?;
        let end = offset.saturating_add(bytes);
        reach.0.fetch_max(end, Ordering::Relaxed);
        Ok(())
    }

    /// Takes what it takes to write `bytes` at the end of a file.
    pub(super) fn append(&self, reach: &Reach, bytes: u64) -> Result<(), OverQuota> {
        self.bytes(bytes)?;
        reach.0.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Takes what it takes that a file has `size` bytes.
    pub(super) fn size(&self, reach: &Reach, size: u64) -> Result<(), OverQuota> {
        self.write(reach, size, 0)
    }

    /// Gives back bytes that were not written after all.
    pub(super) fn unwritten(&self, bytes: u64) {
        let mut left = self.left();
        left.bytes = left.bytes.saturating_add(bytes);
    }

    /// Takes one new file, directory or link.
    pub(super) fn file(&self) -> Result<(), OverQuota> {
        let mut left = self.left();
        let Some(rest) = left.files.checked_sub(1) else {
            drop(left);
            return Err(self.over("make more files in one call: over `budget.files`"));
        };
        left.files = rest;
        Ok(())
    }

    /// Gives back a file that was not made after all.
    pub(super) fn unmade(&self) {
        let mut left = self.left();
        left.files = left.files.saturating_add(1);
    }

    fn over(&self, what: &str) -> OverQuota {
        self.ledger.deny(what.to_owned());
        OverQuota
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quota(bytes: u64) -> Quota {
        let budget = Budget {
            written_bytes: bytes,
            created_files: 2,
            ..Budget::default()
        };
        Quota::new(&budget, Arc::default())
    }

    #[test]
    fn a_hole_counts_as_what_fills_it() {
        let quota = quota(100);
        let reach = Reach::of(10);
        assert_eq!(quota.write(&reach, 0, 10), Ok(()));
        // 40 of a hole, 5 of data.
        assert_eq!(quota.write(&reach, 50, 5), Ok(()));
        assert_eq!(quota.size(&reach, 100), Ok(()));
        assert_eq!(quota.bytes(1), Err(OverQuota));
        // What it has reached before is no hole.
        assert_eq!(quota.size(&reach, 99), Ok(()));
        assert_eq!(quota.write(&reach, u64::MAX, u64::MAX), Err(OverQuota));
        quota.unwritten(1);
        assert_eq!(quota.append(&reach, 1), Ok(()));
    }

    #[test]
    fn files_are_counted_and_the_refusal_is_noted_once() {
        let quota = quota(0);
        assert_eq!(quota.file(), Ok(()));
        assert_eq!(quota.file(), Ok(()));
        for _ in 0..3 {
            assert_eq!(quota.file(), Err(OverQuota));
        }
        assert_eq!(quota.ledger.denied().len(), 1);
        quota.unmade();
        assert_eq!(quota.file(), Ok(()));
    }

    proptest! {
        /// Whatever is written where, in whatever order: the file is never larger than what was there
        /// and what was taken.
        #[test]
        fn a_file_never_grows_by_more_than_was_taken(
            was in 0_u64..100,
            steps in proptest::collection::vec((0_u8..3, 0_u64..200, 0_u64..50), 0..30),
        ) {
            let quota = quota(500);
            let reach = Reach::of(was);
            let mut size = was;
            for (does, offset, bytes) in steps {
                match does {
                    0 if quota.write(&reach, offset, bytes).is_ok() => size = size.max(offset + bytes),
                    1 if quota.append(&reach, bytes).is_ok() => size += bytes,
                    2 if quota.size(&reach, offset).is_ok() => size = offset,
                    _ => {}
                }
                let taken = 500 - quota.left().bytes;
                prop_assert!(size <= was + taken, "{size} of {was} for {taken}");
            }
        }
    }
}
