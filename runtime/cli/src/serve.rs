//! `ringfence serve`: tools for MCP clients.
//!
//! Owns nothing but the order: load, open, listen, serve. Where a client is served over them, standard
//! output and input belong to the server, and nothing in this room writes there.

mod key;
mod listen;

use std::sync::Arc;

use ringfence_audit::{Change, Event, PolicyChange, PolicyState, Start, Stop as Stopped};
use ringfence_catalog::Catalog;
use ringfence_server::http::Drain;
use ringfence_server::{Funnel, Server, pins};

use self::listen::Listeners;
use crate::access::{self, Streams};
use crate::approvals;
use crate::arguments::{Access, Pin, ServeArguments};
use crate::descriptors;
use crate::failure::Failure;
use crate::load;
use crate::pin;
use crate::policy;
use crate::recording::Recorded;
use crate::shelved::Shelved;
use crate::stop::Stop;

/// Serves until the client goes away or a signal comes.
///
/// # Errors
///
/// Nothing can be served, an address cannot be listened on, or calls had to be cut at the end.
pub(crate) async fn run(arguments: ServeArguments, stop: Stop) -> Result<(), Failure> {
    descriptors::raise_limit();
    // Before anything is loaded: what cannot be listened on is known at once.
    let listeners = Listeners::bind(&arguments.listen, &arguments.access).await?;
    let stdio = arguments.listen.http.is_none() || arguments.listen.stdio;
    let ready = tokio::task::spawn_blocking(move || {
        let catalog = catalog(&arguments)?;
        for pinned in catalog.pinned() {
            let (name, digest) = (pinned.name.as_str(), pinned.pin.digest());
            tracing::info!(component = name, %digest, "approved, because it is there first");
        }
        for problem in catalog.problems() {
            tracing::warn!(%problem, "a tool is left out");
        }
        let recorded = Recorded::open(&arguments.recording)?;
        // Before the policy is read: what changes in between is seen.
        let watched = policy::Watched::new(&arguments.access, recorded.recorder());
        let lock = catalog.pinning().map(|pinning| pinning.path());
        let ours = recorded.folder().into_iter().chain(lock);
        let enforced = access::open(&arguments.access, ours, Streams::Protocol)?;
        started(&recorded, &arguments.access);
        pins::loaded(&recorded.recorder(), None, &catalog);
        let approvals = approvals::of(
            enforced.state.clone(),
            arguments.asking,
            recorded.recorder(),
        );
        Ok::<_, Failure>((catalog, enforced, recorded, approvals, watched))
    });
    let ready = tokio::select! {
        biased;
        () = stop.gently.cancelled() => return Err(Failure::Interrupted),
        ready = ready => ready.map_err(|error| Failure::Runtime(error.into()))?,
    };
    let (catalog, enforced, recorded, approvals, watched) = ready?;
    let (policy, sandbox) = (enforced.policy, enforced.sandbox);
    let audit = recorded.recorder();
    let funnel = Funnel::asking(catalog, policy, sandbox, audit.clone(), approvals);
    let server = Server::new(Arc::clone(&funnel));
    let drain = Drain::new(stop.gently.clone(), stop.at_once.clone());
    let over_stdio = async {
        if stdio {
            server.serve_stdio(&stop.gently).await;
        }
    };
    let following = async {
        match watched {
            Some(watched) => {
                watched
                    .follow(&server, enforced.opening, enforced.is_sealed)
                    .await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(over_stdio, listeners.serve(&server, &drain)) } => {}
        () = following => {}
    }
    server.end().await;
    let is_told = stop.gently.is_cancelled();
    let has_cut = is_told && server.has_cut_calls();
    let reason = match (is_told, has_cut) {
        _ if stop.at_once.is_cancelled() => "a second signal",
        (true, true) => "a signal, before every call had ended",
        (true, false) => "a signal",
        (false, _) => "the client is gone",
    };
    // Closing the log writes it.
    drop(audit.append(&Event::Stop(Stopped { reason })));
    if has_cut { Err(Failure::Cut) } else { Ok(()) }
}

/// What is served: what was named, or what comes with ringfence and what is installed.
fn catalog(arguments: &ServeArguments) -> Result<Arc<Catalog>, Failure> {
    let naming = arguments.names.into();
    let state = arguments.access.vault.state_dir.as_ref();
    if arguments.tools.is_empty() {
        // What comes with ringfence is part of it, and what is installed was approved by that.
        let shelved = Shelved::at(arguments.pins.lock.as_ref(), state).ok();
        let trust = arguments.pins.trusting.trust.as_ref();
        let shelved = shelved.map(|shelved| shelved.trusting(trust));
        return load::installed(naming, shelved.as_ref());
    }
    let pinning = pin::of(&arguments.pins, state, Pin::FirstUse)?;
    load::catalog_of(&arguments.tools, naming, pinning)
}

/// Writes down that this process serves, and what it was granted.
fn started(recorded: &Recorded, access: &Access) {
    let audit = recorded.recorder();
    let start = Start {
        version: env!("CARGO_PKG_VERSION"),
        command: "serve",
    };
    drop(audit.append(&Event::Start(start)));
    if let Some(policy) = &access.policy {
        drop(audit.append(&Event::Policy(PolicyChange {
            state: PolicyState::Loaded,
            source: &policy.to_string_lossy(),
            version: None,
            reason: None,
        })));
    }
    for grant in &access.grants {
        let grant = grant.to_string();
        drop(audit.append(&Event::Grant(Change {
            by: "local",
            caller: None,
            name: None,
            tool: None,
            grant: &grant,
            source: "--grant",
        })));
    }
}
