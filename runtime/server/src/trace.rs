//! The W3C trace context's `traceparent`.
//!
//! Owns its grammar. Refuses to know what traces are used for.

use std::fmt;

/// Where a request stands in a distributed trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent([u8; Self::LENGTH]);

impl TraceParent {
    const LENGTH: usize = 55;

    /// Reads `00-` trace id `-` parent id `-` flags. Of later versions, which may be longer, the
    /// part that version 00 has is taken, and passed on as version 00, as the standard says.
    pub fn parse(text: &str) -> Option<Self> {
        let (known, more) = text.as_bytes().split_first_chunk::<{ Self::LENGTH }>()?;
        let known = *known;
        let (version, trace, parent, flags) = parts(&known)?;
        let hexadecimal = |part: &str| {
            part.bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
        let valid = [version, trace, parent, flags].into_iter().all(hexadecimal)
            && !is_zero(trace)
            && !is_zero(parent)
            && match version {
                "00" => more.is_empty(),
                "ff" => false,
                _ => more.is_empty() || more.starts_with(b"-"),
            };
        let mut kept = known;
        if let Some(version) = kept.first_chunk_mut::<2>() {
            *version = *b"00";
        }
        valid.then_some(Self(kept))
    }

    /// The whole, as it goes into a header or into `_meta`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        parts(&self.0).map_or("", |(_, trace, _, _)| trace)
    }

    /// The id of the sender's span: 16 hexadecimal digits.
    pub fn parent_id(&self) -> &str {
        parts(&self.0).map_or("", |(_, _, parent, _)| parent)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The four parts, when they have their lengths.
fn parts(bytes: &[u8; TraceParent::LENGTH]) -> Option<(&str, &str, &str, &str)> {
    let mut parts = std::str::from_utf8(bytes).ok()?.splitn(4, '-');
    let parts = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths = (parts.0.len(), parts.1.len(), parts.2.len(), parts.3.len());
    (lengths == (2, 32, 16, 2)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_valid_one_comes_back_in_parts() {
        let parent = TraceParent::parse(VALID).unwrap();
        assert_eq!(parent.as_str(), VALID);
        assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(parent.parent_id(), "00f067aa0ba902b7");
        let later = VALID.replacen("00", "7a", 1) + "-more";
        assert_eq!(TraceParent::parse(&later), Some(parent));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "00",
            &VALID.to_uppercase(),
            &VALID.replacen("00", "ff", 1),
            &VALID.replacen('-', "_", 1),
            &VALID.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &VALID.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &format!("{VALID}-more"),
            &format!("{VALID} "),
            &format!(" {VALID}"),
            &(VALID.replacen("00", "01", 1) + "more"),
            &VALID.replace("4b", "é"),
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text:?}");
        }
    }
}
