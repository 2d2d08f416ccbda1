//! What is allowed and probably should not be.
//!
//! Owns the lints of `ringfence check`: each with its line and what to write instead. Refuses to
//! change what a policy means: a policy with lints holds as it is written.

mod broad;
mod combination;
mod idle;

use std::fmt;

use ringfence_tool::{ComponentName, Digest};

use crate::reach::Reach;
use crate::rule::{Origin, Rule};

/// What is probably wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LintKind {
    /// It gives away more than a tool needs.
    Broad,
    /// Together with others it lets a tool set send private data to whoever writes to it.
    Combination,
    /// A denial takes all of it.
    Denied,
    /// No tool asks for it.
    Idle,
    /// It goes in clear, or gives a value away that a host could keep.
    Leak,
    /// It is about a tool that is not here.
    UnknownTool,
}

impl LintKind {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Broad => "broad",
            Self::Combination => "combination",
            Self::Denied => "denied",
            Self::Idle => "idle",
            Self::Leak => "leak",
            Self::UnknownTool => "unknown-tool",
        }
    }
}

/// Something that is probably wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Where.
    pub origin: Origin,
    /// What kind of thing.
    pub kind: LintKind,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub advice: String,
    /// Whether it is only to be known: what could follow from it a person is asked about each time.
    pub note: bool,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, kind) = (&self.origin, self.kind.word());
        let note = if self.note { "note: " } else { "" };
        write!(
            f,
            "{origin}: {note}{kind}: {}; {}",
            self.message, self.advice
        )
    }
}

/// A tool that is there, as far as a policy is concerned.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// The component's name.
    pub component: &'a ComponentName,
    /// The component's bytes.
    pub digest: &'a Digest,
    /// What it could make use of.
    pub reach: Reach,
}

/// What is probably wrong with `rules`, in the order in which it was written. With no tools only what
/// can be said without them is.
pub fn check(rules: &[Rule], tools: &[Known<'_>]) -> Vec<Lint> {
    let mut lints: Vec<_> = rules.iter().flat_map(broad::lints).collect();
    lints.extend(combination::lints(rules));
    lints.extend(idle::lints(rules, tools));
    lints.sort_by(|one, other| {
        let key = |lint: &Lint| (lint.origin.clone(), lint.kind);
        key(one).cmp(&key(other))
    });
    lints
}

fn lint(rule: &Rule, kind: LintKind, message: String, advice: impl Into<String>) -> Lint {
    Lint {
        origin: rule.origin.clone(),
        kind,
        message,
        advice: advice.into(),
        note: false,
    }
}
