//! Names that could be taken for others.
//!
//! Owns looking alike, and speaking of somebody else's tools. Refuses to know where the others come
//! from.

use std::collections::HashMap;

use super::fold;

/// Names, and whose they are.
#[derive(Debug, Clone, Default)]
pub struct Others {
    /// What each name looks like, and who has it under which spelling.
    looks: HashMap<String, Vec<Name>>,
    /// Names of components and whole names of tools, in lower case.
    names: HashMap<String, Vec<Name>>,
}

/// A name of somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    owner: String,
    name: String,
}

impl Others {
    /// Nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a component.
    pub fn add_component(&mut self, name: &str) {
        self.add_name(name, name);
    }

    /// Adds a tool of `component`, by the name that clients call it.
    pub fn add_tool(&mut self, component: &str, name: &str) {
        self.add_name(component, name);
    }

    /// Adds a name of whoever `owner` is.
    pub fn add_name(&mut self, owner: &str, name: &str) {
        let entry = Name {
            owner: owner.to_owned(),
            name: name.to_owned(),
        };
        let looks = self.looks.entry(fold::key(name)).or_default();
        let names = self.names.entry(name.to_lowercase()).or_default();
        for known in [looks, names] {
            if !known.contains(&entry) {
                known.push(entry.clone());
            }
        }
    }

    /// Whose name `name` could be taken for, or is; not counting what `own` has itself.
    pub(super) fn taken_for(&self, own: &str, name: &str) -> Option<&str> {
        let names = self.looks.get(&fold::key(name))?;
        let other = names.iter().find(|known| known.owner != own)?;
        Some(&other.name)
    }

    /// As [`Self::taken_for`], for text that may say the same in plain letters.
    pub(super) fn disguised(&self, own: &str, title: &str) -> Option<&str> {
        let names = self.looks.get(&fold::key(title))?;
        let honest = |name: &str| separated(name) == separated(title);
        let mut others = names.iter().filter(|known| known.owner != own);
        let other = others.find(|known| !honest(&known.name))?;
        Some(&other.name)
    }

    /// Whose tool `text` speaks of: by a name that is no ordinary word, or by a word that the text
    /// says to be a tool.
    pub(super) fn mentioned(&self, own: &str, text: &str) -> Option<&str> {
        let lower = text.to_lowercase();
        words(&lower).find_map(|(before, word, after)| {
            let known = self.names.get(word)?;
            let other = known.iter().find(|known| known.owner != own)?;
            let telling = word.contains('_') || is_called(before, after);
            telling.then_some(&*other.name)
        })
    }
}

/// In lower case, with one kind of separator.
fn separated(name: &str) -> String {
    name.to_lowercase().replace(['-', '_', '.'], " ")
}

/// Whether what stands around a word says that it is a tool: `the WORD tool`, or the quotes of code
/// with `tool` after it.
fn is_called(before: &str, after: &str) -> bool {
    let marks = ['`', '"', '\''];
    let quoted = before.ends_with(marks);
    let after = after.trim_start_matches(marks);
    let before = before.trim_end_matches(marks).trim_end();
    let tool = [" tool", "() tool", " mcp", " server"];
    let verbs = [
        "the", "use", "using", "call", "calling", "invoke", "of", "than", "replaces",
    ];
    let spoken = verbs.iter().any(|verb| before.ends_with(verb));
    tool.iter().any(|word| after.starts_with(word)) && (quoted || spoken)
}

/// The words of `text`, dashes and underscores within, each with what stands before and after.
fn words(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let start = from + rest.find(part)?;
        let word = text.get(start..)?;
        let length = word
            .find(|character| !part(character))
            .unwrap_or(word.len());
        from = start + length;
        Some((text.get(..start)?, word.get(..length)?, text.get(from..)?))
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
        others.add_tool("files", "files_read");
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
            assert!(others().taken_for("mine", name).is_some(), "{name}");
        }
        for name in ["file", "profiles", "files-write", "read"] {
            assert!(others().taken_for("mine", name).is_none(), "{name}");
        }
        assert!(others().disguised("mine", "Fіles").is_some());
        assert!(
            others().disguised("mine", "Files").is_none(),
            "an honest title"
        );
    }

    #[test]
    fn speaking_of_another_tool_is_found() {
        for text in [
            "After files_read, call this.",
            "Replaces the files tool.",
            "Do it with the `files` tool",
        ] {
            assert!(others().mentioned("mine", text).is_some(), "{text}");
        }
        for text in [
            "Reads files.",
            "my_files_reader",
            "These files, a tool may list.",
            "Tools for files",
        ] {
            assert!(others().mentioned("mine", text).is_none(), "{text}");
        }
    }

    #[test]
    fn one_s_own_names_are_no_others() {
        assert!(others().taken_for("files", "files_read").is_none());
        assert!(others().mentioned("files", "Use files_read.").is_none());
        assert!(others().disguised("files", "Fіles").is_none());
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
