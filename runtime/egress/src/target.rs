//! What a request asks its destination for.
//!
//! Owns the reading of a URI. Refuses what means one thing to whoever decides and another to the
//! host: a path that leaves itself, and methods that make the host speak for its caller.

use http::uri::PathAndQuery;
use http::{Method, Uri};
use percent_encoding::percent_decode_str;

use crate::destination::{Destination, InvalidDestination, Scheme, shown};
use crate::error::{EgressError, Malformed, Part};
use crate::limits::Limits;

/// How often a path is decoded to look for `..`. A host decodes once; one behind a proxy perhaps
/// twice.
const DECODINGS_MAX: usize = 3;

/// Destination, path and query of one request.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) destination: Destination,
    pub(crate) path: PathAndQuery,
}

impl Target {
    /// Reads where `method` on `uri` goes.
    pub(crate) fn of(method: &Method, uri: &Uri, limits: &Limits) -> Result<Self, EgressError> {
        if matches!(*method, Method::CONNECT | Method::TRACE) {
            return Err(Malformed::Method(method.to_string()).into());
        }
        let scheme: Scheme = uri
            .scheme_str()
            .unwrap_or_default()
            .parse()
            .map_err(Malformed::from)?;
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        let destination = Destination::parse(scheme, authority).map_err(Malformed::from)?;
        let path = match uri.path_and_query() {
            // A query straight behind the host: printing adds the slash that is meant.
            Some(path) if path.as_str().starts_with('?') => {
                PathAndQuery::try_from(path.to_string())
                    .map_err(|_| Malformed::Path(shown(path.as_str())))?
            }
            Some(path) => path.clone(),
            None => PathAndQuery::from_static("/"),
        };
        if path.as_str().len() > limits.target_bytes || method.as_str().len() > limits.target_bytes
        {
            return Err(EgressError::TooLarge(Part::RequestHead));
        }
        if !is_plain(path.path()) || !path.as_str().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Malformed::Path(shown(path.as_str())).into());
        }
        Ok(Self { destination, path })
    }

    /// Reads a URL that a host sent.
    pub(crate) fn uri(url: &url::Url) -> Result<Uri, Malformed> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidDestination::Credentials.into());
        }
        let mut plain = url.clone();
        plain.set_fragment(None);
        Uri::try_from(plain.as_str()).map_err(|_| Malformed::Path(shown(plain.as_str())))
    }
}

/// Whether a path stays where its beginning says, for every host: no part of it is `.` or `..`,
/// however it is encoded, with slashes of either kind, and with parameters behind a semicolon.
fn is_plain(path: &str) -> bool {
    let mut decoded = path.as_bytes().to_vec();
    for _ in 0..=DECODINGS_MAX {
        let leaves = decoded
            .split(|byte| matches!(byte, b'/' | b'\\'))
            .any(|part| {
                let name = part.split(|byte| *byte == b';').next().unwrap_or_default();
                matches!(name, b"." | b"..")
            });
        if leaves || decoded.iter().any(u8::is_ascii_control) {
            return false;
        }
        let text = String::from_utf8_lossy(&decoded).into_owned();
        let again: Vec<u8> = percent_decode_str(&text).collect();
        if again.len() == decoded.len() {
            break;
        }
        decoded = again;
    }
    path.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, uri: &str) -> Result<Target, EgressError> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Target::of(&method, &uri.parse().unwrap(), &Limits::default())
    }

    #[test]
    fn a_plain_request_is_read() {
        let target = read("GET", "https://Example.com/a/b..c/.d?x=../y").unwrap();
        assert_eq!(target.destination.to_string(), "https://example.com");
        assert_eq!(target.path, "/a/b..c/.d?x=../y");
        assert_eq!(read("PURGE", "http://a.example").unwrap().path, "/");
        assert_eq!(read("GET", "http://a.example?q").unwrap().path, "/?q");
    }

    #[test]
    fn a_path_that_leaves_itself_is_refused() {
        for path in [
            "/a/../b",
            "/..",
            "/./a",
            "/a/.",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/a/..%2fb",
            "/a%2f..%2fb",
            "/a/..%5cb",
            "/a/%252e%252e/b",
            "/a/%25252e%25252e/b",
            "/a/..;x=1/b",
            "/a/%00",
            "/a/%0d%0ahost:%20evil",
        ] {
            let refused = read("GET", &format!("https://a.example{path}"));
            assert!(
                matches!(refused, Err(EgressError::Malformed(Malformed::Path(_)))),
                "{path}: {refused:?}"
            );
        }
    }

    #[test]
    fn a_host_is_not_made_to_speak_for_its_caller() {
        for method in ["CONNECT", "TRACE"] {
            assert!(read(method, "https://a.example/").is_err(), "{method}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for uri in [
            "/a",
            "file://etc/passwd",
            "ftp://a.example/",
            "*",
            "a.example:80",
        ] {
            assert!(read("GET", uri).is_err(), "{uri}");
        }
        let long = format!("https://a.example/{}", "a".repeat(9000));
        assert!(matches!(
            read("GET", &long),
            Err(EgressError::TooLarge(Part::RequestHead))
        ));
    }

    #[test]
    fn a_target_and_a_method_may_be_so_long() {
        let limits = Limits {
            target_bytes: 9,
            ..Limits::default()
        };
        let fits = |method: &str, path: &str| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let uri = format!("https://a.example{path}").parse().unwrap();
            Target::of(&method, &uri, &limits).is_ok()
        };
        assert!(fits("GET", "/234567?9") && fits("METHODS-9", "/"));
        assert!(!fits("GET", "/234567?90") && !fits("METHODS-10", "/"));
    }

    #[test]
    fn where_a_host_leads_is_read_as_it_stands() {
        let read = |text: &str| Target::uri(&text.parse().unwrap());
        assert_eq!(
            read("https://a.example/b?c#d").unwrap(),
            "https://a.example/b?c"
        );
        for text in [
            "https://x@a.example/",
            "https://:y@a.example/",
            "https://x:y@a.example/",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
