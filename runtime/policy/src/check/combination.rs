//! Private data, content that anybody can write, and a way out, in the hands of one caller's tools.
//!
//! A text that a tool fetches can tell the model to read what another tool may read and to send it
//! where a third one may send. Each of the three is harmless without the others.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use ringfence_identity::{PrincipalName, TenantName};

use super::{Lint, LintKind, lint};
use crate::grant::{FileOperation, Grant, HostPattern};
use crate::rule::{Effect, Mode, Origin, Rule, Scope};

type Who = (Option<TenantName>, Option<PrincipalName>);

pub(super) fn lints(rules: &[Rule]) -> Vec<Lint> {
    let who = |rule: &Rule| (rule.scope.tenant.clone(), rule.scope.principal.clone());
    let all: BTreeSet<Who> = rules.iter().map(who).collect();
    let mut lints: Vec<Lint> = Vec::new();
    for caller in &all {
        let found = one(rules, caller);
        // A set that holds for everybody is reported once.
        let new = found.filter(|found| lints.iter().all(|lint| lint.origin != found.origin));
        lints.extend(new);
    }
    lints
}

fn one(rules: &[Rule], caller: &Who) -> Option<Lint> {
    let hold = |scope: &Scope| {
        (scope.tenant.is_none() || scope.tenant == caller.0)
            && (scope.principal.is_none() || scope.principal == caller.1)
    };
    let grants: Vec<_> = rules
        .iter()
        .filter(|rule| hold(&rule.scope))
        .filter_map(|rule| match &rule.effect {
            Effect::Allow(grant) => Some((rule, grant)),
            _ => None,
        })
        .collect();
    let find = |wanted: fn(&Grant) -> bool| grants.iter().find(|(_, grant)| wanted(grant));
    let (private, untrusted) = (find(is_private)?, find(is_untrusted)?);
    let open = grants
        .iter()
        .find(|(rule, grant)| is_open(grant) && !is_asked(rules, rule, &hold))?;
    let message = format!(
        "`{}` lets out what `{}` ({}) reads when a text from `{}` ({}) says so",
        open.1, private.1, private.0.origin, untrusted.1, untrusted.0.origin
    );
    let advice = "have a person asked with `dangerous = \"ask\"`, name the hosts and safe methods, or \
                  give the tools to different principals";
    Some(lint(open.0, LintKind::Combination, message, advice))
}

/// Whether a person is asked before what `rule` grants is used.
fn is_asked(rules: &[Rule], rule: &Rule, hold: &impl Fn(&Scope) -> bool) -> bool {
    if rule.origin == Origin::CommandLine {
        return false;
    }
    let modes = rules
        .iter()
        .filter(|mode| hold(&mode.scope) && mode.scope.meets(&rule.scope));
    let modes = modes.filter_map(|rule| match rule.effect {
        Effect::Dangerous(mode) => Some((rule.scope.rank(), mode)),
        _ => None,
    });
    let narrowest = modes.max_by_key(|(rank, mode)| (*rank, Reverse(*mode)));
    narrowest.map_or(Mode::Deny, |(_, mode)| mode) != Mode::Allow
}

fn is_private(grant: &Grant) -> bool {
    match grant {
        Grant::Files(files) => files.kind.operations().contains(FileOperation::Read),
        Grant::Env(_) | Grant::Secret(_) => true,
        _ => false,
    }
}

fn is_untrusted(grant: &Grant) -> bool {
    matches!(grant, Grant::Net(_) | Grant::Socket(_) | Grant::Stdin)
}

fn is_open(grant: &Grant) -> bool {
    match grant {
        Grant::Net(net) => {
            !net.methods.is_safe() || matches!(net.host, HostPattern::Any | HostPattern::Suffix(_))
        }
        Grant::Socket(_) => true,
        _ => false,
    }
}
