//! Which path is answered by what.
//!
//! Owns the way to `/mcp`, which is a comparison: nearly every request goes there, and a router would
//! cost it more than reading its message does. All others are a router's.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;

use super::mcp::Mcp;
use super::{Context, Routes};

/// `/mcp`, and everything else.
#[derive(Debug)]
pub(crate) struct Routed {
    pub(crate) mcp: Mcp,
    pub(crate) others: Router,
}

impl Routes for Routed {
    async fn handle(&self, context: Context, request: Request) -> Response {
        if request.uri().path() == "/mcp" {
            self.mcp.respond(context, request).await
        } else {
            self.others.handle(context, request).await
        }
    }
}
