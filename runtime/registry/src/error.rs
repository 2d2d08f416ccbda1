//! Why something was not fetched.

use ringfence_egress::{EgressError, InvalidDestination};
use ringfence_tool::Digest;
use thiserror::Error;

/// Why something was not fetched. Nothing of what a peer says is in it but statuses and media types.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The registry wants to know who asks in a way that is not understood.
    #[error("`{registry}` wants to know who asks, and {reason}")]
    Challenge {
        /// Who.
        registry: String,
        /// What about it.
        reason: String,
    },
    /// There should be a credential, and it cannot be had.
    #[error("no credential for `{registry}`: {reason}")]
    Credential {
        /// For whom.
        registry: String,
        /// Why.
        reason: String,
    },
    /// The host is none.
    #[error(transparent)]
    Destination(#[from] InvalidDestination),
    /// What came is not what was asked for.
    #[error(
        "the {what} of `{from}` is {found}, not {wanted}: it was changed on the way or at its source"
    )]
    Digest {
        /// Which part.
        what: &'static str,
        /// Of what.
        from: String,
        /// What was asked for.
        wanted: Digest,
        /// What came.
        found: Digest,
    },
    /// It could not be asked for, or is not answered in time and size.
    #[error("failed to fetch the {what} of `{from}`")]
    Egress {
        /// Which part.
        what: &'static str,
        /// Of what.
        from: String,
        /// Why.
        #[source]
        source: EgressError,
    },
    /// What came is not as long as was said.
    #[error("the {what} of `{from}` was said to have {said} bytes, and has {found}")]
    Length {
        /// Which part.
        what: &'static str,
        /// Of what.
        from: String,
        /// How many there should be.
        said: u64,
        /// How many there are, at least.
        found: u64,
    },
    /// The manifest names nothing that can be used.
    #[error("the manifest of `{from}` is of no use: {reason}")]
    Manifest {
        /// Of what.
        from: String,
        /// Why.
        reason: String,
    },
    /// What came is of another kind.
    #[error("the {what} of `{from}` came as `{found}`, which is not accepted")]
    MediaType {
        /// Which part.
        what: &'static str,
        /// Of what.
        from: String,
        /// As what it came.
        found: String,
    },
    /// There is no such thing.
    #[error("there is no `{0}`")]
    Missing(String),
    /// Whoever asks may not have it.
    #[error("`{0}` is not there, or not for whoever asks: log in, as with `docker login`")]
    Refused(String),
    /// The host says something else.
    #[error("the {what} of `{from}` was answered with status {status}")]
    Status {
        /// Which part.
        what: &'static str,
        /// Of what.
        from: String,
        /// With what.
        status: u16,
    },
    /// It is larger than it may be.
    #[error("the {what} of `{from}` has {found} bytes, more than the {max} that it may have")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Of what.
        from: String,
        /// How many there are, at least.
        found: u64,
        /// How many there may be.
        max: u64,
    },
    /// What came cannot be kept.
    #[error("failed to keep what came")]
    Write(#[source] std::io::Error),
}

impl FetchError {
    /// Whether the address may not be reached, rather than that something failed.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Egress { source, .. } if source.is_denied())
    }
}
