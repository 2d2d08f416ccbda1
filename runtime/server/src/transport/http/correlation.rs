//! What ties a request, its answer and the log together.
//!
//! Owns which ids of a stranger are taken over and where new ones come from. Refuses to treat one
//! as a secret or as proof of anything: it is a label.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use http::header::{HeaderMap, HeaderName};

use crate::labels::Labels;
use crate::trace::TraceParent;
use crate::unique;

/// The header that carries the id in both directions.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// The longest id that is taken over. It stands in every log line of its request, so an endless one
/// would let a stranger fill the log.
pub const CORRELATION_ID_BYTES_MAX: usize = 128;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The ids of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    id: Arc<str>,
    trace: Option<TraceParent>,
}

impl Correlation {
    /// What the request says, where it can be taken over: an `X-Correlation-ID` of
    /// `A-Z a-z 0-9 . _ -`, up to 128, and a W3C `traceparent`. Otherwise a new id, and no trace.
    pub fn of(headers: &HeaderMap) -> Self {
        Self {
            id: only(headers, &CORRELATION_HEADER)
                .filter(|text| is_id(text))
                .map_or_else(|| unique::name().into(), Arc::from),
            trace: only(headers, &TRACEPARENT).and_then(TraceParent::parse),
        }
    }

    /// The id that the answer carries too.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id, for whoever keeps it.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.id)
    }

    /// The trace that the request is part of.
    pub fn trace(&self) -> Option<&TraceParent> {
        self.trace.as_ref()
    }

    /// What every line of the log says of the request.
    pub(crate) fn labels(&self) -> Labels {
        Labels {
            correlation: Arc::clone(&self.id),
            trace: self.trace,
        }
    }

    /// The id as the value of [`CORRELATION_HEADER`].
    pub fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.id).ok()
    }
}

impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// The value of a field that is there exactly once. Of two, neither is believed.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        Some(_) => None,
        None => value.to_str().ok(),
    }
}

fn is_id(text: &str) -> bool {
    (1..=CORRELATION_ID_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &str)]) -> Correlation {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        Correlation::of(&headers)
    }

    #[test]
    fn an_id_is_taken_over_only_when_it_can_stand_in_a_log_line() {
        for id in ["a", "A-b_c.9", &"x".repeat(CORRELATION_ID_BYTES_MAX)] {
            assert_eq!(of(&[("x-correlation-id", id)]).id(), id);
        }
        for id in [
            "",
            "a b",
            "a\tb",
            "a\"b",
            "é",
            "a=b",
            "\u{1b}[2J".trim_start_matches('\u{1b}'),
            &"x".repeat(CORRELATION_ID_BYTES_MAX + 1),
        ] {
            let taken = of(&[("x-correlation-id", id)]);
            assert_ne!(taken.id(), id);
            assert!(is_id(taken.id()), "{taken}");
        }
        let two = of(&[("x-correlation-id", "a"), ("x-correlation-id", "b")]);
        assert!(!["a", "b"].contains(&two.id()));
    }

    #[test]
    fn new_ids_differ() {
        assert_ne!(of(&[]).id(), of(&[]).id());
    }

    #[test]
    fn a_trace_is_taken_over_when_it_is_valid() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = of(&[("traceparent", text)]).trace().copied().unwrap();
        assert_eq!(trace.to_string(), text);
        assert_eq!(of(&[("traceparent", "00-x")]).trace(), None);
    }
}
