//! Whether a request is meant for this server, and by somebody who may.
//!
//! Owns the checks of a head that every route has in common: `Host`, `Origin`, the target, how the body
//! is framed, and fields that must not be there twice. Refuses to know routes and credentials.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, HOST, HeaderMap, ORIGIN, TRANSFER_ENCODING};
use http::{HeaderValue, Method, Uri};

use super::host::AllowedHosts;
use super::refusal::Refusal;
use crate::denials::Denials;
use crate::echo::echo;

/// Fields that mean one thing. Where one is there twice, whoever checked the first and whoever
/// obeys the second may be two programs, so neither is believed.
const SINGLE: [&str; 11] = [
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "origin",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
];

/// The checks of a head that every route has in common. `Host` and `Origin` are held against the
/// list independently: that one is fine says nothing of the other.
///
/// # Errors
///
/// With the first check that fails.
pub(crate) fn check(
    hosts: &AllowedHosts,
    target: &Uri,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    check_single(headers)?;
    check_target(target)?;
    check_framing(headers)?;
    check_host(hosts, headers)?;
    check_origin(hosts, headers)
}

fn check_single(headers: &HeaderMap) -> Result<(), Refusal> {
    // Most requests repeat nothing, and then there are as many values as names.
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    match SINGLE
        .into_iter()
        .find(|name| headers.get_all(*name).iter().nth(1).is_some())
    {
        Some(name) => Err(Refusal::HeaderRepeated(name)),
        None => Ok(()),
    }
}

/// A target with an authority is for a proxy, and would be a second opinion on the host.
fn check_target(target: &Uri) -> Result<(), Refusal> {
    let is_path =
        target.scheme().is_none() && target.authority().is_none() && target.path().starts_with('/');
    if is_path {
        Ok(())
    } else {
        Err(Refusal::TargetNotAPath)
    }
}

/// Nobody decodes bodies here, so one that says it is encoded would be read as something else than what
/// whoever looked at it on the way has read. The same for chunks inside of another coding.
fn check_framing(headers: &HeaderMap) -> Result<(), Refusal> {
    let is =
        |value: &HeaderValue, word: &str| value.as_bytes().eq_ignore_ascii_case(word.as_bytes());
    match headers.get(TRANSFER_ENCODING) {
        Some(coding) if !is(coding, "chunked") => return Err(Refusal::TransferEncoding),
        _ => {}
    }
    match headers.get(CONTENT_ENCODING) {
        Some(coding) if !is(coding, "identity") => Err(Refusal::BodyEncoded),
        _ => Ok(()),
    }
}

fn check_host(hosts: &AllowedHosts, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(HOST).ok_or(Refusal::HeaderMissing("host"))?;
    if hosts.allows_host(host.as_bytes()) {
        Ok(())
    } else {
        Err(Refusal::HostNotAllowed(shown(host)))
    }
}

fn check_origin(hosts: &AllowedHosts, headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(ORIGIN) {
        Some(origin) if !hosts.allows_origin(origin.as_bytes()) => {
            Err(Refusal::OriginNotAllowed(shown(origin)))
        }
        _ => Ok(()),
    }
}

fn shown(value: &HeaderValue) -> String {
    echo(&String::from_utf8_lossy(value.as_bytes()))
}

/// The names of a listener that has no callers, and where it is written down who is refused.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) hosts: Arc<AllowedHosts>,
    pub(crate) denials: Arc<Denials>,
}

/// The checks alone, for routers that have no callers: the admin listener.
pub(crate) async fn guarded(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let checked = check(&guard.hosts, request.uri(), request.headers());
    match noted(checked, &guard.denials, request.method(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// What was checked, written down when somebody was denied: who asked in another's name, or so that two readers
/// may take it for another's. Who only writes bad HTTP was not.
pub(super) fn noted(
    checked: Result<(), Refusal>,
    denials: &Denials,
    method: &Method,
    target: &Uri,
) -> Result<(), Refusal> {
    if let Err(
        refusal @ (Refusal::HeaderRepeated(_)
        | Refusal::HostNotAllowed(_)
        | Refusal::OriginNotAllowed(_)
        | Refusal::TargetNotAPath),
    ) = &checked
    {
        denials.refused(method, target, &refusal.to_string());
    }
    checked
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn checked(target: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        check(&AllowedHosts::loopback(), &target.parse().unwrap(), &map)
    }

    #[test]
    fn host_and_origin_are_checked_independently() {
        let evil = "evil.com";
        let host = ("host", "localhost:3000");
        let origin = ("origin", "http://localhost:6274");
        assert_eq!(checked("/mcp", &[host]), Ok(()));
        assert_eq!(checked("/mcp", &[host, origin]), Ok(()));
        assert_eq!(
            checked("/mcp", &[("host", evil), origin]),
            Err(Refusal::HostNotAllowed(evil.to_owned()))
        );
        assert_eq!(
            checked("/mcp", &[host, ("origin", "http://evil.com")]),
            Err(Refusal::OriginNotAllowed("http://evil.com".to_owned()))
        );
        assert_eq!(
            checked("/mcp", &[host, ("origin", "null")]),
            Err(Refusal::OriginNotAllowed("null".to_owned()))
        );
        assert_eq!(
            checked("/mcp", &[origin]),
            Err(Refusal::HeaderMissing("host"))
        );
    }

    #[test]
    fn a_field_that_means_one_thing_is_there_once() {
        for name in SINGLE {
            let result = checked(
                "/",
                &[("host", "localhost"), (name, "localhost"), (name, "x")],
            );
            assert_eq!(result, Err(Refusal::HeaderRepeated(name)));
            // Equal values as well: two readers may still differ on whether that is allowed.
            let result = checked(
                "/",
                &[
                    ("host", "localhost"),
                    (name, "localhost"),
                    (name, "localhost"),
                ],
            );
            assert_eq!(result, Err(Refusal::HeaderRepeated(name)));
        }
        let accept = [("host", "localhost"), ("accept", "a/b"), ("accept", "c/d")];
        assert_eq!(checked("/", &accept), Ok(()));
    }

    #[test]
    fn a_body_is_framed_in_one_way_and_as_it_is() {
        let with = |name, value| checked("/mcp", &[("host", "localhost"), (name, value)]);
        for value in ["chunked", "Chunked"] {
            assert_eq!(with("transfer-encoding", value), Ok(()));
        }
        for value in [
            "gzip, chunked",
            "chunked, chunked",
            "identity",
            "",
            "xchunked",
        ] {
            let refused = with("transfer-encoding", value);
            assert_eq!(refused, Err(Refusal::TransferEncoding), "{value}");
        }
        assert_eq!(with("content-encoding", "identity"), Ok(()));
        for value in ["gzip", "br", "identity, gzip", ""] {
            let refused = with("content-encoding", value);
            assert_eq!(refused, Err(Refusal::BodyEncoded), "{value}");
        }
    }

    #[test]
    fn a_target_that_is_no_path_is_refused() {
        for target in [
            "http://localhost/mcp",
            "http://evil.com/mcp",
            "localhost:80",
            "*",
        ] {
            let result = checked(target, &[("host", "localhost")]);
            assert_eq!(result, Err(Refusal::TargetNotAPath), "{target}");
        }
    }
}
