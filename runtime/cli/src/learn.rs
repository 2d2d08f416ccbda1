//! `ringfence learn`: from calls in a scratch environment to a policy that allows what they wanted.
//!
//! Owns the order: read the calls, copy what is named, run each call under a policy that is watched, do
//! it again with the buckets that were wanted, propose. Refuses to change anything and to connect
//! anywhere: files are copies, buckets are empty, and no grant of a learning run leads out.

mod calls;
mod files;
mod network;
mod proposal;
mod scratch;
mod seen;

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_audit::Recorder;
use ringfence_policy::{Access, Budget, Capability, Grant, Kind, Policy};
use ringfence_sandbox::{ArtifactCache, Directories, Sandbox, Settings, Silent};
use ringfence_state::State;
use ringfence_tool::Component;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::arguments::LearnArguments;
use crate::compile;
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

/// How often the calls are made. Each time but the first, the tool has a bucket that it had not before.
/// Bounds how long one that always wants another one keeps a run.
const ROUNDS_MAX: usize = 8;

/// Buckets that a run makes up. Bounds what a tool that tries every name leaves on the disk.
const BUCKETS_MAX: usize = 64;

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
    let arguments = Arc::new(arguments);
    let mut buckets = BTreeSet::new();
    let mut round = 0;
    let (run, notes) = loop {
        round += 1;
        let (asked, given) = (Arc::clone(&arguments), buckets.clone());
        let ready = tokio::task::spawn_blocking(move || Run::ready(&asked, &given));
        let ready = tokio::select! {
            biased;
            () = stop.gently.cancelled() => return Err(Failure::Interrupted),
            ready = ready => ready.map_err(|error| Failure::Runtime(error.into()))?,
        };
        let run = ready?;
        let notes = run.calls(&arguments.tool, &stop.gently).await?;
        // Where a tool was denied a bucket it may have stopped: what it would want next is not seen yet.
        let known = buckets.len();
        buckets.extend(run.buckets());
        if buckets.len() == known || buckets.len() > BUCKETS_MAX || round == ROUNDS_MAX {
            break (run, notes);
        }
    };
    for note in notes {
        console.note(&escape(&note));
    }
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
    /// Where buckets are kept. Gone when it is dropped.
    _state: TempDir,
}

impl Run {
    /// A run with an empty bucket of each of these names.
    fn ready(arguments: &LearnArguments, buckets: &BTreeSet<String>) -> Result<Self, Failure> {
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
        let mut grants = grants(&component, &scratch);
        grants.extend(buckets.iter().filter_map(|bucket| bucket.parse().ok()));
        let policy = Policy::new(grants, budget)
            .map_err(|conflict| Failure::Grants(Box::new(conflict)))?
            .watched(Arc::clone(&seen) as _);
        let directories = Directories::open(&policy, &[], environment::variable)
            .map_err(|error| Failure::Grants(Box::new(error)))?;
        let state = tempfile::tempdir().map_err(Failure::Runtime)?;
        let cache = arguments.cache_dir.clone();
        let cache = cache.or_else(environment::cache_folder);
        let sandbox = Sandbox::new(Settings {
            compiler: compile::compiler(),
            cache: cache.and_then(|folder| ArtifactCache::open(folder).ok()),
            directories,
            state: Some(State::lazily(state.path().join("state"))),
            ..Settings::default()
        });
        let direct = Direct::new(catalog, policy, sandbox, Recorder::off());
        Ok(Self {
            component,
            calls,
            scratch,
            seen,
            direct: direct.ok_or_else(unknown)?,
            _state: state,
        })
    }

    /// A bucket of each name that was wanted.
    fn buckets(&self) -> BTreeSet<String> {
        let functions = self.seen.functions();
        let accesses = functions.values().flat_map(|accesses| accesses.keys());
        let wanted = accesses.filter_map(|access| match access {
            Access::Named(Kind::Kv, name) => Some(format!("{}={name}", Kind::Kv)),
            _ => None,
        });
        // A name that no grant can say is never given.
        wanted
            .filter(|bucket| bucket.parse::<Grant>().is_ok())
            .collect()
    }

    /// Makes each call, and gives back how each ended, in words.
    async fn calls(&self, tool: &str, stop: &CancellationToken) -> Result<Vec<String>, Failure> {
        let mut notes = Vec::new();
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
            notes.push(format!("call {number}, {}: {said}", call.function));
        }
        Ok(notes)
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
