//! Why a component is not taken.
//!
//! Owns the words, one kind for each thing that can be wrong: whoever reads them has to know whether to look
//! for a signature, for a key or for an attacker.

use ringfence_tool::Digest;
use thiserror::Error;

/// Why a component is not taken. Each says which rule wants what.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It says that it is by a key that the rule names, and is not over what came with it.
    #[error("what {by} signed was changed since, or the signature was: {rule} takes neither")]
    Changed {
        /// Whose signature it says it is.
        by: String,
        /// Which rule.
        rule: String,
    },
    /// The signature cannot be read.
    #[error("it is signed in a way that cannot be read: {reason}; {rule} needs one that can")]
    Malformed {
        /// What is wrong.
        reason: String,
        /// Which rule.
        rule: String,
    },
    /// Nobody signed it.
    #[error("it is not signed, and {rule} needs a signature by {wanted}")]
    Missing {
        /// Which rule.
        rule: String,
        /// By whom.
        wanted: String,
    },
    /// No rule is for its source.
    #[error("`{file}` has no rule for `{place}`, and takes nothing that it has no rule for")]
    NoRule {
        /// Which file.
        file: String,
        /// Where the component is from.
        place: String,
    },
    /// It is a signature of another artifact.
    #[error(
        "the signature by {by} is of {found}, and this is {wanted}: it was made for something else, and {rule} \
         needs one that was made for this"
    )]
    OtherArtifact {
        /// Whose.
        by: String,
        /// Which rule.
        rule: String,
        /// Of what it is.
        found: Digest,
        /// Of what it should be.
        wanted: Digest,
    },
    /// The manifest that was signed is not that of the component.
    #[error("what was signed is not a manifest of this component: {reason}; {rule} needs that")]
    OtherComponent {
        /// What is wrong.
        reason: String,
        /// Which rule.
        rule: String,
    },
    /// Somebody else signed it.
    #[error("it is signed, and not by {wanted}, which {rule} needs")]
    WrongKey {
        /// Which rule.
        rule: String,
        /// By whom it should be.
        wanted: String,
    },
}

impl Refusal {
    /// How near it came. Of several signatures the nearest one is told of.
    pub(crate) fn nearness(&self) -> u8 {
        match self {
            Self::Missing { .. } | Self::NoRule { .. } => 0,
            Self::Malformed { .. } => 1,
            Self::WrongKey { .. } => 2,
            Self::Changed { .. } => 3,
            Self::OtherArtifact { .. } => 4,
            Self::OtherComponent { .. } => 5,
        }
    }
}
