//! `ringfence learn`: from calls in a scratch environment to a policy that allows what they wanted.
//!
//! Owns the order: read the calls, copy what is named, run each call under a policy that is watched,
//! propose. Refuses to change anything and to connect anywhere: files are copies, and no grant of a
//! learning run leads out.

mod calls;
mod files;
mod network;
mod proposal;
mod scratch;
mod seen;

use std::sync::Arc;

use ringfence_audit::Recorder;
use ringfence_policy::{Budget, Capability, Grant, Kind, Policy};
use ringfence_sandbox::{ArtifactCache, Directories, Sandbox, Settings, Silent};
use ringfence_tool::Component;
use tokio_util::sync::CancellationToken;

use crate::arguments::LearnArguments;
use crate::console::Console;
use crate::direct::{self, Direct};
use crate::environment;
use crate::escape::escape;
use crate::failure::Failure;
use crate::load;
use crate::stop::Stop;
use calls::Call;
use proposal::Proposal;
use scratch::Scratch;
use seen::Seen;

/// A host that nothing answers for: what is bound to it is sent nowhere.
const NOWHERE: &str = "learning.invalid";

/// Runs the calls and prints the policy.
///
/// # Errors
///
/// The calls, the folders or the tool cannot be read, or standard output cannot be written. How a call
/// ends is a note on standard error: what it wanted until then is learned.
pub(crate) async fn run(
    arguments: LearnArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    let tool = arguments.tool.clone();
    let ready = tokio::task::spawn_blocking(move || Run::ready(&arguments));
    let ready = tokio::select! {
        biased;
        () = stop.gently.cancelled() => return Err(Failure::Interrupted),
        ready = ready => ready.map_err(|error| Failure::Runtime(error.into()))?,
    };
    let run = ready?;
    run.calls(&tool, console, &stop.gently).await?;
    let proposal = Proposal {
        component: &run.component,
        scratch: &run.scratch,
        seen: &run.seen,
    };
    // Reasons are a stranger's words.
    console.print(&escape(&proposal.policy()))?;
    Ok(())
}

/// Everything that a learning run needs.
struct Run {
    component: Arc<Component>,
    calls: Vec<Call>,
    scratch: Scratch,
    seen: Arc<Seen>,
    direct: Direct,
}

impl Run {
    fn ready(arguments: &LearnArguments) -> Result<Self, Failure> {
        let calls = calls::read(arguments)?;
        let catalog = load::catalog(&arguments.tool)?;
        let unknown = || Failure::UnknownTool {
            tool: arguments.tool.clone(),
            known: Vec::new(),
        };
        let component = catalog.components().next().cloned().ok_or_else(unknown)?;
        let scratch = Scratch::copy(&arguments.scratch)?;
        let seen = Arc::new(Seen::default());
        let mut budget = Budget::default();
        if let Some(timeout) = arguments.timeout {
            budget.wall = timeout;
        }
        let policy = Policy::new(grants(&component, &scratch), budget)
            .map_err(|conflict| Failure::Grants(Box::new(conflict)))?
            .watched(Arc::clone(&seen) as _);
        let directories = Directories::open(&policy, &[], environment::variable)
            .map_err(|error| Failure::Grants(Box::new(error)))?;
        let cache = arguments.cache_dir.clone();
        let cache = cache.or_else(environment::cache_folder);
        let sandbox = Sandbox::new(Settings {
            cache: cache.and_then(|folder| ArtifactCache::open(folder).ok()),
            directories,
            ..Settings::default()
        });
        let direct = Direct::new(catalog, policy, sandbox, Recorder::off());
        Ok(Self {
            component,
            calls,
            scratch,
            seen,
            direct: direct.ok_or_else(unknown)?,
        })
    }

    /// Makes each call, and says how it ended.
    async fn calls(
        &self,
        tool: &str,
        console: Console,
        stop: &CancellationToken,
    ) -> Result<(), Failure> {
        for (number, call) in (1..).zip(&self.calls) {
            self.seen.begin(number, &call.function);
            let arguments = call.arguments.clone();
            let called = self.direct.call(
                tool,
                &call.function,
                arguments,
                Arc::new(Silent),
                stop.clone(),
            );
            let ended = called
                .await
                .and_then(|answer| direct::returned(&answer.outcome, tool, &call.function));
            let said = match ended {
                Ok(_) => "returned".to_owned(),
                // Nothing was run, and nothing can be learned of it.
                Err(
                    failure @ (Failure::UnknownFunction { .. }
                    | Failure::Arguments { .. }
                    | Failure::Interrupted
                    | Failure::Load { .. }),
                ) => return Err(failure),
                Err(failure) => failure.to_string(),
            };
            console.note(&escape(&format!(
                "call {number}, {}: {said}",
                call.function
            )));
        }
        Ok(())
    }
}

/// What a learning run gives a tool: copies of files, the variables that it asks for by name, and
/// secrets that are placeholders and are sent nowhere.
fn grants(component: &Component, scratch: &Scratch) -> Vec<Grant> {
    let mut grants = scratch.grants();
    for request in &component.manifest().requests {
        let grant = match Capability::requested(&request.capability) {
            Ok(Capability::Env(name)) => Some(Grant::Env(name)),
            Ok(Capability::Secret(name)) => {
                format!("{}={name}->{NOWHERE}", Kind::Secret).parse().ok()
            }
            _ => None,
        };
        grants.extend(grant.filter(|grant| !grants.contains(grant)));
    }
    grants
}
