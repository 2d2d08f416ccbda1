//! Components made from WIT, without a toolchain: each function traps when called, which nobody
//! here does.

use std::borrow::Cow;

use ringfence_tool::{Component, ReadError, ToolDefinition};
use wasm_encoder::{CustomSection, Encode as _, Section as _};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// The package that tools share with the host.
pub(crate) const RINGFENCE: &[&str] = &[
    include_str!("../../../../wit/types.wit"),
    include_str!("../../../../wit/host.wit"),
    include_str!("../../../../wit/provider.wit"),
    include_str!("../../../../wit/resources.wit"),
    include_str!("../../../../wit/prompts.wit"),
    include_str!("../../../../wit/completion.wit"),
];

/// A core module for the only world of the last package in `packages`.
pub(crate) fn module(packages: &[&str]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    // Interfaces that lie in several files are one package.
    let mut shared = wit_parser::SourceMap::default();
    for (index, text) in RINGFENCE.iter().enumerate() {
        shared.push_str(&format!("{index}.wit"), *text);
    }
    resolve
        .push_group(shared.parse().map_err(|(_, error)| error).unwrap())
        .unwrap();
    let mut last = None;
    for text in packages {
        last = Some(resolve.push_source("test.wit", text).unwrap());
    }
    let world = resolve.select_world(&[last.unwrap()], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// A component for that world.
pub(crate) fn component(packages: &[&str]) -> Vec<u8> {
    let module = module(packages);
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}

/// A component for a world that holds `items`.
pub(crate) fn world(items: &str) -> Vec<u8> {
    component(&[&format!(
        "package acme:test@1.0.0;\nworld tool {{\n{items}\n}}"
    )])
}

pub(crate) fn with_section(mut component: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let section = CustomSection {
        name: Cow::Borrowed(name),
        data: Cow::Borrowed(data),
    };
    component.push(section.id());
    section.encode(&mut component);
    component
}

pub(crate) fn read(bytes: Vec<u8>) -> Component {
    try_read(bytes).unwrap()
}

pub(crate) fn try_read(bytes: Vec<u8>) -> Result<Component, ReadError> {
    Component::read(bytes.into(), "test")
}

/// Reads a component with a manifest.
pub(crate) fn try_manifest(items: &str, manifest: &str) -> Result<Component, ReadError> {
    try_read(with_section(
        world(items),
        "ringfence:manifest",
        manifest.as_bytes(),
    ))
}

pub(crate) fn definition<'a>(component: &'a Component, name: &str) -> &'a ToolDefinition {
    component
        .definitions()
        .iter()
        .find(|definition| definition.function.as_str() == name)
        .unwrap_or_else(|| panic!("no `{name}` in {:?}", component.interface()))
}

/// Why a function is not available.
pub(crate) fn reason<'a>(component: &'a Component, function: &str) -> &'a str {
    let unavailable = &component.interface().unavailable;
    let found = unavailable
        .iter()
        .find(|unavailable| &*unavailable.export.function == function);
    &found
        .unwrap_or_else(|| panic!("`{function}` is available"))
        .reason
}
