//! Why nothing becomes of an approval, in words for whoever decides.

use std::time::SystemTime;

use thiserror::Error;

use super::OPEN_MAX;
use super::entry::{ApprovalEntry, ApprovalState};
use crate::error::StateError;

/// Why nothing becomes of an approval.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// It is not in a state from which that is possible.
    #[error("approval `{id}` is {} already{}", .found.state, became(.found))]
    Settled {
        /// Which.
        id: String,
        /// What has become of it.
        found: Box<ApprovalEntry>,
    },
    /// There is no database, or it does not work.
    #[error(transparent)]
    State(#[from] StateError),
    /// Nobody has answered many others.
    #[error("{OPEN_MAX} questions of this caller wait for a person already")]
    TooMany,
    /// There is none.
    #[error("there is no approval `{0}`: `ringfence approvals list` shows those that there are")]
    Unknown(String),
}

/// When an approval was settled, and by whom.
fn became(entry: &ApprovalEntry) -> String {
    let ago = |when: Option<SystemTime>| {
        let passed = when.and_then(|when| SystemTime::now().duration_since(when).ok());
        let seconds = passed.unwrap_or_default().as_secs();
        match seconds {
            0..120 => format!("{seconds} s ago"),
            120..7_200 => format!("{} min ago", seconds / 60),
            7_200..172_800 => format!("{} h ago", seconds / 3_600),
            _ => format!("{} days ago", seconds / 86_400),
        }
    };
    let decided = match (entry.state, &entry.by) {
        (ApprovalState::Expired, _) => format!(": its time was over {}", ago(entry.decided)),
        (_, None) => String::new(),
        (state, Some(by)) => {
            let word = match state {
                ApprovalState::Refused => "denied",
                ApprovalState::Revoked => "revoked",
                _ => "approved",
            };
            format!(": {word} {} by {}", ago(entry.decided), by.escape_debug())
        }
    };
    match entry.used {
        used @ Some(_) => {
            let key = &entry.question.key;
            let whose = format!("{}/{}", key.tenant, key.principal.escape_debug());
            format!("{decided}, used {} by {whose}", ago(used))
        }
        None => decided,
    }
}
