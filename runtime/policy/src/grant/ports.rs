//! Ports.
//!
//! Owns `PORT`, `PORT-PORT` and `*`.

use std::fmt;

use super::invalid::InvalidGrant;
use super::quantity;

/// One port, or several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// Every port.
    pub const ALL: Self = Self {
        first: 1,
        last: u16::MAX,
    };

    /// One port.
    pub const fn one(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// Whether it holds `port`. Nothing holds port 0, which nobody can connect to.
    pub const fn contains(self, port: u16) -> bool {
        port != 0 && self.first <= port && port <= self.last
    }

    /// How many there are.
    pub const fn count(self) -> u32 {
        self.last as u32 - self.first as u32 + 1
    }

    /// Whether every port of `other` is in it.
    pub(crate) const fn holds(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// Whether some port is in both.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str = "a port from 1 to 65535, such as `443`, `8000-8100` or `*`";
        if text == "*" {
            return Ok(Self::ALL);
        }
        let port = |text: &str| {
            let number = quantity::number(text, EXPECTED)?;
            let port = u16::try_from(number).ok().filter(|port| *port != 0);
            port.ok_or_else(|| InvalidGrant::malformed(EXPECTED, text))
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(InvalidGrant::malformed(EXPECTED, text));
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            f.write_str("*")
        } else if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}
