//! The path of a URL, as rules compare it.
//!
//! Owns prefixes by whole segments, and which paths are not clear enough to compare. Refuses to
//! decode: two servers decode one path in two ways, and the rule would be about a third.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::invalid::InvalidGrant;

/// A path, which covers itself and every path below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UrlPath(Arc<str>);

impl UrlPath {
    /// Every path.
    pub fn root() -> Self {
        Self(Arc::from("/"))
    }

    /// The path as text, with no slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it covers every path.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// Whether `path` is surely at or below this one. A path that could mean another one is not,
    /// unless every path is.
    pub fn surely_covers(&self, path: &str) -> bool {
        self.is_root() || (is_clear(path) && self.is_prefix(path, |one, other| one == other))
    }

    /// Whether `path` could be at or below this one. A path that could mean another one could.
    pub fn maybe_covers(&self, path: &str) -> bool {
        self.is_root() || could_be_any(path) || self.is_prefix(path, str::eq_ignore_ascii_case)
    }

    fn is_prefix(&self, path: &str, same: impl Fn(&str, &str) -> bool) -> bool {
        let mut found = path.split('/');
        self.0
            .split('/')
            .all(|wanted| found.next().is_some_and(|found| same(wanted, found)))
    }

    /// Whether some path is covered by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.maybe_covers(&other.0) || other.maybe_covers(&self.0)
    }
}

/// Whether some server could take `path` for any other one.
pub(crate) fn could_be_any(path: &str) -> bool {
    !is_clear(path) || path.bytes().any(|byte| byte == b'%' || byte == b';')
}

/// Whether no server could take `path` for another one: absolute, no `.`, `..` or empty segment, and
/// no encoded dot, slash, backslash, percent sign or NUL.
fn is_clear(path: &str) -> bool {
    const HIDING: [&str; 5] = ["2e", "2f", "5c", "25", "00"];
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let last = rest.split('/').count();
    let segments = rest
        .split('/')
        .enumerate()
        .all(|(at, segment)| match segment {
            "" => at + 1 == last,
            "." | ".." => false,
            // Some servers cut a segment at its first `;`, and see dots before it.
            _ => !segment.starts_with("..;") && !segment.starts_with(".;"),
        });
    let printable = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\\?#".contains(&byte));
    let escapes = path.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_hexdigit())
                && !HIDING
                    .iter()
                    .any(|hiding| hiding.eq_ignore_ascii_case(digits))
        })
    });
    segments && printable && escapes
}

impl fmt::Display for UrlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UrlPath {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let trimmed = text
            .strip_suffix('/')
            .filter(|rest| !rest.is_empty())
            .unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'(),+=:@/".contains(&byte);
        if is_clear(trimmed) && trimmed.bytes().all(plain) {
            Ok(Self(Arc::from(trimmed)))
        } else {
            const EXPECTED: &str = "a path without `.`, `..`, `%`, `*` or a query, such as `/v1/items`; it covers all below";
            Err(InvalidGrant::malformed(EXPECTED, text))
        }
    }
}
