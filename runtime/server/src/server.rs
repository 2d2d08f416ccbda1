//! One connection from its first byte to its last.
//!
//! Owns how transport, protocol and watching are put together, and that serving ends within a
//! second of its input. Refuses to know what is served.

use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::Caller;
use rmcp::service::serve_directly_with_ct;
use rmcp::{Peer, RoleServer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::call::Funnel;
use crate::protocol::Handler;
use crate::transport::{Lifecycle, StdioTransport};
use crate::watch::Watch;

/// What to log unless somebody asks for more: each call's audit record, and no line for every
/// message that the protocol library or the engine sees.
pub const LOG_FILTER: &str = "info,rmcp=error,wasmtime=warn,cranelift=warn,notify=warn";

/// How long after the end of the input serving may last. What has not ended by then is left behind.
const EXIT_MAX: Duration = Duration::from_millis(900);

/// Serves the tools behind one funnel.
#[derive(Debug, Clone)]
pub struct Server {
    funnel: Arc<Funnel>,
}

impl Server {
    /// A server for the tools behind `funnel`.
    pub fn new(funnel: Arc<Funnel>) -> Self {
        Self { funnel }
    }

    /// Serves the process that started this one, over standard input and output, until the input
    /// ends or `shutdown` is cancelled. Nothing else may use these two.
    ///
    /// Where standard input is no pipe, a thread stays behind that waits for it: shut the runtime
    /// down in the background.
    pub async fn serve_stdio(&self, shutdown: &CancellationToken) {
        let (input, output) = rmcp::transport::stdio_pipes();
        self.serve(input, output, Caller::local(), shutdown).await;
    }

    /// Serves `caller` over two byte streams, until the input ends or `shutdown` is cancelled.
    pub async fn serve<R, W>(
        &self,
        input: R,
        output: W,
        caller: Caller,
        shutdown: &CancellationToken,
    ) where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        let watch = Watch::start(&self.funnel).unwrap_or_else(|error| {
            tracing::warn!(%error, "changes of the served directories will not be seen");
            None
        });
        let changes = watch.as_ref().map(Watch::changes);
        let lifecycle = Lifecycle {
            closing: shutdown.child_token(),
            stop: shutdown.child_token(),
        };
        let closing = lifecycle.closing.clone();
        let handler = Handler::new(
            Arc::clone(&self.funnel),
            caller,
            changes.clone(),
            closing.clone(),
        );
        let transport = StdioTransport::start(input, output, lifecycle.clone());
        let service = serve_directly_with_ct(handler, transport, None, lifecycle.stop.clone());
        let peer = service.peer().clone();
        let overdue = async {
            closing.cancelled().await;
            tokio::time::sleep(EXIT_MAX).await;
        };
        tokio::select! {
            ended = service.waiting() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the connection failed");
                }
            }
            () = announce(&peer, changes) => {}
            () = overdue => tracing::warn!("calls were left behind at the end of the connection"),
        }
        lifecycle.stop.cancel();
    }
}

/// Tells a client of the handshake era when the list of tools changes. One of the stateless era
/// asks to be told.
async fn announce(peer: &Peer<RoleServer>, changes: Option<watch::Receiver<u64>>) {
    let Some(mut changes) = changes else {
        return std::future::pending().await;
    };
    while changes.changed().await.is_ok() {
        if peer.peer_info().is_some() && peer.notify_tool_list_changed().await.is_err() {
            break;
        }
    }
    std::future::pending::<()>().await;
}
