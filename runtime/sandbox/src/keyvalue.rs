//! What guests keep by key: `wasi:keyvalue`.
//!
//! Owns the way from a guest to the buckets of its caller's tenant: opened when they are granted, with
//! the quota that the grant names. Refuses to know how they are kept, which is the state's business.

mod atomics;
mod batch;
mod store;

use std::sync::Arc;

use ringfence_policy::{BucketName, Effective};
use ringfence_state::{Bucket, BucketError, TenantBuckets};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable, ResourceTableError};

use crate::guest::Guest;
use crate::ledger::Ledger;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit/keyvalue",
        world: "wasi:keyvalue/imports",
        imports: { default: async | trappable },
        with: { "wasi:keyvalue/store.bucket": super::Open },
        trappable_error_type: {
            "wasi:keyvalue/store.error" => super::Failed,
        },
    });
}

use bindings::wasi::keyvalue as wit;

/// Operations of one call. Each may be a change that everybody else waits for; a guest that changes in a
/// loop would otherwise keep the disk busy for as long as it may run.
const OPERATIONS_MAX: u32 = 10_000;

/// Bytes that one call may write. Bounds how a guest that writes over one key again and again wears out the
/// disk, which no quota does.
const WRITTEN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The buckets of one call.
#[derive(Debug)]
pub(crate) struct KeyValue {
    effective: Arc<Effective>,
    buckets: Option<TenantBuckets>,
    ledger: Arc<Ledger>,
    operations_left: u32,
    bytes_left: usize,
}

/// A bucket that is open.
#[derive(Debug)]
#[expect(
    unreachable_pub,
    reason = "the bindings name it publicly, and nobody sees them"
)]
pub struct Open {
    bucket: Bucket,
    /// What the receipt calls it.
    target: String,
}

/// Why a guest's request came to nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The guest is told.
    Told(wit::store::Error),
    /// The handle is none: the end of the call.
    Trap(wasmtime::Error),
}

impl From<ResourceTableError> for Failed {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

impl From<BucketError> for Failed {
    fn from(error: BucketError) -> Self {
        Self::other(match error {
            // What it says is of the host.
            BucketError::State(internal) => {
                let why: &dyn std::error::Error = &internal;
                tracing::error!(error = why, "a bucket does not work");
                "buckets do not work just now".into()
            }
            told => told.to_string(),
        })
    }
}

impl Failed {
    fn other(text: String) -> Self {
        Self::Told(wit::store::Error::Other(text))
    }
}

impl KeyValue {
    /// What `effective` grants of `buckets`.
    pub(crate) fn new(
        effective: Arc<Effective>,
        buckets: Option<TenantBuckets>,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            effective,
            buckets,
            ledger,
            operations_left: OPERATIONS_MAX,
            bytes_left: WRITTEN_BYTES_MAX,
        }
    }

    /// The bucket that a guest calls `name`, when it was granted.
    fn granted(&self, name: &str) -> Result<Open, Failed> {
        let denied = |why: String| {
            self.ledger.deny(why);
            Failed::Told(wit::store::Error::AccessDenied)
        };
        // Also bounds what a guest can write into its receipt.
        let name: BucketName = name
            .parse()
            .map_err(|_| denied("open a bucket: there can be none of that name".into()))?;
        let asked = self.effective.bucket(name.as_str());
        let (quota, _) = asked.map_err(|refusal| denied(refusal.to_string()))?;
        let Some(buckets) = &self.buckets else {
            return Err(Failed::Told(wit::store::Error::NoSuchStore));
        };
        Ok(Open {
            bucket: buckets.bucket(name.as_str(), quota),
            target: format!("kv:{name}"),
        })
    }

    /// Counts one operation that writes so many bytes.
    fn spend(&mut self, written: usize) -> Result<(), Failed> {
        let left = self.operations_left.checked_sub(1).ok_or_else(|| {
            Failed::other(format!("a call may use buckets {OPERATIONS_MAX} times"))
        })?;
        let bytes = self.bytes_left.checked_sub(written).ok_or_else(|| {
            Failed::other(format!(
                "a call may write {WRITTEN_BYTES_MAX} bytes to buckets"
            ))
        })?;
        (self.operations_left, self.bytes_left) = (left, bytes);
        Ok(())
    }
}

/// The buckets of a call, and the handles to those that are open.
pub(crate) struct View<'g> {
    keyvalue: &'g mut KeyValue,
    table: &'g mut ResourceTable,
}

struct HasKeyValue;

impl HasData for HasKeyValue {
    type Data<'g> = View<'g>;
}

impl View<'_> {
    /// An open bucket, for an operation that writes so many bytes.
    fn use_bucket(&mut self, handle: &Resource<Open>, written: usize) -> Result<&Open, Failed> {
        let open = self.table.get(handle)?;
        self.keyvalue.spend(written)?;
        Ok(open)
    }

    /// Notes what was done with a bucket.
    fn note(&self, target: &str, how: &'static str, sent: usize, received: usize) {
        self.keyvalue
            .ledger
            .reach(target, Some(how), sent, received);
    }
}

/// Adds the interfaces to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    fn view(guest: &mut Guest) -> View<'_> {
        View {
            keyvalue: &mut guest.keyvalue,
            table: &mut guest.table,
        }
    }
    wit::store::add_to_linker::<_, HasKeyValue>(linker, view)?;
    wit::atomics::add_to_linker::<_, HasKeyValue>(linker, view)?;
    wit::batch::add_to_linker::<_, HasKeyValue>(linker, view)
}
