//! What the cross-crate tests share.
//!
//! Owns the guests under `guests/` as bytes, and what each of them must lead to. Refuses to know the
//! runtime: whoever runs a guest compares what happened with the table.

pub mod generated;
pub mod guests;
