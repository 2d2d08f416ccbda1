//! The resources that clients see.

use std::collections::BTreeMap;

use ringfence_identity::Caller;
use ringfence_policy::Policy;
use ringfence_tool::ProviderFunction;
use serde_json::{Map, Value};

use super::backing::Backing;
use super::describe::Described;
use super::prompts::optional;
use super::provided::{ResourceDescription, TemplateDescription};
use super::template::Template;
use super::tools::text;
use crate::protocol::content;

/// Resources, or templates, of one component.
const RESOURCES_MAX: usize = 10_000;

/// The resources of one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    by_uri: BTreeMap<String, (Backing, Value)>,
    templates: BTreeMap<String, OfferedTemplate>,
}

#[derive(Debug)]
struct OfferedTemplate {
    backing: Backing,
    template: Template,
    listed: Value,
}

impl Resources {
    pub(super) fn new(described: &[Described]) -> Self {
        let mut resources = Self::default();
        for described in described {
            let component = described.component.name();
            let Some(backing) = Backing::provided(&described.component, ProviderFunction::Read)
            else {
                continue;
            };
            let left_out = |uri: &str| {
                tracing::warn!(
                    component = component.as_str(),
                    uri = crate::echo::echo(uri),
                    "a resource is left out: its identifier is none, or another component's"
                );
            };
            for resource in described.resources.iter().take(RESOURCES_MAX) {
                let uri = content::name_of(resource.uri.clone());
                match uri.filter(|uri| !resources.by_uri.contains_key(uri)) {
                    Some(uri) => {
                        let listed = (backing.clone(), listed(resource));
                        resources.by_uri.insert(uri, listed);
                    }
                    None => left_out(&resource.uri),
                }
            }
            for template in described.templates.iter().take(RESOURCES_MAX) {
                let pattern = template.uri_template.clone();
                match Template::parse(&pattern) {
                    Some(parsed) if !resources.templates.contains_key(&pattern) => {
                        let offered = OfferedTemplate {
                            backing: backing.clone(),
                            template: parsed,
                            listed: listed_template(template),
                        };
                        resources.templates.insert(pattern, offered);
                    }
                    _ => left_out(&pattern),
                }
            }
        }
        resources
    }

    /// Whether there are neither resources nor templates.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_uri.is_empty() && self.templates.is_empty()
    }

    /// The resources that policy could let `caller` read, by identifier.
    pub(crate) fn listed(
        &self,
        policy: &Policy,
        caller: &Caller,
    ) -> impl Iterator<Item = (&str, &Value)> {
        self.by_uri
            .iter()
            .filter(|(_, (backing, _))| backing.is_visible(policy, caller))
            .map(|(uri, (_, listed))| (uri.as_str(), listed))
    }

    /// The templates of resources that policy could let `caller` read, by pattern.
    pub(crate) fn templates(
        &self,
        policy: &Policy,
        caller: &Caller,
    ) -> impl Iterator<Item = (&str, &Value)> {
        self.templates
            .iter()
            .filter(|(_, template)| template.backing.is_visible(policy, caller))
            .map(|(pattern, template)| (pattern.as_str(), &template.listed))
    }

    /// The component that has this resource.
    pub(crate) fn backing(&self, uri: &str) -> Option<&Backing> {
        if let Some((backing, _)) = self.by_uri.get(uri) {
            return Some(backing);
        }
        let mut templates = self.templates.values();
        templates
            .find(|template| template.template.matches(uri))
            .map(|template| &template.backing)
    }

    /// The component that has this template.
    pub(crate) fn template(&self, pattern: &str) -> Option<&Backing> {
        self.templates
            .get(pattern)
            .map(|template| &template.backing)
    }
}

fn listed(resource: &ResourceDescription) -> Value {
    let mut listed = Map::new();
    listed.insert("uri".into(), resource.uri.as_str().into());
    listed.insert("name".into(), text(&resource.name).into());
    optional(&mut listed, "title", resource.title.as_deref());
    optional(&mut listed, "description", resource.description.as_deref());
    media_type(&mut listed, resource.mime_type.as_ref());
    if let Some(size) = resource.size {
        listed.insert("size".into(), size.into());
    }
    listed.into()
}

fn listed_template(template: &TemplateDescription) -> Value {
    let mut listed = Map::new();
    listed.insert("uriTemplate".into(), template.uri_template.as_str().into());
    listed.insert("name".into(), text(&template.name).into());
    optional(&mut listed, "title", template.title.as_deref());
    optional(&mut listed, "description", template.description.as_deref());
    media_type(&mut listed, template.mime_type.as_ref());
    listed.into()
}

fn media_type(listed: &mut Map<String, Value>, mime_type: Option<&String>) {
    if let Some(mime_type) = mime_type {
        let mime_type = content::media_type(mime_type.clone());
        listed.insert("mimeType".into(), mime_type.into());
    }
}
