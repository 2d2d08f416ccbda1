//! The methods of both eras.
//!
//! Owns which methods there are in which era, and who answers each. A client of the handshake era has
//! said hello once; one of the stateless era says who it is in each request. Both may share a
//! connection.

use std::sync::Arc;

use ringfence_identity::Caller;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::endpoint::Endpoint;
use super::exchange::{Era, Exchange, Origin};
use super::fault::{self, Fault};
use super::frame::{Params, Request};
use super::outbox::Reply;
use super::server_info::ServerInfo;
use super::session::{Session, URI_BYTES_MAX};
use super::wire::ResultText;
use super::{calls, completion, listen, lists, tasks, versions};

/// How long a client may go on with what the server says of itself, and with lists that cannot change,
/// in milliseconds. What can change may be stale at once: who listens for changes hears of them.
const TTL_MS: u64 = 5 * 60 * 1000;

impl Endpoint {
    /// Answers one request of either era.
    pub(crate) async fn answer(&self, request: Request, origin: Origin) -> Reply {
        // Before the handshake, too, one may ask whether anybody is there.
        let names_version = request.names_version();
        let is_ping = request.method == "ping" && !names_version;
        let Request {
            id,
            method,
            mut params,
        } = request;
        let lost = origin.session.is_none() && !names_version;
        let result = if is_ping {
            Ok(raw(&Map::new()))
        } else if lost && !self.knows(&method) {
            Err(fault::method(&method))
        } else {
            match Exchange::new(id.clone(), &mut params, origin) {
                Ok(exchange) => {
                    let labels = exchange.labels();
                    let dispatching = self.dispatch(&exchange, &method, params);
                    labels.scope(dispatching).await
                }
                Err(fault) => Err(fault),
            }
        };
        match result {
            Ok(result) => Reply::result(&id, &result),
            Err(fault) => {
                self.funnel.metrics().protocol_error(fault.error.code.0);
                Reply::fault(Some(&id), &fault)
            }
        }
    }

    /// Begins a session: what is agreed, and the answer that says so.
    ///
    /// # Errors
    ///
    /// The parameters are malformed.
    pub(crate) fn initialize(
        &self,
        caller: Caller,
        params: &Params,
    ) -> Result<(Arc<Session>, ResultText), Fault> {
        let malformed = || {
            fault::params(
                "`initialize` needs `protocolVersion`, a string, and `capabilities` and \
                 `clientInfo`, objects",
            )
        };
        let requested = params.get("protocolVersion").and_then(Value::as_str);
        let capabilities = params.get("capabilities").and_then(Value::as_object);
        let info = params.get("clientInfo").and_then(Value::as_object);
        let (Some(requested), Some(capabilities), Some(_)) = (requested, capabilities, info) else {
            return Err(malformed());
        };
        let version = versions::agreed(requested);
        let mut client = Client::new(version.clone(), capabilities, params.get("clientInfo"));
        // An experiment of this era; clients of the next one have the real thing.
        client.tasks = false;
        let result = json!({
            "protocolVersion": version,
            "capabilities": self.capabilities(false),
            "serverInfo": ServerInfo,
            "instructions": self.offer().instructions(),
        });
        Ok((Session::new(caller, client), raw(&result)))
    }

    async fn dispatch(
        &self,
        exchange: &Exchange,
        method: &str,
        params: Params,
    ) -> Result<ResultText, Fault> {
        match (&exchange.era, method) {
            (_, "tools/call") => calls::tool(self, exchange, params).await,
            (_, "tools/list") => lists::tools(self, exchange, &params),
            (_, "prompts/list") => lists::prompts(self, exchange, &params),
            (_, "prompts/get") => calls::prompt(self, exchange, params).await,
            (_, "resources/list") => lists::resources(self, exchange, &params),
            (_, "resources/templates/list") => lists::templates(self, exchange, &params),
            (_, "resources/read") => calls::resource(self, exchange, params).await,
            (_, "completion/complete") => completion::complete(self, exchange, &params).await,

            (Era::Handshake(session), "logging/setLevel") => {
                let level = params.get("level").cloned().unwrap_or_default();
                let level = serde_json::from_value(level).map_err(|_| {
                    fault::params("`logging/setLevel` needs `level`, one of the levels of syslog")
                })?;
                session.set_level(level);
                Ok(raw(&Map::new()))
            }
            (Era::Handshake(session), "resources/subscribe") => {
                let uri = self.known_uri(&exchange.caller, &params)?;
                if session.watch(uri) {
                    Ok(raw(&Map::new()))
                } else {
                    Err(fault::params(
                        "too many resources are subscribed to already",
                    ))
                }
            }
            (Era::Handshake(session), "resources/unsubscribe") => {
                session.unwatch(&self.known_uri(&exchange.caller, &params)?);
                Ok(raw(&Map::new()))
            }

            (Era::Stateless(_), "server/discover") => Ok(self.discover()),
            (Era::Stateless(_), "subscriptions/listen") => {
                listen::listen(self, exchange, &params).await
            }
            (Era::Stateless(_), "tasks/get") => tasks::get(self, exchange, &params),
            (Era::Stateless(_), "tasks/update") => tasks::update(self, exchange, params),
            (Era::Stateless(_), "tasks/cancel") => tasks::cancel(self, exchange, &params),
            _ => Err(fault::method(method)),
        }
    }

    fn discover(&self) -> ResultText {
        raw(&json!({
            "resultType": "complete",
            "supportedVersions": versions::VERSIONS,
            "capabilities": self.capabilities(true),
            "instructions": self.offer().instructions(),
            "ttlMs": self.ttl_ms(),
            "cacheScope": "private",
            "_meta": {"io.modelcontextprotocol/serverInfo": ServerInfo},
        }))
    }

    /// How long lists stay true.
    pub(crate) fn ttl_ms(&self) -> u64 {
        if self.lists_change() { 0 } else { TTL_MS }
    }

    fn capabilities(&self, stateless: bool) -> Value {
        let offer = self.offer();
        let mut list = Map::new();
        if self.lists_change() {
            list.insert("listChanged".into(), true.into());
        }
        let mut capabilities = Map::from_iter([
            ("logging".to_owned(), json!({})),
            ("tools".to_owned(), json!(list)),
        ]);
        if !offer.prompts.is_empty() {
            capabilities.insert("prompts".into(), json!(list));
        }
        if !offer.resources.is_empty() {
            list.insert("subscribe".into(), true.into());
            capabilities.insert("resources".into(), list.into());
        }
        if offer.completes() {
            capabilities.insert("completions".into(), json!({}));
        }
        if stateless {
            let extensions = json!({rmcp::model::TASKS_EXTENSION_ID: {}});
            capabilities.insert("extensions".into(), extensions);
        }
        capabilities.into()
    }

    /// Whether there is such a method in either era.
    fn knows(&self, method: &str) -> bool {
        let offer = self.offer();
        match method {
            "initialize"
            | "logging/setLevel"
            | "server/discover"
            | "subscriptions/listen"
            | "tasks/cancel"
            | "tasks/get"
            | "tasks/update"
            | "tools/call"
            | "tools/list" => true,
            "prompts/get" | "prompts/list" => !offer.prompts.is_empty(),
            "resources/list"
            | "resources/read"
            | "resources/subscribe"
            | "resources/templates/list"
            | "resources/unsubscribe" => !offer.resources.is_empty(),
            "completion/complete" => offer.completes(),
            _ => false,
        }
    }

    fn known_uri(&self, caller: &Caller, params: &Params) -> Result<String, Fault> {
        let uri = params.get("uri").and_then(Value::as_str);
        let uri = uri
            .filter(|uri| uri.len() <= URI_BYTES_MAX)
            .ok_or_else(|| fault::params("`uri` must be a string, and not a long one"))?;
        let offer = self.offer();
        if offer.resources.is_empty() {
            return Err(fault::method("resources/subscribe"));
        }
        match offer.resources.backing(uri) {
            Some(backing) if backing.is_visible(&self.funnel.policy(), caller) => {
                Ok(uri.to_owned())
            }
            _ => Err(fault::unknown_resource(uri, false)),
        }
    }
}

/// A result as JSON text.
pub(super) fn raw(result: &impl serde::Serialize) -> ResultText {
    serde_json::value::to_raw_value(result).unwrap_or_default()
}
