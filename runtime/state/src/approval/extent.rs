//! How far a yes goes.

use std::time::Duration;

/// A person's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// How long it holds.
    pub extent: Extent,
    /// Whether it holds for other arguments as well. Otherwise for those alone that the person saw.
    pub any_arguments: bool,
}

/// How long a yes holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// For one call.
    Once,
    /// For as many as come in this time.
    For(Duration),
    /// Until the tool, or what it may touch, changes.
    Unchanged,
}

impl Extent {
    /// As records and tables name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::For(_) => "until",
            Self::Unchanged => "unchanged",
        }
    }

    /// How long it can be made use of. Even one for once must not lie about for ever.
    pub(super) fn lasts(self) -> Option<Duration> {
        match self {
            Self::Once => Some(ONCE_LASTS),
            Self::For(lasts) => Some(lasts),
            Self::Unchanged => None,
        }
    }
}

/// How long a yes for one call waits for it. A call that comes back tomorrow is another decision.
const ONCE_LASTS: Duration = Duration::from_hours(1);
