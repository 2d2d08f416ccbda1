//! A call that policy does not allow.
//!
//! Owns the words for whoever called: why not, and what an operator can write to allow it.

use thiserror::Error;

use crate::approval::ApprovalNeeded;
use crate::effective::Effective;
use crate::rule::Origin;
use crate::subject::Subject;

/// Capabilities that a denial names. Bounds the answer to a caller of a tool with thousands.
pub(crate) const NAMED_MAX: usize = 5;

/// A call that policy does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Denial {
    /// A person has to be asked, and nobody was.
    #[error("{0}")]
    ApprovalNeeded(Box<ApprovalNeeded>),
    /// A rule says that the tool is not to be called.
    #[error(
        "this tool is not to be called here ({0}); no grant changes that: `call` there would have to say \
         something else"
    )]
    Call(Origin),
    /// The tool could do harm with what it is granted, and nobody has approved of that.
    #[error(
        "`{tool}` is dangerous with {capabilities}; set `dangerous = \"ask\"` or `\"allow\"` for it in \
         the policy file, or grant it on the command line"
    )]
    Dangerous {
        /// The tool.
        tool: String,
        /// What makes it dangerous.
        capabilities: String,
    },
    /// No rule speaks of this caller, and what no rule allows is denied.
    #[error("caller `{0}` is not known to this policy")]
    UnknownCaller(String),
}

impl Denial {
    pub(crate) fn dangerous(subject: &Subject<'_>, effective: &Effective) -> Self {
        Self::Dangerous {
            tool: format!("{}_{}", subject.component, subject.function),
            capabilities: named(effective),
        }
    }
}

/// What makes a tool dangerous, as its caller may read it: without the host's side.
pub(crate) fn named(effective: &Effective) -> String {
    let mut capabilities = effective.unapproved().filter_map(|granted| {
        let capability = crate::grant::Capability::of(&granted.grant)?;
        Some(format!("`{capability}`"))
    });
    let mut words: Vec<_> = capabilities.by_ref().take(NAMED_MAX).collect();
    let more = capabilities.count();
    if more > 0 {
        words.push(format!("{more} more"));
    }
    words.join(", ")
}
