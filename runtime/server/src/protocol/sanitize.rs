//! A tool's text on its way to a person or a model.
//!
//! Owns what is taken out: control characters and the terminal sequences they begin. What the text
//! says is the tool's business.

use std::borrow::Cow;

/// `text` without control characters but for line ends and tabs, and without terminal sequences.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(character) = chars.next() {
        match character {
            // A line may end as on Windows; a carriage return alone overwrites the line.
            '\r' if chars.peek() == Some(&'\n') => clean.push(character),
            '\u{1b}' => skip_sequence(&mut chars),
            '\u{9b}' => skip_parameters(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut chars),
            _ if is_control(character) => {}
            _ => clean.push(character),
        }
    }
    Cow::Owned(clean)
}

fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

type Chars<'t> = std::iter::Peekable<std::str::Chars<'t>>;

/// What follows an escape.
fn skip_sequence(chars: &mut Chars<'_>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_parameters(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        // Two or three characters: a switch of character sets, say.
        Some(' '..='/') => {
            while chars.next_if(|next| matches!(next, ' '..='/')).is_some() {}
            chars.next_if(|next| matches!(next, '0'..='~'));
        }
        Some('0'..='~') => {
            chars.next();
        }
        _ => {}
    }
}

/// Parameters up to the letter that ends them.
fn skip_parameters(chars: &mut Chars<'_>) {
    while chars.next_if(|next| matches!(next, ' '..='?')).is_some() {}
    chars.next_if(|next| matches!(next, '@'..='~'));
}

/// Text that a terminal would take for a title or a link, up to its end. A line end stops it, too:
/// a sequence that never ends must not swallow an answer.
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(next) = chars.next_if(|next| *next != '\n') {
        match next {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_even_copied() {
        assert!(matches!(text("Grüße\n\t→ 🦀"), Cow::Borrowed(_)));
    }

    #[test]
    fn terminal_sequences_vanish_with_all_their_parts() {
        for (raw, clean) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            (
                "\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "link",
            ),
            ("\u{9b}2Jcleared", "cleared"),
            ("\u{1b}(Bascii", "ascii"),
            ("\u{1b}cfull reset", "full reset"),
            ("a\rb\r\nc", "ab\r\nc"),
            ("nul\0bell\u{7}del\u{7f}c1\u{85}", "nulbelldelc1"),
            ("\u{1b}]never ends\nnext line", "\nnext line"),
            ("at the end \u{1b}", "at the end "),
        ] {
            assert_eq!(text(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn nothing_is_left_that_steers_a_terminal() {
        let every: String = (0..=0x2ff_u32).filter_map(char::from_u32).rev().collect();
        let clean = text(&every);
        assert!(!clean.contains(is_control));
        assert_eq!(text(&clean), clean);
    }
}
