//! The snapshot: every component that is served, and what could not be loaded.
//!
//! Owns who gets a name. Sources are read in order and the first component with a name has it; a
//! later one is refused and reported, so that a file which appears cannot take over a tool.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use ringfence_signatures::Trust;
use ringfence_tool::{Component, ComponentName, Digest, ToolName};

use crate::file;
use crate::lock::{self, Lock, LockError};
use crate::naming::{self, Naming};
use crate::pinning::{Disabled, Judged, Pinned, Pinning};
use crate::problem::{Fault, Problem};
use crate::shelf;
use crate::signed::Claim;
use crate::source::{Origin, Source};
use crate::store::Store;
use crate::tool::Tool;

/// Components in one catalog. Bounds what all sources together can make us hold in memory, and how
/// long a client's list of tools can become.
pub const COMPONENTS_MAX: usize = 1024;

/// Every component that is served, at one moment. It never changes.
#[derive(Debug)]
pub struct Catalog {
    sources: Arc<[Source]>,
    naming: Naming,
    pinning: Option<Arc<Pinning>>,
    entries: Vec<Entry>,
    disabled: Vec<Disabled>,
    pinned: Vec<Pinned>,
    names: HashMap<ComponentName, usize>,
    tools: HashMap<ToolName, (usize, usize)>,
    problems: Vec<Problem>,
}

/// A component that is served.
#[derive(Debug)]
struct Entry {
    origin: Origin,
    component: Arc<Component>,
    /// What its functions are offered as, in the order of its definitions.
    offered: Vec<ToolName>,
}

impl Entry {
    fn tool(&self, index: usize) -> Option<Tool> {
        Tool::new(&self.component, index, self.offered.get(index)?)
    }
}

impl Catalog {
    /// Reads every source. What cannot be loaded is among the [`problems`](Self::problems), and
    /// does not stop the rest.
    ///
    /// Reads files: call it where blocking is allowed.
    pub fn load(sources: impl Into<Arc<[Source]>>) -> Arc<Self> {
        Self::load_named(sources, Naming::default())
    }

    /// As [`load`](Self::load), with a say in what the tools are called.
    pub fn load_named(sources: impl Into<Arc<[Source]>>, naming: Naming) -> Arc<Self> {
        Self::load_pinned(sources, naming, None)
    }

    /// As [`load_named`](Self::load_named). What `pinning` does not let pass is
    /// [`disabled`](Self::disabled).
    ///
    /// Writes what is approved because it is there first.
    pub fn load_pinned(
        sources: impl Into<Arc<[Source]>>,
        naming: Naming,
        pinning: Option<Arc<Pinning>>,
    ) -> Arc<Self> {
        Self::build(&sources.into(), naming, pinning, &HashMap::new())
    }

    /// Reads every source again. Gives the next snapshot, and whether its tools differ from these.
    ///
    /// A file that was fine and now is broken keeps its component: whoever replaces a tool with a
    /// half-written one should not take it away. A file that is gone is gone.
    pub fn rescan(&self) -> (Arc<Self>, bool) {
        let served = self.entries.iter();
        let served = served.map(|entry| (&entry.origin, &entry.component));
        let disabled = self.disabled.iter();
        let disabled = disabled.map(|disabled| (&disabled.origin, &disabled.component));
        let before: HashMap<_, _> = served.chain(disabled).collect();
        let pinning = self.pinning.clone();
        let next = Self::build(&self.sources, self.naming, pinning, &before);
        let changed = self.identities().ne(next.identities());
        (next, changed)
    }

    /// The components, in the order of their sources.
    pub fn components(&self) -> impl Iterator<Item = &Arc<Component>> {
        self.entries.iter().map(|entry| &entry.component)
    }

    /// Every tool: components in the order of their sources, functions in the order of exports.
    pub fn tools(&self) -> impl Iterator<Item = Tool> + '_ {
        self.entries
            .iter()
            .flat_map(|entry| (0..entry.offered.len()).filter_map(|index| entry.tool(index)))
    }

    /// The components that describe more than their functions when they run, in the order of their
    /// sources.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<Component>> {
        self.components()
            .filter(|component| component.provides().any())
    }

    /// The tool that MCP clients call `name`.
    pub fn tool(&self, name: &str) -> Option<Tool> {
        let (entry, definition) = *self.tools.get(name)?;
        self.entries.get(entry)?.tool(definition)
    }

    /// The component called `name`.
    pub fn component(&self, name: &str) -> Option<&Arc<Component>> {
        let entry = self.entries.get(*self.names.get(name)?)?;
        Some(&entry.component)
    }

    /// A component's function.
    pub fn function(&self, component: &str, function: &str) -> Option<Tool> {
        let entry = self.entries.get(*self.names.get(component)?)?;
        let index = entry
            .component
            .definitions()
            .iter()
            .position(|definition| definition.function.as_str() == function)?;
        entry.tool(index)
    }

    /// Where the component called `name` was loaded from.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.entries
            .get(*self.names.get(name)?)
            .map(|entry| &entry.origin)
    }

    /// What is not served because nobody approved it, or because it is not what was approved.
    pub fn disabled(&self) -> &[Disabled] {
        &self.disabled
    }

    /// The component called `name`, when it is disabled.
    pub fn disabled_component(&self, name: &str) -> Option<&Disabled> {
        let mut disabled = self.disabled.iter();
        disabled.find(|disabled| disabled.component.name().as_str() == name)
    }

    /// The component whose tool MCP clients would call `name`, when it is disabled.
    pub fn disabled_tool(&self, name: &str) -> Option<&Disabled> {
        self.disabled.iter().find(|disabled| {
            let mut definitions = disabled.component.definitions().iter();
            definitions.any(|definition| match self.naming {
                Naming::Prefixed => definition.name.as_str() == name,
                Naming::Bare => {
                    definition.function.as_str() == name || definition.name.as_str() == name
                }
            }) || disabled.gone().any(|function| {
                let component = disabled.component.name();
                let rest = name.strip_prefix(component.as_str());
                let is_prefixed = rest.and_then(|rest| rest.strip_prefix('_')) == Some(function);
                is_prefixed || (self.naming == Naming::Bare && name == function)
            })
        })
    }

    /// What was approved when this was loaded, because it was there first.
    pub fn pinned(&self) -> &[Pinned] {
        &self.pinned
    }

    /// The pins that it goes by.
    pub fn pinning(&self) -> Option<&Arc<Pinning>> {
        self.pinning.as_ref()
    }

    /// What could not be loaded, and why.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How its tools are named.
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// What it was loaded from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    fn identities(&self) -> impl Iterator<Item = (&ComponentName, Digest)> {
        self.components()
            .map(|component| (component.name(), component.digest()))
    }

    fn build(
        sources: &Arc<[Source]>,
        naming: Naming,
        pinning: Option<Arc<Pinning>>,
        before: &HashMap<&Origin, &Arc<Component>>,
    ) -> Arc<Self> {
        let mut catalog = Self {
            sources: Arc::clone(sources),
            naming,
            pinning,
            entries: Vec::new(),
            disabled: Vec::new(),
            pinned: Vec::new(),
            names: HashMap::new(),
            tools: HashMap::new(),
            problems: Vec::new(),
        };
        // Once, so that what is read and what it is held against are of one moment.
        let unread = catalog
            .pinning
            .as_ref()
            .and_then(|pins| pins.refresh().err());
        let lock = catalog.pinning.as_ref().map(|pinning| pinning.lock());
        for source in &**sources {
            match source {
                Source::Installed { store, only, trust } => {
                    let enabled = lock.iter().flat_map(|lock| lock.enabled());
                    let meant =
                        |name: &ComponentName| only.as_ref().is_none_or(|only| only == name);
                    for (name, entry) in enabled.filter(|(name, _)| meant(name)) {
                        catalog.add_installed(store, trust.as_deref(), (name, entry), before);
                    }
                }
                Source::Bundled { name, bytes } => {
                    let origin = Origin::Bundled(name);
                    catalog.add(origin, name, Ok(Bytes::from_static(bytes)), before);
                }
                Source::File(path) => catalog.add_file(path.clone(), before),
                Source::Directory(directory) => match file::list(directory) {
                    Ok(found) => {
                        for (path, fault) in found.left_out {
                            catalog.problem(Origin::Path(path), fault);
                        }
                        for path in found.files {
                            catalog.add_file(path, before);
                        }
                    }
                    Err(fault) => catalog.problem(Origin::Path(directory.clone()), fault),
                },
            }
        }
        catalog.judge(&lock.unwrap_or_default(), unread);
        catalog.offer();
        Arc::new(catalog)
    }

    /// Takes out what is not approved. A name stays with whoever had it first, served or not: a
    /// second component must not come in where the first was put out.
    fn judge(&mut self, lock: &Lock, unread: Option<LockError>) {
        let Some(pinning) = &self.pinning else {
            return;
        };
        let candidates = self.entries.iter();
        let candidates: Vec<_> = candidates
            .map(|entry| (entry.origin.clone(), Arc::clone(&entry.component)))
            .collect();
        let Judged { disabled, pinned } = pinning.judge(lock, &candidates);
        if let Some(error) = unread {
            let origin = Origin::Path(pinning.path().to_owned());
            self.problem(origin, error.into());
        }
        for disabled in &disabled {
            let fault = Fault::Disabled(disabled.sentence());
            self.problem(disabled.origin.clone(), fault);
        }
        let out = |entry: &Entry| {
            let mut disabled = disabled.iter();
            disabled.any(|disabled| disabled.component.name() == entry.component.name())
        };
        self.entries.retain(|entry| !out(entry));
        let entries = self.entries.iter().enumerate();
        self.names = entries
            .map(|(index, entry)| (entry.component.name().clone(), index))
            .collect();
        self.disabled = disabled;
        self.pinned = pinned;
    }

    /// Gives each function the name that it is offered under. After all components are known:
    /// whether a function may go by its own name depends on the others.
    fn offer(&mut self) {
        let components: Vec<_> = self.components().collect();
        let (offered, shared) = naming::names(&components, self.naming);
        for (index, (entry, offered)) in self.entries.iter_mut().zip(offered).enumerate() {
            for (definition, name) in offered.iter().enumerate() {
                self.tools.insert(name.clone(), (index, definition));
            }
            entry.offered = offered;
        }
        for shared in shared {
            if let Some(entry) = self.entries.get(shared.index) {
                self.problems.push(Problem {
                    origin: entry.origin.clone(),
                    fault: Fault::NamesShared {
                        offered: shared.offered,
                        with: shared.with,
                        more: shared.more,
                    },
                    kept: false,
                });
            }
        }
    }

    fn add_file(&mut self, path: PathBuf, before: &HashMap<&Origin, &Arc<Component>>) {
        let bytes = file::read(&path);
        // Any text makes a name: what cannot stand in one is replaced, so no path survives in it.
        let hint = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        self.add(Origin::Path(path), &hint, bytes, before);
    }

    fn add_installed(
        &mut self,
        store: &Store,
        trust: Option<&Trust>,
        (name, entry): (&ComponentName, &lock::Entry),
        before: &HashMap<&Origin, &Arc<Component>>,
    ) {
        let (origin, digest) = (Origin::Installed(name.clone()), entry.pin.digest());
        let last = before.get(&origin).copied();
        let component = match last {
            Some(last) if last.digest() == digest => Ok(Arc::clone(last)),
            _ => shelf::read(store, name, &digest),
        };
        // Each time, also of what was loaded before: the lock may name other signatures by now. Whatever is
        // wrong with them, nothing is served on.
        if let Ok(component) = &component
            && let Err(fault) = Claim::of(entry).judge(store, trust, component)
        {
            self.problem(origin, fault);
            return;
        }
        self.settle(origin, component, last);
    }

    fn add(
        &mut self,
        origin: Origin,
        hint: &str,
        bytes: Result<Bytes, Fault>,
        before: &HashMap<&Origin, &Arc<Component>>,
    ) {
        let last = before.get(&origin).copied();
        let component = bytes.and_then(|bytes| read(bytes, hint, last));
        self.settle(origin, component, last);
    }

    /// Takes what was read, or what was read `last` where that went wrong.
    fn settle(
        &mut self,
        origin: Origin,
        component: Result<Arc<Component>, Fault>,
        last: Option<&Arc<Component>>,
    ) {
        let component = match component {
            Ok(component) => component,
            Err(fault) => {
                // Gone is a wish, broken is an accident.
                let gone = matches!(&fault, Fault::Unreadable(error)
                    if error.kind() == std::io::ErrorKind::NotFound);
                let last = last.filter(|_| !gone);
                let problem = Problem {
                    origin: origin.clone(),
                    fault,
                    kept: last.is_some(),
                };
                self.problems.push(problem);
                match last {
                    Some(last) => Arc::clone(last),
                    None => return,
                }
            }
        };
        if let Err(fault) = self.enter(&origin, component) {
            self.problem(origin, fault);
        }
    }

    /// Gives a component its name, unless it is taken.
    fn enter(&mut self, origin: &Origin, component: Arc<Component>) -> Result<(), Fault> {
        let taken = self
            .names
            .get(component.name())
            .and_then(|entry| self.entries.get(*entry));
        if let Some(first) = taken {
            let (name, first) = (component.name().clone(), first.origin.clone());
            return Err(Fault::NameTaken { name, first });
        }
        let index = self.entries.len();
        if index >= COMPONENTS_MAX {
            return Err(Fault::TooMany {
                what: "components in all",
                max: COMPONENTS_MAX,
            });
        }
        self.names.insert(component.name().clone(), index);
        self.entries.push(Entry {
            origin: origin.clone(),
            component,
            offered: Vec::new(),
        });
        Ok(())
    }

    fn problem(&mut self, origin: Origin, fault: Fault) {
        self.problems.push(Problem {
            origin,
            fault,
            kept: false,
        });
    }
}

/// Reads a component, unless it is the same as before.
fn read(bytes: Bytes, hint: &str, last: Option<&Arc<Component>>) -> Result<Arc<Component>, Fault> {
    match last {
        Some(last) if last.digest() == Digest::of(&bytes) => Ok(Arc::clone(last)),
        _ => Ok(Arc::new(Component::read(bytes, hint)?)),
    }
}

#[cfg(test)]
mod tests;
