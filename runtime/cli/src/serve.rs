//! `ringfence serve`: tools for MCP clients.
//!
//! Owns nothing but the order: load, open, listen, serve. Where a client is served over them, standard
//! output and input belong to the server, and nothing in this room writes there.

mod listen;

use ringfence_server::http::Drain;
use ringfence_server::{Funnel, Server};

use self::listen::Listeners;
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
/// Nothing can be served, an address cannot be listened on, or the streams broke.
pub(crate) async fn run(arguments: ServeArguments, stop: Stop) -> Result<(), Failure> {
    descriptors::raise_limit();
    // Before anything is loaded: what cannot be listened on is known at once.
    let listeners = Listeners::bind(&arguments.listen).await?;
    let stdio = arguments.listen.http.is_none() || arguments.listen.stdio;
    let ready = tokio::task::spawn_blocking(move || {
        let catalog = load::catalog_of(&arguments.tools, arguments.names.into())?;
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
    let server = Server::new(Funnel::new(catalog, enforced.policy, enforced.sandbox));
    let drain = Drain::new(stop.gently.clone(), stop.at_once.clone());
    let over_stdio = async {
        if stdio {
            server.serve_stdio(&stop.gently).await;
        }
    };
    tokio::join!(over_stdio, listeners.serve(&server, &drain));
    Ok(())
}
