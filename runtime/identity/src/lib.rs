//! Who is calling.
//!
//! Owns [`Caller`]: the tenant and the principal in whose name a call runs. Refuses to know how a
//! credential arrived or what its owner may do; the first is the transport's business, the second
//! is policy's.

#![forbid(unsafe_code)]

mod caller;

pub use caller::{Caller, InvalidName, PrincipalName, TenantName};
