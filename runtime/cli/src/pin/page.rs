//! Pins, as people read them.
//!
//! Owns words and columns. Whatever a tool says of itself is escaped before it gets in.

use std::fmt::Write as _;

use ringfence_catalog::{Entry, Origin};
use ringfence_scrutiny::{Flag, Pin, visible};
use ringfence_tool::{Component, ComponentName};
use serde_json::json;

use crate::console::{Console, Style};
use crate::escape::escape;
use crate::table::Table;

/// Characters of a digest in a list: enough to tell two apart.
const DIGEST_SHOWN: usize = 19;

/// What has become of a tool that was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Now {
    /// It is as it was.
    Approved,
    /// It is another.
    Changed,
    /// Its file is no component any more.
    Broken,
    /// It is in the store, where nothing changes by itself.
    Installed,
    /// Its file is gone.
    Missing,
    /// It was not read from a file.
    Unknown,
}

impl Now {
    fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Changed => "changed",
            Self::Broken => "broken",
            Self::Installed => "installed",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// One tool in a list.
#[derive(Debug)]
pub(super) struct Row<'e> {
    pub(super) name: &'e ComponentName,
    pub(super) entry: &'e Entry,
    pub(super) now: Now,
}

/// All of them, in columns.
pub(super) fn table(rows: &[Row<'_>]) -> String {
    if rows.is_empty() {
        return "nothing is approved; `ringfence serve TOOL.wasm` remembers what it serves".into();
    }
    let mut table = Table::new();
    table.row(["NAME", "NOW", "DIGEST", "APPROVED", "BY", "FROM"]);
    for row in rows {
        let entry = row.entry;
        let digest: String = entry
            .pin
            .digest()
            .to_string()
            .chars()
            .take(DIGEST_SHOWN)
            .collect();
        let source = visible(entry.source.as_deref().unwrap_or_default());
        let cells = [
            row.name.as_str(),
            row.now.word(),
            &digest,
            &entry.at,
            &entry.by,
            &source,
        ];
        table.row(cells);
    }
    table.render("")
}

/// All of them, as JSON.
pub(super) fn json(rows: &[Row<'_>]) -> String {
    let rows = rows.iter().map(|row| {
        let entry = row.entry;
        json!({
            "name": row.name.as_str(),
            "now": row.now.word(),
            "digest": entry.pin.digest().to_string(),
            "interface": entry.pin.interface().to_string(),
            "manifest": entry.pin.manifest().to_string(),
            "requests": entry.pin.requests(),
            "version": entry.version,
            "source": entry.source,
            "approvedBy": entry.by,
            "approvedAt": entry.at,
        })
    });
    rows.collect::<serde_json::Value>().to_string()
}

/// One of them: what it was, what it is, what is different and what is suspicious.
pub(super) fn of(
    console: Console,
    origin: &Origin,
    component: &Component,
    entry: Option<&Entry>,
    flags: &[Flag],
) -> String {
    let name = component.name();
    let now = Pin::of(component);
    let standing = match entry {
        None => "nobody has approved it",
        Some(entry) if entry.pin.fits(component) => "it is what was approved",
        Some(_) => "it is not what was approved",
    };
    let mut page = format!(
        "{}: {standing}\n",
        console.paint(Style::Bold, name.as_str())
    );
    let mut table = Table::new();
    if let Some(entry) = entry {
        let by = format!("{}, by {}", entry.at, entry.by);
        table.row(["approved", &entry.pin.digest().to_string(), &by]);
    }
    table.row(["now", &now.digest().to_string(), &format!("in {origin}")]);
    page += &escape(&table.render("  "));
    let differences = entry
        .map(|entry| entry.pin.differences(&now))
        .unwrap_or_default();
    page += &section(
        console,
        "What has changed",
        differences.iter().map(ToString::to_string),
    );
    let requests = now.requests().iter().map(ToString::to_string);
    page += &section(console, "What it asks for", requests);
    page += &section(
        console,
        "What to look at",
        flags.iter().map(ToString::to_string),
    );
    let said = descriptions(component);
    page += &section(console, "What it says it does", said.into_iter());
    if entry.is_none_or(|entry| !entry.pin.fits(component)) {
        let tool = match (entry, origin) {
            (None, Origin::Path(path)) => path.display().to_string(),
            _ => name.to_string(),
        };
        let command = format!("ringfence pin approve {tool} --digest {}", now.digest());
        let _ = write!(
            page,
            "\nApprove of it with: {}\n",
            escape(&visible(&command))
        );
    }
    page
}

fn descriptions(component: &Component) -> Vec<String> {
    let definitions = component.definitions().iter();
    definitions
        .map(|definition| format!("{}: {}", definition.function, definition.description))
        .collect()
}

fn section(console: Console, heading: &str, lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        let line = visible(&line).replace('\n', "\n    ");
        let _ = writeln!(text, "  {}", escape(&line));
    }
    if text.is_empty() {
        return text;
    }
    format!("\n{}\n{text}", console.paint(Style::Bold, heading))
}
