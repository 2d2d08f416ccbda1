//! Everything that a component says, and where.
//!
//! Owns finding all of it: whatever of a component reaches a model, or a person who decides about it.
//! Refuses to know what of it is suspicious.

use std::borrow::Cow;

use ringfence_tool::{Component, Manifest, Object, ToolDefinition};
use serde_json::Value;

use crate::visible::{excerpt, visible};

/// Depth to which a schema is read. Deeper ones are refused where schemas are read; this bounds the
/// recursion of whoever forgets that.
const DEPTH_MAX: usize = 64;

/// Characters of a name within a place. Bounds the places of a schema that is nothing but long names.
const NAME_CHARACTERS_MAX: usize = 48;

/// A text, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage<'t> {
    /// Where, for a person: ``description of `add` ``.
    pub place: String,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub text: Cow<'t, str>,
}

/// What a text is for, which says how long it may be and what it may be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A component's or a tool's own name.
    Name,
    /// A name within it: a parameter, a choice.
    Label,
    /// A short line for people.
    Title,
    /// A description.
    Prose,
    /// A default or an example: data.
    Value,
}

impl Kind {
    /// Bytes that nothing honest of this kind needs more of.
    pub(crate) fn bytes_max(self) -> usize {
        match self {
            Self::Name | Self::Label => 100,
            Self::Title => 150,
            Self::Prose => 4000,
            Self::Value => 2000,
        }
    }
}

impl<'t> Passage<'t> {
    /// A text at a place.
    pub fn new(place: impl Into<String>, kind: Kind, text: impl Into<Cow<'t, str>>) -> Self {
        Self {
            place: place.into(),
            kind,
            text: text.into(),
        }
    }
}

/// Everything that `component` says.
pub fn of_component(component: &Component) -> Vec<Passage<'_>> {
    let name = component.name().as_str();
    let mut passages = vec![Passage::new("its name", Kind::Name, name)];
    of_manifest(component.manifest(), &mut passages);
    for definition in component.definitions() {
        of_definition(definition, &mut passages);
    }
    for original in component.cleaned() {
        let place = format!("documentation of {}", original.place);
        passages.push(Passage::new(place, Kind::Prose, &*original.text));
    }
    passages
}

fn of_manifest<'t>(manifest: &'t Manifest, passages: &mut Vec<Passage<'t>>) {
    let mut add = |place: &str, kind, text: Option<&'t str>| {
        passages.extend(text.map(|text| Passage::new(place, kind, text)));
    };
    add("its title", Kind::Title, manifest.title.as_deref());
    add(
        "its description",
        Kind::Prose,
        manifest.description.as_deref(),
    );
    add("its license", Kind::Title, manifest.license.as_deref());
    add("its category", Kind::Title, manifest.category.as_deref());
    add(
        "its advice against it",
        Kind::Prose,
        manifest.deprecated.as_deref(),
    );
    for author in &manifest.authors {
        add("its authors", Kind::Title, Some(author));
    }
    for tag in &manifest.tags {
        add("its tags", Kind::Title, Some(tag));
    }
    for request in &manifest.requests {
        let place = format!("its reason for `{}`", request.capability);
        add(&place, Kind::Prose, Some(&request.reason));
    }
}

fn of_definition<'t>(definition: &'t ToolDefinition, passages: &mut Vec<Passage<'t>>) {
    let function = definition.function.as_str();
    passages.push(Passage::new(
        format!("the name of `{function}`"),
        Kind::Name,
        definition.name.as_str(),
    ));
    if let Some(title) = definition.title.as_deref() {
        passages.push(Passage::new(
            format!("title of `{function}`"),
            Kind::Title,
            title,
        ));
    }
    passages.push(Passage::new(
        format!("description of `{function}`"),
        Kind::Prose,
        &*definition.description,
    ));
    let place = format!("parameters of `{function}`");
    of_schema(&place, &definition.input_schema, passages);
    if let Some(schema) = &definition.output_schema {
        of_schema(&format!("result of `{function}`"), schema, passages);
    }
}

/// Everything that a schema says.
pub fn of_schema<'t>(place: &str, schema: &'t Object, passages: &mut Vec<Passage<'t>>) {
    for (key, value) in schema {
        member(place, key, value, 0, passages);
    }
}

fn member<'t>(
    place: &str,
    key: &'t str,
    value: &'t Value,
    depth: usize,
    passages: &mut Vec<Passage<'t>>,
) {
    match (key, value) {
        ("description" | "$comment", Value::String(text)) => {
            passages.push(Passage::new(
                format!("description in {place}"),
                Kind::Prose,
                text,
            ));
        }
        ("title", Value::String(text)) => {
            passages.push(Passage::new(format!("title in {place}"), Kind::Title, text));
        }
        ("default" | "examples" | "example", value) => {
            data(
                &format!("{key} in {place}"),
                Kind::Value,
                value,
                depth,
                passages,
            );
        }
        ("enum" | "const", value) => {
            data(
                &format!("choices in {place}"),
                Kind::Label,
                value,
                depth,
                passages,
            );
        }
        ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(members)) => {
            for (name, schema) in members {
                let shown = excerpt(name, NAME_CHARACTERS_MAX);
                let inner = format!("`{}` of {place}", visible(&shown));
                passages.push(Passage::new(
                    format!("a name in {place}"),
                    Kind::Label,
                    name,
                ));
                nested(&inner, schema, depth, passages);
            }
        }
        (_, value @ (Value::Object(_) | Value::Array(_))) => nested(place, value, depth, passages),
        // A word that no schema has is read as a description: a model reads it, too.
        ("type" | "format" | "$ref" | "$schema" | "$id" | "pattern" | "contentEncoding", _) => {}
        (_, Value::String(text)) => {
            let shown = excerpt(key, NAME_CHARACTERS_MAX);
            let place = format!("`{}` in {place}", visible(&shown));
            passages.push(Passage::new(place, Kind::Prose, text));
        }
        _ => {}
    }
}

fn nested<'t>(place: &str, schema: &'t Value, depth: usize, passages: &mut Vec<Passage<'t>>) {
    if depth > DEPTH_MAX {
        return;
    }
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                member(place, key, value, depth + 1, passages);
            }
        }
        Value::Array(items) => {
            for item in items {
                nested(place, item, depth + 1, passages);
            }
        }
        // In a list of names, such as `required`, everything was seen where it is defined.
        _ => {}
    }
}

/// Every text in a value, names of members among them.
fn data<'t>(
    place: &str,
    kind: Kind,
    value: &'t Value,
    depth: usize,
    passages: &mut Vec<Passage<'t>>,
) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::String(text) => passages.push(Passage::new(place, kind, text)),
        Value::Array(items) => {
            for item in items {
                data(place, kind, item, depth + 1, passages);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                passages.push(Passage::new(place, Kind::Label, name));
                data(place, kind, value, depth + 1, passages);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
