//! Clients that hear of changes.
//!
//! Owns telling each what it asked for and nothing else: a client of the stateless era with
//! `subscriptions/listen`, one of the handshake era by having said hello.

use ringfence_identity::Caller;
use rmcp::model::{RequestId, SubscriptionFilter};
use serde_json::{Map, Value, json};

use super::dispatch::raw;
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::fault::{self, Fault};
use super::frame::Params;
use super::news::{Changed, Listener, Report};
use super::outbox::{Gone, Outbox};
use super::server_info::ServerInfo;
use super::session::{Session, URI_BYTES_MAX};
use super::wire::ResultText;

/// Resources of one subscription. Bounds what a client can make the server keep and compare.
const RESOURCES_MAX: usize = 256;

/// Where a notification says which subscription it belongs to.
const ID_KEY: &str = "io.modelcontextprotocol/subscriptionId";

/// `subscriptions/listen`: ends when the client cancels or the server closes.
pub(super) async fn listen(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let malformed = || {
        fault::params(
            "`subscriptions/listen` needs `notifications`, an object that says which are wanted",
        )
    };
    let requested = params.get("notifications").ok_or_else(malformed)?;
    let requested: SubscriptionFilter =
        serde_json::from_value(requested.clone()).map_err(|_| malformed())?;
    let mut listener = endpoint.newsroom.listen(exchange.caller.tenant().clone());
    let accepted = accepted(endpoint, &exchange.caller, &requested)?;
    let id = &exchange.id;
    let meta = json!({ID_KEY: id});
    let acknowledgement = json!({"notifications": accepted, "_meta": meta});
    let telling = async {
        let outbox = &exchange.outbox;
        let method = "notifications/subscriptions/acknowledged";
        outbox.notify(method, acknowledgement).await?;
        while let Some(report) = listener.next().await {
            tell_subscription(outbox, id, &accepted, report).await?;
        }
        Ok::<_, Gone>(())
    };
    tokio::select! {
        _ = telling => {}
        () = exchange.cancel.cancelled() => return Err(fault::cancelled()),
        () = exchange.closing.cancelled() => {}
    }
    Ok(raw(&json!({
        "resultType": "complete",
        "_meta": {ID_KEY: id, "io.modelcontextprotocol/serverInfo": ServerInfo},
    })))
}

/// What of a subscription there can be.
fn accepted(
    endpoint: &Endpoint,
    caller: &Caller,
    requested: &SubscriptionFilter,
) -> Result<SubscriptionFilter, Fault> {
    let offer = endpoint.offer();
    let mut ours = SubscriptionFilter::builder();
    if endpoint.lists_change() {
        ours = ours.tools_list_changed();
        if !offer.prompts.is_empty() {
            ours = ours.prompts_list_changed();
        }
        if !offer.resources.is_empty() {
            ours = ours.resources_list_changed();
        }
    }
    if let Some(uris) = &requested.resource_subscriptions {
        if uris.len() > RESOURCES_MAX || uris.iter().any(|uri| uri.len() > URI_BYTES_MAX) {
            let text = format!("a subscription holds at most {RESOURCES_MAX} short identifiers");
            return Err(fault::params(text));
        }
        let policy = endpoint.funnel.policy();
        let known = uris.iter().filter(|uri| {
            let backing = offer.resources.backing(uri);
            backing.is_some_and(|backing| backing.is_visible(&policy, caller))
        });
        ours = ours.resource_subscriptions(known);
    }
    Ok(requested.intersection(&ours.build()))
}

async fn tell_subscription(
    outbox: &Outbox,
    id: &RequestId,
    accepted: &SubscriptionFilter,
    report: Report,
) -> Result<(), Gone> {
    let wanted = |filter: Option<bool>, changed: bool| changed && filter == Some(true);
    let meta = || Map::from_iter([("_meta".to_owned(), json!({ID_KEY: id}))]);
    match report {
        Report::Lists(changed) => {
            let changed = Changed {
                tools: wanted(accepted.tools_list_changed, changed.tools),
                prompts: wanted(accepted.prompts_list_changed, changed.prompts),
                resources: wanted(accepted.resources_list_changed, changed.resources),
            };
            tell_lists(outbox, changed, meta).await
        }
        Report::Resource(uri) => {
            let uris = accepted.resource_subscriptions.as_ref();
            if uris.is_none_or(|uris| !uris.contains(&uri)) {
                return Ok(());
            }
            let mut params = meta();
            params.insert("uri".into(), uri.into());
            outbox
                .notify("notifications/resources/updated", params)
                .await
        }
    }
}

/// Tells a client of the handshake era of every change that concerns it, until it is gone.
pub(crate) async fn announce(session: &Session, listener: &mut Listener, outbox: &Outbox) {
    while let Some(report) = listener.next().await {
        let told = match report {
            Report::Lists(changed) => tell_lists(outbox, changed, Map::new).await,
            Report::Resource(uri) if session.watches(&uri) => {
                let params = json!({"uri": uri});
                outbox
                    .notify("notifications/resources/updated", params)
                    .await
            }
            Report::Resource(_) => Ok(()),
        };
        if told.is_err() {
            return;
        }
    }
}

async fn tell_lists(
    outbox: &Outbox,
    changed: Changed,
    params: impl Fn() -> Map<String, Value>,
) -> Result<(), Gone> {
    let lists = [
        (changed.tools, "notifications/tools/list_changed"),
        (changed.prompts, "notifications/prompts/list_changed"),
        (changed.resources, "notifications/resources/list_changed"),
    ];
    for (_, method) in lists.iter().filter(|(changed, _)| *changed) {
        outbox.notify(method, params()).await?;
    }
    Ok(())
}
