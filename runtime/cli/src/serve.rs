//! `ringfence serve`: tools for an MCP client.
//!
//! Owns nothing but the order: load, open, serve. From here on standard output belongs to the
//! server, and nothing in this room writes there.

use ringfence_server::{Funnel, Server};

use crate::access;
use crate::arguments::ServeArguments;
use crate::descriptors;
use crate::failure::Failure;
use crate::load;
use crate::stop::Stop;

/// Serves until the client goes away or a signal comes.
///
/// # Errors
///
/// Nothing can be served, or the streams broke.
pub(crate) async fn run(arguments: ServeArguments, stop: Stop) -> Result<(), Failure> {
    descriptors::raise_limit();
    let ready = tokio::task::spawn_blocking(move || {
        let catalog = load::catalog_of(&arguments.tools)?;
        for problem in catalog.problems() {
            tracing::warn!(%problem, "a tool is left out");
        }
        Ok::<_, Failure>((catalog, access::open(&arguments.access)?))
    });
    let ready = tokio::select! {
        biased;
        () = stop.gently.cancelled() => return Err(Failure::Interrupted),
        ready = ready => ready.map_err(|error| Failure::Runtime(error.into()))?,
    };
    let (catalog, enforced) = ready?;
    let funnel = Funnel::new(catalog, enforced.policy, enforced.sandbox);
    Server::new(funnel).serve_stdio(&stop.gently).await;
    Ok(())
}
