//! What went wrong with a request.

use std::io;

use thiserror::Error;

use crate::address::Class;
use crate::destination::InvalidDestination;
use crate::rules::Denied;

/// A request that was not sent, or not answered. The text is for the log and the operator: it may
/// say what a guest must not learn, such as where a name leads.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EgressError {
    /// One address of the host may not be reached, so none is.
    #[error("`{host}` leads to {class}, which is not granted{advice}")]
    Address {
        /// The host as it was asked for.
        host: String,
        /// What kind of address it is.
        class: Class,
        /// What to grant, as whoever decided says it; nothing, or it begins with what parts it from the
        /// rest of the sentence.
        advice: String,
    },
    /// The body that was to be sent broke off.
    #[error("the body of the request could not be read")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No address of the host could be connected to.
    #[error("failed to connect to `{0}`")]
    Connect(String, #[source] io::Error),
    /// Not granted.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// More than one caller may have, at once or in all.
    #[error("too many {0}")]
    Exhausted(&'static str),
    /// What was to be sent is not one plain request.
    #[error("the request is malformed: {0}")]
    Malformed(#[from] Malformed),
    /// What came back is not a plain response.
    #[error("the response of `{0}` is malformed")]
    Protocol(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// A redirect that cannot be followed.
    #[error("the redirect to `{0}` cannot be followed")]
    Redirect(String),
    /// The name has no address, or too many.
    #[error("failed to look up `{0}`")]
    Resolve(String, #[source] io::Error),
    /// It took too long.
    #[error("`{0}` took too long to {1}")]
    Timeout(String, Stage),
    /// The TLS handshake failed: no TLS, or no certificate for this host that is trusted.
    #[error("failed to secure the connection to `{0}`")]
    Tls(String, #[source] io::Error),
    /// More bytes than may be.
    #[error("the {0} is too large")]
    TooLarge(Part),
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Stage {
    /// To be found, connected and secured.
    #[error("connect")]
    Connect,
    /// To begin an answer.
    #[error("answer")]
    FirstByte,
    /// To go on with one.
    #[error("go on")]
    BetweenBytes,
    /// All of it.
    #[error("finish")]
    Total,
}

/// What is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Part {
    /// The header fields of a request.
    #[error("head of the request")]
    RequestHead,
    /// The body of a request.
    #[error("body of the request")]
    RequestBody,
    /// The header fields of a response.
    #[error("head of the response")]
    ResponseHead,
    /// The body of a response.
    #[error("body of the response")]
    ResponseBody,
}

/// Why something is not one plain request. All of these would mean one thing here and another to
/// somebody on the way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The lengths that were said and that were sent differ.
    #[error("the body is not as long as `content-length` says")]
    ContentLength,
    /// No destination can be read.
    #[error(transparent)]
    Destination(#[from] InvalidDestination),
    /// A header that belongs to the connection.
    #[error("the header `{0}` is not the caller's to set")]
    Header(String),
    /// `CONNECT` and `TRACE`, which make a host speak for the caller.
    #[error("the method `{0}` is not offered")]
    Method(String),
    /// Not a path, or one that leaves itself by `..`.
    #[error("expected a path that begins with a slash and has no `.` or `..`, not `{0}`")]
    Path(String),
    /// Header fields after the body.
    #[error("trailers are not sent")]
    Trailers,
}

impl EgressError {
    /// Whether leave was missing, rather than that something failed.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Address { .. } | Self::Denied(_))
    }
}
