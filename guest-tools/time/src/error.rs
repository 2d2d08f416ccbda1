//! Why a time cannot be read, moved, or written. Each message says what to change.

use thiserror::Error;

use crate::moment::MAX_TIME_BYTES;
use crate::pattern::MAX_PATTERN_BYTES;
use crate::reckon::MAX_DURATION_BYTES;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no duration.
    #[error(
        "`duration` has to look like `2 days`, `1h 30m`, `-3 weeks` or `P1DT12H` and be at most \
         {MAX_DURATION_BYTES} bytes: {0}"
    )]
    Duration(String),
    /// A time that does not follow its format, or cannot be written in it.
    #[error("`pattern` does not work: {0}")]
    Pattern(String),
    /// A format that is too long.
    #[error("`pattern` has {0} bytes and the most is {MAX_PATTERN_BYTES}")]
    PatternLength(usize),
    /// A result before year -9999 or after 9999.
    #[error("the result is out of range: {0}")]
    Range(String),
    /// Text that is no time.
    #[error(
        "`{text}` is no time: {reason}. Use `now`, `2024-03-10T14:30:00+01:00`, \
         `2024-03-10 14:30`, `2024-03-10`, or `@SECONDS`"
    )]
    Time {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Text that is too long to be a time.
    #[error("a time has at most {MAX_TIME_BYTES} bytes, and this has {0}")]
    TimeLength(usize),
    /// A zone that does not exist.
    #[error("there is no time zone `{name}`: {advice}")]
    Zone {
        /// What was given.
        name: String,
        /// Names that are close.
        advice: String,
    },
}
