//! What a search looks for in a line.

use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::nfa::thompson::{Compiler, Config};
use regex_syntax::ParserBuilder;

use crate::error::Error;

/// The longest pattern. Parsing and compiling cost more than linear in it.
pub const MAX_PATTERN_BYTES: usize = 1_024;

/// The largest compiled pattern: `(a{1000}){1000}` is small to write and huge to run.
pub const MAX_PROGRAM_BYTES: usize = 1024 * 1024;

/// The deepest nesting of a pattern: its parser recurses.
pub const MAX_NESTING: u32 = 64;

/// A compiled pattern.
#[derive(Debug)]
pub enum Pattern {
    /// Text as it is: no engine is needed.
    Literal(String),
    /// A regular expression, on an engine whose time is linear in the line.
    Regex(Box<PikeVM>, Box<Cache>),
}

impl Pattern {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// When it is too long, not valid, or too large once compiled.
    pub fn new(pattern: &str, literal: bool, ignore_case: bool) -> Result<Self, Error> {
        if pattern.is_empty() || pattern.len() > MAX_PATTERN_BYTES || pattern.contains('\n') {
            return Err(Error::PatternLength);
        }
        if literal && !ignore_case {
            return Ok(Self::Literal(pattern.to_owned()));
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
            .map_err(|error| Error::Pattern(last_line(&error.to_string())))?;
        let too_large = || Error::Pattern("it grows too large when compiled".into());
        let engine = Compiler::new()
            .configure(Config::new().nfa_size_limit(Some(MAX_PROGRAM_BYTES)))
            .build_from_hir(&syntax)
            .map_err(|_| too_large())
            .and_then(|program| PikeVM::new_from_nfa(program).map_err(|_| too_large()))?;
        let cache = engine.create_cache();
        Ok(Self::Regex(Box::new(engine), Box::new(cache)))
    }

    /// Where in `line` it first matches, in bytes.
    pub fn find(&mut self, line: &str) -> Option<usize> {
        match self {
            Self::Literal(text) => line.find(text.as_str()),
            Self::Regex(engine, cache) => engine
                .find_iter(cache, line)
                .next()
                .map(|found| found.start()),
        }
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

    fn find(pattern: &str, literal: bool, ignore_case: bool, line: &str) -> Option<usize> {
        Pattern::new(pattern, literal, ignore_case)
            .unwrap()
            .find(line)
    }

    #[test]
    fn finds() {
        assert_eq!(find("a.c", false, false, "xabc"), Some(1));
        assert_eq!(find("a.c", true, false, "abc a.c"), Some(4));
        assert_eq!(find("A.C", true, true, "abc a.c"), Some(4));
        assert_eq!(find(r"\bb\w", false, false, "ab bc"), Some(3));
        assert_eq!(find("^b$", false, true, "B"), Some(0));
        assert_eq!(find("x", false, false, "abc"), None);
    }

    #[test]
    fn says_what_is_wrong() {
        let message = |pattern: &str| Pattern::new(pattern, false, false).unwrap_err().to_string();
        assert!(message("a(").contains("unclosed group"));
        assert!(message("(a{900}){900}").contains("too large"));
        assert!(message("").contains("1 to"));
        assert!(message("a\nb").contains("one line"));
    }
}
