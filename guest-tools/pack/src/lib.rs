//! The tools that ship with ringfence, and those for its tests, as files: which sources a component
//! was built from, and whether they are still the same.
//!
//! Owns `guest-tools/prebuilt/`. Refuses to know how Rust becomes WebAssembly: that is
//! `guest-tools/build.sh`, which calls this.

#![forbid(unsafe_code)]

mod build;
mod error;
mod provenance;
mod sources;

pub use build::build;
pub use error::Error;
pub use provenance::{Built, PROVENANCE, Provenance, Stale};
pub use sources::digest;

/// The tools, in the order of their names.
pub const TOOLS: [&str; 9] = [
    "codec",
    "conformance",
    "data",
    "fetch",
    "files",
    "netscan",
    "probe",
    "text",
    "time",
];

/// Those of them that ship: `conformance` and `probe` are for tests only.
pub const SHIPPED: [&str; 7] = ["codec", "data", "fetch", "files", "netscan", "text", "time"];

/// The largest component that ships: each is copied into every binary and image.
pub const COMPONENT_BYTES_MAX: usize = 400_000;
