//! Filling paragraphs.

use thiserror::Error;

use crate::limits::{self, TooLarge};

/// The widest line. A wider one is not wrapping.
pub const MAX_WIDTH: u32 = 1_000;

/// The longest prefix. It is repeated on every line.
pub const MAX_PREFIX_BYTES: usize = 256;

/// Why a text cannot be wrapped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// A width outside of its range.
    #[error("`width` is {0} and must be from 1 to {MAX_WIDTH}")]
    Width(u32),
    /// A prefix that leaves no room.
    #[error("`prefix` must be one line, shorter than `width` and at most {MAX_PREFIX_BYTES} bytes")]
    Prefix,
    /// Too much text.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Fills the paragraphs of `text` into lines of at most `width` characters, `prefix` included.
///
/// # Errors
/// When the width or the prefix is out of range, or the text or the result too large.
pub fn wrap(text: &str, width: u32, prefix: &str) -> Result<String, Error> {
    limits::input("text", text)?;
    if width == 0 || width > MAX_WIDTH {
        return Err(Error::Width(width));
    }
    let columns = usize::try_from(width).unwrap_or(usize::MAX);
    let room = columns.saturating_sub(prefix.chars().count());
    if room == 0 || prefix.len() > MAX_PREFIX_BYTES || prefix.contains(['\n', '\r']) {
        return Err(Error::Prefix);
    }

    let mut output = String::with_capacity(text.len());
    let mut used = 0;
    for line in text.lines() {
        if line.trim().is_empty() {
            if used > 0 {
                output.push('\n');
                used = 0;
            }
            output.push_str(prefix.trim_end());
            output.push('\n');
        }
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                output.push('\n');
                used = 0;
            }
            if used == 0 {
                output.push_str(prefix);
            } else {
                output.push(' ');
                used += 1;
            }
            output.push_str(word);
            used += length;
        }
        limits::output(output.len(), "wrap smaller parts or use a shorter `prefix`")?;
    }
    if used > 0 && text.ends_with('\n') {
        output.push('\n');
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_paragraphs() {
        let text = "one two\nthree four\n\nfive\n";
        assert_eq!(
            wrap(text, 10, ""),
            Ok("one two\nthree four\n\nfive\n".into())
        );
        assert_eq!(
            wrap(text, 13, "> "),
            Ok("> one two\n> three four\n>\n> five\n".into())
        );
        assert_eq!(
            wrap("aaaa b ccccc dd", 4, ""),
            Ok("aaaa\nb\nccccc\ndd".into())
        );
    }

    #[test]
    fn counts_characters() {
        assert_eq!(wrap("äö üß", 5, ""), Ok("äö üß".into()));
    }

    #[test]
    fn refuses_what_cannot_work() {
        assert_eq!(wrap("a", 0, ""), Err(Error::Width(0)));
        assert_eq!(wrap("a", 2, "> "), Err(Error::Prefix));
        assert_eq!(wrap("a", 9, "\n"), Err(Error::Prefix));
    }
}
