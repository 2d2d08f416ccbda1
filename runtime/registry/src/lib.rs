//! What is fetched from elsewhere, and put there.
//!
//! Owns the way from a reference to bytes: OCI registries, and files behind HTTPS. Whatever comes is
//! hashed as it comes and held against the digest that was asked for or resolved; anything else is an
//! error, and whoever keeps the bytes is told in time. Refuses to know what the bytes mean, where they are
//! kept, and who wants them.
//!
//! Puts the same into registries, and signatures beside it, whatever they are worth.
//!
//! Nothing here connects to anything: every request, and every redirect, goes through `ringfence-egress`,
//! which looks names up, classifies addresses and bounds time and size.

#![forbid(unsafe_code)]

mod attached;
mod challenge;
mod credential;
mod docker;
mod document;
mod error;
mod fetch;
mod helper;
mod location;
mod manifest;
mod publish;
mod reach;
mod reference;
mod token;

pub use attached::{ATTACHED_MAX, Attached};
pub use credential::{Credential, Keychain, NoKeychain};
pub use docker::{Docker, InvalidConfig};
pub use document::About;
pub use error::FetchError;
pub use fetch::Fetcher;
pub use location::{InvalidLocation, Location};
pub use manifest::{LAYERS_MAX, Layer, MANIFEST_BYTES_MAX, Manifest};
pub use publish::PublishError;
pub use reach::Reach;
pub use reference::{InvalidReference, Reference};
pub use ringfence_egress::IpNet;
