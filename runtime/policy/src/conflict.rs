//! Rules that contradict each other.
//!
//! Owns what cannot hold at once, and where both lines are. Refuses to choose one of them: what a
//! tool saw would depend on their order.

use std::collections::HashMap;

use thiserror::Error;

use crate::grant::Grant;
use crate::rule::{Effect, Origin, Rule};

/// Two rules that cannot hold at once.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{}` ({}) and `{}` ({}) {}", .0.first, .0.first.origin, .0.second, .0.second.origin, .0.problem)]
pub struct Conflict(Box<Pair>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    first: Rule,
    second: Rule,
    problem: &'static str,
}

impl Conflict {
    fn new(first: &Rule, second: &Rule, problem: &'static str) -> Self {
        Self(Box::new(Pair {
            first: first.clone(),
            second: second.clone(),
            problem,
        }))
    }

    /// Where the second of the two stands.
    pub fn origin(&self) -> &Origin {
        &self.0.second.origin
    }
}

const TWO_DIRECTORIES: &str = "put two directories at one guest path: give each its own";
const TWO_SECRETS: &str = "bind two secrets to one header of one host, which has room for one: name another header for one of \
     them, such as `:x-api-key`";
const TWO_QUOTAS: &str = "give one bucket two quotas: keep one of them";

/// Finds two rules that cannot hold at once.
///
/// # Errors
///
/// The first two.
pub(crate) fn conflicts(rules: &[Rule]) -> Result<(), Conflict> {
    let mut seen: HashMap<String, Vec<(&Rule, &Grant)>> = HashMap::new();
    for rule in rules {
        let Effect::Allow(grant) = &rule.effect else {
            continue;
        };
        // Only grants with the same key can contradict each other.
        let key = match grant {
            Grant::Files(files) => format!("fs {}", files.guest),
            Grant::Secret(secret) => format!("secret {} {}", secret.host, secret.header),
            Grant::Kv(bucket) => format!("kv {}", bucket.name),
            _ => continue,
        };
        let others = seen.entry(key).or_default();
        for (other, granted) in others.iter() {
            if let Some(problem) = problem(granted, grant)
                && rule.scope.meets(&other.scope)
            {
                return Err(Conflict::new(other, rule, problem));
            }
        }
        others.push((rule, grant));
    }
    Ok(())
}

fn problem(one: &Grant, other: &Grant) -> Option<&'static str> {
    match (one, other) {
        (Grant::Files(one), Grant::Files(other)) => {
            (one.host != other.host).then_some(TWO_DIRECTORIES)
        }
        (Grant::Secret(one), Grant::Secret(other)) => {
            let same_place = one.scheme == other.scheme && one.port == other.port;
            (same_place && one.name != other.name).then_some(TWO_SECRETS)
        }
        (Grant::Kv(one), Grant::Kv(other)) => (one.quota != other.quota).then_some(TWO_QUOTAS),
        _ => None,
    }
}
