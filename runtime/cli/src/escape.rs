//! Text of a tool, made harmless for a terminal.
//!
//! A terminal obeys control sequences and turns text around for bidirectional marks. A tool that
//! could print those could clear what is above, forge a prompt, or hide what it says.

use std::borrow::Cow;

/// `text` with everything escaped that a terminal would obey instead of show. Newlines and tabs
/// stay; a carriage return does not, because it overwrites the line.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

fn is_obeyed(c: char) -> bool {
    let bidirectional = matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    // Line and paragraph separators break a line where a reader sees none.
    let separator = matches!(c, '\u{2028}' | '\u{2029}');
    bidirectional || separator || (c.is_control() && !matches!(c, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(escape("\u{1b}[2Jx\r\u{7}"), "\\u{1b}[2Jx\\u{d}\\u{7}");
        // The one-character form of the sequence introducer.
        assert_eq!(escape("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(escape("a\u{202e}b\u{2028}"), "a\\u{202e}b\\u{2028}");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert!(matches!(escape("née\tΩ 😀\n"), Cow::Borrowed(_)));
    }
}
