//! What components say of themselves.
//!
//! Owns asking them, each once for its bytes and again when it announces a change. They run like any
//! guest, without any grant. One that fails offers nothing of what it could not say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_catalog::Catalog;
use ringfence_identity::Caller;
use ringfence_sandbox::{Outcome, Output, Silent};
use ringfence_tool::{Component, ComponentName, Digest, ProviderFunction};
use serde::de::DeserializeOwned;
use serde_json::Map;
use tokio_util::sync::CancellationToken;

use super::provided::{
    PromptDescription, ResourceDescription, TemplateDescription, ToolDescription,
};
use crate::call::{CallRequest, Funnel, Target};

/// What one component said of itself.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(super) component: Arc<Component>,
    pub(super) tools: Arc<Vec<ToolDescription>>,
    pub(super) prompts: Arc<Vec<PromptDescription>>,
    pub(super) resources: Arc<Vec<ResourceDescription>>,
    pub(super) templates: Arc<Vec<TemplateDescription>>,
    pub(super) completes: bool,
}

impl Described {
    /// Whether the component suggests values.
    pub(crate) fn completes(&self) -> bool {
        self.completes
    }

    pub(crate) fn name(&self) -> &ComponentName {
        self.component.name()
    }
}

/// What components said of themselves, by their names and bytes.
#[derive(Debug, Default)]
pub(crate) struct Descriptions {
    known: Mutex<HashMap<(ComponentName, Digest), Described>>,
}

impl Descriptions {
    /// What every component of `catalog`, which is the funnel's, says of itself; `anew` asks all of them again.
    pub(crate) async fn of(
        &self,
        funnel: &Funnel,
        catalog: &Catalog,
        anew: bool,
    ) -> Vec<Described> {
        let providers = catalog
            .components()
            .filter(|component| component.provides().any());
        let mut all = Vec::new();
        for component in providers {
            let key = (component.name().clone(), component.digest());
            let known = self.lock().get(&key).filter(|_| !anew).cloned();
            let described = match known {
                Some(described) => described,
                None => describe(funnel, component).await,
            };
            all.push((key, described));
        }
        all.sort_by(|(one, _), (other, _)| one.0.cmp(&other.0));
        let described = all.iter().map(|(_, described)| described.clone()).collect();
        // Those that are gone are forgotten.
        *self.lock() = all.into_iter().collect();
        described
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(ComponentName, Digest), Described>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn describe(funnel: &Funnel, component: &Arc<Component>) -> Described {
    let provides = component.provides();
    let name = component.name();
    Described {
        component: Arc::clone(component),
        tools: ask(funnel, name, provides.tools, ProviderFunction::Describe).await,
        prompts: ask(
            funnel,
            name,
            provides.prompts,
            ProviderFunction::DescribePrompts,
        )
        .await,
        resources: ask(
            funnel,
            name,
            provides.resources,
            ProviderFunction::DescribeResources,
        )
        .await,
        templates: ask(
            funnel,
            name,
            provides.resources,
            ProviderFunction::DescribeTemplates,
        )
        .await,
        completes: provides.completion,
    }
}

/// What one function says: nothing when it is not there, or fails.
async fn ask<T: DeserializeOwned>(
    funnel: &Funnel,
    component: &ComponentName,
    exported: bool,
    function: ProviderFunction,
) -> Arc<Vec<T>> {
    if !exported {
        return Arc::default();
    }
    let request = CallRequest {
        id: "describe".into(),
        target: Target::Provided {
            component: component.clone(),
            function,
            item: "describe".into(),
        },
        arguments: Map::new(),
    };
    let answer = funnel
        .call(
            &Caller::local(),
            &request,
            Arc::new(Silent),
            CancellationToken::new(),
        )
        .await;
    let reason = match answer {
        Ok(answer) => match answer.outcome {
            Outcome::Returned(Output::Json(json)) => match serde_json::from_str(&json) {
                Ok(described) => return Arc::new(described),
                Err(error) => error.to_string(),
            },
            outcome => format!("it ended as `{}`", outcome.word()),
        },
        Err(error) => error.to_string(),
    };
    tracing::warn!(
        component = component.as_str(),
        reason,
        "a component does not describe what it provides"
    );
    Arc::default()
}
