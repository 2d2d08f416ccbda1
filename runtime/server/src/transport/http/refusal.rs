//! A request that the edge refuses, and what its sender is told.
//!
//! Owns the one place where a refusal becomes a status and a body. Refuses to know MCP: at this
//! point nobody has read a message, so there is no id to answer to.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use thiserror::Error;

/// Seconds after which a request that found no room may be sent again.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Why a request did not get past the edge. Its text is for the sender.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// All bodies together are as large as they may be.
    #[error("the server holds as many request bodies as it may; send the request again later")]
    BodiesFull,
    /// The body broke off, or its chunks are malformed.
    #[error("the request's body ended early or is malformed")]
    BodyBroken,
    /// The body is compressed, or says so.
    #[error("the request's body must not be encoded: leave out `content-encoding`")]
    BodyEncoded,
    /// The body is too large, or says that it will be.
    #[error("the request's body is over the limit of {bytes_max} bytes")]
    BodyTooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The body took too long.
    #[error("the request's body did not arrive in time")]
    BodyTooSlow,
    /// A header that must be there is not.
    #[error("the request has no `{0}` header")]
    HeaderMissing(&'static str),
    /// A header that means one thing is there more than once.
    #[error("the request has more than one `{0}` header")]
    HeaderRepeated(&'static str),
    /// The server is not known by this name.
    #[error("host `{0}` is not allowed; add it to the server's allowed hosts if it is yours")]
    HostNotAllowed(String),
    /// A page from there may not call this server.
    #[error(
        "origin `{0}` is not allowed; add its host to the server's allowed hosts if it is yours"
    )]
    OriginNotAllowed(String),
    /// This principal has too many requests in flight.
    #[error("too many requests in flight for this principal; send the request again later")]
    PrincipalBusy,
    /// The server has too many requests in flight.
    #[error("too many requests in flight; send the request again later")]
    ServerBusy,
    /// The request's target names another server, or none.
    #[error("the request's target must be a path: this server is no proxy")]
    TargetNotAPath,
    /// The body's framing is one that two readers may take for two.
    #[error("the `transfer-encoding` of a request must be `chunked`, once, or not there")]
    TransferEncoding,
    /// The credential is missing or not valid.
    #[error("unauthenticated: {0}")]
    Unauthenticated(String),
}

impl Refusal {
    /// One word for programs and the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::BodiesFull => "bodies-full",
            Self::BodyBroken => "body-broken",
            Self::BodyEncoded => "body-encoded",
            Self::BodyTooLarge { .. } => "body-too-large",
            Self::BodyTooSlow => "body-too-slow",
            Self::HeaderMissing(_) => "header-missing",
            Self::HeaderRepeated(_) => "header-repeated",
            Self::HostNotAllowed(_) => "host-not-allowed",
            Self::OriginNotAllowed(_) => "origin-not-allowed",
            Self::PrincipalBusy => "principal-busy",
            Self::ServerBusy => "server-busy",
            Self::TargetNotAPath => "target-not-a-path",
            Self::TransferEncoding => "transfer-encoding",
            Self::Unauthenticated(_) => "unauthenticated",
        }
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BodyBroken
            | Self::HeaderMissing(_)
            | Self::HeaderRepeated(_)
            | Self::TargetNotAPath
            | Self::TransferEncoding => StatusCode::BAD_REQUEST,
            Self::BodyEncoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::HostNotAllowed(_) | Self::OriginNotAllowed(_) => StatusCode::FORBIDDEN,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::PrincipalBusy => StatusCode::TOO_MANY_REQUESTS,
            Self::BodiesFull | Self::ServerBusy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Seconds after which the same request may find room, where waiting helps.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::BodiesFull | Self::PrincipalBusy | Self::ServerBusy => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::debug!(refusal = self.word(), "{self}");
        let body = json!({ "error": self.word(), "message": self.to_string() });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
