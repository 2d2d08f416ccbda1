//! What is known of a component, as lines that can be kept and compared.
//!
//! Owns which they are. Two components with the same facts look the same to every client and to every
//! person who decides; what their code does is the digest's business. Refuses to know what a difference
//! means.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ringfence_tool::{Component, Digest, Function, ToolDefinition};
use serde_json::{Map, Value};

use crate::shape::{Result, Short};

/// Bytes of the facts of one component. Bounds what a tool with endless schemas adds to the file that
/// keeps them. Of one that says more only digests are kept.
pub const FACTS_BYTES_MAX: usize = 128 * 1024;

/// Depth to which a schema is read.
const DEPTH_MAX: usize = 64;

/// What is known of a component: a name for each fact, and what it says.
///
/// The first word of a name says what kind of fact it is:
/// - `about KEY`, `request CAPABILITY`: what the manifest says of the whole;
/// - `import INTERFACE`, `provides`: what it asks of and offers to the host;
/// - `function F`, `param F P`: result and parameters, as WIT has them;
/// - `says F KEY`, `input F POINTER`, `output F POINTER`: what clients are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, String>);

impl Facts {
    /// What is known of `component`.
    pub fn of(component: &Component) -> Self {
        let mut facts = Self::default();
        facts.about(component);
        facts.surroundings(component);
        let functions = &component.interface().functions;
        for (function, definition) in functions.iter().zip(component.definitions()) {
            facts.function(function, definition);
        }
        facts
    }

    /// Facts that were kept.
    pub fn restore(facts: BTreeMap<String, String>) -> Self {
        Self(facts)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, fact)| (&**name, &**fact))
    }

    /// The names of functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .filter_map(|name| name.strip_prefix("function "))
    }

    /// One of them.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether they are few enough to be kept.
    pub(crate) fn fit(&self) -> bool {
        let bytes = self.0.iter().map(|(name, fact)| name.len() + fact.len());
        bytes.sum::<usize>() <= FACTS_BYTES_MAX
    }

    /// One digest over what clients and the host see.
    pub(crate) fn interface(&self) -> Digest {
        self.digest(|name| !is_manifest(name))
    }

    /// One digest over what the manifest says of the whole.
    pub(crate) fn manifest(&self) -> Digest {
        self.digest(is_manifest)
    }

    /// Each with its length, so that no two sets of facts are written the same.
    fn digest(&self, which: impl Fn(&str) -> bool) -> Digest {
        let mut text = String::new();
        for (name, fact) in self.0.iter().filter(|(name, _)| which(name)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {name} {} {fact}", name.len(), fact.len());
        }
        Digest::of(text.as_bytes())
    }

    fn add(&mut self, name: impl Into<String>, fact: impl Into<String>) {
        self.0.insert(name.into(), fact.into());
    }

    fn about(&mut self, component: &Component) {
        let manifest = component.manifest();
        let texts = [
            ("title", manifest.title.as_deref()),
            ("description", manifest.description.as_deref()),
            ("license", manifest.license.as_deref()),
            ("category", manifest.category.as_deref()),
            ("deprecated", manifest.deprecated.as_deref()),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                self.add(format!("about {key}"), text);
            }
        }
        if let Some(version) = &manifest.version {
            self.add("about version", version.to_string());
        }
        for (key, texts) in [("authors", &manifest.authors), ("tags", &manifest.tags)] {
            if !texts.is_empty() {
                self.add(format!("about {key}"), texts.join(", "));
            }
        }
        if let Some(timeout) = manifest.timeout {
            self.add("about timeout", format!("{} ms", timeout.as_millis()));
        }
        for request in &manifest.requests {
            self.add(format!("request {}", request.capability), &*request.reason);
        }
    }

    fn surroundings(&mut self, component: &Component) {
        for import in component.imports() {
            self.add(
                format!("import {}", import.name),
                import.functions.join(", "),
            );
        }
        let provides = component.provides();
        let all = [
            (provides.tools, "tools"),
            (provides.resources, "resources"),
            (provides.prompts, "prompts"),
            (provides.completion, "completion"),
        ];
        let words: Vec<_> = all
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, what)| what)
            .collect();
        if !words.is_empty() {
            self.add("provides", words.join(", "));
        }
    }

    fn function(&mut self, function: &Function, definition: &ToolDefinition) {
        let name = function.name.as_str();
        self.add(
            format!("function {name}"),
            Result(&function.result).to_string().trim_start(),
        );
        for param in &function.params {
            self.add(
                format!("param {name} {}", param.name),
                Short(&param.ty, 0).to_string(),
            );
        }
        self.add(format!("says {name} description"), &*definition.description);
        if let Some(title) = &definition.title {
            self.add(format!("says {name} title"), &**title);
        }
        if let Some(timeout) = definition.timeout {
            self.add(
                format!("says {name} timeout"),
                format!("{} ms", timeout.as_millis()),
            );
        }
        self.schema(&format!("input {name} "), &definition.input_schema);
        if let Some(schema) = &definition.output_schema {
            self.schema(&format!("output {name} "), schema);
        }
    }

    fn schema(&mut self, name: &str, schema: &Map<String, Value>) {
        for (key, value) in schema {
            self.member(name, key, value, 0);
        }
    }

    /// A member of a schema, but for what types say already.
    fn member(&mut self, name: &str, key: &str, value: &Value, depth: usize) {
        let inner = format!("{name}/{}", key.replace('~', "~0").replace('/', "~1"));
        let derived = matches!(key, "type" | "required" | "additionalProperties");
        match value {
            _ if derived || depth > DEPTH_MAX => {}
            Value::Object(members) if !is_data(key) => {
                for (key, value) in members {
                    self.member(&inner, key, value, depth + 1);
                }
            }
            Value::Array(items) if !is_data(key) && items.iter().any(Value::is_object) => {
                for (index, item) in items.iter().enumerate() {
                    self.member(&inner, &index.to_string(), item, depth + 1);
                }
            }
            Value::String(text) => self.add(inner, text),
            value => self.add(inner, value.to_string()),
        }
    }
}

/// Whether a member holds a value of the type that is described, and no schema.
fn is_data(key: &str) -> bool {
    matches!(key, "default" | "examples" | "enum" | "const")
}

fn is_manifest(name: &str) -> bool {
    name.starts_with("about ") || name.starts_with("request ")
}
