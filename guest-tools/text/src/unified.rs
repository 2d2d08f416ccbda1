//! The unified format of differences, as `diff -u` and `patch` know it.
//!
//! Knows lines and which of them changed; refuses to know how that was found out.

use std::fmt::Write as _;
use std::ops::Range;

use crate::limits::{self, TooLarge};

/// The lines of both texts, each with its newline.
#[derive(Debug)]
pub struct Lines<'t> {
    /// Of the old text.
    pub old: Vec<&'t str>,
    /// Of the new text.
    pub new: Vec<&'t str>,
}

/// A change: lines of the old text that lines of the new one replace. Either may be empty.
pub type Change = (Range<u32>, Range<u32>);

/// Prints `changes`, which are in order and do not touch, with `context` lines around each. Nothing
/// at all without changes.
///
/// # Errors
/// When the text grows too large.
pub fn print(
    lines: &Lines<'_>,
    changes: &[Change],
    context: u32,
    (old_name, new_name): (&str, &str),
) -> Result<String, TooLarge> {
    let mut output = String::new();
    if changes.is_empty() {
        return Ok(output);
    }
    // Writing to a string cannot fail.
    let _ = write!(output, "--- {old_name}\n+++ {new_name}\n");
    let end = u32::try_from(lines.old.len()).unwrap_or(u32::MAX);
    for hunk in changes.chunk_by(|one, next| next.0.start - one.0.end <= context.saturating_mul(2))
    {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let before = context.min(first.0.start);
        let after = context.min(end - last.0.end);
        let old = first.0.start - before..last.0.end + after;
        let new = first.1.start - before..last.1.end + after;
        let _ = writeln!(output, "@@ -{} +{} @@", Span(&old), Span(&new));

        let mut position = old.start;
        for (removed, added) in hunk {
            push(&mut output, ' ', &lines.old, position..removed.start)?;
            push(&mut output, '-', &lines.old, removed.clone())?;
            push(&mut output, '+', &lines.new, added.clone())?;
            position = removed.end;
        }
        push(&mut output, ' ', &lines.old, position..old.end)?;
    }
    Ok(output)
}

fn push(
    output: &mut String,
    mark: char,
    lines: &[&str],
    range: Range<u32>,
) -> Result<(), TooLarge> {
    let index = |line: u32| usize::try_from(line).unwrap_or(usize::MAX);
    for line in lines
        .get(index(range.start)..index(range.end))
        .unwrap_or_default()
    {
        output.push(mark);
        output.push_str(line);
        if !line.ends_with('\n') {
            output.push_str("\n\\ No newline at end of file\n");
        }
        limits::output(output.len(), "lower `context` or compare smaller parts")?;
    }
    Ok(())
}

/// A range as a hunk's header writes it: from 1, the length left out when it is one, and an empty
/// range named by the line before it.
struct Span<'r>(&'r Range<u32>);

impl std::fmt::Display for Span<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Range { start, end } = *self.0;
        match end - start {
            0 => write!(f, "{start},0"),
            1 => write!(f, "{}", start + 1),
            length => write!(f, "{},{length}", start + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.split_inclusive('\n').collect()
    }

    #[test]
    fn joins_changes_whose_contexts_meet() {
        let text = Lines {
            old: lines("1\n2\n3\n4\n5\n6\n7\n"),
            new: lines("1\n3\n4\n5\n6\n7\nx\n"),
        };
        let changes = [(1..2, 1..1), (7..7, 6..7)];
        let print = |context| print(&text, &changes, context, ("a", "b")).unwrap();
        assert_eq!(
            print(0),
            "--- a\n+++ b\n@@ -2 +1,0 @@\n-2\n@@ -7,0 +7 @@\n+x\n"
        );
        assert_eq!(
            print(2),
            "--- a\n+++ b\n@@ -1,4 +1,3 @@\n 1\n-2\n 3\n 4\n@@ -6,2 +5,3 @@\n 6\n 7\n+x\n"
        );
        assert_eq!(
            print(3),
            "--- a\n+++ b\n@@ -1,7 +1,7 @@\n 1\n-2\n 3\n 4\n 5\n 6\n 7\n+x\n"
        );
    }

    #[test]
    fn stops_at_the_limit() {
        let long = "x".repeat(limits::MAX_OUTPUT_BYTES);
        let text = Lines {
            old: vec![],
            new: vec![&long],
        };
        assert!(print(&text, &[(0..0, 0..1)], 3, ("a", "b")).is_err());
    }
}
