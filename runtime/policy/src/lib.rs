//! Who may do what.
//!
//! Pure: (caller, tool, policy) in, [`Permit`] or [`Denial`] out. Owns the text of capabilities, rules
//! with their lines, budgets and the decision. Refuses to open a file, read a clock or know an
//! engine: the sandbox enforces what is decided here, and asks [`Effective`] at each effect.
//!
//! A call cannot be run without a [`Permit`], and only [`Policy`] makes one: [`Policy::decide`] with
//! what is granted, [`Policy::approved`] with a person's word, [`Policy::describe`] with nothing:
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

mod approval;
mod budget;
mod cache;
mod check;
mod conflict;
mod decide;
mod denial;
mod effective;
mod explain;
mod file;
mod grant;
mod permit;
mod reach;
mod rule;
mod subject;
mod subtract;
mod tier;
mod witness;

pub use approval::{Approval, ApprovalNeeded};
pub use budget::Budget;
pub use check::{Known, Lint, LintKind, check};
pub use conflict::Conflict;
pub use decide::Policy;
pub use denial::Denial;
pub use effective::{Denied, Destination, Effective, Granted, Moded, Peer, Refusal, RefusalReason};
pub use explain::{Explanation, Line, Verdict};
pub use file::{POLICY_BYTES_MAX, PolicyFile, PolicyFileError, PolicyFileProblem};
pub use grant::{
    BucketGrant, BucketName, Capability, ConfigKey, EnvName, FileCapability, FileGrant, FileKind,
    FileOperation, FileOperations, Glob, Grant, GuestPath, HeaderName, Host, HostName, HostPattern,
    InvalidGrant, Kind, Kinds, Limit, LimitKind, Methods, NetCapability, NetGrant, Network,
    OutgoingRequest, Ports, Protocol, Scheme, SecretGrant, SecretName, SocketGrant, ToolPattern,
    UrlPath,
};
pub use permit::Permit;
pub use reach::Reach;
pub use rule::{Effect, Mode, Origin, Rule, Scope};
pub use subject::Subject;
pub use tier::{Annotations, Tier};
pub use witness::{Access, Witness};
