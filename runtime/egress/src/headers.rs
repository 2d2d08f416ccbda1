//! Header fields: which a caller may set, and which it gets to see.
//!
//! Owns the list of those that belong to the connection. They say where a message ends and for whom
//! it is: whoever writes them can put a second message into the first.

use http::{HeaderMap, HeaderName, header};

use crate::error::{EgressError, Malformed, Part};
use crate::limits::Limits;

/// What one field costs beside its text: a colon, a space and the line's end.
const FIELD_OVERHEAD: usize = 4;

/// Whether a field belongs to the connection, and is neither the caller's to set nor to see.
pub fn is_forbidden(name: &HeaderName) -> bool {
    const NAMES: [HeaderName; 10] = [
        header::CONNECTION,
        header::EXPECT,
        header::HOST,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("http2-settings"),
    ];
    NAMES.contains(name) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// Refuses what is not the caller's to send.
pub(crate) fn check(headers: &HeaderMap, limits: &Limits) -> Result<(), EgressError> {
    if let Some(name) = headers.keys().find(|name| is_forbidden(name)) {
        return Err(Malformed::Header(name.to_string()).into());
    }
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD_OVERHEAD)
        .sum();
    if headers.len() > limits.headers || bytes > limits.header_bytes {
        return Err(EgressError::TooLarge(Part::RequestHead));
    }
    Ok(())
}

/// The length that `content-length` says, where it is there: once, and in digits.
pub(crate) fn declared_length(headers: &HeaderMap) -> Result<Option<u64>, Malformed> {
    let mut values = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let digits = value
        .to_str()
        .ok()
        .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    match (digits.and_then(|text| text.parse().ok()), values.next()) {
        (Some(length), None) => Ok(Some(length)),
        _ => Err(Malformed::ContentLength),
    }
}

/// Takes out of a response what belongs to the connection it came over.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let forbidden: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_forbidden(name))
        .cloned()
        .collect();
    for name in named.iter().chain(&forbidden) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn what_frames_a_message_is_not_the_callers() {
        for name in [
            "connection",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ] {
            let refused = check(&map(&[(name, "x")]), &Limits::default());
            assert!(
                matches!(&refused, Err(EgressError::Malformed(Malformed::Header(header))) if header == name),
                "{name}: {refused:?}"
            );
        }
        let plain = map(&[("accept", "*/*"), ("authorization", "x"), ("cookie", "a=b")]);
        assert!(check(&plain, &Limits::default()).is_ok());
    }

    #[test]
    fn a_length_is_said_once_and_in_digits() {
        let length = |values: &[&str]| {
            let fields: Vec<_> = values
                .iter()
                .map(|value| ("content-length", *value))
                .collect();
            declared_length(&map(&fields))
        };
        assert_eq!(length(&[]), Ok(None));
        assert_eq!(length(&["10"]), Ok(Some(10)));
        for values in [
            &["10", "10"][..],
            &["10", "11"],
            &["+10"],
            &["-1"],
            &["0x10"],
            &["10, 10"],
            &[""],
            &["18446744073709551616"],
        ] {
            assert_eq!(length(values), Err(Malformed::ContentLength), "{values:?}");
        }
    }

    #[test]
    fn many_and_large_fields_are_refused() {
        let limits = Limits::default();
        let mut many = HeaderMap::new();
        for _ in 0..=limits.headers {
            many.append("x", "1".parse().unwrap());
        }
        let large = map(&[("x", &"a".repeat(limits.header_bytes))]);
        for headers in [many, large] {
            assert!(matches!(
                check(&headers, &limits),
                Err(EgressError::TooLarge(Part::RequestHead))
            ));
        }
    }

    #[test]
    fn fields_are_counted_with_what_they_cost_on_the_wire() {
        // `x: 12` and `yy: 3`, each with its line's end.
        let headers = map(&[("x", "12"), ("yy", "3")]);
        let fits = |headers_max, bytes_max| {
            let limits = Limits {
                headers: headers_max,
                header_bytes: bytes_max,
                ..Limits::default()
            };
            check(&headers, &limits).is_ok()
        };
        assert!(fits(2, 14));
        assert!(!fits(1, 14) && !fits(2, 13));
    }

    #[test]
    fn what_belongs_to_the_connection_is_not_seen() {
        let mut headers = map(&[
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("transfer-encoding", "chunked"),
            ("trailer", "x"),
            ("content-type", "text/plain"),
        ]);
        strip(&mut headers);
        assert_eq!(headers, map(&[("content-type", "text/plain")]));
    }
}
