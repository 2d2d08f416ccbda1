//! Why something may not be done.
//!
//! Owns the words: what was wanted, why not, and what to grant. Refuses to say what the host has.

use thiserror::Error;

use crate::grant::shown;
use crate::rule::Origin;

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// A rule denies it.
    Denied(Origin),
    /// No rule allows it.
    NotGranted,
    /// The tool does not ask for it, so it does not get it.
    NotRequested,
    /// It could mean two things, and a rule is about one of them.
    Unclear,
}

/// Something that may not be done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{wanted}: denied, {}", self.why())]
pub struct Refusal {
    wanted: String,
    grant: String,
    reason: RefusalReason,
}

impl Refusal {
    pub(super) fn new(
        wanted: impl AsRef<str>,
        grant: impl AsRef<str>,
        reason: RefusalReason,
    ) -> Self {
        Self {
            wanted: shown(wanted.as_ref()),
            grant: shown(grant.as_ref()),
            reason,
        }
    }

    /// What was wanted, such as `read /data/a.txt`.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }

    /// The grant that would allow it, with what only the operator can say in capitals.
    pub fn grant(&self) -> &str {
        &self.grant
    }

    /// Why not.
    pub fn reason(&self) -> &RefusalReason {
        &self.reason
    }

    fn why(&self) -> String {
        match &self.reason {
            RefusalReason::Denied(origin) => format!("by {origin}"),
            RefusalReason::NotGranted => format!("no grant; grant it with `{}`", self.grant),
            RefusalReason::NotRequested => "the tool's manifest does not ask for it".to_owned(),
            RefusalReason::Unclear => {
                "it could mean something else; write it plainly, without `..` or encoding"
                    .to_owned()
            }
        }
    }
}
