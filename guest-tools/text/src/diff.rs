//! How two texts differ, line by line.

use imara_diff::{Algorithm, Diff, InternedInput};
use thiserror::Error;

use crate::limits::{self, TooLarge};
use crate::unified;

/// The most lines a text may have. Comparing takes time that grows with lines times changes: two
/// texts without a common line are the worst case.
pub const MAX_LINES: usize = 20_000;

/// The most unchanged lines around a change. More than a text can have would only waste work.
pub const MAX_CONTEXT: u32 = 1_000;

/// The longest file name in a header.
pub const MAX_NAME_BYTES: usize = 1_024;

/// Unchanged lines around a change when the caller does not say.
const DEFAULT_CONTEXT: u32 = 3;

/// How two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The unified diff; empty when nothing differs.
    pub unified: String,
    /// Lines that only the new text has.
    pub added: usize,
    /// Lines that only the old text has.
    pub removed: usize,
}

/// Why two texts cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Too many lines.
    #[error("`{parameter}` has more than {MAX_LINES} lines: compare smaller parts")]
    Lines {
        /// Which text.
        parameter: &'static str,
    },
    /// A header that would break the format.
    #[error("`name` must be one line of at most {MAX_NAME_BYTES} bytes")]
    Name,
    /// Too much text.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Compares `old` with `new`.
///
/// # Errors
/// When a text or the result is too large, or `name` is not one line.
pub fn diff(
    old: &str,
    new: &str,
    context: Option<u32>,
    name: Option<&str>,
) -> Result<Difference, Error> {
    for (parameter, text) in [("old", old), ("new", new)] {
        limits::input(parameter, text)?;
        if text.lines().nth(MAX_LINES).is_some() {
            return Err(Error::Lines { parameter });
        }
    }
    if name.is_some_and(|name| name.len() > MAX_NAME_BYTES || name.contains(['\n', '\r'])) {
        return Err(Error::Name);
    }
    let context = context.unwrap_or(DEFAULT_CONTEXT).min(MAX_CONTEXT);

    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let lines = unified::Lines {
        old: lines_of(old),
        new: lines_of(new),
    };
    let hunks: Vec<_> = diff.hunks().map(|hunk| (hunk.before, hunk.after)).collect();
    let header = name.map_or(("old", "new"), |name| (name, name));
    let unified = unified::print(&lines, &hunks, context, header)?;
    Ok(Difference {
        unified,
        added: count(diff.count_additions()),
        removed: count(diff.count_removals()),
    })
}

/// The lines of `text`, each with its newline, as the comparison counts them.
fn lines_of(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn count(lines: u32) -> usize {
    usize::try_from(lines).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_changes_with_context() {
        let difference = diff("a\nb\nc\nd\n", "a\nb\nX\nd\ne\n", Some(1), Some("list")).unwrap();
        assert_eq!(
            difference.unified,
            "--- list\n+++ list\n@@ -2,3 +2,4 @@\n b\n-c\n+X\n d\n+e\n"
        );
        assert_eq!((difference.added, difference.removed), (2, 1));
    }

    #[test]
    fn says_where_a_final_newline_is_missing() {
        let difference = diff("a\n", "a", None, None).unwrap();
        assert_eq!(
            difference.unified,
            "--- old\n+++ new\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn equal_texts_give_an_empty_diff() {
        let difference = diff("a\nb", "a\nb", None, None).unwrap();
        assert_eq!(
            difference,
            Difference {
                unified: String::new(),
                added: 0,
                removed: 0
            }
        );
    }

    #[test]
    fn two_large_texts_without_a_common_line_are_no_trap() {
        use std::fmt::Write as _;
        let text = |salt: usize| {
            (0..MAX_LINES).fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "{}", line * 2 + salt);
                text
            })
        };
        let difference = diff(&text(0), &text(1), Some(0), None).unwrap();
        assert_eq!(
            (difference.added, difference.removed),
            (MAX_LINES, MAX_LINES)
        );
    }

    #[test]
    fn refuses_what_is_too_large() {
        let many = "x\n".repeat(MAX_LINES + 1);
        assert_eq!(
            diff("", &many, None, None),
            Err(Error::Lines { parameter: "new" })
        );
        let wide = "x".repeat(limits::MAX_TEXT_BYTES + 1);
        assert!(matches!(
            diff(&wide, "", None, None),
            Err(Error::TooLarge(_))
        ));
        assert_eq!(diff("a", "b", None, Some("a\n+++ b")), Err(Error::Name));
    }
}
