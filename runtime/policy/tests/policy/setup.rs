//! A policy from text, and somebody who asks it.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_policy::{
    Budget, Denial, Effective, Explanation, Kinds, Permit, Policy, PolicyFile, Reach, Subject,
};
use ringfence_tool::Digest;

/// The bytes of every tool here.
const BYTES: &[u8] = b"component";

/// A policy from the command line and a file, with a caller and a tool that ask it.
pub(crate) struct Setup {
    pub(crate) policy: Policy,
    pub(crate) caller: Caller,
    pub(crate) tool: String,
    pub(crate) reach: Reach,
}

impl Setup {
    /// What a file says that consists of `tables`; a line more than they have.
    pub(crate) fn file(tables: &str) -> Self {
        let text = format!("version = 1\n{tables}\n[end]\n");
        let file = PolicyFile::parse("policy.toml", &text)
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        Self::of(Policy::default().with_file(file).unwrap())
    }

    /// What grants of the command line say.
    pub(crate) fn grants(grants: &[&str]) -> Self {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        Self::of(Policy::new(grants, Budget::default()).unwrap())
    }

    fn of(policy: Policy) -> Self {
        Self {
            policy,
            caller: Caller::local(),
            tool: "tool_run".to_owned(),
            reach: Reach::new(Kinds::ALL, None),
        }
    }

    pub(crate) fn by(mut self, caller: &str) -> Self {
        let (tenant, principal) = caller.split_once('/').unwrap();
        self.caller = Caller::new(tenant.parse().unwrap(), principal.parse().unwrap());
        self
    }

    pub(crate) fn calls(mut self, tool: &str) -> Self {
        tool.clone_into(&mut self.tool);
        self
    }

    pub(crate) fn asking(mut self, requests: &[&str]) -> Self {
        let requests = requests.iter().map(|text| text.parse().unwrap());
        self.reach = Reach::new(Kinds::ALL, Some(requests.collect()));
        self
    }

    pub(crate) fn with<T>(&self, ask: impl FnOnce(&Caller, &Subject<'_>) -> T) -> T {
        let (component, function) = self.tool.split_once('_').unwrap();
        let (component, function) = (component.parse().unwrap(), function.parse().unwrap());
        let digest = Digest::of(BYTES);
        let subject = Subject {
            component: &component,
            digest: &digest,
            function: &function,
            reach: self.reach.clone(),
        };
        ask(&self.caller, &subject)
    }

    pub(crate) fn effective(&self) -> Arc<Effective> {
        self.with(|caller, subject| self.policy.effective(caller, subject))
    }

    pub(crate) fn decide(&self) -> Result<Permit, Denial> {
        self.with(|caller, subject| self.policy.decide(caller, subject, None))
    }

    pub(crate) fn explain(&self) -> Explanation {
        self.with(|caller, subject| self.policy.explain(caller, subject))
    }

    pub(crate) fn granted(&self) -> Vec<String> {
        self.effective()
            .grants()
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}
