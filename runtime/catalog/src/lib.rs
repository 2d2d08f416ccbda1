//! Which tools exist.
//!
//! Owns where components come from, what of them is installed, the order in which names are given out, what could not be
//! loaded and why, and which of it somebody approved. Refuses to know an engine, a caller or a policy: it reads bytes and hands out
//! [`ringfence_tool::Component`]s, and nothing in it runs.
//!
//! A [`Catalog`] is a snapshot and never changes. [`Catalog::rescan`] makes the next one.

#![forbid(unsafe_code)]

mod bundled;
mod catalog;
mod file;
mod lock;
mod look;
mod naming;
mod pinning;
mod problem;
mod shelf;
mod signed;
mod source;
mod store;
mod tool;

pub use bundled::bundled;
pub use catalog::{COMPONENTS_MAX, Catalog};
pub use file::{DIRECTORY_ENTRIES_MAX, DIRECTORY_TOOLS_MAX, read as read_file};
pub use lock::file::LockFile;
pub use lock::installed::{EARLIER_MAX, Earlier, Installed};
pub use lock::{Entry, Lock, LockError};
pub use look::Neighbours;
pub use naming::Naming;
pub use pinning::{Disabled, PinMode, Pinned, Pinning, Reason};
pub use problem::{Fault, Problem};
pub use shelf::{Offer, Shelf, ShelfError};
pub use source::{Origin, Source};
pub use store::incoming::Incoming;
pub use store::lease::Lease;
pub use store::sweep::Swept;
pub use store::{Store, StoreError};
pub use tool::Tool;
