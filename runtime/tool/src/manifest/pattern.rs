//! A regular expression that a parameter's text must match.
//!
//! Owns the common ground of two dialects: the linear-time engine that checks arguments here, and
//! ECMA-262, by which clients read a JSON Schema. A pattern outside of it would make some client
//! refuse the whole tool.

use std::fmt;
use std::str::FromStr;

use regex::{Regex, RegexBuilder};

use crate::text::find_hidden;

/// Bytes in a pattern.
const PATTERN_BYTES_MAX: usize = 1000;
/// Bytes of a compiled pattern: `(a{1000}){1000}` is short to write.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A regular expression. It matches anywhere in a text unless anchored, as JSON Schema has it.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it matches somewhere in `text`. Takes time linear in the text's length.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(format!(
                "has {} bytes, more than {PATTERN_BYTES_MAX}",
                text.len()
            ));
        }
        if find_hidden(text).is_some() {
            return Err("holds a hidden character; write it as an escape".to_owned());
        }
        check_portable(text)?;
        let regex = RegexBuilder::new(text)
            .size_limit(COMPILED_BYTES_MAX)
            .build();
        regex.map(Self).map_err(|error| {
            // The engine draws a picture of the place over several lines; the last one says it.
            let error = error.to_string();
            let reason = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            format!("is not a regular expression: {reason}")
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Refuses what means something else, or nothing, in ECMA-262.
fn check_portable(pattern: &str) -> Result<(), String> {
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let fault = match (character, next) {
            ('\\', Some(escaped)) => {
                characters.next();
                let known = "^$\\.*+?()[]{}|/dDwWsStnrfv".contains(escaped)
                    || (!in_class && "bB".contains(escaped))
                    || (in_class && escaped == '-')
                    || ("pP".contains(escaped) && characters.peek() == Some(&'{'));
                (!known).then(|| format!("`\\{escaped}`"))
            }
            ('(', Some('?')) if !in_class => {
                let mut ahead = characters.clone();
                ahead.next();
                (ahead.next() != Some(':')).then(|| "`(?` other than `(?:`".to_owned())
            }
            ('[', _) if in_class => Some("`[` inside of `[…]`; write `\\[`".to_owned()),
            ('[', _) => {
                in_class = true;
                None
            }
            (']', _) => {
                in_class = false;
                None
            }
            ('&', Some('&')) | ('~', Some('~')) | ('-', Some('-')) if in_class => {
                Some(format!("`{character}{character}` inside of `[…]`"))
            }
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(format!(
                "uses {fault}, which clients read differently; write it another way"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_ground_is_accepted() {
        for pattern in [
            r"^[a-z][a-z0-9_\-]*$",
            r"^(?:a|b){1,3}$",
            r"\d+\.\d+",
            r"^\p{L}+$",
            r"^[^/\\]+$",
            "é",
        ] {
            assert!(pattern.parse::<Pattern>().is_ok(), "{pattern}");
        }
    }

    #[test]
    fn what_only_one_dialect_knows_is_refused() {
        for pattern in [
            "(?i)a",
            "(?P<n>a)",
            "(?=a)",
            "(?<!a)b",
            r"\Aa\z",
            r"[[:alpha:]]",
            "[a&&b]",
            r"\x{41}",
            r"\pL",
            r"\-",
            r"(a)\1",
            "a\u{200b}",
        ] {
            assert!(pattern.parse::<Pattern>().is_err(), "{pattern}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        assert!("((a{100}){100}){100}".parse::<Pattern>().is_err());
        assert!("a".repeat(1001).parse::<Pattern>().is_err());
        assert_eq!(
            "(".parse::<Pattern>().unwrap_err(),
            "is not a regular expression: unclosed group"
        );
    }

    #[test]
    fn matching_is_linear() {
        let pattern: Pattern = "(a+)+$".parse().unwrap();
        assert!(!pattern.is_match(&format!("{}b", "a".repeat(100_000))));
    }
}
