//! Secrets out of everything that leaves.
//!
//! Owns what becomes of a text with a secret in it: `[secret NAME]` stands in its place. Works on the
//! values themselves, so that nothing has to look like a secret to be found, and finds them in the
//! encodings that programs use: as they are, base64 of either alphabet and any alignment,
//! hexadecimal, percent-encoded, escaped as in JSON and most languages, and as HTML entities.
//!
//! What is not found: a value that is encrypted, compressed, reversed, encoded twice or in another
//! alphabet, or handed out bit by bit. That is why a guest never gets one in the first place.

mod automaton;
mod escape;
mod forms;
mod json;
mod scanner;
mod stream;

use std::borrow::Cow;
use std::collections::BTreeSet;

use automaton::Automaton;
use scanner::{Scanner, Span};
pub use stream::Stream;

use crate::name::SecretName;
use crate::value::SecretValue;

/// Finds the secrets of one tenant.
///
/// Without secrets nothing is looked at. Otherwise the time is linear in what is searched, whatever
/// the secrets are, and whatever a guest says.
#[derive(Default)]
pub struct Scrubber {
    automaton: Option<Automaton>,
    names: Vec<SecretName>,
}

/// What is left of a text, and what was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrubbed<'t> {
    /// The text, borrowed when nothing was in it.
    pub text: Cow<'t, [u8]>,
    /// The secrets that were removed from it.
    pub removed: BTreeSet<SecretName>,
}

impl Scrubber {
    /// A scrubber for these secrets.
    pub fn new<'s>(secrets: impl IntoIterator<Item = (&'s SecretName, &'s SecretValue)>) -> Self {
        let mut names = Vec::new();
        let mut forms = Vec::new();
        for (index, (name, value)) in secrets.into_iter().enumerate() {
            names.push(name.clone());
            forms.extend(
                forms::of(value.expose())
                    .into_iter()
                    .map(|form| (form, index)),
            );
        }
        Self {
            automaton: Automaton::new(forms),
            names,
        }
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// Removes secrets from bytes.
    pub fn bytes<'t>(&self, text: &'t [u8]) -> Scrubbed<'t> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Scrubbed {
                text: Cow::Borrowed(text),
                removed: BTreeSet::new(),
            };
        }
        let mut left = Vec::with_capacity(text.len());
        let mut from = 0;
        for span in &spans {
            left.extend_from_slice(text.get(from..span.start).unwrap_or_default());
            self.label(span, &mut left);
            from = span.end;
        }
        left.extend_from_slice(text.get(from..).unwrap_or_default());
        Scrubbed {
            text: Cow::Owned(left),
            removed: self.named(&spans),
        }
    }

    /// Removes secrets from text.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()).text {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // A secret that is no text may have begun within a character.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// Removes secrets from text that is owned, without copying what holds none.
    pub fn string(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(left) => left,
        }
    }

    /// Removes secrets from JSON, which stays JSON.
    ///
    /// Strings and names keep what else is in them. A number that is a secret becomes a string. When
    /// a secret spans several values, the whole becomes one string.
    pub fn json(&self, text: String) -> String {
        if self.is_empty() {
            return text;
        }
        // What a string of it says in escapes is escaped once more by JSON, and is seen in the string alone.
        if !text.contains(r"\\") && self.spans(text.as_bytes()).is_empty() {
            return text;
        }
        json::scrub(self, &text).unwrap_or(text)
    }

    /// The secrets in `text`.
    pub fn found(&self, text: &[u8]) -> BTreeSet<SecretName> {
        self.named(&self.spans(text))
    }

    fn spans(&self, text: &[u8]) -> Vec<Span> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut scanner = Scanner::new(automaton);
        scanner.scan(automaton, text);
        scanner.finish(automaton);
        scanner.take_spans()
    }

    fn named(&self, spans: &[Span]) -> BTreeSet<SecretName> {
        let names = spans.iter().filter_map(|span| self.names.get(span.secret));
        names.cloned().collect()
    }

    fn label(&self, span: &Span, to: &mut Vec<u8>) {
        to.extend_from_slice(b"[secret ");
        let name = self.names.get(span.secret).map_or("", SecretName::as_str);
        to.extend_from_slice(name.as_bytes());
        to.push(b']');
    }
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
