//! The tools that clients see.
//!
//! Owns order, names and annotations. Annotations are computed from what policy grants to whoever asks,
//! never taken from a tool: a tool cannot call itself harmless.

use std::collections::HashMap;
use std::sync::Arc;

use ringfence_catalog::{Catalog, Naming, Tool};
use ringfence_identity::Caller;
use ringfence_policy::{Denial, Policy};
use ringfence_sandbox::ListedTool as CallableTool;
use ringfence_tool::{Component, ComponentName, ProviderFunction};
use rmcp::model::{Icon, Tool as ListedTool, ToolAnnotations};
use serde_json::{Map, Value};

use super::backing::Backing;
use super::describe::Described;
use super::header;
use super::provided::{self, ToolDescription};
use super::schema::{PATTERNS_MAX, Schema};
use super::words::{self, Words};
use crate::call::Target;
use crate::protocol::sanitize;

/// Tools of one component that describes them itself.
pub(super) const PROVIDED_MAX: usize = 1000;

/// Characters of the name of something that a component describes.
const NAME_BYTES_MAX: usize = 48;

/// Bytes of a name that every client takes.
const WIRE_NAME_BYTES_MAX: usize = 64;

/// Bytes of a description. It stands in a model's context.
pub(super) const DESCRIPTION_BYTES_MAX: usize = 8 * 1024;

/// Pictures of one tool, and bytes of each: a picture can stand in its own address.
const ICONS_MAX: usize = 4;
const ICON_BYTES_MAX: usize = 64 * 1024;

/// The tools of one snapshot.
#[derive(Debug)]
pub(crate) struct Tools {
    listed: Vec<Listed>,
    provided: HashMap<String, ProvidedTool>,
    /// Parameters that a client repeats in a header, for tools that have some.
    headers: HashMap<String, (Backing, Vec<ParamHeader>)>,
}

/// A tool as it is listed, but for what depends on who asks.
#[derive(Debug)]
pub(crate) struct Listed {
    tool: ListedTool,
    backing: Backing,
}

impl Listed {
    /// The tool as `caller` sees it.
    pub(crate) fn to(&self, policy: &Policy, caller: &Caller) -> ListedTool {
        let follow = self.backing.annotations(policy, caller);
        let annotations = ToolAnnotations::new()
            .read_only(follow.read_only)
            .destructive(follow.destructive)
            .open_world(follow.open_world);
        self.tool.clone().with_annotations(annotations)
    }

    /// The tool as another tool sees it, which needs to know how to call it and nothing else.
    pub(crate) fn to_tool(&self) -> CallableTool {
        let schema = serde_json::to_string(&self.tool.input_schema);
        CallableTool {
            name: self.tool.name.to_string(),
            description: self
                .tool
                .description
                .as_deref()
                .unwrap_or_default()
                .to_owned(),
            input_schema: schema.unwrap_or_default(),
        }
    }
}

/// A tool that its component describes itself.
#[derive(Debug)]
pub(crate) struct ProvidedTool {
    pub(crate) backing: Backing,
    /// What its component calls it.
    pub(crate) name: String,
    pub(crate) input: Schema,
    pub(crate) output: Option<Arc<Schema>>,
    pub(crate) needs_task: bool,
}

impl ProvidedTool {
    /// What a call of it comes to: a function of its component, and what that is given.
    pub(crate) fn aim(
        &self,
        item: String,
        arguments: Map<String, Value>,
    ) -> (Target, Map<String, Value>) {
        let target = Target::Provided {
            component: self.backing.component().clone(),
            function: ProviderFunction::Call,
            item,
        };
        let given = Map::from_iter([
            ("name".to_owned(), self.name.as_str().into()),
            (
                "arguments".to_owned(),
                Value::Object(arguments).to_string().into(),
            ),
        ]);
        (target, given)
    }
}

/// A parameter that a client repeats in a header `Mcp-Param-NAME`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ParamHeader {
    /// The members from the arguments to the parameter.
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
}

impl Tools {
    pub(crate) fn new(catalog: &Catalog, described: &[Described]) -> Self {
        let typed = catalog.tools().map(|tool| typed(&tool));
        let mut tools = Self {
            listed: typed.collect(),
            provided: HashMap::new(),
            headers: HashMap::new(),
        };
        // Components that describe tools are few, and all others are compared with them.
        let words = (!described.is_empty()).then(|| Words::among(catalog));
        for described in described {
            if let Some(words) = &words {
                words.look_at_rest(described);
            }
            let mut patterns_left = PATTERNS_MAX;
            for tool in described.tools.iter().take(PROVIDED_MAX) {
                let added = tools.add(
                    catalog,
                    &described.component,
                    tool,
                    words.as_ref(),
                    &mut patterns_left,
                );
                if let Err(reason) = added {
                    tracing::warn!(
                        component = described.component.name().as_str(),
                        tool = crate::echo::echo(&tool.name),
                        reason,
                        "a described tool is left out"
                    );
                }
            }
        }
        // By name, so that a page goes on where the last one ended, whatever came or went between.
        tools
            .listed
            .sort_by(|one, other| one.tool.name.cmp(&other.tool.name));
        for Listed { tool, backing } in &tools.listed {
            let headers = param_headers(&tool.input_schema);
            if !headers.is_empty() {
                let headers = (backing.clone(), headers);
                tools.headers.insert(tool.name.to_string(), headers);
            }
        }
        tools
    }

    /// Those that policy could let `caller` use, by name and in order.
    pub(crate) fn listed(
        &self,
        policy: &Policy,
        caller: &Caller,
    ) -> impl Iterator<Item = (&str, &Listed)> {
        self.listed
            .iter()
            .filter(|listed| listed.backing.is_visible(policy, caller))
            .map(|listed| (listed.tool.name.as_ref(), listed))
    }

    /// Those that are hidden from `caller` because nobody has decided about what makes them dangerous, each
    /// with the reason.
    pub(crate) fn undecided(
        &self,
        policy: &Policy,
        caller: &Caller,
    ) -> impl Iterator<Item = (&str, Denial)> {
        self.listed.iter().filter_map(|listed| {
            let denial = listed.backing.undecided(policy, caller)?;
            Some((listed.tool.name.as_ref(), denial))
        })
    }

    /// The tool with this name, when its component describes it itself.
    pub(crate) fn provided(&self, name: &str) -> Option<&ProvidedTool> {
        self.provided.get(name)
    }

    /// The parameters of a tool that a client repeats in headers. None of a tool that is not `visible` to
    /// it.
    pub(crate) fn headers(
        &self,
        name: &str,
        visible: impl FnOnce(&Backing) -> bool,
    ) -> &[ParamHeader] {
        match self.headers.get(name) {
            Some((backing, headers)) if visible(backing) => headers,
            _ => &[],
        }
    }

    fn add(
        &mut self,
        catalog: &Catalog,
        component: &Arc<Component>,
        tool: &ToolDescription,
        words: Option<&Words>,
        patterns_left: &mut usize,
    ) -> Result<(), String> {
        let backing = Backing::provided(component, ProviderFunction::Call)
            .ok_or("its component cannot be called")?;
        let name = wire_name(catalog.naming(), component.name(), &tool.name)
            .ok_or("its name is not of `[A-Za-z0-9_-]`, or too long")?;
        if self.provided.contains_key(&name) || catalog.tool(&name).is_some() {
            return Err("another tool has this name".into());
        }
        let input = Schema::parse(&tool.input_schema, patterns_left)
            .map_err(|error| format!("its input schema: {error}"))?;
        let output = match &tool.output_schema {
            Some(text) => Some(Arc::new(
                Schema::parse(text, patterns_left)
                    .map_err(|error| format!("its output schema: {error}"))?,
            )),
            None => None,
        };
        let mut shown = input.json().clone();
        for parameter in header::admit(&mut shown)? {
            tracing::warn!(
                component = component.name().as_str(),
                tool = crate::echo::echo(&tool.name),
                parameter = crate::echo::echo(&parameter),
                "a parameter that looks sensitive is not repeated in a header"
            );
        }
        words::clean(&mut shown);
        let mut listed = ListedTool::new(name.clone(), text(&tool.description), Arc::new(shown));
        listed.title = tool.title.as_deref().map(text);
        listed.output_schema = output
            .as_ref()
            .map(|schema| Arc::new(schema.json().clone()));
        let icons: Vec<Icon> = tool.icons.iter().take(ICONS_MAX).filter_map(icon).collect();
        if !icons.is_empty() {
            listed.icons = Some(icons);
        }
        if let Some(words) = words {
            words.look_at(component.name(), &mut listed);
        }
        self.listed.push(Listed {
            tool: listed,
            backing: backing.clone(),
        });
        let provided = ProvidedTool {
            backing,
            name: tool.name.clone(),
            input,
            output,
            needs_task: tool.needs_task,
        };
        self.provided.insert(name, provided);
        Ok(())
    }
}

/// The name under which clients know what a component calls `name`.
pub(super) fn wire_name(naming: Naming, component: &ComponentName, name: &str) -> Option<String> {
    let is_name = !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let name = match naming {
        Naming::Bare => name.to_owned(),
        Naming::Prefixed => format!("{component}_{name}"),
    };
    (is_name && name.len() <= WIRE_NAME_BYTES_MAX).then_some(name)
}

/// A description, made harmless and not endless.
pub(super) fn text(text: &str) -> String {
    let text = words::seen(&sanitize::text(text));
    let end = text.floor_char_boundary(DESCRIPTION_BYTES_MAX);
    text.get(..end).unwrap_or_default().to_owned()
}

fn icon(icon: &provided::Icon) -> Option<Icon> {
    let known = icon.src.starts_with("https://") || icon.src.starts_with("data:image/");
    let printable = icon.src.bytes().all(|byte| byte.is_ascii_graphic());
    if !known || !printable || icon.src.len() > ICON_BYTES_MAX {
        return None;
    }
    let mut listed = Icon::new(icon.src.clone());
    listed.mime_type = icon
        .mime_type
        .clone()
        .map(crate::protocol::content::media_type);
    if !icon.sizes.is_empty() {
        let sizes = icon.sizes.iter().take(ICONS_MAX).map(|size| text(size));
        listed.sizes = Some(sizes.collect());
    }
    Some(listed)
}

fn typed(tool: &Tool) -> Listed {
    let definition = tool.definition();
    let description = definition.description.to_string();
    // The offered name: it may stand without its component.
    let name = tool.name().to_string();
    let mut listed = ListedTool::new(name, description, Arc::clone(&definition.input_schema));
    listed.title = definition.title.as_deref().map(str::to_owned);
    listed.output_schema.clone_from(&definition.output_schema);
    Listed {
        tool: listed,
        backing: Backing::new(tool.component(), &definition.function),
    }
}

/// The parameters that are to be repeated in headers: `x-mcp-header` on properties that are reached
/// through properties alone.
fn param_headers(schema: &Map<String, Value>) -> Vec<ParamHeader> {
    fn collect(schema: &Map<String, Value>, path: &mut Vec<String>, found: &mut Vec<ParamHeader>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (member, property) in properties.into_iter().flatten() {
            let Some(property) = property.as_object() else {
                continue;
            };
            path.push(member.clone());
            if let Some(name) = property.get("x-mcp-header").and_then(Value::as_str)
                && !name.is_empty()
            {
                found.push(ParamHeader {
                    path: path.clone(),
                    name: name.to_owned(),
                });
            }
            collect(property, path, found);
            path.pop();
        }
    }
    let mut found = Vec::new();
    collect(schema, &mut Vec::new(), &mut found);
    found
}
