//! The lock as text.
//!
//! Owns the format: TOML that a person can read and a diff can show, sorted, with a checksum over
//! everything before it. A file that was cut, merged by halves or touched by a failing disk is no lock;
//! it is never read as a shorter one. Refuses to know files.
//!
//! The checksum finds accidents. Who may write the file may write another checksum.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ringfence_scrutiny::{Facts, Pin};
use ringfence_tool::{ComponentName, Digest};
use serde::Deserialize;

use super::{Entry, Lock};

/// What readers of this version understand.
const VERSION: u32 = 1;

const HEAD: &str = "\
# What was approved of each tool. `ringfence pin` writes this file, and refuses it when anything else did.
version = 1
";

/// What stands between everything and the checksum of it.
const CHECKSUM: &str = "checksum = \"";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    tool: Vec<Tool>,
    version: u32,
    end: End,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tool {
    name: String,
    version: Option<String>,
    source: Option<String>,
    digest: String,
    interface: String,
    manifest: String,
    requests: Vec<String>,
    approved_by: String,
    approved_at: String,
    facts: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    tools: usize,
    #[expect(dead_code, reason = "compared before the document is read")]
    checksum: String,
}

/// Writes a lock.
pub(super) fn print(lock: &Lock) -> String {
    let mut text = String::from(HEAD);
    for (name, entry) in lock.iter() {
        tool(&mut text, name, entry);
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "\n[end]\ntools = {}\n", lock.iter().count());
    let checksum = Digest::of(text.as_bytes());
    let _ = writeln!(text, "{CHECKSUM}{checksum}\"");
    text
}

fn tool(text: &mut String, name: &ComponentName, entry: &Entry) {
    let pin = &entry.pin;
    let _ = write!(text, "\n[[tool]]\nname = {}\n", quoted(name.as_str()));
    for (key, value) in [("version", &entry.version), ("source", &entry.source)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    }
    let digests = [
        ("digest", pin.digest()),
        ("interface", pin.interface()),
        ("manifest", pin.manifest()),
    ];
    for (key, digest) in digests {
        let _ = writeln!(text, "{key} = \"{digest}\"");
    }
    let requests: Vec<_> = pin
        .requests()
        .iter()
        .map(|request| quoted(request))
        .collect();
    let _ = writeln!(text, "requests = [{}]", requests.join(", "));
    let _ = writeln!(text, "approved-by = {}", quoted(&entry.by));
    let _ = writeln!(text, "approved-at = {}", quoted(&entry.at));
    if let Some(facts) = pin.facts() {
        text.push_str("\n[tool.facts]\n");
        for (name, fact) in facts.iter() {
            let _ = writeln!(text, "{} = {}", quoted(name), quoted(fact));
        }
    }
}

/// Reads a lock.
///
/// # Errors
///
/// What is wrong with the text.
pub(super) fn parse(text: &str) -> Result<Lock, String> {
    let (before, checksum) = text
        .rsplit_once(CHECKSUM)
        .ok_or("it has no end: it was cut short")?;
    let checksum = checksum
        .strip_suffix("\"\n")
        .and_then(|digest| digest.parse().ok());
    if checksum != Some(Digest::of(before.as_bytes())) {
        return Err("its checksum is not that of its text".into());
    }
    let document: Document = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    if document.version != VERSION {
        return Err(format!(
            "it has version {}, and this program reads {VERSION}",
            document.version
        ));
    }
    if document.tool.len() != document.end.tools {
        return Err("it does not have as many tools as its end says".into());
    }
    let mut lock = Lock::default();
    for tool in document.tool {
        let name: ComponentName = tool.name.parse().map_err(|error| format!("{error}"))?;
        let wrong = |error: String| format!("`{name}`: {error}");
        let entry = entry(tool).map_err(wrong)?;
        if lock.entries.insert(name.clone(), entry).is_some() {
            return Err(format!("`{name}` is there twice"));
        }
    }
    Ok(lock)
}

fn entry(tool: Tool) -> Result<Entry, String> {
    let digest = |key: &str, text: &str| {
        let digest = text.parse::<Digest>();
        digest.map_err(|error| format!("`{key}`: {error}"))
    };
    let parts = [
        digest("interface", &tool.interface)?,
        digest("manifest", &tool.manifest)?,
    ];
    let facts = tool.facts.map(Facts::restore);
    let pin = Pin::restore(digest("digest", &tool.digest)?, parts, tool.requests, facts);
    Ok(Entry {
        pin: pin.map_err(|error| error.to_string())?,
        version: tool.version,
        source: tool.source,
        by: tool.approved_by,
        at: tool.approved_at,
    })
}

/// A string of TOML on one line, in which nothing is invisible.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            plain if !ringfence_scrutiny::is_hidden(plain) => quoted.push(plain),
            hidden => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(hidden));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lock(texts: &[String]) -> Lock {
        let mut lock = Lock::default();
        for (index, text) in texts.iter().enumerate() {
            let bytes =
                wat::parse_str(format!("(component (core module (memory {index})))")).unwrap();
            let component =
                ringfence_tool::Component::read(bytes.into(), &format!("t{index}")).unwrap();
            let entry = Entry {
                pin: Pin::of(&component),
                version: None,
                source: Some(text.clone()),
                by: text.clone(),
                at: "2026-01-01T00:00:00Z".into(),
            };
            lock.insert(component.name().clone(), entry);
        }
        lock
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let text = print(&lock(&["file:a.wasm".into()]));
        parse(&text).unwrap();
        for index in 0..text.len() {
            assert!(parse(&text[..index]).is_err(), "cut after {index} bytes");
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                // What is no UTF-8 is refused before.
                if let Ok(flipped) = String::from_utf8(bytes) {
                    assert!(
                        parse(&flipped).is_err(),
                        "bit {bit} of byte {index}: {flipped}"
                    );
                }
            }
        }
        for end in ["\n", "[[tool]]\n", "x"] {
            assert!(
                parse(&(text.clone() + end)).is_err(),
                "{end:?} behind the end"
            );
        }
        assert!(parse("").is_err(), "nothing is no empty lock");
    }

    proptest! {
        #[test]
        fn a_lock_comes_back_as_it_was(texts in proptest::collection::vec(any::<String>(), 0..4)) {
            let lock = lock(&texts);
            let text = print(&lock);
            prop_assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
            prop_assert_eq!(parse(&text).unwrap(), lock);
        }
    }
}
