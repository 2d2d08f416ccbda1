//! A function as MCP clients see it.
//!
//! Owns what is said about a tool: its name, its words, its schemas, and the checks on arguments
//! that those schemas promise. Refuses to know MCP's messages, and who may call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::interface::Function;
use crate::manifest::{ArgumentError, Constraints, Manifest};
use crate::name::{FunctionName, ToolName};
use crate::schema::{self, Object, TooLarge};
use crate::text::clean;

/// Bytes in a tool's title.
const TITLE_BYTES_MAX: usize = 200;
/// Bytes in a tool's description.
const DESCRIPTION_BYTES_MAX: usize = 4096;

/// What clients are told about a tool, computed once when its component is read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// What clients call it.
    pub name: ToolName,
    /// A short name, for people.
    pub title: Option<Arc<str>>,
    /// What it does. Never empty.
    pub description: Arc<str>,
    /// JSON Schema of the arguments.
    pub input_schema: Arc<Object>,
    /// JSON Schema of the structured result, where there is one.
    pub output_schema: Option<Arc<Object>>,
    /// Its name within the component.
    pub function: FunctionName,
    /// How long its author lets it run. It can only lower the host's limit.
    pub timeout: Option<Duration>,
    /// Whether its author advises against it; the description says what to use instead.
    pub deprecated: bool,
    constraints: BTreeMap<Arc<str>, Constraints>,
}

impl ToolDefinition {
    /// Describes `function`.
    ///
    /// # Errors
    ///
    /// When its schemas would be too large.
    pub(crate) fn new(function: &Function, manifest: &Manifest) -> Result<Self, TooLarge> {
        let about = manifest.function(function.name.as_str());
        let title = about.and_then(|about| about.title.as_deref());
        let mut output = schema::output(&function.result)?;
        let results = about.iter().flat_map(|about| &about.examples);
        let results: Vec<Value> = results
            .filter_map(|example| Some(serde_json::json!({"result": example.result.clone()?})))
            .collect();
        if let Some(output) = &mut output
            && !results.is_empty()
        {
            output.insert("examples".to_owned(), Value::Array(results));
        }
        Ok(Self {
            name: function.tool_name.clone(),
            title: title
                .and_then(|title| clean(title, TITLE_BYTES_MAX))
                .map(Into::into),
            description: describe(function, manifest).into(),
            input_schema: Arc::new(schema::input(&function.params, about)?),
            output_schema: output.map(Arc::new),
            function: function.name.clone(),
            timeout: about
                .and_then(|about| about.timeout)
                .into_iter()
                .chain(manifest.timeout)
                .min(),
            deprecated: manifest.deprecated.is_some(),
            constraints: about.map(|about| about.params.clone()).unwrap_or_default(),
        })
    }

    /// Whether arguments need [`Self::admit`] at all. Most functions have no constraints, and their
    /// arguments need not be parsed into a tree.
    pub fn is_constrained(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// Fills in defaults for what is missing, and checks what types do not say. The types
    /// themselves are checked when the arguments are converted.
    ///
    /// # Errors
    ///
    /// When an argument breaks a constraint of the manifest.
    pub fn admit(&self, arguments: &mut Object) -> Result<(), ArgumentError> {
        for (param, constraints) in &self.constraints {
            match (arguments.get(&**param), &constraints.default) {
                (None, Some(default)) => {
                    arguments.insert(param.to_string(), default.clone());
                }
                (Some(argument), _) => {
                    let fault = |message| ArgumentError {
                        param: param.to_string(),
                        message,
                    };
                    constraints.check(argument).map_err(fault)?;
                }
                (None, None) => {}
            }
        }
        Ok(())
    }
}

/// What a tool does: in the manifest's words, else in the WIT's, else made from its name.
fn describe(function: &Function, manifest: &Manifest) -> String {
    let about = manifest.function(function.name.as_str());
    let said = about
        .and_then(|about| about.description.as_deref())
        .or(function.docs.as_deref());
    let said = said.and_then(|said| clean(said, DESCRIPTION_BYTES_MAX));
    let mut description = said.unwrap_or_else(|| {
        let name = sentence(&function.export.function);
        match &manifest.description {
            Some(component) => format!("{name}. Part of: {component}"),
            None => format!("{name} (no description given)"),
        }
    });
    if let Some(deprecated) = &manifest.deprecated {
        description = format!("Deprecated: {deprecated}\n\n{description}");
    }
    // Never empty: a name has at least one character.
    clean(&description, DESCRIPTION_BYTES_MAX).unwrap_or(description)
}

/// `Word count` of `word-count`.
fn sentence(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut characters = words.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
