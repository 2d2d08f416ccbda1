//! The prompts that clients see.

use std::collections::BTreeMap;

use ringfence_catalog::Naming;
use ringfence_identity::Caller;
use ringfence_policy::Policy;
use ringfence_tool::ProviderFunction;
use serde_json::{Map, Value, json};

use super::backing::Backing;
use super::describe::Described;
use super::provided::PromptDescription;
use super::tools::{text, wire_name};

/// Prompts of one component.
const PROMPTS_MAX: usize = 1000;

/// Blanks of one prompt.
const ARGUMENTS_MAX: usize = 64;

/// The prompts of one snapshot, by name.
#[derive(Debug, Default)]
pub(crate) struct Prompts(BTreeMap<String, OfferedPrompt>);

/// One prompt.
#[derive(Debug)]
pub(crate) struct OfferedPrompt {
    pub(crate) backing: Backing,
    /// What its component calls it.
    pub(crate) name: String,
    pub(crate) arguments: Vec<Blank>,
    /// As clients see it.
    pub(crate) listed: Value,
}

/// One blank in a prompt.
#[derive(Debug)]
pub(crate) struct Blank {
    pub(crate) name: String,
    pub(crate) required: bool,
}

impl Prompts {
    pub(super) fn new(naming: Naming, described: &[Described]) -> Self {
        let mut prompts = BTreeMap::new();
        for described in described {
            let component = described.component.name();
            let Some(backing) = Backing::provided(&described.component, ProviderFunction::Get)
            else {
                continue;
            };
            for prompt in described.prompts.iter().take(PROMPTS_MAX) {
                let Some(name) = wire_name(naming, component, &prompt.name) else {
                    tracing::warn!(
                        component = component.as_str(),
                        prompt = crate::echo::echo(&prompt.name),
                        "a prompt is left out: its name is not of `[A-Za-z0-9_-]`, or too long"
                    );
                    continue;
                };
                prompts
                    .entry(name.clone())
                    .or_insert_with(|| offered(&backing, &name, prompt));
            }
        }
        Self(prompts)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that policy could let `caller` use, by name.
    pub(crate) fn listed(
        &self,
        policy: &Policy,
        caller: &Caller,
    ) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .filter(|(_, prompt)| prompt.backing.is_visible(policy, caller))
            .map(|(name, prompt)| (name.as_str(), &prompt.listed))
    }

    /// The prompt with this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&OfferedPrompt> {
        self.0.get(name)
    }
}

fn offered(backing: &Backing, name: &str, prompt: &PromptDescription) -> OfferedPrompt {
    let mut listed = Map::from_iter([("name".to_owned(), Value::from(name))]);
    optional(&mut listed, "title", prompt.title.as_deref());
    optional(&mut listed, "description", prompt.description.as_deref());
    let blanks = prompt.arguments.iter().take(ARGUMENTS_MAX);
    let arguments: Vec<Value> = blanks
        .clone()
        .map(|blank| {
            let mut argument = Map::new();
            argument.insert("name".into(), text(&blank.name).into());
            optional(&mut argument, "title", blank.title.as_deref());
            optional(&mut argument, "description", blank.description.as_deref());
            argument.insert("required".into(), blank.required.into());
            argument.into()
        })
        .collect();
    if !arguments.is_empty() {
        listed.insert("arguments".into(), json!(arguments));
    }
    OfferedPrompt {
        backing: backing.clone(),
        name: prompt.name.clone(),
        arguments: blanks
            .map(|blank| Blank {
                name: blank.name.clone(),
                required: blank.required,
            })
            .collect(),
        listed: listed.into(),
    }
}

/// Adds a text, made harmless, when there is one.
pub(super) fn optional(listed: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        listed.insert(name.to_owned(), text(value).into());
    }
}
