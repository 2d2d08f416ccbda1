//! Names that could be taken for others.
//!
//! Owns looking alike, and speaking of somebody else's tools. Refuses to know where the others come
//! from.

use std::collections::HashMap;

use super::fold;

/// The names of everybody else.
#[derive(Debug, Clone, Default)]
pub struct Others {
    /// What each looks like, and who has it. Whole names of tools as clients call them, and names of
    /// components.
    looks: HashMap<String, Vec<String>>,
    tools: Vec<String>,
    components: Vec<String>,
}

impl Others {
    /// Nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a component of another's.
    pub fn add_component(&mut self, name: &str) {
        self.look(name);
        self.components.push(name.to_lowercase());
    }

    /// Adds a tool of another's, by the name that clients call it.
    pub fn add_tool(&mut self, name: &str) {
        self.look(name);
        self.tools.push(name.to_lowercase());
    }

    fn look(&mut self, name: &str) {
        let names = self.looks.entry(fold::key(name)).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    /// Whose name `name` could be taken for, or is.
    pub(super) fn taken_for(&self, name: &str) -> Option<&str> {
        let names = self.looks.get(&fold::key(name))?;
        names.first().map(String::as_str)
    }

    /// As [`Self::taken_for`], for text that may say the same in plain letters.
    pub(super) fn disguised(&self, title: &str) -> Option<&str> {
        let names = self.looks.get(&fold::key(title))?;
        let honest = |name: &String| separated(name) == separated(title);
        names.iter().find(|name| !honest(name)).map(String::as_str)
    }

    /// Whose tool `text` speaks of: a tool's whole name, or a component's where the word says that a
    /// tool is meant.
    pub(super) fn mentioned(&self, text: &str) -> Option<&str> {
        let lower = text.to_lowercase();
        let tool = self.tools.iter().find(|tool| {
            // A name without a separator is a word like any other.
            (tool.contains(['_', '-']) && is_word(&lower, tool)) || is_called(&lower, tool)
        });
        let component = || self.components.iter().find(|name| is_called(&lower, name));
        tool.or_else(component).map(String::as_str)
    }
}

/// In lower case, with one kind of separator.
fn separated(name: &str) -> String {
    name.to_lowercase().replace(['-', '_', '.'], " ")
}

/// Whether `word` stands in `text` with nothing of a name around it.
fn is_word(text: &str, word: &str) -> bool {
    places(text, word).next().is_some()
}

/// Whether `text` says `the NAME tool`, or NAME in the quotes of code with `tool` after it.
fn is_called(text: &str, name: &str) -> bool {
    places(text, name).any(|(before, after)| {
        let quoted = before.ends_with(['`', '"', '\'']);
        let after = after.trim_start_matches(['`', '"', '\'']);
        let before = before.trim_end_matches(['`', '"', '\'']).trim_end();
        let tool = [" tool", "() tool", " mcp", " server"]
            .iter()
            .any(|word| after.starts_with(word));
        let verb = [
            "the", "use", "using", "call", "calling", "invoke", "of", "than", "replaces",
        ];
        let spoken = verb.iter().any(|verb| before.ends_with(verb));
        tool && (quoted || spoken)
    })
}

/// What stands before and after each place where `word` is a word of `text`.
fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
    let part =
        |character: char| character.is_alphanumeric() || character == '_' || character == '-';
    text.match_indices(word).filter_map(move |(start, _)| {
        let (before, rest) = text.split_at_checked(start)?;
        let after = rest.get(word.len()..)?;
        (!before.ends_with(part) && !after.starts_with(part)).then_some((before, after))
    })
}

/// A word in the letters of two scripts that look alike, which no language has.
pub(super) fn mixed_word(text: &str) -> Option<&str> {
    text.split(|character: char| !character.is_alphabetic())
        .find(|word| {
            let latin = word.chars().filter(char::is_ascii_alphabetic).count();
            let foreign = word
                .chars()
                .filter(|letter| poses_as_latin(*letter))
                .count();
            latin > 0 && foreign > 0 && latin + foreign > 2
        })
}

/// Cyrillic, Armenian and Cherokee letters, and those Greek ones that are no signs of units and
/// formulas.
fn poses_as_latin(letter: char) -> bool {
    matches!(
        letter,
        '\u{400}'..='\u{52f}' | '\u{531}'..='\u{587}' | '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}'
            | 'Α' | 'Β' | 'Ε' | 'Ζ' | 'Η' | 'Ι' | 'Κ' | 'Μ' | 'Ν' | 'Ο' | 'Ρ' | 'Τ' | 'Υ' | 'Χ' | 'ο' | 'ι' | 'ν'
            | '\u{1d400}'..='\u{1d7ff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others() -> Others {
        let mut others = Others::none();
        others.add_component("files");
        others.add_tool("files_read");
        others
    }

    #[test]
    fn look_alikes_are_found() {
        for name in [
            "files",
            "fi1es",
            "Files",
            "fіles",
            "files-read",
            "FILES_READ",
            "files.read",
        ] {
            assert!(others().taken_for(name).is_some(), "{name}");
        }
        for name in ["file", "profiles", "files-write", "read"] {
            assert!(others().taken_for(name).is_none(), "{name}");
        }
        assert!(others().disguised("Fіles").is_some());
        assert!(others().disguised("Files").is_none(), "an honest title");
    }

    #[test]
    fn speaking_of_another_tool_is_found() {
        for text in [
            "After files_read, call this.",
            "Replaces the files tool.",
            "Do it with the `files` tool",
        ] {
            assert!(others().mentioned(text).is_some(), "{text}");
        }
        for text in [
            "Reads files.",
            "my_files_reader",
            "These files, a tool may list.",
            "Tools for files",
        ] {
            assert!(others().mentioned(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_word_has_one_script() {
        assert_eq!(mixed_word("pаypal"), Some("pаypal"));
        for text in [
            "Привет, world",
            "5 µm, kΩ, Δx, π",
            "naïve café",
            "β-carotene",
        ] {
            assert_eq!(mixed_word(text), None, "{text}");
        }
    }
}
