//! A regular expression that a parameter's text must match.
//!
//! Owns the common ground of two dialects: the linear-time engine that checks arguments here, and
//! ECMA-262, by which clients read a JSON Schema. A pattern outside of it would make some client
//! refuse the whole tool.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::text::find_hidden;

/// Bytes in a pattern.
const PATTERN_BYTES_MAX: usize = 1000;
/// Bytes of a compiled pattern: `(a{1000}){1000}` is short to write.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A regular expression. It matches anywhere in a text unless anchored, as JSON Schema has it.
#[derive(Clone)]
pub struct Pattern {
    source: Arc<str>,
    regex: Regex,
}

impl Pattern {
    /// The expression.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether it matches somewhere in `text`. Takes time linear in the text's length.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
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
        let regex = RegexBuilder::new(&translate(text)?)
            .size_limit(COMPILED_BYTES_MAX)
            .build();
        let regex = regex.map_err(|error| {
            // The engine draws a picture of the place over several lines; the last one says it.
            let error = error.to_string();
            let reason = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            format!("is not a regular expression: {reason}")
        })?;
        Ok(Self {
            source: text.into(),
            regex,
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

/// Writes for the engine here what `pattern` means in ECMA-262, where `\d`, `\w` and `\b` know
/// only ASCII.
///
/// # Errors
///
/// When it uses what means something else, or nothing, in one of the two.
fn translate(pattern: &str) -> Result<String, String> {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(character) = rest.chars().next() {
        let (taken, meaning) = match character {
            '\\' => escape(rest, in_class)?,
            _ => plain(rest, character, in_class)?,
        };
        in_class = match character {
            '[' => true,
            ']' => false,
            _ => in_class,
        };
        translated.push_str(meaning);
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(translated)
}

/// The bytes of a character that is not an escape, and what to write for it.
fn plain(rest: &str, character: char, in_class: bool) -> Result<(usize, &str), String> {
    let fault = match character {
        '(' if rest.starts_with("(?") && !rest.starts_with("(?:") && !in_class => "(?",
        '[' if in_class => "[ in […]",
        // Empty in one dialect, the beginning of a longer class in the other.
        '[' if rest.starts_with("[]") || rest.starts_with("[^]") => "[]",
        ']' if !in_class => "]",
        '&' if in_class && rest.starts_with("&&") => "&&",
        '~' if in_class && rest.starts_with("~~") => "~~",
        '-' if in_class && rest.starts_with("--") => "--",
        _ => {
            let length = character.len_utf8();
            return Ok((length, rest.get(..length).unwrap_or_default()));
        }
    };
    Err(unportable(fault))
}

/// The bytes of an escape, and what to write for it.
fn escape(rest: &str, in_class: bool) -> Result<(usize, &str), String> {
    let escaped = rest.chars().nth(1).ok_or("ends in a single `\\`")?;
    let meaning = match (escaped, in_class) {
        ('d', false) => "[0-9]",
        ('d', true) => "0-9",
        ('D', false) => "[^0-9]",
        ('w', false) => "[A-Za-z0-9_]",
        ('w', true) => "A-Za-z0-9_",
        ('W', false) => "[^A-Za-z0-9_]",
        ('b', false) => r"(?-u:\b)",
        ('B', false) => r"(?-u:\B)",
        ('-', true) => r"\-",
        ('p' | 'P', _) if rest.get(2..).is_some_and(|name| name.starts_with('{')) => {
            rest.get(..2).unwrap_or_default()
        }
        (known, _) if r"^$\.*+?()[]{}|/sStnrfv".contains(known) => {
            rest.get(..2).unwrap_or_default()
        }
        _ => return Err(unportable(&format!("\\{escaped}"))),
    };
    Ok((1 + escaped.len_utf8(), meaning))
}

fn unportable(what: &str) -> String {
    format!("uses `{what}`, which clients read differently; write it another way")
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
            r"[\D]",
            r"[\b]",
            "a\\",
            "[]a]",
            "[^]a]",
            "a]",
            "a\u{200b}",
        ] {
            assert!(pattern.parse::<Pattern>().is_err(), "{pattern}");
        }
    }

    #[test]
    fn classes_are_those_of_ecma_262() {
        for (pattern, accepted, refused) in [
            (r"^\d+$", "12", "١٢"),
            (r"^[\d.]+$", "1.2", "١"),
            (r"^\w+$", "a_1", "é"),
            (r"^[\w-]+$", "a-1", "é"),
            (r"^\D$", "١", "1"),
            (r"^\W$", "é", "e"),
            (r"^a\b", "aé", "ab"),
            (r"^[^\s]$", "x", "\u{2003}"),
            (r"^.$", "é", "ab"),
            (r"^[\]\[]$", "]", "x"),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert!(pattern.is_match(accepted), "{pattern:?} {accepted}");
            assert!(!pattern.is_match(refused), "{pattern:?} {refused}");
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
