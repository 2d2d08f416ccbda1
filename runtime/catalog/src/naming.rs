//! What clients call the tools of a catalog.
//!
//! Owns which name each function is offered under. Refuses to know where components come from.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ringfence_tool::{Component, ComponentName, ToolName};

/// What clients call a component's functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Naming {
    /// `{component}_{function}`: a name depends on its component alone.
    #[default]
    Prefixed,
    /// The function's own name, where no other component of the catalog has one of that name. For a
    /// server that is one tool to its clients, whatever it is made of.
    Bare,
}

/// Functions of a component that cannot be offered under their own names.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Which component has them: its place in the catalog.
    pub(crate) index: usize,
    /// The name that the first of them is offered under.
    pub(crate) offered: ToolName,
    /// Who has the first name, too.
    pub(crate) with: ComponentName,
    /// How many more there are.
    pub(crate) more: usize,
}

/// The names that the functions of each component are offered under, in their order, and what
/// stayed prefixed.
///
/// No two are the same: prefixed names are unique by their making, and a bare one is only given
/// where it is neither another's own name nor another's prefixed one. Names that differ only in
/// case count as the same: a person could not tell them apart.
pub(crate) fn names(
    components: &[&Arc<Component>],
    naming: Naming,
) -> (Vec<Vec<ToolName>>, Vec<Shared>) {
    let prefixed = |component: &Arc<Component>| {
        let definitions = component.definitions().iter();
        definitions
            .map(|definition| definition.name.clone())
            .collect()
    };
    if naming == Naming::Prefixed {
        return (
            components.iter().map(|one| prefixed(one)).collect(),
            Vec::new(),
        );
    }
    let everything = || {
        let indexed = components.iter().enumerate();
        indexed.flat_map(|(index, component)| {
            let definitions = component.definitions().iter();
            definitions.map(move |definition| (index, definition))
        })
    };
    // Who has a name, as its own or with the prefix.
    let (mut bare, mut full) = (HashMap::<_, Vec<usize>>::new(), HashMap::new());
    for (index, definition) in everything() {
        let owners = bare.entry(lower(definition.function.as_str()));
        owners.or_default().push(index);
        full.insert(lower(definition.name.as_str()), index);
    }
    let taken = |index: usize, name: &str| {
        let name = lower(name);
        let owners = bare.get(&name).into_iter().flatten();
        let other = owners.copied().find(|owner| *owner != index);
        other.or_else(|| full.get(&name).copied())
    };
    let mut offered: Vec<Vec<ToolName>> = vec![Vec::new(); components.len()];
    let mut shared: BTreeMap<usize, Shared> = BTreeMap::new();
    for (index, definition) in everything() {
        let own = definition.function.as_str();
        let with = taken(index, own).and_then(|with| components.get(with));
        let name = match (with, own.parse()) {
            (None, Ok(name)) => name,
            (with, _) => {
                let first = with.map(|with| Shared {
                    index,
                    offered: definition.name.clone(),
                    with: with.name().clone(),
                    more: 0,
                });
                match (shared.get_mut(&index), first) {
                    (Some(shared), _) => shared.more += 1,
                    (None, Some(first)) => drop(shared.insert(index, first)),
                    (None, None) => {}
                }
                definition.name.clone()
            }
        };
        if let Some(names) = offered.get_mut(index) {
            names.push(name);
        }
    }
    (offered, shared.into_values().collect())
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
