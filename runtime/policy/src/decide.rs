//! The decision.
//!
//! Owns [`Policy`] and the one place that makes a [`Permit`]: with what is granted, with what was
//! approved, or with nothing. Refuses to weigh rules: that is [`Effective`]'s business.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::{Caller, TenantName};
use ringfence_tool::Component;

use crate::approval::{Approval, ApprovalNeeded};
use crate::budget::Budget;
use crate::cache::Cache;
use crate::conflict::{Conflict, conflicts};
use crate::denial::Denial;
use crate::effective::Effective;
use crate::file::PolicyFile;
use crate::grant::{Capability, Grant};
use crate::permit::Permit;
use crate::reach::Reach;
use crate::rule::{Effect, Mode, Origin, Rule, Scope};
use crate::subject::Subject;
use crate::subtract::is_partial;
use crate::witness::{Watched, Witness};

/// What the operator allows.
///
/// Defaults:
///
/// - no grants: a tool can compute, and touch nothing
/// - the default [`Budget`]
/// - dangerous calls are denied, but for what the command line grants
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
    tenants: BTreeSet<TenantName>,
    budget: Budget,
    cache: Cache,
    watched: Watched,
}

impl Policy {
    /// A policy that allows what `grants` name, within `budget`: what the person who starts the
    /// process says on the command line. It counts as that person's approval.
    ///
    /// # Errors
    ///
    /// Two grants that contradict each other: which of them a tool would see depended on their order.
    pub fn new(grants: Vec<Grant>, budget: Budget) -> Result<Self, Conflict> {
        let rule = |grant| Rule {
            effect: Effect::Allow(grant),
            scope: Scope::default(),
            origin: Origin::CommandLine,
        };
        let rules: Vec<_> = grants.into_iter().map(rule).collect();
        conflicts(&rules)?;
        Ok(Self {
            rules,
            budget,
            ..Self::default()
        })
    }

    /// This policy and what a file says.
    ///
    /// A limit that the file sets for everybody replaces the built-in one, and only lowers one that
    /// the command line has set.
    ///
    /// # Errors
    ///
    /// The file contradicts the command line.
    pub fn with_file(mut self, file: PolicyFile) -> Result<Self, Conflict> {
        let (rules, tenants) = file.into_parts();
        let built_in = Budget::default();
        for rule in &rules {
            if let Effect::Allow(Grant::Budget(limit)) = &rule.effect
                && rule.scope == Scope::default()
                && limit.is_unsaid(&self.budget, &built_in)
            {
                limit.set(&mut self.budget);
            }
        }
        self.rules.extend(rules);
        self.tenants.extend(tenants);
        conflicts(&self.rules)?;
        self.cache = Cache::default();
        Ok(self)
    }

    /// This policy, of whose questions `witness` hears each. What it decides is the same.
    pub fn watched(mut self, witness: Arc<dyn Witness>) -> Self {
        self.watched = Watched::by(witness);
        self.cache = Cache::default();
        self
    }

    /// Every grant, to whomever it would go.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.rules.iter().filter_map(|rule| match &rule.effect {
            Effect::Allow(grant) => Some(grant),
            _ => None,
        })
    }

    /// Every rule, in the order in which it was written.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What rules deny that has to be asked about at each effect. A host that cannot ask there must
    /// not start.
    pub fn partial_denials(&self) -> impl Iterator<Item = &Capability> {
        self.rules.iter().filter_map(|rule| match &rule.effect {
            Effect::Deny(capability) if is_partial(capability) => Some(capability),
            _ => None,
        })
    }

    /// What `caller` may let `subject` do, each with the line that says so.
    pub fn effective(&self, caller: &Caller, subject: &Subject<'_>) -> Arc<Effective> {
        self.cache.get(caller, subject, || {
            let watched = self.watched.clone();
            Effective::weigh(&self.rules, caller, subject, &self.budget).watched(watched)
        })
    }

    /// What `caller` may let every function of `component` do: what no rule says of one function
    /// alone.
    pub fn granted_to(&self, caller: &Caller, component: &Component) -> Vec<Grant> {
        // No rule that is left asks for the function, so any name will do.
        let Ok(function) = "any".parse() else {
            return Vec::new();
        };
        let subject = Subject {
            component: component.name(),
            digest: &component.digest(),
            function: &function,
            reach: Reach::of(component),
        };
        let rules = self.rules.iter();
        let rules = rules.filter(|rule| rule.scope.function.is_none());
        let effective = Effective::weigh(rules, caller, &subject, &self.budget);
        effective.grants().to_vec()
    }

    /// Decides whether `caller` may run `subject`, with what, and for how long at most.
    ///
    /// # Errors
    ///
    /// A [`Denial`] that says what to grant, or that a person has to be asked.
    pub fn decide(
        &self,
        caller: &Caller,
        subject: &Subject<'_>,
        timeout: Option<Duration>,
    ) -> Result<Permit, Denial> {
        let effective = self.admitted(caller, subject)?;
        match ApprovalNeeded::of(caller, subject, &effective) {
            None => Ok(permit(caller, subject, effective, timeout)),
            Some(needed) => Err(Denial::ApprovalNeeded(Box::new(needed))),
        }
    }

    /// Decides as [`decide`](Self::decide) does, with a person's answer to what was asked.
    ///
    /// # Errors
    ///
    /// Policy has changed since, the answer is to another question, or it was denied after all.
    pub fn approved(
        &self,
        caller: &Caller,
        subject: &Subject<'_>,
        timeout: Option<Duration>,
        approval: &Approval,
    ) -> Result<Permit, Denial> {
        let effective = self.admitted(caller, subject)?;
        match ApprovalNeeded::of(caller, subject, &effective) {
            Some(needed) if !approval.answers(&needed) => {
                Err(Denial::ApprovalNeeded(Box::new(needed)))
            }
            _ => Ok(permit(caller, subject, effective, timeout)),
        }
    }

    /// Whether policy could ever let `caller` run `subject`. What it could not is not listed.
    pub fn could_permit(&self, caller: &Caller, subject: &Subject<'_>) -> bool {
        self.admits(caller, subject).is_ok()
    }

    /// The same, with the reason why not. Asked before anything else of a call is looked at, so that what is
    /// hidden answers like what is not there, whatever it is called with.
    ///
    /// # Errors
    ///
    /// Policy could never let `caller` run it.
    pub fn admits(&self, caller: &Caller, subject: &Subject<'_>) -> Result<(), Denial> {
        self.admitted(caller, subject).map(drop)
    }

    /// What holds for a call that is not denied outright.
    fn admitted(&self, caller: &Caller, subject: &Subject<'_>) -> Result<Arc<Effective>, Denial> {
        if caller != &Caller::local() && !self.tenants.contains(caller.tenant()) {
            return Err(Denial::UnknownCaller(caller.to_string()));
        }
        let effective = self.effective(caller, subject);
        if effective.call().mode == Mode::Deny {
            return Err(Denial::Call(effective.call().origin.clone()));
        }
        if effective.dangerous().mode == Mode::Deny && effective.unapproved().next().is_some() {
            return Err(Denial::dangerous(subject, &effective));
        }
        Ok(effective)
    }

    /// Leave to ask `subject` what it provides: nothing is granted, whatever this policy grants, and
    /// the budget is a smaller one. So there is nothing to deny to anybody: what a component says of
    /// itself cannot depend on who asks.
    ///
    /// For functions that describe. A permit for another one would run it with as little.
    pub fn describe(
        &self,
        caller: &Caller,
        subject: &Subject<'_>,
        timeout: Option<Duration>,
    ) -> Permit {
        let nothing = Effective::nothing(self.budget.clone().for_describing());
        permit(caller, subject, Arc::new(nothing), timeout)
    }
}

/// The one place where a [`Permit`] is made.
fn permit(
    caller: &Caller,
    subject: &Subject<'_>,
    effective: Arc<Effective>,
    timeout: Option<Duration>,
) -> Permit {
    let (digest, function) = (*subject.digest, subject.function.clone());
    let budget = effective.budget().clone().within(timeout);
    Permit::new(caller.clone(), digest, function, effective, budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Kinds;
    use ringfence_tool::{ComponentName, Digest, FunctionName};

    fn decide(policy: &Policy, caller: &Caller, reach: Reach) -> Result<Permit, Denial> {
        let component: ComponentName = "files".parse().unwrap();
        let function: FunctionName = "read".parse().unwrap();
        let digest = Digest::of(b"files");
        let subject = Subject {
            component: &component,
            digest: &digest,
            function: &function,
            reach,
        };
        policy.decide(caller, &subject, None)
    }

    #[test]
    fn the_default_policy_grants_nothing() {
        let everything = Reach::new(Kinds::ALL, None);
        let permit = decide(&Policy::default(), &Caller::local(), everything).unwrap();
        assert!(permit.grants().is_empty());
    }

    #[test]
    fn describing_is_granted_nothing_and_given_little() {
        let everything = Reach::new(Kinds::ALL, None);
        let generous = Budget {
            memory_bytes: Budget::MEMORY_BYTES_MAX,
            wall: Budget::WALL_MAX,
            cpu: Budget::WALL_MAX,
            ..Budget::default()
        };
        let grants = vec!["fs.read=/srv:/srv".parse().unwrap()];
        let policy = Policy::new(grants, generous).unwrap();
        let (component, function) = ("files".parse().unwrap(), "_describe".parse().unwrap());
        let subject = Subject {
            component: &component,
            digest: &Digest::of(b"files"),
            function: &function,
            reach: everything,
        };
        let permit = policy.describe(&Caller::local(), &subject, None);
        assert!(permit.grants().is_empty());
        assert_eq!(permit.function(), &function);
        assert_eq!(permit.budget().wall, Duration::from_secs(5));
        assert_eq!(permit.budget().cpu, Duration::from_secs(5));
        assert_eq!(permit.budget().memory_bytes, Budget::default().memory_bytes);
        let short = Some(Duration::from_secs(1));
        let permit = policy.describe(&Caller::local(), &subject, short);
        assert_eq!(permit.budget().wall, Duration::from_secs(1));
    }

    #[test]
    fn a_grant_goes_only_to_tools_that_ask_for_it() {
        let grants = vec![
            "env=LANG".parse().unwrap(),
            "fs.read=/srv:/srv".parse().unwrap(),
        ];
        let policy = Policy::new(grants, Budget::default()).unwrap();
        let reader = Reach::new(Kinds::FILES, Some(vec!["fs.read".parse().unwrap()]));
        let permit = decide(&policy, &Caller::local(), reader).unwrap();
        assert_eq!(permit.grants(), ["fs.read=/srv:/srv".parse().unwrap()]);
    }

    #[test]
    fn a_caller_without_a_rule_is_denied() {
        let stranger = Caller::new("acme".parse().unwrap(), "eve".parse().unwrap());
        let denial = decide(&Policy::default(), &stranger, Reach::default()).unwrap_err();
        assert_eq!(denial, Denial::UnknownCaller("acme/eve".into()));
    }

    #[test]
    fn two_directories_at_one_path_are_refused() {
        let grants = vec![
            "fs.read=/a:/x".parse().unwrap(),
            "fs.write=/b:/x".parse().unwrap(),
        ];
        let error = Policy::new(grants, Budget::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/a:/x") && error.contains("/b:/x"),
            "{error}"
        );
    }
}
