//! Why a text cannot be read, queried, or written. Each message says what to change.

use thiserror::Error;

use crate::format::Format;
use crate::limits::{
    MAX_COLUMNS, MAX_DEPTH, MAX_EXPRESSION_BYTES, MAX_OUTPUT_BYTES, MAX_TEXT_BYTES, MAX_VALUES,
};

/// The most of a parser's message that is passed on.
const MAX_REASON_BYTES: usize = 400;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Too many columns.
    #[error("a table may have at most {MAX_COLUMNS} columns: query for fewer first")]
    Columns,
    /// A delimiter that CSV cannot use.
    #[error("`delimiter` must be one ASCII character other than a quote or a line break")]
    Delimiter,
    /// Nested too deeply.
    #[error("the data nests deeper than {MAX_DEPTH} levels")]
    Depth,
    /// An expression that nests too deeply.
    #[error("`expression` nests deeper than {MAX_DEPTH} brackets: split it into steps")]
    ExpressionDepth,
    /// An expression that is too long.
    #[error(
        "`expression` has {0} bytes and the most is {MAX_EXPRESSION_BYTES}: split it into steps"
    )]
    ExpressionLength(usize),
    /// An expression that is wrong or fails on this data.
    #[error("`expression` failed: {0}")]
    Expression(String),
    /// Text that is larger than we take.
    #[error("`text` has {0} bytes and the most is {MAX_TEXT_BYTES}: split it")]
    Input(usize),
    /// A result that is larger than we give.
    #[error("the result would exceed {MAX_OUTPUT_BYTES} bytes: query for less")]
    Output,
    /// Text that is not of its format.
    #[error("`text` is not valid {format}: {reason}")]
    Syntax {
        /// What it should be.
        format: Format,
        /// What is wrong, and where.
        reason: String,
    },
    /// A value that the format cannot hold.
    #[error("{format} cannot hold {what} at `{path}`: {advice}")]
    Unrepresentable {
        /// The format to write.
        format: Format,
        /// The kind of value.
        what: &'static str,
        /// Where it is.
        path: String,
        /// What to do.
        advice: &'static str,
    },
    /// Too many values.
    #[error("the data expands to more than {MAX_VALUES} values: query for less")]
    Values,
}

impl Error {
    /// Text that is not valid `format`, because of `reason`.
    pub fn syntax(format: Format, reason: &dyn ToString) -> Self {
        Self::Syntax {
            format,
            reason: first_line(&reason.to_string()),
        }
    }

    /// An expression that fails because of `reason`.
    pub fn expression(reason: &dyn ToString) -> Self {
        Self::Expression(first_line(&reason.to_string()))
    }
}

/// Parsers repeat the text under their message, which may be a megabyte in one line.
fn first_line(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    let end = line.floor_char_boundary(MAX_REASON_BYTES);
    let mut short = line.get(..end).unwrap_or_default().to_owned();
    if end < line.len() {
        short.push('…');
    }
    short
}
