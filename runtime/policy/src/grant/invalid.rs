//! Text that is not a grant.
//!
//! Owns what is said about it: what was wrong, and what to write instead.

use thiserror::Error;

use super::GRANT_BYTES_MAX;
use super::kind::Kind;

/// Characters of wrong text that an error repeats. Bounds what a long one puts into a log line.
const FOUND_CHARS_MAX: usize = 200;

/// Text that is not a grant. The message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidGrant {
    /// A part of the value is not what it has to be.
    #[error("expected {expected}, not `{found}`")]
    Malformed {
        /// What to write.
        expected: &'static str,
        /// What was written.
        found: String,
    },
    /// The kind needs a value.
    #[error("`{0}` needs a value: write `{example}`", example = .0.example())]
    NoValue(Kind),
    /// It is longer than any path.
    #[error("a grant has at most {GRANT_BYTES_MAX} bytes")]
    TooLong,
    /// There is no such kind.
    #[error("unknown capability `{kind}`{}", hint(.nearest.as_deref()))]
    UnknownKind {
        /// What was written.
        kind: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// The kind takes no value.
    #[error("`{0}` takes no value: write `{0}` alone")]
    Value(Kind),
}

impl InvalidGrant {
    /// A part that is not what it has to be.
    pub(crate) fn malformed(expected: &'static str, found: &str) -> Self {
        Self::Malformed {
            expected,
            found: shown(found),
        }
    }

    /// A word that is no kind.
    pub(crate) fn unknown<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let nearest = if word.len() > FOUND_CHARS_MAX {
            None
        } else {
            ringfence_tool::nearest(word, known).map(str::to_owned)
        };
        Self::UnknownKind {
            kind: shown(word),
            nearest,
        }
    }
}

/// Text as an error may repeat it: escaped, and cut.
pub(crate) fn shown(text: &str) -> String {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && !b"\"'\\".contains(&byte);
    if text.len() <= FOUND_CHARS_MAX && text.bytes().all(plain) {
        return text.to_owned();
    }
    let head: String = text.chars().take(FOUND_CHARS_MAX).collect();
    head.escape_debug().to_string()
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => format!(": expected one of {}", Kind::words()),
    }
}
