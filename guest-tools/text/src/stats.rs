//! What a text is made of.

/// Counts over one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes, as UTF-8.
    pub bytes: usize,
    /// Unicode scalar values.
    pub chars: usize,
    /// Runs of characters without white space.
    pub words: usize,
    /// Lines; a newline at the very end starts no other.
    pub lines: usize,
    /// Lines of white space only.
    pub blank_lines: usize,
    /// Characters in the longest line.
    pub longest_line: usize,
}

impl Stats {
    /// Counts `text`.
    pub fn of(text: &str) -> Self {
        let mut stats = Self {
            bytes: text.len(),
            chars: text.chars().count(),
            words: text.split_whitespace().count(),
            ..Self::default()
        };
        for line in text.lines() {
            stats.lines += 1;
            stats.blank_lines += usize::from(line.trim().is_empty());
            stats.longest_line = stats.longest_line.max(line.chars().count());
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        let stats = Stats::of("Grüße, Welt!\n\nzwei\r\n");
        assert_eq!(
            stats,
            Stats {
                bytes: 22,
                chars: 20,
                words: 3,
                lines: 3,
                blank_lines: 1,
                longest_line: 12
            }
        );
    }

    #[test]
    fn an_empty_text_has_nothing() {
        assert_eq!(Stats::of(""), Stats::default());
        assert_eq!(Stats::of("\n").lines, 1);
    }
}
