//! What one caller may let one tool do.
//!
//! Owns the one function that weighs rules: what is granted and not denied, narrowed to what the tool
//! asks for, each with where that was written; and the budget and the modes that hold. Refuses to
//! decide what becomes of a call: that is [`crate::Policy`]'s business.
//!
//! - A rule holds when its scope covers the caller and the tool.
//! - What any rule denies is denied, whatever allows it and whatever scope that has.
//! - What no rule allows is denied.
//! - Of two modes the one of the narrower scope holds; of two budgets the lower one.

mod ask;
mod files;
mod hosts;
mod index;
mod refusal;
mod tree;

use std::cmp::Reverse;

use ringfence_identity::Caller;

use crate::budget::Budget;
use crate::grant::{Capability, Grant, Limit};
use crate::reach::Reach;
use crate::rule::{Effect, Mode, Origin, Rule};
use crate::subject::Subject;
use crate::subtract::subtract;
use crate::tier::{Annotations, Tier};
use crate::witness::{Access, Watched};

pub use ask::{Destination, Peer};
pub use refusal::{Refusal, RefusalReason};

use index::Index;

/// A grant that holds, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// What is granted, narrowed to what the tool asks for.
    pub grant: Grant,
    /// Where.
    pub origin: Origin,
}

/// A denial that holds, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// What is denied.
    pub capability: Capability,
    /// Where.
    pub origin: Origin,
}

/// A mode that holds, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moded {
    /// What happens.
    pub mode: Mode,
    /// Where.
    pub origin: Origin,
}

/// What one caller may let one tool do.
#[derive(Debug, Clone)]
pub struct Effective {
    granted: Vec<Granted>,
    grants: Vec<Grant>,
    denied: Vec<Denied>,
    idle: Vec<Granted>,
    /// Grants of ranges, asked for or not: a tool that asks for a name cannot know where it leads.
    ranges: Vec<Granted>,
    limits: Vec<(Limit, Origin)>,
    budget: Budget,
    call: Moded,
    dangerous: Moded,
    reach: Reach,
    tier: Tier,
    /// Where what nobody has approved of stands in `granted`.
    unapproved: Vec<usize>,
    index: Index,
    watched: Watched,
}

impl Effective {
    /// Nothing, within `budget`.
    pub(crate) fn nothing(budget: Budget) -> Self {
        Self::of(&[], Reach::default(), budget)
    }

    /// Weighs `rules` for one caller and one tool.
    ///
    /// This is the one place where rules are weighed.
    pub(crate) fn weigh<'r>(
        rules: impl IntoIterator<Item = &'r Rule>,
        caller: &Caller,
        subject: &Subject<'_>,
        budget: &Budget,
    ) -> Self {
        let rules = rules.into_iter();
        let holding: Vec<_> = rules
            .filter(|rule| rule.scope.covers(caller, subject))
            .collect();
        Self::of(&holding, subject.reach.clone(), budget.clone())
    }

    fn of(rules: &[&Rule], reach: Reach, mut budget: Budget) -> Self {
        let denied: Vec<_> = rules
            .iter()
            .filter_map(|rule| match &rule.effect {
                Effect::Deny(capability) => Some(Denied {
                    capability: capability.clone(),
                    origin: rule.origin.clone(),
                }),
                _ => None,
            })
            .collect();
        let (mut granted, mut idle, mut limits) = (Vec::new(), Vec::new(), Vec::new());
        let mut ranges = Vec::new();
        for rule in rules {
            let Effect::Allow(grant) = &rule.effect else {
                continue;
            };
            let here = |grant| Granted {
                grant,
                origin: rule.origin.clone(),
            };
            if let Grant::Budget(limit) = grant {
                limit.lower(&mut budget);
                limits.push((*limit, rule.origin.clone()));
                continue;
            }
            if grant.range().is_some() {
                ranges.push(here(grant.clone()));
            }
            let narrowed = reach.narrow(grant);
            if narrowed.is_empty() {
                idle.push(here(grant.clone()));
            }
            let left = denied.iter().fold(narrowed, |left, denied| {
                let rest = |grant| subtract(&grant, &denied.capability);
                left.into_iter().flat_map(rest).collect()
            });
            granted.extend(left.into_iter().map(here));
        }
        let unapproved = granted.iter().enumerate().filter(|(_, one)| {
            Tier::of(&one.grant) == Tier::Dangerous && one.origin != Origin::CommandLine
        });
        Self {
            tier: granted
                .iter()
                .map(|one| Tier::of(&one.grant))
                .max()
                .unwrap_or_default(),
            unapproved: unapproved.map(|(place, _)| place).collect(),
            call: mode(rules, Mode::Allow, |effect| match effect {
                Effect::Call(mode) => Some(*mode),
                _ => None,
            }),
            dangerous: mode(rules, Mode::Deny, |effect| match effect {
                Effect::Dangerous(mode) => Some(*mode),
                _ => None,
            }),
            watched: Watched::default(),
            index: Index::new(&granted, &denied, &ranges),
            ranges,
            grants: granted.iter().map(|one| one.grant.clone()).collect(),
            granted,
            denied,
            idle,
            limits,
            budget,
            reach,
        }
    }

    pub(crate) fn watched(mut self, watched: Watched) -> Self {
        self.watched = watched;
        self
    }

    /// Whether somebody hears of each question. A host that hands out a handle is not asked again.
    pub fn is_watched(&self) -> bool {
        self.watched.is_watched()
    }

    /// Tells whoever listens that the tool wanted something which is not asked of a policy.
    pub fn saw(&self, access: impl FnOnce() -> Access) {
        self.watched.tell(access);
    }

    /// What is granted, without where.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// What is granted, in the order in which it was written.
    ///
    /// What a denial takes whole is not in it. What a denial takes a part of is, and is decided at
    /// each effect.
    pub fn granted(&self) -> &[Granted] {
        &self.granted
    }

    /// What is denied, in the order in which it was written.
    pub fn denied(&self) -> &[Denied] {
        &self.denied
    }

    /// What rules grant and the tool has no use for: it does not ask for it.
    pub fn idle(&self) -> &[Granted] {
        &self.idle
    }

    /// Ranges of addresses that names which are granted may lead into, asked for or not.
    pub(crate) fn ranges(&self) -> &[Granted] {
        &self.ranges
    }

    /// What the tool could make use of.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// How much a call may use.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The limits that rules set, with where.
    pub fn limits(&self) -> &[(Limit, Origin)] {
        &self.limits
    }

    /// Whether the tool can be called at all.
    pub fn call(&self) -> &Moded {
        &self.call
    }

    /// What happens to a call when the tool is dangerous.
    pub fn dangerous(&self) -> &Moded {
        &self.dangerous
    }

    /// How dangerous the tool is.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// What clients are told about the tool.
    pub fn annotations(&self) -> Annotations {
        Annotations::of(&self.grants)
    }

    /// What makes the tool dangerous and nobody has approved of yet. What the person who started the
    /// process granted on the command line is approved.
    pub fn unapproved(&self) -> impl Iterator<Item = &Granted> {
        let places = self.unapproved.iter();
        places.filter_map(|place| self.granted.get(*place))
    }
}

/// The mode that the narrowest scope says.
fn mode(rules: &[&Rule], otherwise: Mode, of: fn(&Effect) -> Option<Mode>) -> Moded {
    let said = rules
        .iter()
        .filter_map(|rule| Some((rule.scope.rank(), of(&rule.effect)?, &rule.origin)));
    // Of two that are as narrow, the stricter one holds.
    match said.max_by_key(|(rank, mode, _)| (*rank, Reverse(*mode))) {
        Some((_, mode, origin)) => Moded {
            mode,
            origin: origin.clone(),
        },
        None => Moded {
            mode: otherwise,
            origin: Origin::Baseline,
        },
    }
}
