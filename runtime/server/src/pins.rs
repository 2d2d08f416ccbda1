//! What became of pins, written down.
//!
//! Owns one audit record for each component that was approved, in whichever way, and for each that was put
//! out. Refuses to decide about either.

use ringfence_audit::{
    Approval, ApprovalState, Caller as CalledBy, Change, Denial, Event, Recorder, Tool,
};
use ringfence_catalog::{Catalog, Pinned};
use ringfence_identity::Caller;
use ringfence_tool::ComponentName;

/// How far an approval of a component goes.
const SCOPE: &str = "until the tool changes";

/// Writes down what `now` approved because it was there first, and what it put out that `before` had not.
pub fn loaded(audit: &Recorder, before: Option<&Catalog>, now: &Catalog) {
    for pinned in now.pinned() {
        approved(audit, pinned, "first use");
    }
    for disabled in now.disabled() {
        let name = disabled.component.name();
        let known = before.and_then(|before| before.disabled_component(name.as_str()));
        let digest = disabled.component.digest();
        if known.is_some_and(|known| known.component.digest() == digest) {
            continue;
        }
        let asked = format!("{name} {digest}");
        let reason = disabled.reason.to_string();
        drop(audit.append(&Event::Denial(Denial {
            caller: None,
            request: "load",
            asked: &asked,
            reason: &reason,
        })));
    }
}

/// Writes down that `by` approved of a component.
pub fn approved(audit: &Recorder, pinned: &Pinned, by: &str) {
    let local = Caller::local();
    let name = pinned.name.as_str();
    let digest = pinned.pin.digest();
    drop(audit.append(&Event::Approval(Approval {
        state: ApprovalState::Given,
        id: "pin",
        caller: CalledBy {
            tenant: local.tenant().as_str(),
            principal: local.principal().as_str(),
        },
        name: None,
        tool: Tool {
            name,
            component: Some(name),
            function: None,
            digest: Some(digest.as_bytes()),
        },
        arguments: None,
        capabilities: pinned.pin.requests(),
        by: Some(by),
        scope: Some(SCOPE),
    })));
}

/// Writes down that `by` had a component served, or no longer.
pub fn switched(audit: &Recorder, name: &ComponentName, enabled: bool, by: &str) {
    let change = Change {
        by,
        caller: None,
        name: None,
        tool: Some(name.as_str()),
        grant: "serve",
        source: "ringfence.lock",
    };
    drop(audit.append(&if enabled {
        Event::Grant(change)
    } else {
        Event::Revocation(change)
    }));
}

/// Writes down that `by` took an approval back.
pub fn removed(audit: &Recorder, name: &ComponentName, by: &str) {
    drop(audit.append(&Event::Revocation(Change {
        by,
        caller: None,
        name: None,
        tool: Some(name.as_str()),
        grant: "pin",
        source: "ringfence.lock",
    })));
}
