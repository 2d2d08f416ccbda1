//! What went wrong, in words that say what to change.

use thiserror::Error;

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// It is not text.
    #[error("`{url}` is {content_type}, not text: use `head` to learn its size")]
    Binary {
        /// Where it is.
        url: String,
        /// What it is.
        content_type: String,
    },
    /// The operator has not granted it, or the name leads where nobody may go.
    #[error("`{origin}` may not be reached: ask the operator for net={method}{origin}")]
    Denied {
        /// The method and a space, where it changes something.
        method: String,
        /// Scheme and host.
        origin: String,
    },
    /// The host did not answer as it should.
    #[error("`{origin}` {what}")]
    Failed {
        /// Scheme and host.
        origin: String,
        /// What it did instead.
        what: String,
    },
    /// A header that a request cannot have.
    #[error("the header `{0}` cannot be set: leave it out")]
    Header(String),
    /// What it carried may not go there.
    #[error("nothing was sent to `{origin}`: {why}")]
    NotSent {
        /// Scheme and host.
        origin: String,
        /// Why, as the host of this call says it.
        why: String,
    },
    /// Too many redirects.
    #[error("the page leads from one address to the next without end; the last one is `{0}`")]
    Redirects(String),
    /// Not a web address.
    #[error("expected an address such as `https://example.com/page`, not `{0}`")]
    Url(String),
}
