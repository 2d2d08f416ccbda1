//! Why something may not be done.
//!
//! Owns the words: what was wanted, why not, and what to grant. Refuses to say what the host has.

use thiserror::Error;

use crate::grant::{Grant, SecretName, shown};
use crate::rule::Origin;

/// Bytes of a grant that a refusal proposes. Bounds what a tool can have the host say by asking for
/// long names.
const GRANT_BYTES_MAX: usize = 512;

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// A rule denies it.
    Denied(Origin),
    /// Rules are about a part of what it would take along.
    Divided,
    /// No rule allows it.
    NotGranted,
    /// What it would take is another secret's already: which one's.
    Taken(SecretName),
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
    grants: Vec<String>,
    base: Option<String>,
    reason: RefusalReason,
}

impl Refusal {
    /// What only these grants together would allow. One that the grammar cannot say is none, and then
    /// nothing is proposed.
    pub(super) fn new(
        wanted: impl AsRef<str>,
        grants: impl IntoIterator<Item = String>,
        reason: RefusalReason,
    ) -> Self {
        let mut proposed = Vec::new();
        for grant in grants {
            let is_one = grant.len() <= GRANT_BYTES_MAX
                && grant.bytes().all(|byte| (b' '..=b'~').contains(&byte))
                && !grant.contains('`')
                && filled(&grant).parse::<Grant>().is_ok();
            if !is_one {
                proposed.clear();
                break;
            }
            if !proposed.contains(&grant) {
                proposed.push(grant);
            }
        }
        Self {
            wanted: shown(wanted.as_ref()),
            grants: proposed,
            base: None,
            reason,
        }
    }

    /// The same, where HOST stands for the directory that the tool sees as `base`.
    pub(super) fn below(mut self, base: &str) -> Self {
        self.base = Some(shown(base));
        self
    }

    /// The same, where `other` stands in the way as well.
    pub(super) fn and(mut self, other: Self) -> Self {
        if self.reason != RefusalReason::NotGranted {
            return self;
        }
        if other.reason != RefusalReason::NotGranted {
            return other;
        }
        if self.grants.is_empty() || other.grants.is_empty() {
            self.grants.clear();
            return self;
        }
        for grant in other.grants {
            // Who may read a place may list it.
            let wider = grant
                .strip_prefix("fs.list=")
                .map(|at| format!("fs.read={at}"));
            let is_said = |said: &String| *said == grant || Some(said) == wider.as_ref();
            if !self.grants.iter().any(is_said) {
                self.grants.push(grant);
            }
        }
        // Each of them is in a directory of its own.
        if self.base != other.base {
            self.base = None;
        }
        self
    }

    /// What was wanted, such as `read /data/a.txt`.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }

    /// The grants that together would allow it and as little else as grants can say, with what only the
    /// operator can say in capitals: `HOST`, `PORT`, `RANGE`. None where no grant can say it.
    pub fn grants(&self) -> &[String] {
        &self.grants
    }

    /// Why not.
    pub fn reason(&self) -> &RefusalReason {
        &self.reason
    }

    fn why(&self) -> String {
        match &self.reason {
            RefusalReason::Denied(origin) => format!("by {origin}"),
            RefusalReason::Divided => {
                "rules are about a part of it; move what is in it piece by piece".to_owned()
            }
            RefusalReason::NotGranted => match &*self.grants {
                [] => "no grant, and none can say it; grant what it is in".to_owned(),
                [grant] => match &self.base {
                    Some(base) => format!(
                        "no grant; grant it with `{grant}`, where HOST is what the tool sees as `{base}`"
                    ),
                    None => format!("no grant; grant it with `{grant}`"),
                },
                grants => format!("no grant; grant it with all of `{}`", grants.join("`, `")),
            },
            RefusalReason::Taken(other) => format!(
                "`{other}` is bound to that header there, and a header has one secret; send it in another one"
            ),
            RefusalReason::NotRequested => "the tool's manifest does not ask for it".to_owned(),
            RefusalReason::Unclear => {
                "it could mean something else; write it plainly, without `..` or encoding"
                    .to_owned()
            }
        }
    }
}

/// A proposed grant as somebody may fill it in.
fn filled(grant: &str) -> String {
    grant
        .replace("[RANGE]", "[10.0.0.0/8]")
        .replace(":RANGE:", ":10.0.0.0/8:")
        .replacen(":PORT", ":1", 1)
}
