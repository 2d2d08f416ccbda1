//! A text as a list of lines to put in order.

use std::cmp::Ordering;
use std::collections::HashSet;

use thiserror::Error;

use crate::limits::{self, TooLarge};

/// The most lines sorted at once.
pub const MAX_LINES: usize = 100_000;

/// What to sort by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Key {
    /// Unicode code points.
    #[default]
    Text,
    /// Code points after folding case.
    IgnoreCase,
    /// The first number in the line.
    Number,
    /// The number of characters.
    Length,
}

/// Why lines cannot be sorted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Too many.
    #[error("`text` has more than {MAX_LINES} lines: sort smaller parts")]
    Lines,
    /// Too much text.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Sorts the lines of `text`, keeping the order of equal ones. `unique` keeps the first of lines
/// that are identical, whatever they are sorted by.
///
/// # Errors
/// When there is too much text or too many lines.
pub fn sort(text: &str, key: Key, descending: bool, unique: bool) -> Result<String, Error> {
    limits::input("text", text)?;
    limits::output(text.len(), "sort smaller parts")?;
    let mut lines: Vec<&str> = text.lines().take(MAX_LINES + 1).collect();
    if lines.len() > MAX_LINES {
        return Err(Error::Lines);
    }
    if unique {
        let mut seen = HashSet::with_capacity(lines.len());
        lines.retain(|line| seen.insert(*line));
    }
    let direct = |order: Ordering| if descending { order.reverse() } else { order };
    match key {
        Key::Text => lines.sort_by(|a, b| direct(a.cmp(b))),
        Key::IgnoreCase => {
            lines.sort_by_cached_key(|line| Directed(line.to_lowercase(), descending));
        }
        Key::Length => lines.sort_by_cached_key(|line| Directed(line.chars().count(), descending)),
        Key::Number => lines.sort_by(|a, b| match (number(a), number(b)) {
            (Some(a), Some(b)) => direct(a.total_cmp(&b)),
            // Lines without a number come last in both directions.
            (a, b) => a.is_none().cmp(&b.is_none()),
        }),
    }
    let mut output = lines.join("\n");
    if text.ends_with('\n') && !output.is_empty() {
        output.push('\n');
    }
    Ok(output)
}

/// A key that can be compared backwards.
#[derive(PartialEq, Eq)]
struct Directed<T>(T, bool);

impl<T: Ord> PartialOrd for Directed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Directed<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.0.cmp(&other.0);
        if self.1 { order.reverse() } else { order }
    }
}

/// The first decimal number in `line`, with sign and fraction.
fn number(line: &str) -> Option<f64> {
    let start = line.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = line.split_at(start);
    let whole = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let fraction = rest
        .get(whole..)
        .and_then(|tail| tail.strip_prefix('.'))
        .map_or(0, |tail| {
            tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len()
        });
    let end = if fraction > 0 {
        whole + 1 + fraction
    } else {
        whole
    };
    let value: f64 = rest.get(..end)?.parse().ok()?;
    Some(if before.ends_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_each_key() {
        let sorted = |text, key| sort(text, key, false, false).unwrap();
        assert_eq!(sorted("b\nB\na", Key::Text), "B\na\nb");
        assert_eq!(sorted("b\nA\nB\na\n", Key::IgnoreCase), "A\na\nb\nB\n");
        assert_eq!(
            sorted("n10\nn9\nx\nn-1.5\n", Key::Number),
            "n-1.5\nn9\nn10\nx\n"
        );
        assert_eq!(sorted("ccc\näö\nb", Key::Length), "b\näö\nccc");
    }

    #[test]
    fn descends_without_moving_equal_lines() {
        assert_eq!(
            sort("1 a\n2\n1 b\nx", Key::Number, true, false).unwrap(),
            "2\n1 a\n1 b\nx"
        );
    }

    #[test]
    fn drops_repeated_lines() {
        assert_eq!(
            sort("b\na\nb\nB\n", Key::IgnoreCase, false, true).unwrap(),
            "a\nb\nB\n"
        );
        assert_eq!(sort("", Key::Text, false, true).unwrap(), "");
    }

    #[test]
    fn refuses_too_many_lines() {
        assert_eq!(
            sort(&"\n".repeat(MAX_LINES + 1), Key::Text, false, false),
            Err(Error::Lines)
        );
    }
}
