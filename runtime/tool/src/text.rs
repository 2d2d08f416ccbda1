//! Text that a component's author wrote and a model or a person will read.
//!
//! Owns what may not reach them: characters that are invisible, that reorder what stands around
//! them, or that steer a terminal. Refuses to judge what the text says.

/// Characters that no reader sees but a model does, or that change how others are shown: C0 and C1
/// controls but for line feed and tab, soft hyphens, zero-width and bidirectional marks, fillers,
/// variation selectors, tag characters and interlinear marks. They hide instructions in
/// descriptions (tool poisoning) and forge what an approver sees.
pub fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The first hidden character of `text`.
pub(crate) fn find_hidden(text: &str) -> Option<char> {
    text.chars().find(|&character| is_hidden(character))
}

/// `text` without hidden characters and outer white space, cut to `bytes_max` bytes with an
/// ellipsis. Nothing when nothing is left.
pub(crate) fn clean(text: &str, bytes_max: usize) -> Option<String> {
    const ELLIPSIS: char = '…';
    // Copying stops one character past the limit: the source may be as large as a custom section.
    let mut cleaned = String::new();
    for character in text
        .trim_start()
        .chars()
        .filter(|&character| !is_hidden(character))
    {
        if cleaned.len() > bytes_max {
            break;
        }
        cleaned.push(character);
    }
    let mut cleaned = cleaned.trim().to_owned();
    if cleaned.len() > bytes_max {
        let mut end = bytes_max.saturating_sub(ELLIPSIS.len_utf8());
        while !cleaned.is_char_boundary(end) {
            end -= 1;
        }
        cleaned.truncate(end);
        cleaned.truncate(cleaned.trim_end().len());
        cleaned.push(ELLIPSIS);
    }
    (!cleaned.is_empty()).then_some(cleaned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_characters_vanish() {
        let poisoned =
            "Adds\u{200b} num\u{202e}bers\u{e0041}\u{e007f}.\u{1b}[31m\r\nSecond\tline\u{7}";
        assert_eq!(
            clean(poisoned, 100).unwrap(),
            "Adds numbers.[31m\nSecond\tline"
        );
        assert_eq!(clean("\u{200b}\u{feff} \n", 100), None);
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(clean("äöü", 6).unwrap(), "äöü");
        assert_eq!(clean("äöüß", 7).unwrap(), "äö…");
        assert_eq!(clean(&"x".repeat(1 << 20), 10).unwrap(), "xxxxxxx…");
    }

    proptest! {
        #[test]
        fn cleaned_text_is_clean(text in any::<String>(), max in 3_usize..40) {
            if let Some(cleaned) = clean(&text, max) {
                prop_assert!(cleaned.len() <= max);
                prop_assert_eq!(find_hidden(&cleaned), None);
                prop_assert_eq!(clean(&cleaned, max).unwrap(), cleaned);
            }
        }
    }
}
