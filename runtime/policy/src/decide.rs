//! The decision.
//!
//! Owns [`Policy`] and the two functions that make a [`Permit`]: one with what is granted, one with
//! nothing.

use std::time::Duration;

use ringfence_identity::Caller;
use thiserror::Error;

use crate::budget::Budget;
use crate::grant::Grant;
use crate::permit::Permit;
use crate::subject::{Reach, Subject};

/// What the operator allows.
///
/// Defaults:
///
/// - no grants: a tool can compute, and touch nothing
/// - the default [`Budget`]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    grants: Vec<Grant>,
    budget: Budget,
}

impl Policy {
    /// A policy that allows what `grants` name, within `budget`.
    ///
    /// # Errors
    ///
    /// Two grants that put different directories at the same guest path: which of them a tool
    /// would see depended on their order.
    pub fn new(grants: Vec<Grant>, budget: Budget) -> Result<Self, ConflictingGrants> {
        for (index, grant) in grants.iter().enumerate() {
            for other in grants.iter().skip(index + 1) {
                if guest_path(grant).is_some() && guest_path(grant) == guest_path(other) {
                    return Err(ConflictingGrants {
                        first: grant.to_string(),
                        second: other.to_string(),
                    });
                }
            }
        }
        Ok(Self { grants, budget })
    }

    /// Every grant, to whomever it would go.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// What a tool of this reach is granted.
    pub fn effective(&self, reach: Reach) -> Vec<Grant> {
        self.grants
            .iter()
            .filter_map(|grant| reach.narrow(grant))
            .collect()
    }

    /// Decides whether `caller` may run `subject`, with what, and for how long at most.
    ///
    /// This and [`describe`](Self::describe) are the only places that make a [`Permit`].
    ///
    /// # Errors
    ///
    /// A [`Denial`] that says what to grant.
    pub fn decide(
        &self,
        caller: &Caller,
        subject: &Subject<'_>,
        timeout: Option<Duration>,
    ) -> Result<Permit, Denial> {
        if caller != &Caller::local() {
            return Err(Denial::UnknownCaller(caller.to_string()));
        }
        let budget = self.budget.clone().within(timeout);
        Ok(permit(
            caller,
            subject,
            self.effective(subject.reach),
            budget,
        ))
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
        let budget = self.budget.clone().for_describing().within(timeout);
        permit(caller, subject, Vec::new(), budget)
    }
}

/// The one place where a [`Permit`] is made.
fn permit(caller: &Caller, subject: &Subject<'_>, grants: Vec<Grant>, budget: Budget) -> Permit {
    let (digest, function) = (*subject.digest, subject.function.clone());
    Permit::new(caller.clone(), digest, function, grants, budget)
}

fn guest_path(grant: &Grant) -> Option<&str> {
    match grant {
        Grant::Env(_) => None,
        Grant::FsRead { guest, .. } | Grant::FsWrite { guest, .. } => Some(guest.as_str()),
    }
}

/// Two grants for the same guest path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{first}` and `{second}` put two directories at one guest path: give each its own")]
pub struct ConflictingGrants {
    first: String,
    second: String,
}

/// A call that policy does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Denial {
    /// No rule speaks of this caller, and what no rule allows is denied.
    #[error("caller `{0}` is not known to this policy")]
    UnknownCaller(String),
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let everything = Reach {
            read: true,
            write: true,
            env: true,
        };
        let permit = decide(&Policy::default(), &Caller::local(), everything).unwrap();
        assert!(permit.grants().is_empty());
    }

    #[test]
    fn describing_is_granted_nothing_and_given_little() {
        let everything = Reach {
            read: true,
            write: true,
            env: true,
        };
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
        let reader = Reach {
            read: true,
            ..Reach::default()
        };
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
