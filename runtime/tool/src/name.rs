//! Names that a component, a function and a tool may have.
//!
//! Owns what makes a name safe: a component's name becomes part of tool names, log lines and
//! storage keys, so nothing in it may escape a folder, a line or a namespace. Refuses to know which
//! functions there are: it is given them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use crate::digest::Digest;
use crate::interface::Export;

/// Bytes in a component's name. Bounds what a hostile manifest can put into log lines and keys, and
/// leaves room for a function's name in a tool's.
pub(crate) const COMPONENT_NAME_BYTES_MAX: usize = 40;

/// Bytes in a tool's name: the most that every known client accepts.
pub(crate) const TOOL_NAME_BYTES_MAX: usize = 64;

/// Bytes in a function's name: a tool's name less the shortest component's and the separator.
pub(crate) const FUNCTION_NAME_BYTES_MAX: usize = TOOL_NAME_BYTES_MAX - 2;

/// What stands between a component's name and a function's. Neither kebab-case name contains it, so
/// two different pairs never join to the same tool name.
const SEPARATOR: char = '_';

/// Hexadecimal digits of a digest that tell apart names which had to be cut.
const DISAMBIGUATOR_DIGITS: usize = 8;

/// Text that cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// Nothing at all.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// More bytes than the kind of name may have.
    #[error("{kind} has {found} bytes, more than {max}")]
    TooLong {
        /// The kind of name.
        kind: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// Something other than the letters, digits and marks that the kind of name may have.
    #[error("{kind} {text:?} must be {rule}")]
    Malformed {
        /// The kind of name.
        kind: &'static str,
        /// What was given; its control characters are escaped when shown.
        text: String,
        /// What it should have looked like.
        rule: &'static str,
    },
}

/// The name of a component: kebab-case, such as `text` or `git-log`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentName(Arc<str>);

impl ComponentName {
    const KIND: &'static str = "component name";

    /// Makes a name out of text that was not meant as one, such as a file's. Whatever cannot stand
    /// in a name becomes a dash, so no text leads outside a folder.
    pub fn from_hint(hint: &str) -> Self {
        let mut name = String::with_capacity(COMPONENT_NAME_BYTES_MAX);
        for character in hint.chars() {
            if name.len() >= COMPONENT_NAME_BYTES_MAX {
                break;
            }
            if character.is_ascii_alphanumeric() {
                if name.is_empty() && character.is_ascii_digit() {
                    name.push_str("tool-");
                }
                name.push(character.to_ascii_lowercase());
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
        }
        let name = name.trim_end_matches('-');
        Self(if name.is_empty() { "tool" } else { name }.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ComponentName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_length(Self::KIND, text, COMPONENT_NAME_BYTES_MAX)?;
        let kebab = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.ends_with('-')
            && !text.contains("--");
        if !kebab {
            return Err(InvalidName::Malformed {
                kind: Self::KIND,
                text: text.to_owned(),
                rule: "lowercase words of letters and digits with single dashes between them, \
                       such as `git-log`",
            });
        }
        Ok(Self(text.into()))
    }
}

/// The name of a function within its component, such as `stats` or `word-count`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionName(Arc<str>);

impl FunctionName {
    const KIND: &'static str = "function name";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FunctionName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_letters(Self::KIND, text, FUNCTION_NAME_BYTES_MAX)?;
        Ok(Self(text.into()))
    }
}

/// The name by which MCP clients call a tool: `^[A-Za-z0-9_-]{1,64}$`, unique and stable.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolName(Arc<str>);

impl ToolName {
    const KIND: &'static str = "tool name";

    /// The name of `function` in `component`.
    ///
    /// # Errors
    ///
    /// When the two together are longer than 64 bytes; never for names that
    /// [`crate::Component::read`] derived.
    pub fn join(component: &ComponentName, function: &FunctionName) -> Result<Self, InvalidName> {
        format!("{component}{SEPARATOR}{function}").parse()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The component's part of the name, when there is one.
    pub fn component(&self) -> Option<&str> {
        self.0.split_once(SEPARATOR).map(|(component, _)| component)
    }
}

impl FromStr for ToolName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_letters(Self::KIND, text, TOOL_NAME_BYTES_MAX)?;
        Ok(Self(text.into()))
    }
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        // `Hash` and `Ord` are those of the text, as a borrow demands.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text!(ComponentName FunctionName ToolName);

fn check_length(kind: &'static str, text: &str, max: usize) -> Result<(), InvalidName> {
    match text.len() {
        0 => Err(InvalidName::Empty(kind)),
        found if found > max => Err(InvalidName::TooLong { kind, found, max }),
        _ => Ok(()),
    }
}

fn check_letters(kind: &'static str, text: &str, max: usize) -> Result<(), InvalidName> {
    check_length(kind, text, max)?;
    if text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    {
        return Ok(());
    }
    Err(InvalidName::Malformed {
        kind,
        text: text.to_owned(),
        rule: "letters, digits, `_` and `-`",
    })
}

/// Names each export, in the given order. Nothing stands where even the longest form is taken,
/// which only a component made for the purpose achieves.
///
/// - A function keeps its own name where no other function of the component has it.
/// - Otherwise those in interfaces are called `{interface}_{function}`.
/// - Where that is taken too, or too long, the name is cut and 8 digits of the digest of the
///   export's full path are appended.
///
/// The result depends on the component alone, never on what else is loaded. Names that differ only
/// in case count as the same: a person could not tell them apart.
pub(crate) fn derive(component: &ComponentName, exports: &[&Export]) -> Vec<Option<FunctionName>> {
    let bare = count(
        exports
            .iter()
            .map(|export| export.function.to_ascii_lowercase()),
    );
    let qualified: Vec<String> = exports
        .iter()
        .map(|export| match export.interface.as_deref() {
            Some(interface) if bare.get(&export.function.to_ascii_lowercase()) != Some(&1) => {
                format!("{}{SEPARATOR}{}", short_name(interface), export.function)
            }
            _ => export.function.to_string(),
        })
        .collect();
    let uses = count(qualified.iter().map(|name| name.to_ascii_lowercase()));
    let room = TOOL_NAME_BYTES_MAX - component.as_str().len() - SEPARATOR.len_utf8();
    let mut taken = HashSet::new();
    let mut name = |export: &Export, wish: &str| {
        let unique = uses.get(&wish.to_ascii_lowercase()) == Some(&1);
        let name = if unique && wish.len() <= room {
            wish.to_owned()
        } else {
            cut(wish, room, export)
        };
        let free = taken.insert(name.to_ascii_lowercase());
        name.parse().ok().filter(|_| free)
    };
    exports
        .iter()
        .zip(&qualified)
        .map(|(export, wish)| name(export, wish))
        .collect()
}

fn count(names: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut uses = HashMap::new();
    for name in names {
        *uses.entry(name).or_insert(0) += 1;
    }
    uses
}

/// `distance` of `acme:geo/distance@1.0.0`.
pub(crate) fn short_name(interface: &str) -> &str {
    let unversioned = interface.split('@').next().unwrap_or(interface);
    unversioned.rsplit('/').next().unwrap_or(unversioned)
}

fn cut(wish: &str, room: usize, export: &Export) -> String {
    let path = match export.interface.as_deref() {
        Some(interface) => format!("{interface}#{}", export.function),
        None => export.function.to_string(),
    };
    let digest = Digest::of(path.as_bytes()).hex();
    let digits = digest.get(..DISAMBIGUATOR_DIGITS).unwrap_or(&digest);
    let kept: String = wish
        .chars()
        .take(room.saturating_sub(DISAMBIGUATOR_DIGITS + 1))
        .collect();
    format!("{}-{digits}", kept.trim_end_matches(['-', SEPARATOR]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn export(interface: Option<&str>, function: &str) -> Export {
        Export {
            interface: interface.map(Into::into),
            function: function.into(),
        }
    }

    fn names(component: &str, exports: &[Export]) -> Vec<String> {
        let component: ComponentName = component.parse().unwrap();
        let derived = derive(&component, &exports.iter().collect::<Vec<_>>());
        derived
            .into_iter()
            .map(|name| name.unwrap().to_string())
            .collect()
    }

    #[test]
    fn hostile_component_names_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../text",
            "a/b",
            "a\\b",
            "a.b",
            "a_b",
            "A",
            "Text",
            "1a",
            "-a",
            "a-",
            "a--b",
            "a b",
            "a\n",
            "a\0",
            "a\u{1b}[31m",
            "tеxt",
            "text\u{200b}",
            "a\u{202e}b",
            "a:b",
            &"a".repeat(41),
        ] {
            assert!(name.parse::<ComponentName>().is_err(), "{name:?}");
        }
        for name in ["a", "text", "git-log", "x2-y3", &"a".repeat(40)] {
            assert_eq!(name.parse::<ComponentName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn errors_escape_what_they_show() {
        let error = "a\u{1b}[31m\n"
            .parse::<ComponentName>()
            .unwrap_err()
            .to_string();
        assert!(!error.contains(['\u{1b}', '\n']), "{error}");
    }

    #[test]
    fn a_hint_becomes_a_name() {
        for (hint, name) in [
            ("My_Tool.component", "my-tool-component"),
            ("../../etc/passwd", "etc-passwd"),
            ("7zip", "tool-7zip"),
            ("", "tool"),
            ("…", "tool"),
            ("a\u{0}\n--b", "a-b"),
        ] {
            assert_eq!(ComponentName::from_hint(hint).as_str(), name);
        }
    }

    #[test]
    fn a_function_alone_keeps_its_name() {
        let exports = [
            export(None, "stats"),
            export(Some("a:b/c@1.0.0"), "word-count"),
        ];
        assert_eq!(names("text", &exports), ["stats", "word-count"]);
    }

    #[test]
    fn colliding_functions_take_their_interface() {
        let exports = [
            export(None, "get"),
            export(Some("a:b/maps@1.0.0"), "get"),
            export(Some("a:b/lists"), "get"),
            export(Some("a:b/lists"), "GET-all"),
        ];
        assert_eq!(
            names("x", &exports),
            ["get", "maps_get", "lists_get", "GET-all"]
        );
    }

    #[test]
    fn two_versions_of_an_interface_are_told_apart_by_digest() {
        let exports = [
            export(Some("a:b/maps@1.0.0"), "get"),
            export(Some("a:b/maps@2.0.0"), "get"),
        ];
        let derived = names("x", &exports);
        assert_ne!(derived[0], derived[1]);
        assert!(
            derived
                .iter()
                .all(|name| name.starts_with("maps_get-") && name.len() == 17)
        );
        let reversed: Vec<_> = exports.iter().rev().cloned().collect();
        assert_eq!(
            names("x", &reversed)[0],
            derived[1],
            "names do not depend on the order"
        );
    }

    #[test]
    fn long_names_are_cut_to_fit_every_client() {
        let component = "a".repeat(40);
        let exports = [
            export(None, &"b".repeat(90)),
            export(None, &format!("{}c", "b".repeat(90))),
        ];
        let derived = names(&component, &exports);
        assert_ne!(derived[0], derived[1]);
        let component: ComponentName = component.parse().unwrap();
        for name in &derived {
            let tool = ToolName::join(&component, &name.parse().unwrap()).unwrap();
            assert_eq!(tool.as_str().len(), 64);
        }
    }

    proptest! {
        #[test]
        fn any_hint_gives_a_valid_name(hint in any::<String>()) {
            let name = ComponentName::from_hint(&hint);
            prop_assert_eq!(name.as_str().parse::<ComponentName>().unwrap(), name);
        }

        #[test]
        fn derived_names_are_unique_and_fit(
            component in "[a-z]{1,40}",
            functions in proptest::collection::hash_set(
                (proptest::option::of("[a-z]{1,3}:[a-z]{1,3}/[a-z]{1,2}"), "[a-z]{1,3}(-[a-zA-Z]{1,40})?"),
                1..12,
            ),
        ) {
            let component: ComponentName = component.parse().unwrap();
            let exports: Vec<_> = functions
                .iter()
                .map(|(interface, function)| export(interface.as_deref(), function))
                .collect();
            let mut seen = HashSet::new();
            for name in derive(&component, &exports.iter().collect::<Vec<_>>()).into_iter().flatten() {
                let tool = ToolName::join(&component, &name).unwrap();
                prop_assert!(tool.as_str().len() <= TOOL_NAME_BYTES_MAX);
                prop_assert!(seen.insert(tool.as_str().to_ascii_lowercase()));
            }
        }
    }
}
