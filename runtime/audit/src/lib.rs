//! The record of what was done, who did it and what came of it.
//!
//! Owns a log that shows when it was tampered with: events as typed data, one line of JSON each, every
//! line carrying its number, the hash of the line before and its own. Refuses to know what a call is
//! made of: it knows no protocol, no engine and no policy. Values never get in: arguments appear as a
//! keyed digest, secrets by their name.
//!
//! ```
//! use ringfence_audit::{Event, Log, Settings, Start, verify};
//!
//! # let folder = tempfile::tempdir()?;
//! let log = Log::start(Settings::in_folder(folder.path().join("audit")))?;
//! let start = Start { version: "1.0.0", command: "serve" };
//! log.recorder().append(&Event::Start(start));
//! drop(log); // Whatever was appended is written now.
//!
//! let report = verify(&folder.path().join("audit"), &Default::default())?;
//! assert!(report.fault.is_none());
//! assert_eq!(report.records, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod body;
mod chain;
mod event;
mod folder;
mod follow;
mod head;
mod key;
mod lines;
mod link;
mod log;
mod note;
mod queue;
mod recover;
mod search;
mod settings;
mod shared;
mod sink;
mod text;
mod ticket;
mod time;
mod verify;
mod writer;

pub use body::RECORD_BYTES_MAX;
pub use event::{
    Approval, ApprovalState, Call, CallName, Caller, Change, Cost, Denial, Event, Intent, KINDS,
    PolicyChange, PolicyState, Secret, SecretState, Start, Stop, Tool, Touched,
};
pub use folder::ReadError;
pub use follow::{Follower, last};
pub use key::ArgumentsDigest;
pub use link::Mark;
pub use log::{Log, Recorder};
pub use search::{Entry, Query, search};
pub use settings::{Durability, Settings};
pub use shared::{Health, Unwritten};
pub use ticket::Ticket;
pub use time::Timestamp;
pub use verify::{Fault, Incident, Kind, Place, Report, Verify, verify};
