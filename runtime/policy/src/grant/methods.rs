//! HTTP methods.
//!
//! Owns sets of them: `GET,POST`, `*`, and the safe ones. Refuses `CONNECT` and `TRACE`, which no
//! rule can allow: one opens a tunnel past every rule, the other sends back what was added.

use std::fmt;

use super::invalid::InvalidGrant;

const WORDS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
/// Every method that has no word of its own here.
const OTHER: u8 = 1 << WORDS.len();

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Methods(u8);

impl Methods {
    /// Every method but `CONNECT` and `TRACE`.
    pub const ALL: Self = Self(u8::MAX);

    /// `GET`, `HEAD` and `OPTIONS`: those that ask for nothing to change.
    pub const SAFE: Self = Self(0b111);

    /// Whether it holds `method`, which is spelled as it goes out.
    pub fn contains(self, method: &str) -> bool {
        self.0 & Self::bit(method) != 0
    }

    /// Whether all of it only asks.
    pub const fn is_safe(self) -> bool {
        self.0 & !Self::SAFE.0 == 0
    }

    /// What is in both.
    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set alone.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in either.
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// No method.
    pub(crate) const NONE: Self = Self(0);

    /// Whether nothing is in it.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is anything in both.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn bit(method: &str) -> u8 {
        match WORDS.iter().position(|word| *word == method) {
            Some(position) => 1 << position,
            // A method's case matters on the wire, and not to every server.
            None if ["CONNECT", "TRACE"]
                .iter()
                .any(|word| word.eq_ignore_ascii_case(method)) =>
            {
                0
            }
            None if !method.is_empty() && method.bytes().all(is_token) => OTHER,
            None => 0,
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str = "methods among GET, HEAD, OPTIONS, POST, PUT, PATCH and DELETE, such as `GET,POST`, or `*`";
        if text == "*" {
            return Ok(Self::ALL);
        }
        let mut set = Self::NONE;
        for word in text.split(',') {
            let bit = Self::bit(word);
            if bit == 0 || bit == OTHER || set.0 & bit != 0 {
                return Err(InvalidGrant::malformed(EXPECTED, text));
            }
            set.0 |= bit;
        }
        Ok(set)
    }
}

/// What a method or a header's name is made of.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 & OTHER != 0 {
            return f.write_str("*");
        }
        let words = WORDS.iter().filter(|word| self.contains(word));
        let words: Vec<_> = words.copied().collect();
        f.write_str(&words.join(","))
    }
}
