//! Which tools another tool may call.
//!
//! Owns a name, or a beginning with a `*` at the end. Refuses to know which tools there are.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::invalid::InvalidGrant;

/// Bytes in a pattern: no tool's name is longer.
pub(crate) const PATTERN_BYTES_MAX: usize = 64;

/// A tool's name, or all names with one beginning.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToolPattern {
    stem: Arc<str>,
    open: bool,
}

impl ToolPattern {
    /// The name, or what the names begin with.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// Whether it ends in a `*`.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether it covers `tool`.
    pub fn covers(&self, tool: &str) -> bool {
        if self.open {
            tool.starts_with(&*self.stem)
        } else {
            *self.stem == *tool
        }
    }

    /// Whether some tool is covered by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.covers(&other.stem) || other.covers(&self.stem)
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stem, if self.open { "*" } else { "" })
    }
}

impl FromStr for ToolPattern {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let (stem, open) = match text.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (text, false),
        };
        let valid = text.len() <= PATTERN_BYTES_MAX
            && !text.is_empty()
            && stem.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            });
        if valid {
            Ok(Self {
                stem: Arc::from(stem),
                open,
            })
        } else {
            const EXPECTED: &str = "a tool's name, with a `*` at the end for all that begin so, such as `tools=text_*`";
            Err(InvalidGrant::malformed(EXPECTED, text))
        }
    }
}
