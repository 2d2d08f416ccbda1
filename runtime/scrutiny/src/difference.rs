//! What is different about a component, in words.
//!
//! Owns the sentences, and that the gravest comes first: what it asks for, what it can be called with,
//! what it says. Refuses to decide whether that is too much.

use std::collections::BTreeSet;
use std::fmt;

use crate::facts::Facts;
use crate::pin::Pin;
use crate::visible::{excerpt, visible};

/// Characters of what was and what is, from a little before the place where they part.
const EXCERPT_CHARACTERS_MAX: usize = 160;
const CONTEXT_CHARACTERS: usize = 24;

/// Differences that are told. Bounds the page that a tool of a thousand functions makes.
const DIFFERENCES_MAX: usize = 200;

/// One difference, as a sentence without an end. Guest text in it is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference(String);

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How grave it is, and what it says.
type Weighed = (u8, String);

pub(crate) fn between(before: &Pin, now: &Pin) -> Vec<Difference> {
    if before.digest() == now.digest() {
        return Vec::new();
    }
    let mut found: Vec<Weighed> = Vec::new();
    asked(before, now, &mut found);
    match (before.facts(), now.facts()) {
        (Some(before), Some(now)) => facts(before, now, &mut found),
        _ => hashes(before, now, &mut found),
    }
    if found.is_empty() {
        let unchanged = "code changed, the interface did not".to_owned();
        return vec![Difference(unchanged)];
    }
    found.sort();
    let more = found.len().saturating_sub(DIFFERENCES_MAX);
    found.truncate(DIFFERENCES_MAX);
    if more > 0 {
        found.push((u8::MAX, format!("and {more} differences more")));
    }
    let sentences = found.into_iter();
    sentences
        .map(|(_, text)| Difference(visible(&text).into_owned()))
        .collect()
}

/// What it asks for is always known, and first.
fn asked(before: &Pin, now: &Pin, found: &mut Vec<Weighed>) {
    let old: BTreeSet<_> = before.requests().iter().collect();
    let new: BTreeSet<_> = now.requests().iter().collect();
    for request in new.difference(&old) {
        found.push((0, format!("now also asks: {}", capability(request))));
    }
    for request in old.difference(&new) {
        found.push((4, format!("no longer asks: {}", capability(request))));
    }
    // Without any request, what it imports is the bound.
    if new.is_empty() && !old.is_empty() {
        found.push((
            0,
            "no longer says what it asks for, and so may be granted all it imports".to_owned(),
        ));
    }
}

/// Too much was said to be kept.
fn hashes(before: &Pin, now: &Pin, found: &mut Vec<Weighed>) {
    if before.interface() != now.interface() {
        found.push((
            2,
            "its interface changed, and is too long to say how".to_owned(),
        ));
    }
    if before.manifest() != now.manifest() {
        found.push((
            3,
            "what its manifest says changed, and is too long to say how".to_owned(),
        ));
    }
}

fn facts(before: &Facts, now: &Facts, found: &mut Vec<Weighed>) {
    let names: BTreeSet<&str> = before
        .iter()
        .chain(now.iter())
        .map(|(name, _)| name)
        .collect();
    let both = Both { before, now };
    for name in names {
        let (old, new) = (before.named(name), now.named(name));
        if old != new
            && let Some(sentence) = both.sentence(name, old, new)
        {
            found.push(sentence);
        }
    }
}

struct Both<'f> {
    before: &'f Facts,
    now: &'f Facts,
}

impl Both<'_> {
    /// Nothing where another sentence says it already.
    fn sentence(&self, name: &str, old: Option<&str>, new: Option<&str>) -> Option<Weighed> {
        let (kind, rest) = name.split_once(' ').unwrap_or((name, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(match kind {
            // Which capabilities are asked for was said; this is why.
            "request" => (
                3,
                changed(&format!("its reason for {}", capability(rest)), old?, new?),
            ),
            "import" => (1, import(rest, old, new)),
            "provides" => (1, parted("what it describes itself", old, new)),
            "about" => (3, parted(&format!("its {rest}"), old, new)),
            "function" => (2, self.function(rest, old, new)),
            "param" => {
                self.in_both(first)?;
                (2, param(first, second, old, new))
            }
            "says" => {
                self.in_both(first)?;
                (3, parted(&format!("{second} of `{first}`"), old, new))
            }
            "input" | "output" => {
                self.in_both(first)?;
                self.member(kind, first, second, old, new)?
            }
            _ => (3, parted(&format!("`{name}`"), old, new)),
        })
    }

    /// Whether a function is old and new: what belongs to one that came or went was said with it.
    fn in_both(&self, function: &str) -> Option<()> {
        let name = format!("function {function}");
        self.before.named(&name)?;
        self.now.named(&name).map(drop)
    }

    fn function(&self, name: &str, old: Option<&str>, new: Option<&str>) -> String {
        match (old, new) {
            (None, Some(result)) => {
                let prefix = format!("param {name} ");
                let params = self.now.iter().filter_map(|(fact, ty)| {
                    fact.strip_prefix(&prefix)
                        .map(|param| format!("{param}: {ty}"))
                });
                let params = params.collect::<Vec<_>>().join(", ");
                let result = if result.is_empty() {
                    String::new()
                } else {
                    format!(" {result}")
                };
                format!("new function `{name}({params}){result}`")
            }
            (Some(_), None) => format!("function `{name}` is gone"),
            (old, new) => {
                let words = |result: Option<&str>| match result.unwrap_or_default() {
                    "" => "nothing".to_owned(),
                    result => format!("`{}`", result.trim_start_matches("-> ")),
                };
                format!(
                    "function `{name}` gives back {}, and gave {}",
                    words(new),
                    words(old)
                )
            }
        }
    }

    /// A member of a schema. What a parameter brings or takes away with it was said with it.
    fn member(
        &self,
        kind: &str,
        function: &str,
        pointer: &str,
        old: Option<&str>,
        new: Option<&str>,
    ) -> Option<Weighed> {
        let mut segments: Vec<&str> = pointer.split('/').skip(1).collect();
        let keyword = segments.pop().unwrap_or_default();
        if kind == "input"
            && let ["properties", param, ..] = &*segments
        {
            let name = format!("param {function} {param}");
            self.before.named(&name)?;
            self.now.named(&name)?;
        }
        let structure = ["properties", "items", "prefixItems", "oneOf", "anyOf"];
        let names: Vec<_> = segments
            .iter()
            .filter(|segment| !structure.contains(segment))
            .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
            .collect();
        let of = match (kind, names.is_empty()) {
            ("input", true) => format!("of the parameters of `{function}`"),
            ("input", false) => format!("of parameter `{}` of `{function}`", names.join(".")),
            (_, true) => format!("of the result of `{function}`"),
            (_, false) => format!("of `{}` in the result of `{function}`", names.join(".")),
        };
        Some((3, parted(&format!("{keyword} {of}"), old, new)))
    }
}

fn import(name: &str, old: Option<&str>, new: Option<&str>) -> String {
    let functions = |functions: &str| match functions {
        "" => String::new(),
        functions => format!(" ({})", excerpt(functions, EXCERPT_CHARACTERS_MAX)),
    };
    match (old, new) {
        (None, Some(new)) => format!("now also imports `{name}`{}", functions(new)),
        (Some(_), None) => format!("no longer imports `{name}`"),
        (old, new) => {
            let old: BTreeSet<_> = old.unwrap_or_default().split(", ").collect();
            let added: Vec<_> = new
                .unwrap_or_default()
                .split(", ")
                .filter(|one| !old.contains(one))
                .collect();
            if added.is_empty() {
                format!("uses less of `{name}`")
            } else {
                format!(
                    "now also uses `{}` of `{name}`",
                    excerpt(&added.join(", "), EXCERPT_CHARACTERS_MAX)
                )
            }
        }
    }
}

fn param(function: &str, param: &str, old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (None, Some(ty)) => format!("function `{function}` gained parameter `{param}: {ty}`"),
        (Some(_), None) => format!("function `{function}` lost parameter `{param}`"),
        (old, new) => format!(
            "parameter `{param}` of `{function}` is `{}`, and was `{}`",
            new.unwrap_or_default(),
            old.unwrap_or_default()
        ),
    }
}

/// What came, went or changed.
fn parted(what: &str, old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (None, Some(new)) => format!("{what} is new: “{}”", excerpt(new, EXCERPT_CHARACTERS_MAX)),
        (Some(_), None) => format!("{what} is gone"),
        (old, new) => changed(what, old.unwrap_or_default(), new.unwrap_or_default()),
    }
}

fn changed(what: &str, old: &str, new: &str) -> String {
    let same = old
        .chars()
        .zip(new.chars())
        .take_while(|(old, new)| old == new)
        .count();
    let from = |text: &str| {
        let skipped = same.saturating_sub(CONTEXT_CHARACTERS);
        let rest: String = text.chars().skip(skipped).collect();
        let dots = if skipped > 0 { "…" } else { "" };
        format!("{dots}{}", excerpt(&rest, EXCERPT_CHARACTERS_MAX))
    };
    format!("{what} changed: “{}” is now “{}”", from(old), from(new))
}

/// A capability in words: what kind it is, and the rest of its text.
fn capability(text: &str) -> String {
    let (kind, rest) = match text.split_once('=') {
        Some((kind, rest)) => (kind, Some(rest)),
        None => (text, None),
    };
    let words = match kind {
        "net" => "network",
        "socket" => "sockets",
        "fs.list" => "list files",
        "fs.read" => "read files",
        "fs.write" => "read and write files",
        "fs.create" => "create files",
        "fs.change" => "change files",
        "fs.delete" => "delete files",
        "env" => "environment",
        "secret" => "secret",
        "config" => "configuration",
        "kv" => "storage",
        "tools" => "call other tools",
        "clock.precise" => "precise clocks",
        "random" => "random",
        "stdin" => "standard input",
        "stdout" => "standard output",
        other => other,
    };
    match rest {
        Some(rest) => format!("{words} {rest}"),
        None => words.to_owned(),
    }
}
