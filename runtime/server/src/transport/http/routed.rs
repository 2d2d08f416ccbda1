//! Which path is answered by what.
//!
//! Owns the way to `/mcp`, which is a comparison: nearly every request goes there, and a router would
//! cost it more than reading its message does. All others are a router's.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;

use super::mcp::Mcp;
use super::{Context, Routes};

/// Where the protocol is.
const MCP: &str = "/mcp";

/// `/mcp`, and everything else.
#[derive(Debug)]
pub(crate) struct Routed {
    pub(crate) mcp: Mcp,
    pub(crate) others: Router,
}

impl Routes for Routed {
    async fn handle(&self, context: Context, request: Request) -> Response {
        if request.uri().path() == MCP {
            self.mcp.respond(context, request).await
        } else {
            self.others.handle(context, request).await
        }
    }

    /// A page that speaks over `/ws` is held to its origin at the handshake: browsers ask nothing.
    fn is_for_pages(&self, path: &str) -> bool {
        path == MCP
    }
}
