//! Searching and replacing with regular expressions.
//!
//! The engine has no look-around and no back-references, and in return its time is linear in the
//! text for one search.

use regex_automata::PatternID;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, Config};
use regex_automata::util::captures::Captures;
use regex_syntax::ParserBuilder;
use thiserror::Error;

use crate::limits::{self, TooLarge};

/// The longest pattern. Parsing and compiling cost more than linear in it.
pub const MAX_PATTERN_BYTES: usize = 4_096;

/// The largest compiled pattern: `(a{1000}){1000}` is small to write and huge to run.
pub const MAX_PROGRAM_BYTES: usize = 2 * 1024 * 1024;

/// The deepest nesting of a pattern: its parser recurses.
pub const MAX_NESTING: u32 = 64;

/// The most matches returned by one call.
pub const MAX_MATCHES: u32 = 1_000;

/// The longest replacement.
pub const MAX_REPLACEMENT_BYTES: usize = 64 * 1024;

/// Matches returned when the caller does not say.
const DEFAULT_MATCHES: u32 = 100;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    engine: PikeVM,
    literal: bool,
}

/// One place where a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What matched.
    pub text: String,
    /// What each group matched.
    pub groups: Vec<Group>,
}

/// What one group matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, when it has one.
    pub name: Option<String>,
    /// What it matched, when it took part.
    pub text: Option<String>,
}

/// All the places where a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// How many there are in the whole text.
    pub total: usize,
    /// The first of them.
    pub matches: Vec<Occurrence>,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Too long.
    #[error("`pattern` has {0} bytes and the most is {MAX_PATTERN_BYTES}: simplify it")]
    Length(usize),
    /// Not a regular expression of this syntax.
    #[error(
        "`pattern` is not valid: {0}. Look-around and back-references do not exist here; \
         for plain text set `literal` to true"
    )]
    Syntax(String),
    /// Compiles to too much.
    #[error("`pattern` grows too large when compiled: lower its repetition counts")]
    Program,
    /// A limit outside of its range.
    #[error("`limit` is {0} and must be from 1 to {MAX_MATCHES}")]
    Limit(u32),
    /// Replacing less than one match.
    #[error("`limit` must be at least 1; leave it out to replace every match")]
    NoReplacement,
    /// Too long.
    #[error("`replacement` has {0} bytes and the most is {MAX_REPLACEMENT_BYTES}")]
    Replacement(usize),
    /// Too much text.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Pattern {
    /// Compiles `pattern`; `literal` takes it as plain text.
    ///
    /// # Errors
    /// When the pattern is too long, not valid, or too large once compiled.
    pub fn new(pattern: &str, literal: bool, ignore_case: bool) -> Result<Self, Error> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(Error::Length(pattern.len()));
        }
        let escaped;
        let source = if literal {
            escaped = regex_syntax::escape(pattern);
            &escaped
        } else {
            pattern
        };
        let syntax = ParserBuilder::new()
            .case_insensitive(ignore_case)
            .nest_limit(MAX_NESTING)
            .build()
            .parse(source)
            .map_err(|error| Error::Syntax(last_line(&error.to_string())))?;
        let engine = Compiler::new()
            .configure(Config::new().nfa_size_limit(Some(MAX_PROGRAM_BYTES)))
            .build_from_hir(&syntax)
            .map_err(|_| Error::Program)
            .and_then(|program| PikeVM::new_from_nfa(program).map_err(|_| Error::Program))?;
        Ok(Self { engine, literal })
    }

    /// Finds where the pattern matches in `text`; `limit` bounds how many matches are described.
    ///
    /// # Errors
    /// When the text, the limit or the result is too large.
    pub fn find(&self, text: &str, limit: Option<u32>) -> Result<Findings, Error> {
        limits::input("text", text)?;
        let limit = limit.unwrap_or(DEFAULT_MATCHES);
        if limit == 0 || limit > MAX_MATCHES {
            return Err(Error::Limit(limit));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);

        let mut cursor = Cursor::new(text);
        let mut matches = Vec::new();
        let mut bytes = 0;
        let mut cache = self.engine.create_cache();
        for captures in self.engine.captures_iter(&mut cache, text).take(limit) {
            let Some(found) = captures.get_match() else {
                continue;
            };
            let (line, column) = cursor.advance(found.start());
            let occurrence = Occurrence {
                line,
                column,
                text: text.get(found.range()).unwrap_or_default().to_owned(),
                groups: groups(&captures, text),
            };
            bytes += occurrence.size();
            limits::output(bytes, "lower `limit` or match less text")?;
            matches.push(occurrence);
        }
        let total = if matches.len() < limit {
            matches.len()
        } else {
            self.engine.find_iter(&mut cache, text).count()
        };
        Ok(Findings { total, matches })
    }

    /// Replaces the first `limit` matches in `text`, all without a limit. Returns the new text and
    /// how many matches were replaced.
    ///
    /// # Errors
    /// When the text, the replacement or the result is too large, or the limit is 0.
    pub fn replace(
        &self,
        text: &str,
        replacement: &str,
        limit: Option<u32>,
    ) -> Result<(String, usize), Error> {
        limits::input("text", text)?;
        if replacement.len() > MAX_REPLACEMENT_BYTES {
            return Err(Error::Replacement(replacement.len()));
        }
        let limit = match limit {
            Some(0) => return Err(Error::NoReplacement),
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None => usize::MAX,
        };

        let mut output = String::with_capacity(text.len());
        let mut count = 0;
        let mut last = 0;
        let mut cache = self.engine.create_cache();
        for captures in self.engine.captures_iter(&mut cache, text).take(limit) {
            let Some(found) = captures.get_match() else {
                continue;
            };
            output.push_str(text.get(last..found.start()).unwrap_or_default());
            if self.literal {
                output.push_str(replacement);
            } else {
                captures.interpolate_string_into(text, replacement, &mut output);
            }
            last = found.end();
            count += 1;
            // Checked at each step: a thousand matches of 64 KiB must not be built first.
            limits::output(output.len(), "set `limit`, or replace in smaller parts")?;
        }
        output.push_str(text.get(last..).unwrap_or_default());
        limits::output(output.len(), "set `limit`, or replace in smaller parts")?;
        Ok((output, count))
    }
}

fn groups(captures: &Captures, text: &str) -> Vec<Group> {
    captures
        .group_info()
        .pattern_names(PatternID::ZERO)
        .zip(captures.iter())
        .skip(1)
        .map(|(name, span)| Group {
            name: name.map(ToOwned::to_owned),
            text: span
                .and_then(|span| text.get(span.range()))
                .map(ToOwned::to_owned),
        })
        .collect()
}

impl Occurrence {
    /// Roughly what it costs in the result, JSON's punctuation included.
    fn size(&self) -> usize {
        const PER_OCCURRENCE: usize = 48;
        const PER_GROUP: usize = 24;
        let groups = self.groups.iter().map(|group| {
            let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            PER_GROUP + length(&group.name) + length(&group.text)
        });
        PER_OCCURRENCE + self.text.len() + groups.sum::<usize>()
    }
}

/// Where we are in a text. Goes forward only, so that all matches cost one pass together.
struct Cursor<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    /// Goes to byte `offset`, and says which line and column that is.
    fn advance(&mut self, offset: usize) -> (usize, usize) {
        for character in self
            .text
            .get(self.offset..offset)
            .unwrap_or_default()
            .chars()
        {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
        (self.line, self.column)
    }
}

/// The engine draws a picture of the pattern and says what is wrong in the last line.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or(message);
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(source: &str) -> Pattern {
        Pattern::new(source, false, false).unwrap()
    }

    #[test]
    fn finds_with_line_column_and_groups() {
        let found = pattern(r"(?P<key>\w+)=(\d+)?")
            .find("ä a=1\nb=", None)
            .unwrap();
        assert_eq!(found.total, 2);
        let places: Vec<_> = found.matches.iter().map(|m| (m.line, m.column)).collect();
        assert_eq!(places, [(1, 3), (2, 1)]);
        assert_eq!(
            found.matches[0].groups[0],
            Group {
                name: Some("key".into()),
                text: Some("a".into())
            }
        );
        assert_eq!(
            found.matches[1].groups[1],
            Group {
                name: None,
                text: None
            }
        );
    }

    #[test]
    fn knows_what_people_type() {
        for (source, text, total) in [
            (r"\bfoo\w*\b", "foo food afoo", 2),
            (r"\Bx", "x ax", 1),
            (r"(?i)GRÜSSE|straße", "grüsse STRAßE", 2),
            (r"(?m)^\s*#.*$", "# a\n  # b\nc #", 2),
            (r"(?s)a.b", "a\nb", 1),
            (r"^\d{4}-\d\d$", "2024-05", 1),
            (r"[^\W\d_]+", "äb1_c", 2),
            (r"(?x) a \s+ b # comment", "a  b", 1),
            (r"\.{3}|\x41|\u{e4}", "... A ä", 3),
        ] {
            assert_eq!(
                pattern(source).find(text, None).unwrap().total,
                total,
                "{source}"
            );
        }
    }

    #[test]
    fn counts_all_and_describes_the_first() {
        let found = pattern("x").find("xxxxx", Some(2)).unwrap();
        assert_eq!((found.total, found.matches.len()), (5, 2));
        assert_eq!(pattern("x").find("x", Some(0)), Err(Error::Limit(0)));
        assert_eq!(
            pattern("x").find("x", Some(1_001)),
            Err(Error::Limit(1_001))
        );
    }

    #[test]
    fn replaces_groups_and_counts() {
        let swap = pattern(r"(\w+)-(\w+)");
        assert_eq!(
            swap.replace("a-b c-d", "$2-$1", None),
            Ok(("b-a d-c".into(), 2))
        );
        assert_eq!(
            swap.replace("a-b c-d", "$$", Some(1)),
            Ok(("$ c-d".into(), 1))
        );
        let literal = Pattern::new("a.b", true, true).unwrap();
        assert_eq!(
            literal.replace("A.B axb", "$1", None),
            Ok(("$1 axb".into(), 1))
        );
    }

    #[test]
    fn says_what_is_wrong_with_a_pattern() {
        let message = Pattern::new("a(b", false, false).unwrap_err().to_string();
        assert!(message.contains("unclosed group"), "{message}");
        assert_eq!(
            Pattern::new("(a{900}){900}", false, false).unwrap_err(),
            Error::Program
        );
        assert!(matches!(
            Pattern::new(&"(".repeat(99), false, false),
            Err(Error::Syntax(_))
        ));
        assert_eq!(
            Pattern::new(&"a".repeat(5_000), false, false).unwrap_err(),
            Error::Length(5_000)
        );
    }

    #[test]
    fn a_pattern_that_explodes_elsewhere_is_linear_here() {
        let text = "a".repeat(30_000) + "!";
        assert_eq!(pattern(r"^(a+)+$").find(&text, None).unwrap().total, 0);
    }

    #[test]
    fn bounds_what_a_replacement_multiplies() {
        let result = pattern("x").replace(&"x".repeat(1_000), &"y".repeat(60_000), None);
        assert!(matches!(result, Err(Error::TooLarge(_))));
    }
}
