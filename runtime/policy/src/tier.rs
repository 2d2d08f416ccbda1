//! How dangerous a tool is.
//!
//! Owns tiers and annotations, both computed from what was granted. Refuses to believe what a tool
//! says of itself.

use crate::grant::{FileOperation, Grant, HostPattern};

/// How dangerous a tool is with what it was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Tier {
    /// It computes, and keeps what is its own.
    #[default]
    Normal,
    /// It reads what is somebody's, or asks named hosts.
    Elevated,
    /// It changes things, or reaches whomever it likes.
    Dangerous,
}

impl Tier {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dangerous => "dangerous",
            Self::Elevated => "elevated",
            Self::Normal => "normal",
        }
    }

    /// The tier of a tool that has this grant alone.
    pub fn of(grant: &Grant) -> Self {
        match grant {
            Grant::Budget(_)
            | Grant::Config(_)
            | Grant::Kv(_)
            | Grant::Random
            | Grant::Stdin
            | Grant::Stdout => Self::Normal,
            Grant::Files(files) if files.kind.operations().writes() => Self::Dangerous,
            // A precise clock is what side channels are read with.
            Grant::ClockPrecise | Grant::Env(_) | Grant::Files(_) | Grant::Secret(_) => {
                Self::Elevated
            }
            Grant::Net(net) => {
                if matches!(net.host, HostPattern::Name(_)) && net.methods.is_safe() {
                    Self::Elevated
                } else {
                    Self::Dangerous
                }
            }
            Grant::Socket(_) | Grant::Tools(_) => Self::Dangerous,
        }
    }
}

/// What clients are told about a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotations {
    /// It changes nothing.
    pub read_only: bool,
    /// It could change or delete what was there before.
    pub destructive: bool,
    /// It reaches what nobody here can list.
    pub open_world: bool,
}

impl Annotations {
    /// What follows from `grants`.
    pub fn of<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> Self {
        let nothing = Self {
            read_only: true,
            destructive: false,
            open_world: false,
        };
        grants.into_iter().fold(nothing, |all, grant| {
            let (writes, destroys, open) = match grant {
                Grant::Files(files) => {
                    let may = files.kind.operations();
                    let destroys =
                        may.contains(FileOperation::Change) || may.contains(FileOperation::Delete);
                    (may.writes(), destroys, false)
                }
                Grant::Kv(_) => (true, true, false),
                // What an unsafe method does is for the other side to know.
                Grant::Net(net) => (!net.methods.is_safe(), !net.methods.is_safe(), true),
                Grant::Socket(_) | Grant::Tools(_) => (true, true, true),
                Grant::Budget(_)
                | Grant::ClockPrecise
                | Grant::Config(_)
                | Grant::Env(_)
                | Grant::Random
                | Grant::Secret(_)
                | Grant::Stdin
                | Grant::Stdout => (false, false, false),
            };
            Self {
                read_only: all.read_only && !writes,
                destructive: all.destructive || destroys,
                open_world: all.open_world || open,
            }
        })
    }
}
