//! Calls of what nobody approved.
//!
//! Owns who hears that a tool is disabled, and not merely unknown: whoever policy could let call it. What
//! the tool says of itself is in none of the words.

use ringfence_catalog::Catalog;
use ringfence_identity::Caller;
use ringfence_policy::{Policy, Reach, Subject};

use super::Target;
use super::error::CallError;

/// `error`, or that the target is disabled.
pub(super) fn instead_of(
    error: CallError,
    target: &Target,
    catalog: &Catalog,
    policy: &Policy,
    caller: &Caller,
) -> CallError {
    let (disabled, wanted) = match target {
        Target::Tool(name) => (catalog.disabled_tool(name), name),
        Target::Function {
            component,
            function,
        } => (catalog.disabled_component(component), function),
        Target::Provided { .. } => return error,
    };
    let Some(disabled) = disabled else {
        return error;
    };
    let component = &disabled.component;
    let mut definitions = component.definitions().iter();
    let definition = definitions.find(|definition| {
        [definition.function.as_str(), definition.name.as_str()].contains(&wanted.as_str())
    });
    let function = if let Some(definition) = definition {
        definition.function.clone()
    } else {
        // One that was approved of, and that the component of now has no longer.
        let prefix = format!("{}_", component.name());
        let bare = wanted.strip_prefix(&prefix).unwrap_or(wanted);
        let mut gone = disabled.gone();
        let gone = gone.find(|gone| [bare, wanted.as_str()].contains(gone));
        let Some(function) = gone.and_then(|gone| gone.parse().ok()) else {
            return error;
        };
        function
    };
    let subject = Subject {
        component: component.name(),
        digest: &component.digest(),
        function: &function,
        reach: Reach::of(component),
    };
    if policy.could_permit(caller, &subject) {
        CallError::Disabled(disabled.told())
    } else {
        error
    }
}
