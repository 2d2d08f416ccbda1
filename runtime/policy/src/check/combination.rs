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
    let is_way_out = |wanted: Mode| {
        let mut open = grants.iter().filter(|(_, grant)| is_open(grant));
        open.find(|(rule, _)| before(rules, rule, &hold) == wanted)
    };
    let (open, note) = match is_way_out(Mode::Allow) {
        Some(open) => (open, false),
        None => (is_way_out(Mode::Ask)?, true),
    };
    let message = format!(
        "`{}` lets out what `{}` ({}) reads when a text from `{}` ({}) says so",
        open.1, private.1, private.0.origin, untrusted.1, untrusted.0.origin
    );
    let advice = if note {
        "a person is asked each time, and has to see it then"
    } else {
        "have a person asked with `dangerous = \"ask\"`, name the hosts and safe methods, or give the tools \
         to different principals"
    };
    let mut lint = lint(open.0, LintKind::Combination, message, advice);
    lint.note = note;
    Some(lint)
}

/// What happens before what `rule` grants is used, the strictest of what is said of the call and of danger.
fn before(rules: &[Rule], rule: &Rule, hold: &impl Fn(&Scope) -> bool) -> Mode {
    let mode = |of: fn(&Effect) -> Option<Mode>, otherwise: Mode| {
        let modes = rules
            .iter()
            .filter(|mode| hold(&mode.scope) && mode.scope.meets(&rule.scope))
            .filter_map(|rule| Some((rule.scope.rank(), of(&rule.effect)?)));
        let narrowest = modes.max_by_key(|(rank, mode)| (*rank, Reverse(*mode)));
        narrowest.map_or(otherwise, |(_, mode)| mode)
    };
    let call = mode(
        |effect| match effect {
            Effect::Call(mode) => Some(*mode),
            _ => None,
        },
        Mode::Allow,
    );
    // What whoever starts the process wrote is approved of.
    if rule.origin == Origin::CommandLine {
        return call;
    }
    let danger = mode(
        |effect| match effect {
            Effect::Dangerous(mode) => Some(*mode),
            _ => None,
        },
        Mode::Deny,
    );
    call.min(danger)
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
