//! The snapshot: every component that is served, and what could not be loaded.
//!
//! Owns who gets a name. Sources are read in order and the first component with a name has it; a
//! later one is refused and reported, so that a file which appears cannot take over a tool.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use ringfence_tool::{Component, ComponentName, Digest, ToolName};

use crate::file;
use crate::lock::{Lock, LockError};
use crate::naming::{self, Naming};
use crate::pinning::{Disabled, Judged, Pinned, Pinning};
use crate::problem::{Fault, Problem};
use crate::shelf;
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
                Source::Installed { store, only } => {
                    let enabled = lock.iter().flat_map(|lock| lock.enabled());
                    let meant =
                        |name: &ComponentName| only.as_ref().is_none_or(|only| only == name);
                    for (name, entry) in enabled.filter(|(name, _)| meant(name)) {
                        catalog.add_installed(store, name, entry.pin.digest(), before);
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
        name: &ComponentName,
        digest: Digest,
        before: &HashMap<&Origin, &Arc<Component>>,
    ) {
        let origin = Origin::Installed(name.clone());
        let last = before.get(&origin).copied();
        let component = match last {
            Some(last) if last.digest() == digest => Ok(Arc::clone(last)),
            _ => shelf::read(store, name, &digest),
        };
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
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// A component that exports one function without parameters or result.
    fn component(function: &str) -> Vec<u8> {
        wat::parse_str(format!(
            r#"(component
                (core module $m (func (export "f")))
                (core instance $i (instantiate $m))
                (func (export "{function}") (canon lift (core func $i "f"))))"#
        ))
        .unwrap()
    }

    fn names(catalog: &Catalog) -> Vec<String> {
        catalog
            .tools()
            .map(|tool| tool.definition().name.to_string())
            .collect()
    }

    fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn load(path: &Path) -> Arc<Catalog> {
        Catalog::load([Source::Directory(path.to_owned())])
    }

    #[test]
    fn a_directory_gives_its_components_in_the_order_of_their_names() {
        let run = component("run");
        let folder = directory(&[
            ("b.wasm", &run),
            ("a.wasm", &run),
            ("notes.txt", b"no tool"),
            (".hidden.wasm", &run),
        ]);
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/c.wasm"), &run).unwrap();
        let catalog = load(folder.path());
        assert_eq!(names(&catalog), ["a_run", "b_run"]);
        assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
    }

    #[test]
    fn a_broken_file_does_not_stop_the_others() {
        let folder = directory(&[("a.wasm", b"\0asm nonsense"), ("b.wasm", &component("run"))]);
        let catalog = load(folder.path());
        assert_eq!(names(&catalog), ["b_run"]);
        let [problem] = catalog.problems() else {
            panic!("{:?}", catalog.problems())
        };
        assert!(problem.to_string().contains("a.wasm"), "{problem}");
    }

    #[test]
    fn the_first_component_with_a_name_has_it() {
        let folder = directory(&[
            ("tool.wasm", &component("one")),
            ("Tool.wasm", &component("two")),
        ]);
        let catalog = load(folder.path());
        // Upper case sorts first.
        assert_eq!(names(&catalog), ["tool_two"]);
        let [problem] = catalog.problems() else {
            panic!("{:?}", catalog.problems())
        };
        let text = problem.to_string();
        assert!(
            text.contains("/tool.wasm") && text.contains("/Tool.wasm"),
            "{text}"
        );
    }

    #[test]
    fn the_same_function_name_in_two_components_is_two_tools() {
        let folder = directory(&[("a.wasm", &component("run")), ("b.wasm", &component("run"))]);
        let catalog = load(folder.path());
        assert_eq!(
            catalog.tool("a_run").unwrap().component().name().as_str(),
            "a"
        );
        assert_eq!(
            catalog.tool("b_run").unwrap().component().name().as_str(),
            "b"
        );
        assert_eq!(
            catalog
                .function("b", "run")
                .unwrap()
                .definition()
                .name
                .as_str(),
            "b_run"
        );
        assert!(catalog.tool("c_run").is_none());
        assert!(catalog.function("a", "walk").is_none());
    }

    fn offered(catalog: &Catalog) -> Vec<String> {
        catalog
            .tools()
            .map(|tool| tool.name().to_string())
            .collect()
    }

    #[test]
    fn bare_functions_go_by_their_own_names_alone() {
        let folder = directory(&[
            ("a.wasm", &component("run")),
            ("b.wasm", &component("walk")),
        ]);
        let sources = [Source::Directory(folder.path().to_owned())];
        let catalog = Catalog::load_named(sources, Naming::Bare);
        assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
        assert_eq!(offered(&catalog), ["run", "walk"]);
        assert_eq!(
            catalog.tool("walk").unwrap().component().name().as_str(),
            "b"
        );
        assert!(catalog.tool("b_walk").is_none());
        assert_eq!(
            catalog.function("b", "walk").unwrap().name().as_str(),
            "walk"
        );

        fs::write(folder.path().join("c.wasm"), component("rest")).unwrap();
        let (next, changed) = catalog.rescan();
        assert!(changed);
        assert_eq!(offered(&next), ["run", "walk", "rest"]);
        assert_eq!(next.naming(), Naming::Bare);
    }

    #[test]
    fn bare_names_that_two_components_have_stay_prefixed() {
        let folder = directory(&[
            ("a.wasm", &component("run")),
            ("b.wasm", &component("walk")),
            ("c.wasm", &component("RUN")),
        ]);
        let sources = [Source::Directory(folder.path().to_owned())];
        let catalog = Catalog::load_named(sources, Naming::Bare);
        assert_eq!(offered(&catalog), ["a_run", "walk", "c_RUN"]);
        assert!(catalog.tool("run").is_none());
        assert!(catalog.tool("c_RUN").is_some());
        let problems: Vec<_> = catalog.problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("a.wasm") && problems[0].contains("`a_run` by `c`"));
        assert!(problems[1].contains("c.wasm") && problems[1].contains("`c_RUN` by `a`"));
    }

    #[test]
    fn prefixed_names_are_the_only_ones_unless_asked() {
        let folder = directory(&[("a.wasm", &component("run"))]);
        let catalog = load(folder.path());
        assert_eq!(catalog.naming(), Naming::Prefixed);
        assert_eq!(offered(&catalog), ["a_run"]);
        assert!(catalog.tool("run").is_none());
    }

    #[test]
    fn a_file_s_name_never_becomes_a_path() {
        let folder = directory(&[("x%2f..%2fetc%2fpasswd.wasm", &component("run"))]);
        let catalog = load(folder.path());
        assert_eq!(names(&catalog), ["x-2f-2fetc-2fpasswd_run"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_only_when_it_is_named() {
        let folder = directory(&[("real.bin", &component("run"))]);
        let link = folder.path().join("link.wasm");
        std::os::unix::fs::symlink(folder.path().join("real.bin"), &link).unwrap();
        let catalog = load(folder.path());
        assert!(names(&catalog).is_empty());
        assert!(matches!(
            catalog.problems(),
            [Problem {
                fault: Fault::Link,
                ..
            }]
        ));
        assert_eq!(names(&Catalog::load([Source::File(link)])), ["link_run"]);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::load([
            Source::File(folder.path().to_owned()),
            Source::File(folder.path().join("missing.wasm")),
            Source::Directory(folder.path().join("missing")),
        ]);
        let faults: Vec<_> = catalog
            .problems()
            .iter()
            .map(|problem| &problem.fault)
            .collect();
        assert!(
            matches!(
                faults[..],
                [Fault::NotAFile, Fault::Unreadable(_), Fault::Unreadable(_)]
            ),
            "{faults:?}"
        );
    }

    #[test]
    fn a_file_larger_than_a_component_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.wasm");
        // Sparse: it takes no room.
        fs::File::create(&path)
            .unwrap()
            .set_len(ringfence_tool::COMPONENT_BYTES_MAX as u64 + 1)
            .unwrap();
        let catalog = Catalog::load([Source::File(path)]);
        assert!(matches!(
            catalog.problems(),
            [Problem {
                fault: Fault::TooLarge { .. },
                ..
            }]
        ));
    }

    #[test]
    fn a_directory_gives_so_many_components_and_says_what_it_left_out() {
        let run = component("run");
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=crate::DIRECTORY_TOOLS_MAX {
            fs::write(folder.path().join(format!("t{number:04}.wasm")), &run).unwrap();
        }
        let catalog = load(folder.path());
        assert_eq!(catalog.components().count(), crate::DIRECTORY_TOOLS_MAX);
        assert!(matches!(
            catalog.problems(),
            [Problem {
                fault: Fault::TooMany { .. },
                ..
            }]
        ));
    }

    #[test]
    fn a_rescan_sees_what_changed_and_shares_what_did_not() {
        let folder = directory(&[("a.wasm", &component("run"))]);
        let first = load(folder.path());
        let (same, changed) = first.rescan();
        assert!(!changed);
        assert!(Arc::ptr_eq(
            first.component("a").unwrap(),
            same.component("a").unwrap()
        ));

        fs::write(folder.path().join("b.wasm"), component("walk")).unwrap();
        let (added, changed) = same.rescan();
        assert!(changed);
        assert_eq!(names(&added), ["a_run", "b_walk"]);
        assert_eq!(names(&same), ["a_run"], "a snapshot never changes");

        fs::remove_file(folder.path().join("a.wasm")).unwrap();
        let (removed, changed) = added.rescan();
        assert!(changed);
        assert_eq!(names(&removed), ["b_walk"]);
    }

    #[test]
    fn a_broken_replacement_keeps_the_last_good_component() {
        let folder = directory(&[("a.wasm", &component("run"))]);
        let first = load(folder.path());
        let whole = component("walk");
        fs::write(folder.path().join("a.wasm"), &whole[..whole.len() / 2]).unwrap();
        let (broken, changed) = first.rescan();
        assert!(!changed);
        assert_eq!(names(&broken), ["a_run"]);
        let [problem] = broken.problems() else {
            panic!("{:?}", broken.problems())
        };
        assert!(problem.kept);
        assert!(
            problem.to_string().ends_with("is still served"),
            "{problem}"
        );

        fs::write(folder.path().join("a.wasm"), &whole).unwrap();
        let (whole, changed) = broken.rescan();
        assert!(changed && whole.problems().is_empty());
        assert_eq!(names(&whole), ["a_walk"]);
    }
}
