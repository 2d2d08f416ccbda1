//! `ringfence pin`: what people do about tools that they approved, or did not.
//!
//! Owns how pins look, and that what a tool says of itself is shown in full and obeyed by nothing. What
//! is suspicious and what has changed is the business of the rooms below.

mod page;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use ringfence_audit::Recorder;
use ringfence_catalog::{Entry, Neighbours, Origin, PinMode, Pinning};
use ringfence_server::pins;
use ringfence_tool::{Component, ComponentName, Digest};

use crate::arguments::{Pin, PinArguments, PinCommand, PinPlace, Pins, Recording};
use crate::console::{Console, Style};
use crate::environment;
use crate::escape::escape;
use crate::failure::Failure;
use crate::load;
use crate::recording::Recorded;
use page::{Now, Row};

/// The lock's name in the folder of state.
const LOCK: &str = "ringfence.lock";

/// Who is recorded as having approved.
const OPERATOR: &str = "the command line";

/// Runs one of the subcommands.
///
/// # Errors
///
/// There is no such tool, it is not what was named, or the lock cannot be used.
pub(crate) fn run(arguments: &PinArguments, console: Console) -> Result<(), Failure> {
    match &arguments.command {
        PinCommand::List { json, place } => list(&in_place(place)?, *json, console),
        PinCommand::Show { tool, place } => show(&in_place(place)?, tool, console),
        PinCommand::Approve {
            tools,
            digest,
            place,
            recording,
        } => {
            let pinning = in_place(place)?;
            // All of them are there before the first is approved.
            let found: Vec<_> = tools
                .iter()
                .map(|tool| expected(find(&pinning, tool)?, *digest))
                .collect::<Result<_, _>>()?;
            let (_recorded, audit) = recorder(recording)?;
            for (origin, component) in found {
                approve(&pinning, &origin, &component, &audit, console)?;
            }
            Ok(())
        }
        PinCommand::Remove {
            names,
            place,
            recording,
        } => {
            let pinning = in_place(place)?;
            let (_recorded, audit) = recorder(recording)?;
            for name in names {
                pinning
                    .remove(name)?
                    .ok_or_else(|| unknown(&pinning, name.as_str()))?;
                pins::removed(&audit, name, OPERATOR);
                let done = console.paint_note(Style::Good, "forgotten");
                console.note(&format!("{done} `{name}`"));
            }
            Ok(())
        }
    }
}

/// What components have to be, by `options`. Nothing where everything is taken as it is.
///
/// # Errors
///
/// There is no place for a lock, or the one there is cannot be trusted.
pub(crate) fn of(
    options: &Pins,
    state_dir: Option<&PathBuf>,
    default: Pin,
) -> Result<Option<Arc<Pinning>>, Failure> {
    let mode = match options.pin.unwrap_or(default) {
        Pin::FirstUse => PinMode::FirstUse,
        Pin::Required => PinMode::Required,
        Pin::Off => return Ok(None),
    };
    let path = path(options.lock.as_ref(), state_dir)?;
    let pinning = Pinning::open(path, mode)?;
    pinning.establish()?;
    Ok(Some(Arc::new(pinning)))
}

/// Where the lock is.
///
/// # Errors
///
/// There is no place for it.
pub(crate) fn path(
    lock: Option<&PathBuf>,
    state_dir: Option<&PathBuf>,
) -> Result<PathBuf, Failure> {
    if let Some(lock) = lock {
        return Ok(lock.clone());
    }
    let state = state_dir.cloned().or_else(environment::state_folder);
    Ok(state.ok_or(Failure::StateFolder)?.join(LOCK))
}

fn in_place(place: &PinPlace) -> Result<Pinning, Failure> {
    let path = path(place.lock.as_ref(), place.state_dir.as_ref())?;
    Ok(Pinning::open(path, PinMode::Required)?)
}

/// The log, and who appends to it. What is dropped last is written.
fn recorder(recording: &Recording) -> Result<(Recorded, Recorder), Failure> {
    let recorded = Recorded::open(recording)?;
    let audit = recorded.recorder();
    Ok((recorded, audit))
}

type Found = (Origin, Arc<Component>);

/// The component that `tool` names: by its path, or by the name that was approved.
fn find(pinning: &Pinning, tool: &str) -> Result<Found, Failure> {
    let path = if load::is_path(tool) {
        PathBuf::from(tool)
    } else {
        let lock = pinning.lock();
        let entry = lock.entry(tool).ok_or_else(|| unknown(pinning, tool))?;
        source(pinning, tool, entry)?
    };
    let component = load::file(&path)?;
    if !load::is_path(tool) && component.name().as_str() != tool {
        return Err(Failure::PinElsewhere {
            name: tool.to_owned(),
            path,
            found: component.name().to_string(),
        });
    }
    Ok((Origin::Path(path), component))
}

fn source(pinning: &Pinning, name: &str, entry: &Entry) -> Result<PathBuf, Failure> {
    pinning.source(entry).ok_or_else(|| Failure::PinSource {
        name: name.to_owned(),
    })
}

fn unknown(pinning: &Pinning, name: &str) -> Failure {
    let lock = pinning.lock();
    Failure::PinUnknown {
        name: name.to_owned(),
        known: lock.iter().map(|(name, _)| name.to_string()).collect(),
    }
}

fn expected(found: Found, digest: Option<Digest>) -> Result<Found, Failure> {
    match digest {
        Some(wanted) if found.1.digest() != wanted => Err(Failure::PinDigest {
            name: found.1.name().to_string(),
            wanted,
            found: found.1.digest(),
        }),
        _ => Ok(found),
    }
}

fn approve(
    pinning: &Pinning,
    origin: &Origin,
    component: &Component,
    audit: &Recorder,
    console: Console,
) -> Result<(), Failure> {
    let pinned = pinning.approve(origin, component, OPERATOR)?;
    pins::approved(audit, &pinned, OPERATOR);
    let done = console.paint_note(Style::Good, "approved");
    let differences = pinned
        .replaced
        .as_ref()
        .map(|before| before.differences(&pinned.pin));
    let mut text = format!("{done} `{}` {}\n", pinned.name, pinned.pin.digest());
    for difference in differences.iter().flatten() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}", escape(&difference.to_string()));
    }
    console.note(&text);
    Ok(())
}

fn list(pinning: &Pinning, json: bool, console: Console) -> Result<(), Failure> {
    let lock = pinning.lock();
    let rows: Vec<Row<'_>> = lock
        .iter()
        .map(|(name, entry)| row(pinning, name, entry))
        .collect();
    console.print(&escape(&if json {
        page::json(&rows)
    } else {
        page::table(&rows)
    }))?;
    Ok(())
}

fn row<'e>(pinning: &Pinning, name: &'e ComponentName, entry: &'e Entry) -> Row<'e> {
    let now = match pinning.source(entry) {
        None if entry.installed.is_some() => Now::Installed,
        None => Now::Unknown,
        Some(path) if !path.exists() => Now::Missing,
        Some(path) => match load::file(&path) {
            Ok(component) if entry.pin.fits(&component) => Now::Approved,
            Ok(_) => Now::Changed,
            Err(_) => Now::Broken,
        },
    };
    Row { name, entry, now }
}

fn show(pinning: &Pinning, tool: &str, console: Console) -> Result<(), Failure> {
    let (origin, component) = find(pinning, tool)?;
    let lock = pinning.lock();
    let entry = lock.entry(component.name().as_str());
    let names = lock.iter().map(|(name, _)| name.as_str());
    let names = names.filter(|name| *name != component.name().as_str());
    let flags = Neighbours::new([&component], names).look_at(&component);
    let page = page::of(console, &origin, &component, entry, &flags);
    console.print(&page)?;
    Ok(())
}
