//! Text of a tool, for a person who decides about it.
//!
//! Owns that nothing of it is invisible and nothing is obeyed: what hides or steers is spelled out.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::suspicion::is_hidden;

/// `text` with every character spelled out, `⟨U+202E⟩`, that a person would not see or a terminal
/// would obey. Line feeds and tabs stay.
///
/// # Examples
///
/// ```
/// assert_eq!(ringfence_scrutiny::visible("a\u{202e}b\u{e0041}"), "a⟨U+202E⟩b⟨U+E0041⟩");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The beginning of `text` on one line, for a sentence about it.
pub(crate) fn excerpt(text: &str, characters_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(characters_max).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}
