//! Characters that a model reads and a person does not see.
//!
//! Owns which they are, and where scripts and pictures need them: joiners in Persian and Hindi, marks
//! that turn a sign into a picture. Refuses to know what the visible text says.

use unicode_normalization::char::is_combining_mark;

/// Marks on one letter. No script stacks as many; text that is made unreadable for people does.
const MARKS_MAX: usize = 4;

/// Spaces of unusual widths in one text. Their order spells a message that looks like a gap.
const ODD_SPACES_MAX: usize = 8;

/// Tags after the black flag: the longest name of a region that there is.
const FLAG_TAGS_MAX: usize = 7;

/// The first character of `text` that nobody would see, where nothing visible needs it.
pub(super) fn first(text: &str) -> Option<char> {
    let right_to_left = text.chars().any(is_right_to_left);
    let (mut marks, mut odd_spaces) = (0, 0);
    // What stands before, and whether tags that follow belong to a flag.
    let (mut before, mut flag_tags) = (None, None::<usize>);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let after = characters.peek().copied();
        marks = if is_combining_mark(character) {
            marks + 1
        } else {
            0
        };
        odd_spaces += usize::from(matches!(character, '\u{2000}'..='\u{200a}'));
        flag_tags = match (character, flag_tags) {
            ('\u{1f3f4}', _) => Some(0),
            ('\u{e0020}'..='\u{e007f}', Some(tags)) if tags < FLAG_TAGS_MAX => Some(tags + 1),
            _ => None,
        };
        let needed = match character {
            '\r' => after == Some('\n'),
            // Joiners: within a word of scripts that write with them, and between pictures.
            '\u{200c}' => before.is_some_and(is_joining) && after.is_some_and(is_joining),
            '\u{200d}' => {
                let letters = before.is_some_and(is_joining);
                letters || (before.is_some_and(ends_picture) && after.is_some_and(is_picture))
            }
            '\u{200e}' | '\u{200f}' | '\u{61c}' => right_to_left,
            '\u{fe0e}' | '\u{fe0f}' => before.is_some_and(takes_variation),
            '\u{e0100}'..='\u{e01ef}' => before.is_some_and(is_ideograph),
            '\u{e0020}'..='\u{e007f}' => flag_tags.is_some(),
            '\u{180b}'..='\u{180d}' => {
                before.is_some_and(|before| ('\u{1820}'..='\u{18aa}').contains(&before))
            }
            _ => false,
        };
        let stacked = marks > MARKS_MAX || odd_spaces > ODD_SPACES_MAX;
        if stacked || (is_hidden(character) && !needed) {
            return Some(character);
        }
        before = Some(character);
    }
    None
}

/// Whether a character is invisible, steers what is around it, or means what a font says it does.
///
/// What is taken out of documentation, and what is left there because a font may show it: a blank of
/// Braille, and characters for private use.
pub fn is_hidden(character: char) -> bool {
    ringfence_tool::is_hidden(character)
        || matches!(
            character,
            '\u{2800}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}'
        )
}

/// Arabic, Syriac, Mongolian and the scripts of South Asia, whose letters join or not by a mark.
fn is_joining(character: char) -> bool {
    matches!(
        character,
        '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{1800}'..='\u{18af}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
    )
}

fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_picture(character: char) -> bool {
    matches!(
        character,
        '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}'
    )
}

/// A picture, its colour, or the mark that makes it one.
fn ends_picture(character: char) -> bool {
    is_picture(character) || character == '\u{fe0f}'
}

fn takes_variation(character: char) -> bool {
    is_picture(character)
        || matches!(
            character,
            '0'..='9' | '#' | '*' | '©' | '®' | '‼' | '⁉' | '™' | 'ℹ'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_and_pictures_need_is_not_hidden() {
        for text in [
            "plain\ttext\r\nof two lines",
            "می‌خواهم",
            "क्‍ष",
            "👩‍💻 ❤️ 1️⃣ ✔︎ 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "שלום\u{200f}!",
            "葛\u{e0100}城",
            "e\u{301}a\u{308}\u{304}",
        ] {
            assert_eq!(first(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_found() {
        for (text, hidden) in [
            ("a\u{200b}b", '\u{200b}'),
            ("a\u{202e}b", '\u{202e}'),
            ("a\u{e0041}b", '\u{e0041}'),
            ("\u{1b}[8mhidden", '\u{1b}'),
            ("over\rwritten", '\r'),
            ("a\u{fe00}\u{fe01}", '\u{fe00}'),
            ("x\u{fe0f}", '\u{fe0f}'),
            ("a\u{200d}b", '\u{200d}'),
            ("icon \u{e0b0}", '\u{e0b0}'),
            ("\u{3164}", '\u{3164}'),
            ("z\u{300}\u{301}\u{302}\u{303}\u{304}", '\u{304}'),
        ] {
            assert_eq!(first(text), Some(hidden), "{text:?}");
        }
        let tags = "🏴\u{e0041}\u{e0042}\u{e0043}\u{e0044}\u{e0045}\u{e0046}\u{e0047}\u{e0048}";
        assert_eq!(first(tags), Some('\u{e0048}'), "a flag has a short name");
    }
}
