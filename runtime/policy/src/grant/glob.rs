//! Patterns of names below a directory.
//!
//! Owns `*` (any of a name), `?` (one character of it) and `**` (any number of directories). Refuses
//! everything that shells disagree on: classes, braces, negation.

use std::fmt;
use std::sync::Arc;

use super::invalid::InvalidGrant;

/// Parts of a pattern. Bounds the work for each question, which is parts of the pattern times parts
/// of the path; and each part has a bit of its own.
const PARTS_MAX: usize = 32;
/// Bytes of a part, as of a file's name.
const PART_BYTES_MAX: usize = 255;

/// A pattern of paths below a directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob(Arc<str>);

/// Where in the pattern a path may have got to: bit N stands before part N, and the bit after the
/// last part for a match.
#[derive(Clone, Copy)]
struct Standing(u64);

impl Glob {
    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGrant> {
        let part = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.len() <= PART_BYTES_MAX
                && (part == "**" || !part.contains("**"))
                && !part.chars().any(|c| c.is_control() || c == '\\')
        };
        if text.split('/').count() <= PARTS_MAX && text.split('/').all(part) {
            Ok(Self(Arc::from(text)))
        } else {
            const EXPECTED: &str =
                "a pattern of `*`, `?` and, as a whole part, `**`, such as `/docs/**/*.md`";
            Err(InvalidGrant::malformed(EXPECTED, text))
        }
    }

    /// Whether it covers `path`, which is relative and normal.
    pub fn covers(&self, path: &str) -> bool {
        let end = 1 << self.0.split('/').count();
        self.walk(path).0 & end != 0
    }

    /// Whether it could cover something below `path`: what has to be listed on the way there.
    pub fn leads_below(&self, path: &str) -> bool {
        let end = 1_u64 << self.0.split('/').count();
        self.walk(path).0 & (end - 1) != 0
    }

    /// Whether it covers `path`, or a directory that `path` is in.
    pub fn covers_or_holds(&self, path: &str) -> bool {
        let end = 1 << self.0.split('/').count();
        let mut over = false;
        self.walk_through(path, |standing| over |= standing.0 & end != 0);
        over
    }

    fn walk(&self, path: &str) -> Standing {
        self.walk_through(path, |_| ())
    }

    fn walk_through(&self, path: &str, mut visit: impl FnMut(Standing)) -> Standing {
        let mut standing = self.skip(Standing(1));
        visit(standing);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let mut next = 0;
            for (at, part) in self.0.split('/').enumerate() {
                if standing.0 & (1 << at) == 0 {
                    continue;
                }
                if part == "**" {
                    next |= 1 << at;
                } else if name_matches(part, name) {
                    next |= 1 << (at + 1);
                }
            }
            standing = self.skip(Standing(next));
            visit(standing);
        }
        standing
    }

    /// `**` is also no directory at all.
    fn skip(&self, mut standing: Standing) -> Standing {
        for (at, part) in self.0.split('/').enumerate() {
            if part == "**" && standing.0 & (1 << at) != 0 {
                standing.0 |= 1 << (at + 1);
            }
        }
        standing
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a name fits a part. Goes back to the last `*` alone, so it takes no more than name times
/// part.
fn name_matches(part: &str, name: &str) -> bool {
    let (mut part, mut name) = (part.chars(), name.chars());
    let mut again = None;
    loop {
        let before = (part.clone(), name.clone());
        match (part.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                // From here on, one character more of the name each time.
                again = Some((part.clone(), before.1.clone()));
                name = before.1;
            }
            (Some('?'), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => {
                let Some((after, mut rest)) = again.take() else {
                    return false;
                };
                if rest.next().is_none() {
                    return false;
                }
                again = Some((after.clone(), rest.clone()));
                (part, name) = (after, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> Glob {
        Glob::parse(text).unwrap()
    }

    #[test]
    fn stars_stay_within_a_name_and_double_stars_do_not() {
        assert!(glob("*.md").covers("a.md"));
        assert!(!glob("*.md").covers("b/a.md"));
        assert!(!glob("*.md").covers("a.mdx"));
        assert!(glob("**/*.md").covers("a.md"));
        assert!(glob("**/*.md").covers("b/c/a.md"));
        assert!(glob("a/**").covers("a/b/c"));
        assert!(glob("a/**").covers("a"));
        assert!(glob("a?c*e").covers("abcde"));
        assert!(!glob("a?c").covers("ac"));
        assert!(glob("a/**/z").covers("a/z"));
        assert!(!glob("a/**/z").covers("a/z/y"));
        assert!(glob("*a*b*c").covers("xaxbxbxc"));
        assert!(!glob("*a*b*c").covers("xaxbxbxd"));
    }

    #[test]
    fn the_way_to_a_match_is_known() {
        assert!(glob("a/*.md").leads_below(""));
        assert!(glob("a/*.md").leads_below("a"));
        assert!(!glob("a/*.md").leads_below("b"));
        assert!(!glob("a/*.md").leads_below("a/x.md"));
        assert!(glob("**/*.md").leads_below("any/where"));
    }

    #[test]
    fn what_is_in_a_match_is_held_by_it() {
        assert!(glob(".g*").covers_or_holds(".git/config"));
        assert!(glob("**/.git").covers_or_holds("a/b/.git/hooks/x"));
        assert!(!glob("**/.git").covers_or_holds("a/git/x"));
    }

    #[test]
    fn what_shells_disagree_on_is_refused() {
        for text in ["", "a//b", "a/../b", "./a", "a**", "a/", "/a", "a\\b"] {
            assert!(Glob::parse(text).is_err(), "{text:?}");
        }
        assert!(Glob::parse(&vec!["a"; PARTS_MAX + 1].join("/")).is_err());
    }

    /// A pattern and a name that make a backtracking matcher try for longer than anybody waits.
    #[test]
    fn a_hostile_name_costs_no_more_than_its_length() {
        let part = "*a".repeat(60);
        let name = format!("{}b", "a".repeat(250));
        assert!(!glob(&part).covers(&name));
    }
}
