//! Installed tools, as people read them.
//!
//! Owns words and columns. Whatever a tool says of itself is escaped before it gets in.

use std::fmt::Write as _;

use ringfence_catalog::{Entry, Installed, Lock, Offer, Pinned, Shelf, Swept};
use ringfence_scrutiny::{Difference, Flag, Pin, visible};
use ringfence_tool::{Component, Digest};
use serde_json::json;

use crate::console::{Console, Style};
use crate::escape::escape;
use crate::table::Table;

/// Characters of a digest in a list: enough to tell two apart.
const DIGEST_SHOWN: usize = 19;

/// What was fetched and is not installed yet.
pub(super) fn offer(
    console: Console,
    offer: &Offer,
    left_out: usize,
    signed_by: Option<&str>,
    flags: &[Flag],
) -> String {
    let component = &offer.component;
    let name = console.paint_note(Style::Bold, component.name().as_str());
    let mut page = format!("{name} from {}\n", shown(&offer.source));
    page += &about(component, offer.resolved);
    page += &signed(signed_by);
    if left_out > 0 {
        let _ = writeln!(page, "  {left_out} other parts of it are left alone");
    }
    page += &asks(console, component);
    page += &section(console, "What to look at", flags);
    page
}

/// What would be installed in the place of what is.
pub(super) fn change(
    console: Console,
    (before, offer): (&Pin, &Offer),
    signed_by: Option<&str>,
    differences: &[Difference],
    flags: &[Flag],
) -> String {
    let component = &offer.component;
    let name = console.paint_note(Style::Bold, component.name().as_str());
    let mut page = format!("{name} from {}\n", shown(&offer.source));
    let _ = writeln!(page, "  was      {}", before.digest());
    page += &about(component, offer.resolved);
    page += &signed(signed_by);
    page += &section(console, "What has changed", differences);
    page += &section(console, "What to look at", flags);
    page
}

/// Who signed it, where somebody had to.
fn signed(by: Option<&str>) -> String {
    by.map_or_else(String::new, |by| format!("  signed   {}\n", shown(by)))
}

/// What was gone back to.
pub(super) fn rolled_back(console: Console, pinned: &Pinned) -> String {
    let done = console.paint_note(Style::Good, "rolled back");
    let mut page = format!("{done} `{}` {}\n", pinned.name, pinned.pin.digest());
    let replaced = pinned.replaced.iter();
    for difference in replaced.flat_map(|before| before.differences(&pinned.pin)) {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "  {}", shown(&difference.to_string()));
    }
    page
}

/// What was removed from the store.
pub(super) fn swept(swept: Swept) -> String {
    let Swept {
        removed,
        bytes,
        kept,
    } = swept;
    format!("removed {removed} pieces of {bytes} bytes, kept {kept}\n")
}

/// All of them, in columns.
pub(super) fn table(shelf: &Shelf, lock: &Lock) -> String {
    let mut table = Table::new();
    table.row(["NAME", "VERSION", "NOW", "DIGEST", "FROM"]);
    let mut is_empty = true;
    for (name, entry, installed) in lock.installed() {
        is_empty = false;
        let digest = entry.pin.digest().to_string();
        let digest: String = digest.chars().take(DIGEST_SHOWN).collect();
        let version = entry.version.as_deref().unwrap_or("-");
        let source = visible(entry.source.as_deref().unwrap_or_default());
        let now = now(shelf, entry, installed);
        table.row([name.as_str(), version, now, &digest, &source]);
    }
    if is_empty {
        return "nothing is installed; `ringfence add SOURCE` installs a tool".into();
    }
    table.render("")
}

fn now(shelf: &Shelf, entry: &Entry, installed: &Installed) -> &'static str {
    if !shelf.store().has(&entry.pin.digest()) {
        "missing"
    } else if installed.enabled {
        "enabled"
    } else {
        "disabled"
    }
}

/// All of them, as JSON.
pub(super) fn json(shelf: &Shelf, lock: &Lock) -> String {
    let rows = lock.installed().map(|(name, entry, installed)| {
        let earlier = installed.earlier.iter().map(|one| {
            json!({
                "digest": one.digest.to_string(),
                "version": one.version,
                "source": one.source,
                "resolved": one.resolved.map(|digest| digest.to_string()),
                "signedBy": one.signed_by,
            })
        });
        json!({
            "name": name.as_str(),
            "now": now(shelf, entry, installed),
            "version": entry.version,
            "source": entry.source,
            "digest": entry.pin.digest().to_string(),
            "interface": entry.pin.interface().to_string(),
            "resolved": installed.resolved.map(|digest| digest.to_string()),
            "requests": entry.pin.requests(),
            "signedBy": installed.signed_by,
            "installedBy": entry.by,
            "installedAt": entry.at,
            "earlier": earlier.collect::<Vec<_>>(),
        })
    });
    rows.collect::<serde_json::Value>().to_string()
}

/// One of them.
pub(super) fn of(
    console: Console,
    entry: &Entry,
    installed: &Installed,
    component: &Component,
    flags: &[Flag],
) -> String {
    let name = console.paint(Style::Bold, component.name().as_str());
    let source = shown(entry.source.as_deref().unwrap_or_default());
    let mut page = format!("{name} from {source}\n");
    page += &about(component, installed.resolved);
    let by = shown(&entry.by);
    let _ = writeln!(page, "  since    {}, by {by}", shown(&entry.at));
    let _ = writeln!(
        page,
        "  signed   {}",
        shown(
            installed
                .signed_by
                .as_deref()
                .unwrap_or("nobody is known to have signed it")
        )
    );
    if !installed.enabled {
        page += "  it is disabled\n";
    }
    page += &asks(console, component);
    let functions = component.definitions().iter();
    let functions = functions.map(|one| format!("{}: {}", one.function, one.description));
    page += &section(console, "What it says it does", functions);
    page += &section(console, "What to look at", flags);
    let earlier = installed.earlier.iter().map(|one| {
        let version = one.version.as_deref().unwrap_or("no version");
        format!(
            "{version}, {}, from {}",
            one.digest,
            one.source.as_deref().unwrap_or_default()
        )
    });
    page += &section(console, "What it was before", earlier);
    page
}

fn about(component: &Component, resolved: Option<Digest>) -> String {
    let manifest = component.manifest();
    let mut text = String::new();
    let version = manifest.version.as_ref().map(ToString::to_string);
    let title = manifest
        .title
        .as_deref()
        .or(manifest.description.as_deref());
    if let Some(title) = title {
        let _ = writeln!(text, "  what     {}", shown(title));
    }
    if let Some(version) = version {
        let _ = writeln!(text, "  version  {}", shown(&version));
    }
    if let Some(deprecated) = manifest.deprecated.as_deref() {
        let _ = writeln!(text, "  it is deprecated: {}", shown(deprecated));
    }
    let _ = writeln!(text, "  digest   {}", component.digest());
    if let Some(resolved) = resolved {
        let _ = writeln!(text, "  manifest {resolved}");
    }
    text
}

fn asks(console: Console, component: &Component) -> String {
    let requests = component.manifest().requests.iter();
    let requests = requests.map(|request| format!("{}: {}", request.capability, request.reason));
    let text = section(
        console,
        "What it asks for, and is not granted by installing it",
        requests,
    );
    if text.is_empty() {
        // What it imports is the bound then.
        return "  it does not say what it asks for; `ringfence inspect` shows what it imports\n"
            .into();
    }
    text
}

fn section<T: ToString>(
    console: Console,
    heading: &str,
    lines: impl IntoIterator<Item = T>,
) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "  {}", shown(&line.to_string()));
    }
    if text.is_empty() {
        return text;
    }
    format!("\n{}\n{text}", console.paint(Style::Bold, heading))
}

/// Text of a stranger on one line.
fn shown(text: &str) -> String {
    let line = visible(text).replace('\n', "\n    ");
    escape(&line).into_owned()
}
