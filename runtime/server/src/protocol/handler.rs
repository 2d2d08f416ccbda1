//! The requests of both eras.
//!
//! Owns which era a request belongs to, and what each method answers. A client of the handshake era
//! has said hello once for the connection; one of the stateless era says who it is in each request.
//! Both may share a connection.
#![expect(
    deprecated,
    reason = "logging leaves the protocol in 2027, and clients use it today"
)]

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_identity::Caller;
use ringfence_sandbox::CallEvents;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode,
    ErrorData, Implementation, InitializeRequestParams, InitializeResult, ListToolsResult,
    LoggingLevel, MetaObject, PaginatedRequestParams, ProtocolVersion, ServerCapabilities,
    ServerConfig, SetLevelRequestParams, SubscriptionFilter,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::events::EventQueue;
use super::listing::Listing;
use super::wire;
use crate::call::{CallRequest, Funnel, Target};
use crate::echo::echo;

/// The versions that are served. 2024-11-05 is left out: its transport is gone.
const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// How long a client may go on with a list of tools that cannot change, in milliseconds. One that
/// can change may be stale at once: who listens for changes hears of them.
const LIST_TTL_MS: u64 = 5 * 60 * 1000;

/// Where a result names the server, in the stateless era.
const SERVER_INFO_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// Answers one connection.
#[derive(Debug)]
pub(crate) struct Handler {
    funnel: Arc<Funnel>,
    caller: Caller,
    listing: Mutex<Arc<Listing>>,
    /// From which level on a client of the handshake era wants to see log lines.
    level: Mutex<Option<LoggingLevel>>,
    /// Counts changes of the list of tools, where it can change.
    changes: Option<watch::Receiver<u64>>,
    closing: CancellationToken,
}

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    /// It began with `initialize`.
    Handshake,
    /// Each request says all.
    Stateless,
}

impl Handler {
    pub(crate) fn new(
        funnel: Arc<Funnel>,
        caller: Caller,
        changes: Option<watch::Receiver<u64>>,
        closing: CancellationToken,
    ) -> Self {
        let listing = Mutex::new(Arc::new(Listing::new(funnel.catalog(), funnel.policy())));
        Self {
            funnel,
            caller,
            listing,
            level: Mutex::default(),
            changes,
            closing,
        }
    }

    /// What clients see at this moment.
    fn listing(&self) -> Arc<Listing> {
        let catalog = self.funnel.catalog();
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if !listing.is_of(&catalog) {
            *listing = Arc::new(Listing::new(catalog, self.funnel.policy()));
        }
        Arc::clone(&listing)
    }

    /// From which level on the client of this request wants log lines.
    fn level(&self, era: Era, context: &RequestContext<RoleServer>) -> Option<LoggingLevel> {
        match era {
            Era::Handshake => *self.level.lock().unwrap_or_else(PoisonError::into_inner),
            Era::Stateless => context.meta.log_level(),
        }
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_tools()
            .build();
        if let Some(tools) = &mut capabilities.tools {
            tools.list_changed = self.changes.is_some().then_some(true);
        }
        ServerConfig::new(capabilities)
            .with_server_info(server_info())
            .with_instructions(self.listing().instructions())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let result = self.negotiate_initialize(&request)?;
        let mut agreed = request;
        agreed.protocol_version = result.protocol_version.clone();
        context.peer.set_peer_info(agreed);
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let era = era(&context)?;
        let cursor = request.and_then(|request| request.cursor);
        let page = self.listing().page(cursor.as_deref())?;
        let mut result = ListToolsResult::with_all_items(page.tools);
        result.next_cursor = page.next;
        if era == Era::Stateless {
            result = result
                .with_ttl_ms(LIST_TTL_MS)
                .with_cache_scope(CacheScope::Private);
            name_server(result.meta.get_or_insert_default());
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let era = era(&context)?;
        let id = context.id.to_string();
        let call = CallRequest {
            id: id.clone(),
            target: Target::Tool(request.name.clone().into_owned()),
            arguments: request.arguments.unwrap_or_default(),
        };
        let (token, level) = (context.meta.get_progress_token(), self.level(era, &context));
        let queue = Arc::new(EventQueue::new(token, level, request.name.into_owned()));
        let events: Arc<dyn CallEvents> = Arc::clone(&queue) as _;
        let calling = async {
            let ended = self
                .funnel
                .call(&self.caller, call, events, context.ct.clone())
                .await;
            queue.close();
            ended
        };
        // A client that cancels hears nothing more; one that has closed its side, only answers.
        let forwarding = async {
            tokio::select! {
                () = queue.forward(&context.peer, &context.ct) => {}
                () = self.closing.cancelled() => {}
            }
        };
        let (ended, ()) = tokio::join!(calling, forwarding);
        let mut result = wire::result(ended, &id)?;
        if era == Era::Stateless {
            name_server(result.meta.get_or_insert_default());
        }
        Ok(result.into())
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if era(&context)? == Era::Stateless {
            let message = "`logging/setLevel` is gone; put the level in the `_meta` of a request";
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
        }
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.level);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let ours = SubscriptionFilter::builder().tools_list_changed().build();
        Some(requested.intersection(&ours))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let announcing = async {
            let Some(mut changes) = self.changes.clone() else {
                return std::future::pending().await;
            };
            changes.mark_unchanged();
            while changes.changed().await.is_ok() {
                if context.sink().notify_tool_list_changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = announcing => {}
            () = context.cancelled() => {}
            () = self.closing.cancelled() => {}
        }
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // The transport lets none through; another way in might.
        let message = format!("unknown method `{}`", echo(&request.method));
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
    }
}

/// The era of a request.
///
/// # Errors
///
/// The client neither began with `initialize` nor says a version in this request.
fn era(context: &RequestContext<RoleServer>) -> Result<Era, ErrorData> {
    match context.protocol_version() {
        Some(version) if version >= ProtocolVersion::NO_INITIALIZE => Ok(Era::Stateless),
        Some(_) => Ok(Era::Handshake),
        None => Err(ErrorData::invalid_params(
            "send `initialize` first, or put `io.modelcontextprotocol/protocolVersion` and \
             `io.modelcontextprotocol/clientCapabilities` in the `_meta` of each request",
            None,
        )),
    }
}

fn server_info() -> Implementation {
    Implementation::new("ringfence", env!("CARGO_PKG_VERSION")).with_title("ringfence")
}

fn name_server(meta: &mut MetaObject) {
    // Text alone: it always serialises.
    let info = serde_json::to_value(server_info()).unwrap_or(Value::Null);
    meta.insert(SERVER_INFO_KEY.to_owned(), info);
}
