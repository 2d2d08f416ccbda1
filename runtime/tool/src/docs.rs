//! WIT documentation carried in a component.
//!
//! Owns the section in which wasm-tools puts doc comments, which the binary format has no place
//! for. Refuses to fail: documentation that cannot be read is documentation that is not there.
//!
//! The standard section describes one WIT package; a second one of ours, interfaces of any package
//! by their full name. An interface is looked for by its full name first and by its short name
//! second, because writers differ.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::interface::Export;
use crate::name::short_name;
use crate::text::{clean, is_hidden};

/// Bytes of one item's documentation that reach a schema. Bounds what a tool's author can make
/// every model read on every list of tools.
pub(crate) const ITEM_BYTES_MAX: usize = 1024;
/// Bytes of a function's documentation.
pub(crate) const FUNCTION_BYTES_MAX: usize = 4096;

/// Texts that were cleaned and are kept as they were written. Bounds what a component that hides
/// something in every word makes us keep.
const CLEANED_MAX: usize = 64;
/// Bytes of one of them, from a little before the first hidden character on.
const CLEANED_BYTES_MAX: usize = 4096;
const CLEANED_BYTES_BEFORE: usize = 256;

/// Documentation from which hidden characters were taken before anybody reads it, as its author wrote
/// it. It is here for whoever has to judge the author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cleaned {
    /// What it documents: `function stats`.
    pub place: String,
    /// What it said, hidden characters and all.
    pub text: String,
}

/// The documentation of a package.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Docs {
    worlds: HashMap<String, World>,
    interfaces: HashMap<String, Interface>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct World {
    interfaces: HashMap<String, Interface>,
    interface_exports: HashMap<String, Interface>,
    types: HashMap<String, TypeDocs>,
    funcs: HashMap<String, Function>,
    func_exports: HashMap<String, Function>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interface {
    funcs: HashMap<String, Function>,
    types: HashMap<String, TypeDocs>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Function {
    /// Version 0 of the format.
    Bare(Option<String>),
    /// Version 1.
    Described {
        #[serde(default)]
        docs: Option<String>,
    },
}

/// The documentation of a type and what is in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TypeDocs {
    docs: Option<String>,
    items: HashMap<String, String>,
}

impl Docs {
    /// The documentation that the sections hold, as far as it can be read.
    pub(crate) fn read(own: Option<&[u8]>, shared: Option<&[u8]>) -> Self {
        let mut docs = Self::parse(own);
        docs.interfaces.extend(Self::parse(shared).interfaces);
        docs
    }

    /// What hidden characters were taken from, in the order of places.
    pub(crate) fn cleaned(&self) -> Vec<Cleaned> {
        let mut cleaned = Vec::new();
        for interface in self.interfaces.values() {
            interface.cleaned(&mut cleaned);
        }
        for world in self.worlds.values() {
            let interfaces = world.interfaces.values();
            for interface in interfaces.chain(world.interface_exports.values()) {
                interface.cleaned(&mut cleaned);
            }
            of_types(&world.types, &mut cleaned);
            of_functions(&world.funcs, &mut cleaned);
            of_functions(&world.func_exports, &mut cleaned);
        }
        // Tables have no order of their own.
        cleaned.sort();
        cleaned.dedup();
        cleaned.truncate(CLEANED_MAX);
        cleaned
    }

    fn parse(section: Option<&[u8]>) -> Self {
        match section {
            Some([0 | 1, json @ ..]) => serde_json::from_slice(json).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    /// What is said about a function.
    pub(crate) fn function(&self, export: &Export) -> Option<Arc<str>> {
        let name = &*export.function;
        let function = match export.interface.as_deref() {
            Some(interface) => self.interface(interface, |interface| interface.funcs.get(name)),
            None => self.worlds.values().find_map(|world| {
                world
                    .func_exports
                    .get(name)
                    .or_else(|| world.funcs.get(name))
            }),
        };
        let docs = match function? {
            Function::Bare(docs) | Function::Described { docs } => docs.as_deref()?,
        };
        clean(docs, FUNCTION_BYTES_MAX).map(Into::into)
    }

    /// What is said about a type that `interface` owns, or the world.
    pub(crate) fn ty(&self, interface: Option<&str>, name: &str) -> Option<&TypeDocs> {
        match interface {
            Some(interface) => self.interface(interface, |interface| interface.types.get(name)),
            None => self.worlds.values().find_map(|world| world.types.get(name)),
        }
    }

    fn interface<'a, T>(
        &'a self,
        name: &str,
        pick: impl Fn(&'a Interface) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let full = self.interfaces.get(name).and_then(&pick);
        let short = || self.interfaces.get(short_name(name)).and_then(&pick);
        let inline = || {
            self.worlds.values().find_map(|world| {
                let exported = world.interface_exports.get(name).and_then(&pick);
                exported.or_else(|| world.interfaces.get(name).and_then(&pick))
            })
        };
        full.or_else(short).or_else(inline)
    }
}

impl Interface {
    fn cleaned(&self, cleaned: &mut Vec<Cleaned>) {
        of_functions(&self.funcs, cleaned);
        of_types(&self.types, cleaned);
    }
}

fn of_functions(functions: &HashMap<String, Function>, cleaned: &mut Vec<Cleaned>) {
    for (name, function) in functions {
        let docs = match function {
            Function::Bare(docs) | Function::Described { docs } => docs,
        };
        cleaned.extend(keep("function", name, docs.as_deref()));
    }
}

fn of_types(types: &HashMap<String, TypeDocs>, cleaned: &mut Vec<Cleaned>) {
    for (name, ty) in types {
        cleaned.extend(keep("type", name, ty.docs.as_deref()));
        for (item, docs) in &ty.items {
            cleaned.extend(keep("type", &format!("{name}.{item}"), Some(docs)));
        }
    }
}

/// The text, when something is taken from it.
fn keep(kind: &str, name: &str, docs: Option<&str>) -> Option<Cleaned> {
    let docs = docs?;
    let hidden = docs.find(is_hidden)?;
    let start = docs.floor_char_boundary(hidden.saturating_sub(CLEANED_BYTES_BEFORE));
    let end = docs.floor_char_boundary(start.saturating_add(CLEANED_BYTES_MAX));
    Some(Cleaned {
        place: clean(&format!("{kind} {name}"), ITEM_BYTES_MAX)?,
        text: docs.get(start..end)?.to_owned(),
    })
}

impl TypeDocs {
    /// What is said about the type.
    pub(crate) fn docs(&self) -> Option<Arc<str>> {
        clean(self.docs.as_deref()?, ITEM_BYTES_MAX).map(Into::into)
    }

    /// What is said about a field, a case or a label of it.
    pub(crate) fn item(&self, name: &str) -> Option<Arc<str>> {
        clean(self.items.get(name)?, ITEM_BYTES_MAX).map(Into::into)
    }
}
