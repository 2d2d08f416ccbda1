//! The text as it is written.
//!
//! Owns white space: one blank between words, one empty line between blocks, and everything as it is
//! where a page says so.

use crate::limits::READABLE_BYTES_MAX;

/// Writes readable text.
#[derive(Debug)]
pub(crate) struct Writer {
    text: String,
    /// What has to come before the next word.
    gap: Gap,
    preformatted: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Cell,
    Line,
    Block,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            text: String::new(),
            gap: Gap::None,
            preformatted: 0,
        }
    }

    /// How much was written.
    pub(crate) fn written(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Ends a line.
    pub(crate) fn line(&mut self) {
        self.gap = self.gap.max(Gap::Line);
    }

    /// Ends a paragraph.
    pub(crate) fn block(&mut self) {
        self.gap = self.gap.max(Gap::Block);
    }

    /// Begins a cell of a table.
    pub(crate) fn cell(&mut self) {
        self.gap = self.gap.max(Gap::Cell);
    }

    /// Begins or ends text that stands as it is.
    pub(crate) fn preformatted(&mut self, begins: bool) {
        self.block();
        self.preformatted = if begins {
            self.preformatted.saturating_add(1)
        } else {
            self.preformatted.saturating_sub(1)
        };
    }

    /// Writes a mark of our own.
    pub(crate) fn raw(&mut self, mark: &str) {
        if mark.starts_with(']') {
            // The blank before the end of a link belongs behind it.
            self.push(mark);
        } else if mark == " " {
            self.push(mark);
        } else {
            self.fill();
            self.push(mark);
        }
    }

    /// Writes what the page says.
    pub(crate) fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            let kept: String = text.chars().filter(|c| !is_control(*c)).collect();
            let kept = kept
                .strip_prefix('\n')
                .filter(|_| self.gap == Gap::Block)
                .unwrap_or(&kept);
            if !kept.is_empty() {
                self.fill();
                self.push(kept);
            }
            return;
        }
        let mut words = text.split(|c: char| c.is_whitespace()).peekable();
        while let Some(word) = words.next() {
            if !word.is_empty() {
                let word: String = word.chars().filter(|c| !is_control(*c)).collect();
                self.fill();
                self.push(&word);
            }
            if words.peek().is_some() {
                self.gap = self.gap.max(Gap::Space);
            }
        }
    }

    /// Writes what has to come first.
    fn fill(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if self.text.is_empty() {
            return;
        }
        let fresh =
            self.text.ends_with('\n') || self.text.ends_with("- ") || self.text.ends_with("# ");
        match gap {
            Gap::None => {}
            Gap::Space | Gap::Cell if fresh => {}
            Gap::Space => self.push(" "),
            Gap::Cell => self.push(" | "),
            Gap::Line => self.push("\n"),
            Gap::Block => self.push("\n\n"),
        }
    }

    fn push(&mut self, text: &str) {
        if self.text.len() + text.len() <= READABLE_BYTES_MAX {
            self.text.push_str(text);
        }
    }
}

fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}
