//! What the cross-crate tests share.
//!
//! Owns the guests under `guests/` as bytes, what each of them must lead to, and the shortest way
//! from bytes to an answer. Refuses to know a protocol: those tests drive the program from outside.

pub mod bare;
pub mod binary;
pub mod both;
pub mod clients;
pub mod generated;
pub mod guests;
pub mod harness;
pub mod http;
pub mod intruder;
pub mod network;
pub mod peer;
pub mod probe;
pub mod process;
pub mod provider;
pub mod registry;
pub mod serving;
pub mod session;
pub mod socket;
pub mod way;
