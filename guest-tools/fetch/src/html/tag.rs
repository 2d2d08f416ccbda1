//! Tags and what is between them.
//!
//! Owns where a tag begins and ends. Never goes back: every byte is looked at once for tags, and
//! once more at most for the end of something that is left out.

use super::entity;

/// A piece of a page.
#[derive(Debug)]
pub(crate) enum Token<'h> {
    Tag(Tag<'h>),
    Text(&'h str),
}

/// A tag. Its name is as it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'h> {
    pub(crate) name: &'h str,
    pub(crate) closes: bool,
    inside: &'h str,
}

/// Elements that have no end.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

impl Tag<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(crate) fn is_void(&self) -> bool {
        self.inside.ends_with('/') || VOID.iter().any(|name| self.is(name))
    }

    /// The value of an attribute; empty where it has none.
    pub(crate) fn attribute(&self, wanted: &str) -> Option<String> {
        let mut rest = self.inside;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| c.is_ascii_whitespace() || matches!(c, '=' | '/'))
                .map_or(rest.len(), |(at, _)| at);
            let (name, after) = rest.split_at(end);
            let (value, after) = match after.trim_start().strip_prefix('=') {
                None => ("", after),
                Some(after) => value(after.trim_start()),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(entity::decoded(value));
            }
            rest = after;
        }
    }
}

/// A value and what follows it.
fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    let end = text
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The pieces of a page, in their order.
#[derive(Debug)]
pub(crate) struct Tokens<'h> {
    rest: &'h str,
}

impl<'h> Tokens<'h> {
    pub(crate) fn new(html: &'h str) -> Self {
        Self { rest: html }
    }

    pub(crate) fn next(&mut self) -> Option<Token<'h>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if let Some(after) = self.rest.strip_prefix("<!--") {
                self.rest = after.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
                self.rest = self.rest.split_once('>').map_or("", |(_, after)| after);
                continue;
            }
            if is_tag(self.rest) {
                return self.tag().map(Token::Tag);
            }
            // Text to the next tag. A `<` that begins none is text.
            let skipped = usize::from(self.rest.starts_with('<'));
            let after = self.rest.get(skipped..).unwrap_or_default();
            let end = after.find('<').map_or(self.rest.len(), |at| at + skipped);
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(Token::Text(text));
        }
    }

    /// The text to the end of an element that has no tags inside, which is left behind.
    pub(crate) fn raw(&mut self, name: &str) -> &'h str {
        let end = end_of(self.rest, name);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.tag();
        text
    }

    /// Leaves out everything to the end of an element, those of its own name inside it included.
    pub(crate) fn skip(&mut self, name: &str) {
        if ["script", "style"]
            .iter()
            .any(|raw| name.eq_ignore_ascii_case(raw))
        {
            self.raw(name);
            return;
        }
        let mut depth = 1_u32;
        while depth > 0 {
            match self.next() {
                None => return,
                Some(Token::Tag(tag)) if tag.is("script") || tag.is("style") => {
                    if !tag.closes {
                        self.raw(tag.name);
                    }
                }
                Some(Token::Tag(tag)) if tag.is(name) && tag.closes => depth -= 1,
                Some(Token::Tag(tag)) if tag.is(name) && !tag.is_void() => {
                    depth = depth.saturating_add(1);
                }
                Some(_) => {}
            }
        }
    }

    /// The tag that the rest begins with. One without an end takes the rest of the page with it.
    fn tag(&mut self) -> Option<Tag<'h>> {
        let after = self.rest.strip_prefix('<')?;
        let (closes, after) = match after.strip_prefix('/') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let end = after
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let mut quote = None;
        let mut before = ' ';
        for (at, character) in after.char_indices() {
            match (quote, character) {
                (None, '>') => {
                    let (inside, rest) = after.split_at(at);
                    self.rest = rest.strip_prefix('>').unwrap_or(rest);
                    return Some(Tag {
                        name,
                        closes,
                        inside,
                    });
                }
                (None, '"' | '\'') if before == '=' => quote = Some(character),
                (Some(open), _) if open == character => quote = None,
                _ => {}
            }
            if !character.is_ascii_whitespace() {
                before = character;
            }
        }
        self.rest = "";
        None
    }
}

/// Whether a tag begins here.
fn is_tag(text: &str) -> bool {
    let after = text.strip_prefix('<').unwrap_or_default();
    let after = after.strip_prefix('/').unwrap_or(after);
    after.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Where the closing tag of this name begins.
fn end_of(text: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("</")) {
        let start = from + at;
        let found = text.get(start + 2..start + 2 + name.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return start;
        }
        from = start + 2;
    }
    text.len()
}
