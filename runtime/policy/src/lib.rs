//! Who may do what.
//!
//! Pure: (caller, tool, policy) in, [`Permit`] or [`Denial`] out. Owns grants, budgets and the
//! decision. Refuses to open a file, read a clock or know an engine: the sandbox enforces what is
//! decided here.
//!
//! A call cannot be run without a [`Permit`], and only [`Policy`] makes one: [`Policy::decide`] with
//! what is granted, [`Policy::describe`] with nothing:
//!
//! ```compile_fail
//! let permit = ringfence_policy::Permit {}; // private fields, no other constructor
//! ```
//!
//! A permit is for one call; it cannot be kept for the next:
//!
//! ```compile_fail
//! fn twice(permit: ringfence_policy::Permit) -> [ringfence_policy::Permit; 2] {
//!     [permit.clone(), permit]
//! }
//! ```

#![forbid(unsafe_code)]

mod budget;
mod decide;
mod grant;
mod permit;
mod subject;

pub use budget::Budget;
pub use decide::{ConflictingGrants, Denial, Policy};
pub use grant::{EnvName, Grant, GuestPath, InvalidGrant};
pub use permit::Permit;
pub use subject::{Reach, Subject};
