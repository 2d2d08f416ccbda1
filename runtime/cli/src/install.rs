//! `ringfence add`, `update`, `list` and the like: tools that are installed.
//!
//! Owns the order of looking, asking and changing, and what a person sees of it. What comes from
//! elsewhere is the business of [`bring`]; that nothing is ever half installed is the catalog's.

mod bring;
mod keychain;
mod page;
mod publish;
mod search;
mod source;

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::Arc;

use ringfence_audit::Recorder;
use ringfence_catalog::{Lease, Lock, Neighbours, Offer, Shelf, ShelfError, Source, bundled};
use ringfence_scrutiny::{Flag, Pin};
use ringfence_server::pins;
use ringfence_tool::{COMPONENT_BYTES_MAX, Component, ComponentName, Digest};

use crate::arguments::{
    AddArguments, DisableArguments, EnableArguments, GcArguments, InfoArguments, ListArguments,
    Named, RemoveArguments, RollbackArguments, ShelfPlace, Trusting, UpdateArguments,
};
use crate::compile;
use crate::console::{Console, Style};
use crate::escape::escape;
use crate::failure::Failure;
use crate::recording::Recorded;
use crate::shelved::Shelved;
use crate::stop::Stop;
use bring::{Brought, Courier};
pub(crate) use publish::{keygen, pull, push, sign, verify};
pub(crate) use search::search;
use source::Wanted;

/// Who is recorded as having installed.
const OPERATOR: &str = "the command line";

fn in_place(place: &ShelfPlace) -> Result<Shelf, Failure> {
    Ok(Shelved::at(place.lock.as_ref(), place.state_dir.as_ref())?.shelf())
}

fn trusted(place: &ShelfPlace, trusting: &Trusting) -> Result<Shelf, Failure> {
    let shelved = Shelved::at(place.lock.as_ref(), place.state_dir.as_ref())?;
    shelved.trusting(trusting.trust.as_ref()).trusted_shelf()
}

/// `ringfence add`.
///
/// # Errors
///
/// Something cannot be had, is no tool, has a name that is taken, or is not meant.
pub(crate) async fn add(
    arguments: AddArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    tokio::select! {
        biased;
        () = stop.gently.cancelled() => Err(Failure::Interrupted),
        added = adding(arguments, console) => added,
    }
}

async fn adding(arguments: AddArguments, console: Console) -> Result<(), Failure> {
    let shelf = trusted(&arguments.place, &arguments.trusting)?;
    let wanted: Vec<Wanted> = arguments
        .sources
        .iter()
        .map(|text| Wanted::read(text, arguments.registry.as_deref()))
        .collect::<Result<_, _>>()?;
    let recorded = Recorded::open(&arguments.recording)?;
    let courier = Courier::new(&arguments.reaching);
    for wanted in wanted {
        let lease = shelf.begin()?;
        let damaged = damaged(&shelf)?;
        let brought = courier.bring(&shelf, &lease, &wanted).await?;
        let (component, left_out) = (Arc::clone(&brought.component), brought.left_out);
        let name = component.name();
        refuse_bundled(name)?;
        let mut offer = offer(brought, None);
        let signed_by = shelf.judge(&offer)?;
        let lock = shelf.lock()?;
        let before = lock.entry(name.as_str());
        let digest = component.digest();
        if let Some(entry) = before.filter(|entry| entry.installed.is_some()) {
            if entry.pin.digest() != digest {
                return Err(Failure::Installed {
                    name: name.clone(),
                    wanted: wanted.to_string(),
                });
            }
            let kept = entry.installed.as_ref().and_then(|kept| kept.evidence);
            if kept != offer.evidence {
                // The same tool, and other signatures: whose count may be new.
                offer.instead_of = Some(digest);
                install(&shelf, &lease, offer, &recorded.recorder())?;
            }
            if damaged.contains(&digest) {
                let done = console.paint_note(Style::Good, "repaired");
                console.note(&format!(
                    "{done} `{name}`: what was lost of it is there again\n"
                ));
            } else {
                console.note(&format!("`{name}` is installed already\n"));
            }
            continue;
        }
        let flags = look(&shelf, &component)?;
        console.note(&page::offer(
            console,
            &offer,
            left_out,
            signed_by.as_deref(),
            &flags,
        ));
        if !flags.is_empty() {
            let question = format!("install `{name}` all the same?");
            meant(arguments.yes, question, console).await?;
        }
        compile::ahead(&component, &arguments.compiled, console).await?;
        install(&shelf, &lease, offer, &recorded.recorder())?;
        let done = console.paint_note(Style::Good, "installed");
        console.note(&format!("{done} `{name}` {digest}\n"));
    }
    Ok(())
}

/// What is installed and cannot be read from the store any more, as it was lost or changed there.
fn damaged(shelf: &Shelf) -> Result<BTreeSet<Digest>, Failure> {
    let lock = shelf.lock()?;
    let installed = lock.iter().filter(|(_, entry)| entry.installed.is_some());
    let digests = installed.map(|(_, entry)| entry.pin.digest());
    let bytes_max = COMPONENT_BYTES_MAX as u64;
    Ok(digests
        .filter(|digest| shelf.store().read(digest, bytes_max).is_err())
        .collect())
}

/// `ringfence update`.
///
/// # Errors
///
/// Nothing is installed under a name, something cannot be had, or it is not meant.
pub(crate) async fn update(
    arguments: UpdateArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    tokio::select! {
        biased;
        () = stop.gently.cancelled() => Err(Failure::Interrupted),
        updated = updating(arguments, console) => updated,
    }
}

async fn updating(arguments: UpdateArguments, console: Console) -> Result<(), Failure> {
    let shelf = trusted(&arguments.place, &arguments.trusting)?;
    let lock = shelf.lock()?;
    if arguments.from.is_some() && arguments.names.len() != 1 {
        return Err(Failure::UpdateFrom);
    }
    let names = if arguments.names.is_empty() {
        lock.installed().map(|(name, ..)| name.clone()).collect()
    } else {
        arguments.names.clone()
    };
    let recorded = Recorded::open(&arguments.recording)?;
    let courier = Courier::new(&arguments.reaching);
    for name in names {
        let entry = lock.entry(name.as_str());
        let entry = entry.filter(|entry| entry.installed.is_some());
        let entry = entry.ok_or_else(|| unknown(&lock, &name))?;
        let text = arguments.from.as_ref().or(entry.source.as_ref());
        let wanted = Wanted::read(text.map_or("", String::as_str), None)?;
        if wanted.is_fixed() && arguments.from.is_none() {
            console.note(&format!("`{name}` is what its source says it always is\n"));
            continue;
        }
        let lease = shelf.begin()?;
        let brought = courier.bring_named(&shelf, &lease, &wanted, &name).await?;
        if brought.component.name() != &name {
            return Err(Failure::UpdateOther {
                name,
                found: brought.component.name().clone(),
            });
        }
        let installed = entry.installed.as_ref();
        let resolved = installed.and_then(|installed| installed.resolved);
        let evidence = installed.and_then(|installed| installed.evidence);
        let offer = offer(brought, Some(entry.pin.digest()));
        let signed_by = shelf.judge(&offer)?;
        let source = Some(offer.source.as_str());
        let digest = offer.component.digest();
        let same = entry.pin.digest() == digest;
        let is_as_it_was = same && resolved == offer.resolved && evidence == offer.evidence;
        if is_as_it_was && entry.source.as_deref() == source {
            console.note(&format!("`{name}` is up to date\n"));
            continue;
        }
        if !same {
            let differences = entry.pin.differences(&Pin::of(&offer.component));
            let flags = look(&shelf, &offer.component)?;
            console.note(&page::change(
                console,
                (&entry.pin, &offer),
                signed_by.as_deref(),
                &differences,
                &flags,
            ));
            meant(arguments.yes, format!("update `{name}`?"), console).await?;
        }
        compile::ahead(&offer.component, &arguments.compiled, console).await?;
        install(&shelf, &lease, offer, &recorded.recorder())?;
        let done = console.paint_note(Style::Good, "updated");
        console.note(&format!("{done} `{name}` {digest}\n"));
    }
    Ok(())
}

/// `ringfence remove`.
///
/// # Errors
///
/// Nothing is installed under a name, or the lock cannot be written.
pub(crate) fn remove(arguments: &RemoveArguments, console: Console) -> Result<(), Failure> {
    each(&arguments.named, |shelf, name, audit| {
        shelf.remove(name)?;
        pins::removed(audit, name, OPERATOR);
        console.note(&format!(
            "{} `{name}`\n",
            console.paint_note(Style::Good, "removed")
        ));
        Ok(())
    })
}

/// `ringfence enable`.
///
/// # Errors
///
/// As [`remove`].
pub(crate) fn enable(arguments: &EnableArguments, console: Console) -> Result<(), Failure> {
    switch(&arguments.named, true, console)
}

/// `ringfence disable`.
///
/// # Errors
///
/// As [`remove`].
pub(crate) fn disable(arguments: &DisableArguments, console: Console) -> Result<(), Failure> {
    switch(&arguments.named, false, console)
}

fn switch(named: &Named, enabled: bool, console: Console) -> Result<(), Failure> {
    let word = if enabled { "enabled" } else { "disabled" };
    each(named, |shelf, name, audit| {
        if shelf.enable(name, enabled)? {
            pins::switched(audit, name, enabled, OPERATOR);
        }
        console.note(&format!(
            "{} `{name}`\n",
            console.paint_note(Style::Good, word)
        ));
        Ok(())
    })
}

/// `ringfence rollback`.
///
/// # Errors
///
/// There was nothing before, or it is not in the store any more.
pub(crate) fn rollback(arguments: &RollbackArguments, console: Console) -> Result<(), Failure> {
    let shelf = trusted(&arguments.named.place, &arguments.trusting)?;
    each(&arguments.named, |_, name, audit| {
        let pinned = shelf.roll_back(name, OPERATOR)?;
        pins::approved(audit, &pinned, OPERATOR);
        console.note(&page::rolled_back(console, &pinned));
        Ok(())
    })
}

fn each(
    chosen: &Named,
    change: impl Fn(&Shelf, &ComponentName, &Recorder) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let shelf = in_place(&chosen.place)?;
    let recorded = Recorded::open(&chosen.recording)?;
    let mut names = chosen.names.iter();
    names.try_for_each(|name| change(&shelf, name, &recorded.recorder()))
}

/// `ringfence list`.
///
/// # Errors
///
/// The lock cannot be read, or standard output cannot be written.
pub(crate) fn list(arguments: &ListArguments, console: Console) -> Result<(), Failure> {
    let shelf = in_place(&arguments.place)?;
    let lock = shelf.lock()?;
    let text = if arguments.json {
        page::json(&shelf, &lock)
    } else {
        page::table(&shelf, &lock)
    };
    Ok(console.print(&escape(&text))?)
}

/// `ringfence info`.
///
/// # Errors
///
/// Nothing is installed under that name, or what is cannot be read.
pub(crate) fn info(arguments: &InfoArguments, console: Console) -> Result<(), Failure> {
    let shelf = in_place(&arguments.place)?;
    let lock = shelf.lock()?;
    let name = &arguments.name;
    let entry = lock.entry(name.as_str());
    let found = entry.and_then(|entry| Some((entry, entry.installed.as_ref()?)));
    let (entry, installed) = found.ok_or_else(|| unknown(&lock, name))?;
    let component = shelf.component(name, &entry.pin.digest())?;
    let flags = look(&shelf, &component)?;
    Ok(console.print(&page::of(console, entry, installed, &component, &flags))?)
}

/// `ringfence gc`.
///
/// # Errors
///
/// A lock that names pieces cannot be read, or something is being installed for too long.
pub(crate) fn gc(arguments: &GcArguments, console: Console) -> Result<(), Failure> {
    let shelf = in_place(&arguments.place)?;
    let swept = shelf.store().sweep().map_err(ShelfError::from)?;
    console.note(&page::swept(swept));
    Ok(())
}

/// What was brought, to be installed in the place of something.
fn offer(brought: Brought, instead_of: Option<Digest>) -> Offer {
    Offer {
        component: brought.component,
        source: brought.source,
        resolved: brought.resolved,
        evidence: brought.evidence,
        instead_of,
    }
}

fn install(shelf: &Shelf, lease: &Lease, offer: Offer, audit: &Recorder) -> Result<(), Failure> {
    let pinned = shelf.install(lease, offer, OPERATOR)?;
    pins::approved(audit, &pinned, OPERATOR);
    Ok(())
}

/// What is suspicious about a component beside those that are known already.
fn look(shelf: &Shelf, component: &Arc<Component>) -> Result<Vec<Flag>, Failure> {
    let lock = shelf.lock()?;
    let names = lock.iter().map(|(name, _)| name.as_str());
    let names = names.filter(|name| *name != component.name().as_str());
    Ok(Neighbours::new([component], names).look_at(component))
}

/// What comes with ringfence has its names.
fn refuse_bundled(name: &ComponentName) -> Result<(), Failure> {
    let is_taken = bundled().iter().any(|source| match source {
        Source::Bundled { name: taken, .. } => *taken == name.as_str(),
        _ => false,
    });
    if is_taken {
        return Err(Failure::BundledName { name: name.clone() });
    }
    Ok(())
}

fn unknown(lock: &Lock, name: &ComponentName) -> Failure {
    let known = lock
        .installed()
        .map(|(name, ..)| name.to_string())
        .collect();
    let name = name.to_string();
    ShelfError::Unknown { name, known }.into()
}

/// Goes on when it was said before, or is said at the terminal now.
async fn meant(yes: bool, question: String, console: Console) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Unsaid);
    }
    console.note(&format!("{question} [y/N]"));
    // On a thread of its own: a signal must still be heard.
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(io::Error::other)??;
    match line.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::Declined),
    }
}
