//! WIT sources → what a component should carry of them.
//!
//! Owns the doc comments, which the binary format has no place for. The standard section describes
//! one package only, and other tools refuse a component whose section names anything that the
//! component itself has not: so it is made from the component's own view of its world, and what is
//! said about interfaces of other packages goes into a section of ours.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{
    Docs, InterfaceId, PackageMetadata, Resolve, SourceMap, Type, TypeDef, TypeDefKind, TypeId,
    TypeOwner, UnresolvedPackageGroup, WorldId, WorldItem, WorldKey,
};

use super::PackError;
use crate::scan::{DOCS_SECTION, INTERFACE_DOCS_SECTION};

/// The version of the section's format: one byte, then JSON.
const DOCS_VERSION: u8 = 1;

/// A WIT file.
///
/// Files of a folder are one package; a file in a folder called `deps` is a package of its own, and
/// so is each folder in there. The first file belongs to the main package.
#[derive(Debug, Clone, Copy)]
pub struct WitSource<'a> {
    /// Its path, with slashes: `wit/world.wit`, `wit/deps/geo/types.wit`. Never opened.
    pub path: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// Parsed sources, and one of their worlds.
pub(super) struct Wit {
    resolve: Resolve,
    world: WorldId,
}

impl Wit {
    /// Parses sources.
    pub(super) fn parse(sources: &[WitSource<'_>], world: Option<&str>) -> Result<Self, PackError> {
        let mut packages: BTreeMap<&str, SourceMap> = BTreeMap::new();
        for source in sources {
            packages
                .entry(package(source.path))
                .or_default()
                .push_str(source.path, source.text);
        }
        let main = sources
            .first()
            .map(|source| package(source.path))
            .unwrap_or_default();
        let main = packages.remove(main).unwrap_or_default();
        let main = parse(main)?;
        let dependencies = packages
            .into_values()
            .map(parse)
            .collect::<Result<Vec<_>, _>>()?;
        let mut resolve = Resolve::default();
        let package = resolve
            .push_groups(main, dependencies)
            .map_err(|error| PackError::Wit(error.render(&resolve.source_map)))?;
        let world = resolve
            .select_world(&[package], world)
            .map_err(|error| PackError::Wit(format!("{error:#}")))?;
        Ok(Self { resolve, world })
    }

    /// A copy of `module` that describes its interface as this world.
    pub(super) fn describe(&self, module: &[u8]) -> Result<Vec<u8>, PackError> {
        let mut module = module.to_vec();
        embed_component_metadata(&mut module, &self.resolve, self.world, StringEncoding::UTF8)
            .map_err(|error| PackError::Componentize(format!("{error:#}")))?;
        Ok(module)
    }

    /// The sections that document `component`, with their names.
    pub(super) fn docs_of(
        &self,
        component: &[u8],
    ) -> Result<Vec<(&'static str, Vec<u8>)>, PackError> {
        let fail = |error| PackError::Wit(format!("{error:#}"));
        let (mut target, world) = match decode(component).map_err(fail)? {
            DecodedWasm::Component(resolve, world) => (resolve, world),
            DecodedWasm::WitPackage(..) => {
                return Err(PackError::Wit(
                    "the binary holds only WIT, and no code".to_owned(),
                ));
            }
        };
        self.copy_world(&mut target, world);
        let own = target.worlds.get(world).and_then(|world| world.package);
        let mut sections = Vec::new();
        if let Some(own) = own {
            let data = PackageMetadata::extract(&target, own)
                .encode()
                .map_err(fail)?;
            sections.push((DOCS_SECTION, data));
        }
        let mut interfaces = Map::new();
        for (id, package) in target.packages.iter().filter(|(id, _)| Some(*id) != own) {
            // Those who call a tool read nothing of what it imports.
            if package.name.namespace == "wasi" {
                continue;
            }
            let docs = serde_json::to_value(PackageMetadata::extract(&target, id));
            let docs = docs.map_err(|error| PackError::Wit(error.to_string()))?;
            let Some(docs) = docs.get("interfaces").and_then(Value::as_object) else {
                continue;
            };
            for (name, docs) in docs {
                let Some(interface) = package.interfaces.get(name) else {
                    continue;
                };
                interfaces.extend(target.id_of(*interface).map(|name| (name, docs.clone())));
            }
        }
        if !interfaces.is_empty() {
            let docs = serde_json::json!({"interfaces": interfaces}).to_string();
            let data = [&[DOCS_VERSION], docs.as_bytes()].concat();
            sections.push((INTERFACE_DOCS_SECTION, data));
        }
        Ok(sections)
    }

    fn copy_world(&self, target: &mut Resolve, target_world: WorldId) {
        let Some(from) = self.resolve.worlds.get(self.world) else {
            return;
        };
        let Some(to) = target.worlds.get_mut(target_world) else {
            return;
        };
        to.docs = from.docs.clone();
        for (items, sources) in [
            (&mut to.imports, &from.imports),
            (&mut to.exports, &from.exports),
        ] {
            for (key, item) in items {
                if let (WorldItem::Function(function), Some(WorldItem::Function(source))) =
                    (item, sources.get(key))
                {
                    function.docs = source.docs.clone();
                }
            }
        }
        // Interfaces and types are found by name: the two views number them differently.
        let sources: BTreeMap<String, InterfaceId> = self
            .resolve
            .interfaces
            .iter()
            .filter_map(|(id, _)| Some((self.resolve.id_of(id)?, id)))
            .chain(inline_interfaces(from))
            .collect();
        let targets: Vec<(String, InterfaceId)> = target
            .interfaces
            .iter()
            .filter_map(|(id, _)| Some((target.id_of(id)?, id)))
            .chain(
                target
                    .worlds
                    .get(target_world)
                    .into_iter()
                    .flat_map(inline_interfaces),
            )
            .collect();
        for (name, id) in targets {
            if let Some(&source) = sources.get(&name) {
                self.copy_interface(target, id, source);
            }
        }
        self.copy_types(
            target,
            TypeOwner::World(target_world),
            TypeOwner::World(self.world),
        );
    }

    fn copy_interface(&self, target: &mut Resolve, to: InterfaceId, from: InterfaceId) {
        if let (Some(to), Some(from)) = (
            target.interfaces.get_mut(to),
            self.resolve.interfaces.get(from),
        ) {
            to.docs = from.docs.clone();
            for (name, function) in &mut to.functions {
                if let Some(source) = from.functions.get(name) {
                    function.docs = source.docs.clone();
                }
            }
        }
        self.copy_types(target, TypeOwner::Interface(to), TypeOwner::Interface(from));
    }

    fn copy_types(&self, target: &mut Resolve, to: TypeOwner, from: TypeOwner) {
        let sources: BTreeMap<&str, TypeId> = self
            .resolve
            .types
            .iter()
            .filter(|(_, ty)| ty.owner == from)
            .filter_map(|(id, ty)| Some((ty.name.as_deref()?, id)))
            .collect();
        for (_, ty) in target.types.iter_mut().filter(|(_, ty)| ty.owner == to) {
            let source = ty.name.as_deref().and_then(|name| sources.get(name));
            // A type that is used from elsewhere is documented there, and may be written in full
            // here.
            for source in source.into_iter().flat_map(|id| self.definitions(*id)) {
                if source.docs.contents.is_some() {
                    ty.docs = source.docs.clone();
                }
                copy_items(&mut ty.kind, &source.kind);
            }
        }
    }

    /// A type and what it stands for, from the definition to the last that uses it.
    fn definitions(&self, id: TypeId) -> impl Iterator<Item = &TypeDef> {
        let next = |ty: &&TypeDef| match ty.kind {
            TypeDefKind::Type(Type::Id(id)) => self.resolve.types.get(id),
            _ => None,
        };
        let chain: Vec<_> = std::iter::successors(self.resolve.types.get(id), next).collect();
        chain.into_iter().rev()
    }
}

fn inline_interfaces(world: &wit_parser::World) -> impl Iterator<Item = (String, InterfaceId)> {
    world
        .imports
        .iter()
        .chain(&world.exports)
        .filter_map(|(key, item)| match (key, item) {
            (WorldKey::Name(name), WorldItem::Interface { id, .. }) => Some((name.clone(), *id)),
            _ => None,
        })
}

/// Copies what is said about fields, cases and labels, by name.
fn copy_items(to: &mut TypeDefKind, from: &TypeDefKind) {
    fn copy<'a>(
        to: impl Iterator<Item = (&'a str, &'a mut Docs)>,
        from: impl Iterator<Item = (&'a str, &'a Docs)>,
    ) {
        let from: BTreeMap<&str, &Docs> = from.collect();
        for (name, docs) in to {
            if let Some(source) = from.get(name) {
                *docs = (*source).clone();
            }
        }
    }
    macro_rules! items {
        ($to:expr, $from:expr) => {
            copy(
                $to.iter_mut()
                    .map(|item| (item.name.as_str(), &mut item.docs)),
                $from.iter().map(|item| (item.name.as_str(), &item.docs)),
            )
        };
    }
    match (to, from) {
        (TypeDefKind::Record(to), TypeDefKind::Record(from)) => items!(to.fields, from.fields),
        (TypeDefKind::Variant(to), TypeDefKind::Variant(from)) => items!(to.cases, from.cases),
        (TypeDefKind::Enum(to), TypeDefKind::Enum(from)) => items!(to.cases, from.cases),
        (TypeDefKind::Flags(to), TypeDefKind::Flags(from)) => items!(to.flags, from.flags),
        _ => {}
    }
}

/// What tells apart the packages that files belong to.
fn package(path: &str) -> &str {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_package = folder == "deps" || folder.ends_with("/deps");
    if is_package { path } else { folder }
}

fn parse(sources: SourceMap) -> Result<UnresolvedPackageGroup, PackError> {
    sources
        .parse()
        .map_err(|(sources, error)| PackError::Wit(error.render(&sources)))
}
