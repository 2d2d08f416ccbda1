//! One function of one loaded component.

use std::sync::Arc;

use ringfence_tool::{Component, ToolDefinition, ToolName};

/// One function of one loaded component: what a name leads to. Cheap to clone, and it stays valid
/// when the catalog has moved on.
#[derive(Debug, Clone)]
pub struct Tool {
    component: Arc<Component>,
    index: usize,
    name: ToolName,
}

impl Tool {
    /// Nothing when the component has no such definition.
    pub(crate) fn new(component: &Arc<Component>, index: usize, name: &ToolName) -> Option<Self> {
        component.definitions().get(index)?;
        Some(Self {
            component: Arc::clone(component),
            index,
            name: name.clone(),
        })
    }

    /// What clients call it in the catalog that it came from. The definition has the name that it
    /// would have anywhere.
    pub fn name(&self) -> &ToolName {
        &self.name
    }

    /// The component that holds it.
    pub fn component(&self) -> &Arc<Component> {
        &self.component
    }

    /// What clients are told about it.
    #[expect(clippy::indexing_slicing, reason = "checked by the only constructor")]
    pub fn definition(&self) -> &ToolDefinition {
        &self.component.definitions()[self.index]
    }
}
