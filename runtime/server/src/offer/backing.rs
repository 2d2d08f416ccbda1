//! What stands behind something that is listed.
//!
//! Owns the function that a client reaches through it, so that policy can be asked whether this caller
//! ever could. What it could not is not listed: hidden equals absent.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_policy::{Annotations, Denial, Policy, Reach, Subject};
use ringfence_tool::{Component, ComponentName, FunctionName, ProviderFunction};

/// A function, and its component.
#[derive(Debug, Clone)]
pub(crate) struct Backing {
    component: Arc<Component>,
    function: FunctionName,
}

impl Backing {
    /// A typed function.
    pub(super) fn new(component: &Arc<Component>, function: &FunctionName) -> Self {
        Self {
            component: Arc::clone(component),
            function: function.clone(),
        }
    }

    /// What a component describes itself. Nothing when it does not export the function.
    pub(super) fn provided(component: &Arc<Component>, function: ProviderFunction) -> Option<Self> {
        let exported = component.provider_function(function)?;
        Some(Self::new(component, &exported.name))
    }

    /// The component's name.
    pub(crate) fn component(&self) -> &ComponentName {
        self.component.name()
    }

    /// Whether policy could ever let `caller` reach it.
    pub(crate) fn is_visible(&self, policy: &Policy, caller: &Caller) -> bool {
        self.asked(|subject| policy.could_permit(caller, subject))
    }

    /// Why policy would let nobody reach it as `caller`, where it is for lack of a decision: a rule that says
    /// no is no news to whoever wrote it.
    pub(super) fn undecided(&self, policy: &Policy, caller: &Caller) -> Option<Denial> {
        let decided = self.asked(|subject| policy.decide(caller, subject, None));
        decided
            .err()
            .filter(|denial| matches!(denial, Denial::Dangerous { .. }))
    }

    /// What clients are told of it: follows from what `caller` may let it do.
    pub(super) fn annotations(&self, policy: &Policy, caller: &Caller) -> Annotations {
        self.asked(|subject| policy.effective(caller, subject).annotations())
    }

    fn asked<T>(&self, ask: impl FnOnce(&Subject<'_>) -> T) -> T {
        ask(&Subject {
            component: self.component.name(),
            digest: &self.component.digest(),
            function: &self.function,
            reach: Reach::of(&self.component),
        })
    }
}
