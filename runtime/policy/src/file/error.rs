//! Why text is not a policy.
//!
//! Owns what is said about it: the line, what is wrong there, and what to write instead.

use std::sync::Arc;

use thiserror::Error;

use crate::conflict::Conflict;
use crate::grant::InvalidGrant;

/// Why text is not a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}:{line}: {problem}")]
pub struct PolicyFileError {
    pub(super) name: Arc<str>,
    pub(super) line: usize,
    pub(super) problem: PolicyFileProblem,
}

impl PolicyFileError {
    /// On which line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong.
    pub fn problem(&self) -> &PolicyFileProblem {
        &self.problem
    }
}

/// Why text is not a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyFileProblem {
    /// A lower scope allows itself more than the installation does.
    #[error(
        "`{limit}` is more than the `{installation}` of line {line}: a lower scope can only lower"
    )]
    Budget {
        /// What the lower scope says.
        limit: String,
        /// What the installation says.
        installation: String,
        /// Where.
        line: usize,
    },
    /// Two lines contradict each other.
    #[error(transparent)]
    Conflict(Conflict),
    /// The same table allows and denies one thing.
    #[error("`{text}` is allowed on line {line} and denied here: keep one of them")]
    Contradiction {
        /// What.
        text: String,
        /// Where it is allowed.
        line: usize,
    },
    /// A line is there twice.
    #[error("`{text}` is also on line {line}: keep one of them")]
    Duplicate {
        /// What.
        text: String,
        /// Where it was first.
        line: usize,
    },
    /// A grant, a denial or a limit cannot be read.
    #[error(transparent)]
    Grant(#[from] InvalidGrant),
    /// The file does not end as it should.
    #[error("the file must end with a line `[end]`: is the rest of it missing?")]
    NoEnd,
    /// A host path is relative: to what, a file cannot say.
    #[error("`{0}` is relative: write an absolute host path in a policy file")]
    RelativePath(String),
    /// The digest at its end is of another text.
    #[error("the seal does not fit the text: somebody changed it since; look, and seal it again")]
    Seal,
    /// It is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// It is too long.
    #[error("a policy file has at most {} bytes", super::POLICY_BYTES_MAX)]
    TooLong,
    /// A value is not what it has to be.
    #[error("`{key}` must be {expected}")]
    Type {
        /// Which.
        key: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// There is no such key.
    #[error("unknown key `{key}`{}", hint(.nearest.as_deref(), .known))]
    UnknownKey {
        /// What was written.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// What there is.
        known: &'static [&'static str],
    },
    /// The file is of a version that this one does not know.
    #[error("`version` must be 1, the only one there is")]
    Version,
}

fn hint(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => format!(": expected one of `{}`", known.join("`, `")),
    }
}
