//! What a body is, and what of an answer a client takes.
//!
//! Owns reading `Content-Type` and `Accept` (RFC 9110, sections 8.3 and 12.5.1). Refuses to weigh: a
//! weight says whether a form is taken at all, and of those that are, the server chooses.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

/// What of an answer a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepts {
    pub(super) json: bool,
    pub(super) events: bool,
}

impl Accepts {
    /// What the `Accept` header says; without one, everything.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            json: takes(headers, "application", "json"),
            events: takes(headers, "text", "event-stream"),
        }
    }

    /// Whether no form of an answer is taken.
    pub(super) fn nothing(self) -> bool {
        !self.json && !self.events
    }
}

/// Whether a form is taken: the range that names it most closely says so. Of two that are as close,
/// one that takes it is enough.
fn takes(headers: &HeaderMap, kind: &str, form: &str) -> bool {
    let mut closest = None;
    for value in headers.get_all(ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let (named, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Some((its_kind, its_form)) = named.trim().split_once('/') else {
                continue;
            };
            let close = match (its_kind, its_form) {
                ("*", "*") => 0,
                (its_kind, "*") if its_kind.eq_ignore_ascii_case(kind) => 1,
                _ if its_kind.eq_ignore_ascii_case(kind) && its_form.eq_ignore_ascii_case(form) => {
                    2
                }
                _ => continue,
            };
            closest = closest.max(Some((close, !weighs_nothing(parameters))));
        }
    }
    match closest {
        Some((_, taken)) => taken,
        None => !headers.contains_key(ACCEPT),
    }
}

/// Whether a weight is given, and is zero: `q=0`, `q=0.000`.
fn weighs_nothing(parameters: &str) -> bool {
    let weight = parameter_values(parameters, "q").next();
    weight.is_some_and(|weight| {
        let rest = weight.strip_prefix('0');
        let rest = rest.map(|rest| rest.strip_prefix('.').unwrap_or(rest));
        rest.is_some_and(|rest| rest.bytes().all(|byte| byte == b'0'))
    })
}

/// Whether the body is JSON in the one encoding that JSON between machines has.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let Some(value) = value else { return false };
    let (named, parameters) = value.split_once(';').unwrap_or((value, ""));
    named.trim().eq_ignore_ascii_case("application/json")
        && parameter_values(parameters, "charset")
            .all(|charset| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

/// The values of the parameters with this name.
fn parameter_values<'p>(parameters: &'p str, name: &str) -> impl Iterator<Item = &'p str> {
    parameters.split(';').filter_map(move |parameter| {
        let (its_name, value) = parameter.split_once('=')?;
        its_name
            .trim()
            .eq_ignore_ascii_case(name)
            .then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accepts(values: &[&str]) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        let accepts = Accepts::of(&headers);
        assert_eq!(accepts.nothing(), !accepts.json && !accepts.events);
        (accepts.json, accepts.events)
    }

    #[test]
    fn the_closest_range_says_whether_a_form_is_taken() {
        let both = (true, true);
        for (values, expected) in [
            (&[][..], both),
            (&["application/json, text/event-stream"], both),
            (&["application/json", "TEXT/Event-Stream"], both),
            (&["*/*"], both),
            (&["application/json"], (true, false)),
            (&["text/*"], (false, true)),
            (&["application/json;q=0"], (false, false)),
            (&["application/json; q=0, */*"], (false, true)),
            (&["*/*, application/json;q=0"], (false, true)),
            (&["application/*;Q=0.000, */*;q=0.1"], (false, true)),
            (&["*/*;q=0, application/json"], (true, false)),
            (&["text/*;q=0, text/event-stream;q=0.001"], (false, true)),
            (&["application/json;q=0.0001, text/html"], (true, false)),
            (&["application/json;q=0", "application/json"], (true, false)),
            (&["application/json;v=1;q=0, */*"], (false, true)),
            (&["application/json;q="], (true, false)),
            (&["image/png"], (false, false)),
            (&["nonsense, */"], (false, false)),
            (&[""], (false, false)),
        ] {
            assert_eq!(accepts(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_body_is_json_in_utf_8_and_nothing_else() {
        let is = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
            is_json(&headers)
        };
        for value in [
            "application/json",
            "Application/JSON ; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; profile=x",
        ] {
            assert!(is(value), "{value}");
        }
        for value in [
            "application/json; charset=utf-16",
            "application/json; profile=x; CharSet = \"utf-16le\"",
            "application/json; charset=utf-8; charset=latin1",
            "application/json; charset=",
            "application/jsonp",
            "text/plain",
            "",
        ] {
            assert!(!is(value), "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
