//! `ringfence search`: tools by words.
//!
//! Owns what counts as found: every word, in anything that a tool says of itself. Nothing is fetched.

use std::sync::Arc;

use ringfence_catalog::{Catalog, bundled};
use ringfence_scrutiny::visible;
use ringfence_tool::Component;
use serde_json::json;

use crate::arguments::FindArguments;
use crate::console::Console;
use crate::escape::escape;
use crate::failure::Failure;
use crate::table::Table;

/// Characters of what a tool says that are shown. Bounds how wide a stranger can make a table.
const SHOWN_CHARACTERS_MAX: usize = 60;

/// Prints what is found.
///
/// # Errors
///
/// The lock cannot be read, or standard output cannot be written.
pub(crate) fn search(arguments: &FindArguments, console: Console) -> Result<(), Failure> {
    let shelf = super::in_place(&arguments.place)?;
    let lock = shelf.lock()?;
    let words: Vec<String> = arguments
        .words
        .iter()
        .map(|word| word.to_lowercase())
        .collect();
    let catalog = Catalog::load(bundled());
    let mut found: Vec<(Arc<Component>, &str)> = Vec::new();
    for component in catalog.components() {
        found.push((Arc::clone(component), "comes with ringfence"));
    }
    for (name, entry, installed) in lock.installed() {
        // One that is damaged is told by `list`.
        if let Ok(component) = shelf.component(name, &entry.pin.digest()) {
            found.push((
                component,
                if installed.enabled {
                    "enabled"
                } else {
                    "disabled"
                },
            ));
        }
    }
    found.retain(|(component, _)| {
        let text = said(component);
        words.iter().all(|word| text.contains(word.as_str()))
    });
    let text = if arguments.json {
        let rows = found.iter().map(|(component, now)| {
            json!({
                "name": component.name().as_str(),
                "now": now,
                "title": component.manifest().title,
                "description": component.manifest().description,
                "category": component.manifest().category,
                "tags": component.manifest().tags,
                "deprecated": component.manifest().deprecated,
            })
        });
        rows.collect::<serde_json::Value>().to_string()
    } else if found.is_empty() {
        "nothing that is installed or comes with ringfence is found by these words".to_owned()
    } else {
        let mut table = Table::new();
        table.row(["NAME", "NOW", "WHAT"]);
        for (component, now) in &found {
            let manifest = component.manifest();
            let what = manifest
                .description
                .as_deref()
                .or(manifest.title.as_deref());
            let what = visible(what.unwrap_or_default()).replace('\n', " ");
            let what: String = what.chars().take(SHOWN_CHARACTERS_MAX).collect();
            table.row([component.name().as_str(), now, &what]);
        }
        table.render("")
    };
    Ok(console.print(&escape(&text))?)
}

/// Everything that a tool says of itself, in small letters.
fn said(component: &Component) -> String {
    let manifest = component.manifest();
    let whole = [&manifest.title, &manifest.description, &manifest.category];
    let whole = whole.into_iter().flatten().map(|text| &**text);
    let tags = manifest.tags.iter().map(|tag| &**tag);
    let functions = component.definitions().iter();
    let functions = functions.flat_map(|one| [one.function.as_str(), &*one.description]);
    let mut text = component.name().to_string();
    for part in whole.chain(tags).chain(functions) {
        text.push('\n');
        text.push_str(part);
    }
    text.to_lowercase()
}
