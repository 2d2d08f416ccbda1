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

use super::installed::{Earlier, Installed};
use super::{Entry, Lock};

/// What readers understand: the second version knows what is installed, and the third where its signatures
/// are kept. A lock is written as the first that says all of it, so that programs before that read it.
const VERSION_APPROVED: u32 = 1;
const VERSION_INSTALLED: u32 = 2;
const VERSION_SIGNED: u32 = 3;

const HEAD: &str = "\
# What was approved of each tool. `ringfence` writes this file, and refuses it when anything else did.
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
    installed: Option<Kept>,
    facts: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kept {
    enabled: bool,
    resolved: Option<String>,
    signed_by: String,
    signatures: Option<String>,
    #[serde(default)]
    earlier: Vec<Before>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Before {
    version: Option<String>,
    source: Option<String>,
    digest: String,
    resolved: Option<String>,
    signed_by: String,
    signatures: Option<String>,
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
    // Writing to a string cannot fail.
    let has_signatures = |installed: &Installed| {
        let mut earlier = installed.earlier.iter();
        installed.evidence.is_some() || earlier.any(|one| one.evidence.is_some())
    };
    let version = if lock.installed().any(|(.., kept)| has_signatures(kept)) {
        VERSION_SIGNED
    } else if lock.installed().next().is_some() {
        VERSION_INSTALLED
    } else {
        VERSION_APPROVED
    };
    let _ = writeln!(text, "version = {version}");
    for (name, entry) in lock.iter() {
        tool(&mut text, name, entry);
    }
    let _ = write!(text, "\n[end]\ntools = {}\n", lock.iter().count());
    let checksum = Digest::of(text.as_bytes());
    let _ = writeln!(text, "{CHECKSUM}{checksum}\"");
    text
}

fn tool(text: &mut String, name: &ComponentName, entry: &Entry) {
    let pin = &entry.pin;
    let _ = write!(text, "\n[[tool]]\nname = {}\n", quoted(name.as_str()));
    optional(text, "version", entry.version.as_deref());
    optional(text, "source", entry.source.as_deref());
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
    if let Some(kept) = &entry.installed {
        installed(text, kept);
    }
    if let Some(facts) = pin.facts() {
        text.push_str("\n[tool.facts]\n");
        for (name, fact) in facts.iter() {
            let _ = writeln!(text, "{} = {}", quoted(name), quoted(fact));
        }
    }
}

fn installed(text: &mut String, installed: &Installed) {
    let _ = write!(
        text,
        "\n[tool.installed]\nenabled = {}\n",
        installed.enabled
    );
    named(text, "resolved", installed.resolved);
    signed(text, installed.signed_by.as_deref());
    named(text, "signatures", installed.evidence);
    for earlier in &installed.earlier {
        text.push_str("\n[[tool.installed.earlier]]\n");
        optional(text, "version", earlier.version.as_deref());
        optional(text, "source", earlier.source.as_deref());
        let _ = writeln!(text, "digest = \"{}\"", earlier.digest);
        named(text, "resolved", earlier.resolved);
        signed(text, earlier.signed_by.as_deref());
        named(text, "signatures", earlier.evidence);
    }
}

fn optional(text: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(text, "{key} = {}", quoted(value));
    }
}

fn named(text: &mut String, key: &str, digest: Option<Digest>) {
    if let Some(digest) = digest {
        let _ = writeln!(text, "{key} = \"{digest}\"");
    }
}

/// Always there, so that a reader sees that nobody signed.
fn signed(text: &mut String, by: Option<&str>) {
    let _ = writeln!(text, "signed-by = {}", quoted(by.unwrap_or_default()));
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
    if !(VERSION_APPROVED..=VERSION_SIGNED).contains(&document.version) {
        return Err(format!(
            "it has version {}, and this program reads {VERSION_APPROVED} to {VERSION_SIGNED}",
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

fn digest(key: &str, text: &str) -> Result<Digest, String> {
    text.parse().map_err(|error| format!("`{key}`: {error}"))
}

fn kept(kept: Kept) -> Result<Installed, String> {
    let named = |key, text: Option<String>| text.map(|text| digest(key, &text)).transpose();
    let signed = |by: String| Some(by).filter(|by| !by.is_empty());
    let earlier = kept.earlier.into_iter().map(|before| {
        Ok(Earlier {
            digest: digest("digest", &before.digest)?,
            version: before.version,
            source: before.source,
            resolved: named("resolved", before.resolved)?,
            signed_by: signed(before.signed_by),
            evidence: named("signatures", before.signatures)?,
        })
    });
    Ok(Installed {
        enabled: kept.enabled,
        earlier: earlier.collect::<Result<_, String>>()?,
        resolved: named("resolved", kept.resolved)?,
        signed_by: signed(kept.signed_by),
        evidence: named("signatures", kept.signatures)?,
    })
}

fn entry(tool: Tool) -> Result<Entry, String> {
    let installed = tool.installed.map(kept).transpose()?;
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
        installed,
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

    /// What is installed of the tool with this number: of every third nothing.
    fn installed(index: usize, text: &str) -> Option<Installed> {
        let digest = Digest::of(text.as_bytes());
        let signed_by = Some(text.to_owned()).filter(|text| !text.is_empty());
        let earlier = Earlier {
            digest,
            version: Some(text.to_owned()),
            source: None,
            resolved: None,
            signed_by: signed_by.clone(),
            evidence: Some(digest).filter(|_| index.is_multiple_of(4)),
        };
        (!index.is_multiple_of(3)).then(|| Installed {
            enabled: index.is_multiple_of(2),
            resolved: Some(digest).filter(|_| index % 3 == 1),
            signed_by,
            evidence: Some(digest).filter(|_| index.is_multiple_of(2)),
            earlier: vec![earlier; index % 3 - 1],
        })
    }

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
                installed: installed(index, text),
            };
            lock.insert(component.name().clone(), entry);
        }
        lock
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let text = print(&lock(&["file:a.wasm".into(), "b".into(), "c".into()]));
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

    #[test]
    fn a_lock_in_which_nothing_is_installed_is_read_by_programs_that_know_no_more() {
        let text = print(&lock(&["file:a.wasm".into()]));
        assert!(text.contains("\nversion = 1\n"), "{text}");
        let text = print(&lock(&["a".into(), "b".into()]));
        assert!(text.contains("\nversion = 2\n"), "{text}");
        let text = print(&lock(&["a".into(), "b".into(), "c".into()]));
        assert!(text.contains("\nversion = 3\n"), "{text}");
    }

    #[test]
    fn a_lock_of_the_first_version_is_read() {
        // As it was written before anything could be installed.
        let digest = Digest::of(b"");
        let before = format!(
            "# A remark.\nversion = 1\n\n[[tool]]\nname = \"a\"\ndigest = \"{digest}\"\ninterface = \"{digest}\"\n\
             manifest = \"{digest}\"\nrequests = []\napproved-by = \"x\"\napproved-at = \"y\"\n\n[end]\ntools = 1\n"
        );
        let checksum = Digest::of(before.as_bytes());
        let lock = parse(&format!("{before}{CHECKSUM}{checksum}\"\n")).unwrap();
        assert_eq!(lock.entry("a").unwrap().installed, None);
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
