//! How a registry asks who is there.
//!
//! Owns the reading of `WWW-Authenticate`.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// Bytes of one challenge. Bounds what a host can make us take apart.
const CHALLENGE_BYTES_MAX: usize = 4096;

/// What a registry wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token, which is to be had elsewhere.
    Bearer {
        /// Where.
        realm: String,
        /// For whom.
        service: Option<String>,
        /// For what.
        scope: Option<String>,
    },
}

impl Challenge {
    /// The challenge in these headers, the one for a token first.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        let texts: Vec<&str> = values
            .filter_map(|value| value.to_str().ok())
            .filter(|text| text.len() <= CHALLENGE_BYTES_MAX)
            .collect();
        let bearer = texts.iter().find_map(|text| bearer(text));
        let basic = || {
            let mut schemes = texts.iter().filter_map(|text| text.split(' ').next());
            schemes
                .any(|scheme| scheme.eq_ignore_ascii_case("basic"))
                .then_some(Self::Basic)
        };
        bearer.or_else(basic)
    }
}

fn bearer(text: &str) -> Option<Challenge> {
    let (scheme, mut rest) = text.trim_start().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service, mut scope) = (None, None, None);
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        let name = name.trim_matches([' ', ',']);
        let place = match name.to_ascii_lowercase().as_str() {
            "realm" => Some(&mut realm),
            "service" => Some(&mut service),
            "scope" => Some(&mut scope),
            _ => None,
        };
        if let Some(place) = place {
            // The first counts: a second could only be there to be taken for it.
            place.get_or_insert_with(|| value.to_owned());
        }
        rest = after;
    }
    Some(Challenge::Bearer {
        realm: realm?,
        service,
        scope,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    fn token(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn a_challenge_is_read() {
        assert_eq!(
            of(&[
                r#"Bearer realm="https://a.example/token",service="a.example",scope="repository:x:pull""#
            ]),
            Some(token(
                "https://a.example/token",
                Some("a.example"),
                Some("repository:x:pull")
            ))
        );
        assert_eq!(
            of(&[
                "Basic realm=\"x\"",
                "bearer realm=https://a.example, scope=\"a,b\""
            ]),
            Some(token("https://a.example", None, Some("a,b")))
        );
        assert_eq!(
            of(&[r#"Bearer realm="https://a", realm="https://b", error="x""#]),
            Some(token("https://a", None, None))
        );
        assert_eq!(of(&["Basic realm=\"x\""]), Some(Challenge::Basic));
        for nothing in [
            "",
            "Bearer",
            "Bearer service=\"x\"",
            "Bearer realm=\"x",
            "Digest x=y",
        ] {
            assert_eq!(of(&[nothing]), None, "{nothing}");
        }
        assert_eq!(of(&[]), None);
        let long = format!("Bearer realm=\"{}\"", "a".repeat(5000));
        assert_eq!(of(&[&long]), None);
    }

    proptest! {
        #[test]
        fn nothing_that_a_host_says_breaks_it(text in "(Bearer )?[a-z=\", ]{0,60}") {
            let _ = of(&[&text]);
        }
    }
}
