//! Rules that do nothing here.

use super::{Known, Lint, LintKind, lint};
use crate::rule::{Effect, Rule, Scope};
use crate::subtract::subtract;

pub(super) fn lints(rules: &[Rule], tools: &[Known<'_>]) -> Vec<Lint> {
    let about = |rule: &Rule| {
        if let Some(denied) = denied(rules, rule) {
            return Some(denied);
        }
        if tools.is_empty() {
            return None;
        }
        unknown(rule, tools).or_else(|| idle(rule, tools))
    };
    rules.iter().filter_map(about).collect()
}

/// A grant that another line takes whole wherever it would hold.
fn denied(rules: &[Rule], rule: &Rule) -> Option<Lint> {
    let Effect::Allow(grant) = &rule.effect else {
        return None;
    };
    let taking = rules.iter().find(|other| match &other.effect {
        Effect::Deny(capability) => {
            covers(&other.scope, &rule.scope) && subtract(grant, capability).is_empty()
        }
        _ => false,
    })?;
    let message = format!("`{grant}` never holds, {} denies it", taking.origin);
    Some(lint(rule, LintKind::Denied, message, "keep one of the two"))
}

/// Whether every call of `inner` is one of `outer`.
fn covers(outer: &Scope, inner: &Scope) -> bool {
    fn is<T: PartialEq>(outer: Option<&T>, inner: Option<&T>) -> bool {
        outer.is_none() || outer == inner
    }
    is(outer.tenant.as_ref(), inner.tenant.as_ref())
        && is(outer.principal.as_ref(), inner.principal.as_ref())
        && is(outer.component.as_ref(), inner.component.as_ref())
        && is(outer.function.as_ref(), inner.function.as_ref())
        && is(outer.digest.as_ref(), inner.digest.as_ref())
}

fn is_about(rule: &Rule, tool: &Known<'_>) -> bool {
    let component = rule.scope.component.as_ref();
    let digest = rule.scope.digest.as_ref();
    component.is_none_or(|name| name == tool.component)
        && digest.is_none_or(|digest| digest == tool.digest)
}

fn unknown(rule: &Rule, tools: &[Known<'_>]) -> Option<Lint> {
    if tools.iter().any(|tool| is_about(rule, tool)) {
        return None;
    }
    let named = match (&rule.scope.component, &rule.scope.digest) {
        (Some(component), _) => component.to_string(),
        (None, Some(digest)) => digest.to_string(),
        (None, None) => return None,
    };
    let known = tools.iter().map(|tool| tool.component.as_str());
    let advice = match ringfence_tool::nearest(&named, known) {
        Some(nearest) if nearest == named => {
            "its bytes are others than those the rule names: look, and name the new digest"
                .to_owned()
        }
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "remove the rule, or load the tool".to_owned(),
    };
    let message = format!("`{rule}` is for `{named}`, and no such tool is here");
    Some(lint(rule, LintKind::UnknownTool, message, advice))
}

fn idle(rule: &Rule, tools: &[Known<'_>]) -> Option<Lint> {
    let Effect::Allow(grant) = &rule.effect else {
        return None;
    };
    grant.kind()?;
    let mut about = tools.iter().filter(|tool| is_about(rule, tool));
    if about.any(|tool| !tool.reach.narrow(grant).is_empty()) {
        return None;
    }
    let message = format!("no tool that is here asks for `{grant}`");
    Some(lint(rule, LintKind::Idle, message, "remove the line"))
}
