//! The real binary, as a person, a script and a client run it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod audit;
mod call;
mod demo;
mod granted;
mod harness;
mod host;
mod inspect;
mod install;
#[cfg(target_os = "linux")]
mod keyring;
mod learn;
mod pack;
mod pin;
mod policy;
mod secret;
mod serve;
mod sign;
mod usage;
