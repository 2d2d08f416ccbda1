//! Everything that one call could touch.
//!
//! Owns what of the effective rules bears on that: what is granted, ranges of addresses that granted names
//! may lead into, limits, and denials that take a part away. Refuses to know why anybody asks.

use std::collections::{BTreeSet, HashSet};

use crate::effective::{Effective, Granted};
use crate::grant::{FileKind, Grant, Kind, Limit};
use crate::tier::Tier;

/// Everything that one call could touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touchable {
    /// Each grant once, the dangerous first; limits last.
    capabilities: Vec<Granted>,
    dangerous: usize,
    /// What is denied of that. A person reads what is granted, which is more; but without a denial the call
    /// could touch what it could not when they said yes.
    denied: BTreeSet<String>,
}

impl Touchable {
    pub(super) fn of(effective: &Effective) -> Self {
        let places: HashSet<Place> = effective
            .granted()
            .iter()
            .filter_map(|granted| granted.grant.kind().map(Place::of))
            .collect();
        let kinds: HashSet<_> = effective.grants().iter().map(Grant::kind).collect();
        let ranges = effective.ranges().iter();
        let ranges = ranges.filter(|range| kinds.contains(&range.grant.kind()));
        let mut seen = HashSet::new();
        let all: Vec<_> = effective
            .granted()
            .iter()
            .chain(ranges)
            .filter(|granted| seen.insert(&granted.grant))
            .collect();
        let is_dangerous = |granted: &Granted| Tier::of(&granted.grant) == Tier::Dangerous;
        let (dangerous, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|granted| is_dangerous(granted));
        let denied = effective.denied().iter();
        let denied = denied.filter(|denied| places.contains(&Place::of(denied.capability.kind())));
        Self {
            dangerous: dangerous.len(),
            denied: denied.map(|denied| denied.capability.to_string()).collect(),
            capabilities: dangerous
                .into_iter()
                .chain(others)
                .cloned()
                .chain(limits(effective))
                .collect(),
        }
    }

    pub(super) fn capabilities(&self) -> &[Granted] {
        &self.capabilities
    }

    pub(super) fn dangerous(&self) -> usize {
        self.dangerous
    }

    /// All of it as texts: the same, in the same order, for whatever could touch the same.
    pub(super) fn canonical(&self) -> impl Iterator<Item = String> {
        let granted = self.capabilities.iter();
        let granted: BTreeSet<_> = granted.map(|granted| granted.grant.to_string()).collect();
        let denied = self.denied.iter().map(|denied| format!("deny {denied}"));
        let granted = granted.into_iter().map(|grant| format!("allow {grant}"));
        granted.chain(denied)
    }
}

/// The limits that rules set: of each kind the one that holds.
fn limits(effective: &Effective) -> impl Iterator<Item = Granted> {
    let mut limits: Vec<_> = effective.limits().iter().collect();
    limits.sort_by_key(|(limit, _)| (limit.kind(), limit.amount()));
    limits.dedup_by_key(|(limit, _)| Limit::kind(*limit));
    limits.into_iter().map(|(limit, origin)| Granted {
        grant: Grant::Budget(*limit),
        origin: origin.clone(),
    })
}

/// What grants and denials can be about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Files,
    Network,
    Other(Kind),
}

impl Place {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Net | Kind::Socket => Self::Network,
            kind if FileKind::of(kind).is_some() => Self::Files,
            kind => Self::Other(kind),
        }
    }
}
