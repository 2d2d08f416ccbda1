//! What outlives a process.
//!
//! Owns [`State`]: one database in the state directory, its schema, and an interface for each noun
//! that is kept there. The only room that names a database. Refuses to know who may read or write
//! what, what a guest is, and what a value means.
//!
//! Nothing is opened before something is read or written: a process that needs no state pays nothing
//! for it. What was acknowledged survives the end of the process and a loss of power. Several processes
//! may share one directory. Every key begins with the tenant.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("ringfence");
//! use ringfence_state::State;
//!
//! let state = State::lazily(folder);
//! let notes = state.buckets().of(&"local".parse()?).bucket("notes", 1024);
//! notes.set("greeting", b"hello").await?;
//! assert_eq!(notes.value("greeting").await?.as_deref(), Some(b"hello".as_slice()));
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod approval;
mod bucket;
mod database;
mod dialect;
mod error;
mod folder;
mod schema;
mod state;

pub use approval::{
    ApprovalEntry, ApprovalError, ApprovalKey, ApprovalQuestion, ApprovalState, Approvals, Asker,
    Asking, Extent, Given, LISTED_MAX, OPEN_MAX, REFUSED_FOR,
};
pub use bucket::{
    BATCH_BYTES_MAX, BATCH_MAX, Bucket, BucketError, Buckets, KEY_BYTES_MAX, KEYS_MAX, Keys,
    PAGE_KEYS_MAX, TenantBuckets, VALUE_BYTES_MAX,
};
pub use error::StateError;
pub use state::State;
