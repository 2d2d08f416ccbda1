//! Lists of what is offered, page by page.
//!
//! Owns pages and cursors. A cursor holds the name after which to go on, so that it stays right when
//! things come and go; it is sealed for its caller and its list.

use ringfence_identity::Caller;
use serde_json::{Map, Value, json};

use super::dispatch::raw;
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::fault::{self, Fault};
use super::frame::Params;
use super::seal::Seal;
use super::server_info;
use super::wire::ResultText;

/// Items on one page.
const PAGE_MAX: usize = 100;

/// `tools/list`.
pub(super) fn tools(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    let (policy, caller) = (&*endpoint.funnel.policy(), &exchange.caller);
    let all = offer.tools.listed(policy, caller);
    list(endpoint, exchange, params, "tools", all, |tool| {
        json!(tool.to(policy, caller))
    })
}

/// `prompts/list`.
pub(super) fn prompts(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    if offer.prompts.is_empty() {
        return Err(fault::method("prompts/list"));
    }
    let policy = endpoint.funnel.policy();
    let all = offer.prompts.listed(&policy, &exchange.caller);
    list(endpoint, exchange, params, "prompts", all, Value::clone)
}

/// `resources/list`.
pub(super) fn resources(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    if offer.resources.is_empty() {
        return Err(fault::method("resources/list"));
    }
    let policy = endpoint.funnel.policy();
    let all = offer.resources.listed(&policy, &exchange.caller);
    list(endpoint, exchange, params, "resources", all, Value::clone)
}

/// `resources/templates/list`.
pub(super) fn templates(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    if offer.resources.is_empty() {
        return Err(fault::method("resources/templates/list"));
    }
    let policy = endpoint.funnel.policy();
    let all = offer.resources.templates(&policy, &exchange.caller);
    list(
        endpoint,
        exchange,
        params,
        "resourceTemplates",
        all,
        Value::clone,
    )
}

/// One page of `all`, which are in the order of their keys, each as `show` shows it.
fn list<'o, T: 'o>(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
    member: &str,
    all: impl Iterator<Item = (&'o str, &'o T)>,
    show: impl Fn(&'o T) -> Value,
) -> Result<ResultText, Fault> {
    let cursors = Cursors {
        seal: &endpoint.seal,
        caller: &exchange.caller,
        list: member,
    };
    let after = cursors.read(params.get("cursor"))?;
    let mut rest = all
        .skip_while(|(key, _)| after.as_deref().is_some_and(|after| *key <= after))
        .peekable();
    let page: Vec<_> = rest.by_ref().take(PAGE_MAX).collect();
    let items: Vec<Value> = page.iter().map(|(_, item)| show(item)).collect();
    let mut result = Map::from_iter([(member.to_owned(), items.into())]);
    if let (Some((last, _)), Some(_)) = (page.last(), rest.peek()) {
        result.insert("nextCursor".into(), cursors.write(last).into());
    }
    if exchange.is_stateless() {
        result.insert("ttlMs".into(), endpoint.ttl_ms().into());
        result.insert("cacheScope".into(), "private".into());
        server_info::stamp(&mut result, "complete");
    }
    Ok(raw(&result))
}

/// The cursors of one list for one caller.
struct Cursors<'c> {
    seal: &'c Seal,
    caller: &'c Caller,
    list: &'c str,
}

impl Cursors<'_> {
    fn write(&self, last: &str) -> String {
        let purpose: &[&[u8]] = &[b"cursor", self.list.as_bytes()];
        self.seal.close(self.caller, purpose, last.as_bytes())
    }

    fn read(&self, cursor: Option<&Value>) -> Result<Option<String>, Fault> {
        let cursor = match cursor {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(cursor)) => cursor,
            Some(_) => return Err(fault::params("`cursor` must be a string")),
        };
        let purpose: &[&[u8]] = &[b"cursor", self.list.as_bytes()];
        self.seal
            .open(self.caller, purpose, cursor)
            .and_then(|last| String::from_utf8(last).ok())
            .map(Some)
            .ok_or_else(|| fault::unknown_handle("cursor"))
    }
}
