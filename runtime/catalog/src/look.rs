//! Components, as a suspicious person looks at them.
//!
//! Owns whom a component could be mistaken for: what comes with this program, what is served beside it,
//! and what was approved before. Refuses to know what is suspicious about words.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use ringfence_scrutiny::{Flag, Others, Passage, examine, of_component};
use ringfence_tool::{Component, ComponentName, Digest};

use crate::bundled;
use crate::source::Source;

/// What comes with this program: whoever looks like it could be mistaken for it.
struct Bundled {
    others: Others,
    digests: HashSet<Digest>,
}

/// Read when the first stranger is looked at, and not before.
static BUNDLED: LazyLock<Bundled> = LazyLock::new(|| {
    let (mut others, mut digests) = (Others::none(), HashSet::new());
    for source in bundled() {
        let Source::Bundled { name, bytes } = source else {
            continue;
        };
        // A colon is in no component's name, so a stranger of the same name is a stranger.
        let owner = format!("bundled:{name}");
        others.add_name(&owner, name);
        if let Ok(component) = Component::read(bytes.into(), name) {
            digests.insert(component.digest());
            for definition in component.definitions() {
                others.add_name(&owner, definition.name.as_str());
            }
        }
    }
    Bundled { others, digests }
});

/// Everybody that a component could be mistaken for.
#[derive(Debug)]
pub struct Neighbours(Others);

impl Neighbours {
    /// What comes with this program, these components, and those of which only the name is known.
    pub fn new<'n>(
        components: impl IntoIterator<Item = &'n Arc<Component>>,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let mut others = BUNDLED.others.clone();
        for component in components {
            if BUNDLED.digests.contains(&component.digest()) {
                continue;
            }
            let owner = component.name().as_str();
            others.add_component(owner);
            for definition in component.definitions() {
                others.add_tool(owner, definition.name.as_str());
            }
        }
        for name in names {
            others.add_component(name);
        }
        Self(others)
    }

    /// What is suspicious about something that a component says when it runs.
    pub fn look_at_words<'t>(
        &self,
        component: &ComponentName,
        passages: impl IntoIterator<Item = Passage<'t>>,
    ) -> Vec<Flag> {
        examine(passages, component.as_str(), &self.0)
    }

    /// What is suspicious about one of them, or about a stranger. What comes with this program is
    /// part of it, and not looked at.
    pub fn look_at(&self, component: &Component) -> Vec<Flag> {
        if BUNDLED.digests.contains(&component.digest()) {
            return Vec::new();
        }
        examine(of_component(component), component.name().as_str(), &self.0)
    }
}
