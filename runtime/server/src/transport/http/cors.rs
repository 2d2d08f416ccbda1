//! Pages in a browser, and what they may read of an answer (CORS).
//!
//! Owns the fields that a browser asks for and obeys. Refuses to know which origins are allowed: the
//! guard has let the request through, and there is one list.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

/// What a page may send.
const METHODS: HeaderValue = HeaderValue::from_static("POST, GET, DELETE");

/// Fields that a page may set. No cookies: whoever has a credential sends it in `Authorization`.
const FIELDS: &str = "accept, authorization, content-type, last-event-id, mcp-method, mcp-name, \
                      mcp-protocol-version, mcp-session-id, traceparent, x-correlation-id";

/// Further fields that a page may set begin so: a tool's schema names the rest.
const PARAM_PREFIX: &str = "mcp-param-";

/// Such fields in one answer. Bounds what a preflight makes the server write back.
const PARAMS_MAX: usize = 64;

/// Fields of an answer that a page may read. Its type and its length it may read anyway.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("mcp-session-id, retry-after, www-authenticate, x-correlation-id");

/// Seconds for which a browser need not ask again. None of it depends on anything that changes while
/// the server runs.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The page that a request comes from, by its origin.
#[derive(Debug)]
pub(super) struct Page(HeaderValue);

impl Page {
    /// The page behind a request that the guard let through. Nothing when it is no page.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(ORIGIN).cloned().map(Self)
    }

    /// The answer to a browser that asks what the page may send. Nothing when it does not ask.
    pub(super) fn preflight(head: &Parts) -> Option<Response> {
        if head.method != Method::OPTIONS
            || !head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, fields(&head.headers));
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        let varies = HeaderValue::from_static("access-control-request-headers");
        headers.insert(VARY, varies);
        Some(response)
    }

    /// Lets the page read an answer, be it a refusal: it could not say otherwise what is wrong.
    pub(super) fn may_read(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.0);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        headers.append(VARY, HeaderValue::from_static("origin"));
        response
    }
}

/// The fields that a page may set: those of the protocol, and those of parameters that it asks for.
fn fields(headers: &HeaderMap) -> HeaderValue {
    let asked = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let params = asked
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .filter(|name| name.as_str().starts_with(PARAM_PREFIX))
        .take(PARAMS_MAX);
    let mut fields = FIELDS.to_owned();
    for param in params {
        fields.push_str(", ");
        fields.push_str(param.as_str());
    }
    HeaderValue::from_str(&fields).unwrap_or(HeaderValue::from_static(FIELDS))
}
