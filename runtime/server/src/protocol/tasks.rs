//! Calls that go on without a request: the tasks extension.
//!
//! Owns the table of tasks, what state each is in, and that a task belongs to the principal who began
//! it: to anybody else it is unknown. Everything is in memory; a task ends with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use ringfence_identity::Caller;
use ringfence_sandbox::AskError;
use rmcp::model::TASKS_EXTENSION_ID;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::dispatch::raw;
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::fault::{self, Fault};
use super::frame::Params;
use super::line::Moment;
use super::open::{self, Open, Responses};
use super::running::Running;
use super::wire::ResultText;
use super::{seal, server_info};
use crate::labels::Labels;

/// How long a client that knows tasks waits for an answer before it is given a task instead.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a task is kept, from its beginning.
const TTL: Duration = Duration::from_mins(10);

/// How often a client should ask.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Tasks of one process. Bounds what callers who never come back make it hold.
const TASKS_MAX: usize = 1024;

/// Tasks of one principal, so that one cannot use up everybody's.
const PRINCIPAL_TASKS_MAX: usize = 256;

/// The tasks of one process.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    table: Mutex<HashMap<String, Arc<Task>>>,
}

#[derive(Debug)]
struct Task {
    id: String,
    caller: Caller,
    created: SystemTime,
    until: Instant,
    cancel: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    updated: SystemTime,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Working,
    Waits(Open),
    Completed(Box<RawValue>),
    Failed(Box<Fault>),
    Cancelled,
}

impl Phase {
    fn word(&self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Waits(_) => "input_required",
            Self::Completed(_) => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::Failed(_) | Self::Cancelled)
    }
}

/// A place in the table for a call that is about to leave its request. Given back when it is dropped
/// unused.
#[derive(Debug)]
pub(crate) struct Place {
    tasks: Arc<Tasks>,
    task: Arc<Task>,
    taken: bool,
}

impl Tasks {
    /// A place for a call of `caller`, when there is one.
    pub(crate) fn place(self: &Arc<Self>, caller: &Caller) -> Option<Place> {
        self.place_for(caller, TTL)
    }

    fn place_for(self: &Arc<Self>, caller: &Caller, ttl: Duration) -> Option<Place> {
        let now = Instant::now();
        let mut table = lock(&self.table);
        table.retain(|_, task| !task.has_expired(now));
        let own = table.values().filter(|task| task.caller == *caller).count();
        if table.len() >= TASKS_MAX || own >= PRINCIPAL_TASKS_MAX {
            return None;
        }
        let created = SystemTime::now();
        let task = Arc::new(Task {
            id: seal::unguessable(),
            caller: caller.clone(),
            created,
            until: now + ttl,
            cancel: CancellationToken::new(),
            state: Mutex::new(State {
                updated: created,
                phase: Phase::Working,
            }),
        });
        table.insert(task.id.clone(), Arc::clone(&task));
        Some(Place {
            tasks: Arc::clone(self),
            task,
            taken: false,
        })
    }

    /// The state of a task, with its result when there is one.
    ///
    /// # Errors
    ///
    /// There is no such task, or not for this caller.
    pub(crate) fn get(&self, caller: &Caller, id: &str) -> Result<Map<String, Value>, Fault> {
        Ok(self.find(caller, id)?.detailed())
    }

    /// Answers questions of a task. What belongs to none of them is passed over.
    ///
    /// # Errors
    ///
    /// There is no such task for this caller, or an answer does not fit.
    pub(crate) fn update(
        &self,
        caller: &Caller,
        id: &str,
        mut responses: Responses,
    ) -> Result<(), Fault> {
        let task = self.find(caller, id)?;
        let mut state = lock(&task.state);
        if let Phase::Waits(open) = &mut state.phase {
            open.take(&mut responses)?;
            let phase = std::mem::replace(&mut state.phase, Phase::Working);
            if let Phase::Waits(open) = phase
                && let Some(open) = open.settle()
            {
                state.phase = Phase::Waits(open);
            }
            state.updated = SystemTime::now();
        }
        Ok(())
    }

    /// Cancels a task. One that has ended stays as it is.
    ///
    /// # Errors
    ///
    /// There is no such task for this caller.
    pub(crate) fn cancel(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        self.find(caller, id)?.cancel.cancel();
        Ok(())
    }

    fn find(&self, caller: &Caller, id: &str) -> Result<Arc<Task>, Fault> {
        let table = lock(&self.table);
        table
            .get(id)
            .filter(|task| task.caller == *caller && !task.has_expired(Instant::now()))
            .cloned()
            .ok_or_else(|| fault::unknown_handle("taskId"))
    }
}

impl Task {
    fn has_expired(&self, now: Instant) -> bool {
        let expired = now >= self.until;
        if expired {
            self.cancel.cancel();
        }
        expired
    }

    /// What every form of a task says.
    fn base(&self, state: &State) -> Map<String, Value> {
        let mut base = Map::new();
        base.insert("taskId".into(), self.id.as_str().into());
        base.insert("status".into(), state.phase.word().into());
        base.insert("createdAt".into(), timestamp(self.created).into());
        base.insert("lastUpdatedAt".into(), timestamp(state.updated).into());
        base.insert("ttlMs".into(), millis(TTL).into());
        base.insert("pollIntervalMs".into(), millis(POLL_INTERVAL).into());
        base
    }

    fn detailed(&self) -> Map<String, Value> {
        let mut state = lock(&self.state);
        // The guest has given up waiting, and works.
        if matches!(&state.phase, Phase::Waits(open) if open.is_abandoned()) {
            state.phase = Phase::Working;
        }
        let mut detailed = self.base(&state);
        match &state.phase {
            Phase::Working | Phase::Cancelled => {}
            Phase::Waits(open) => {
                detailed.insert("inputRequests".into(), open.requests().into());
            }
            Phase::Completed(result) => {
                // It was written as JSON, so it parses.
                let result = serde_json::from_str(result.get()).unwrap_or_default();
                detailed.insert("result".into(), result);
            }
            Phase::Failed(fault) => {
                detailed.insert("error".into(), json!(fault.error));
            }
        }
        detailed
    }

    fn enter(&self, phase: Phase) {
        let mut state = lock(&self.state);
        state.phase = phase;
        state.updated = SystemTime::now();
    }
}

impl Place {
    /// Lets the call go on by itself. What the client is told of it.
    pub(crate) fn take(mut self, running: Running) -> Map<String, Value> {
        self.taken = true;
        let created = self.task.base(&lock(&self.task.state));
        tokio::spawn(Labels::carried(run(Arc::clone(&self.task), running)));
        created
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.taken {
            lock(&self.tasks.table).remove(&self.task.id);
        }
    }
}

/// Drives a call until it ends.
async fn run(task: Arc<Task>, mut running: Running) {
    let expiry = tokio::time::sleep_until(task.until.into());
    tokio::pin!(expiry);
    let ended = loop {
        tokio::select! {
            ended = &mut running.call => break ended,
            moment = running.line.moment() => match moment {
                Moment::Asks(asked) => if let Some(open) = running.open(asked) {
                    task.enter(Phase::Waits(open));
                },
                Moment::Leaves(_) => {}
            },
            () = task.cancel.cancelled(), if !running.cancel.is_cancelled() => {
                running.cancel.cancel();
            }
            () = &mut expiry, if !task.cancel.is_cancelled() => task.cancel.cancel(),
        }
    };
    let cancelled = task.cancel.is_cancelled();
    let phase = match running.shape.task(ended) {
        _ if cancelled => Phase::Cancelled,
        Ok(result) => Phase::Completed(result),
        Err(fault) => Phase::Failed(Box::new(fault)),
    };
    let mut state = lock(&task.state);
    if let Phase::Waits(open) = std::mem::replace(&mut state.phase, phase) {
        open.refuse(AskError::Expired);
    }
    state.updated = SystemTime::now();
    debug_assert!(state.phase.is_terminal());
}

/// `tasks/get`.
pub(super) fn get(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let id = task_id(exchange, params)?;
    let task = endpoint.tasks.get(&exchange.caller, id)?;
    Ok(complete(task))
}

/// `tasks/update`.
pub(super) fn update(
    endpoint: &Endpoint,
    exchange: &Exchange,
    mut params: Params,
) -> Result<ResultText, Fault> {
    let responses = open::responses(params.remove("inputResponses"))?;
    let id = task_id(exchange, &params)?;
    endpoint.tasks.update(&exchange.caller, id, responses)?;
    Ok(complete(Map::new()))
}

/// `tasks/cancel`.
pub(super) fn cancel(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let id = task_id(exchange, params)?;
    endpoint.tasks.cancel(&exchange.caller, id)?;
    Ok(complete(Map::new()))
}

fn task_id<'p>(exchange: &Exchange, params: &'p Params) -> Result<&'p str, Fault> {
    if !exchange.client().tasks {
        let required = json!({"extensions": {TASKS_EXTENSION_ID: {}}});
        let text = "the client does not say that it knows tasks";
        return Err(fault::missing_capability(required, text));
    }
    let id = params.get("taskId").and_then(Value::as_str);
    id.ok_or_else(|| fault::params("`taskId` must be a string"))
}

fn complete(mut result: Map<String, Value>) -> ResultText {
    server_info::stamp(&mut result, "complete");
    raw(&result)
}

fn timestamp(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(principal: &str) -> Caller {
        Caller::new("acme".parse().unwrap(), principal.parse().unwrap())
    }

    fn begin(tasks: &Arc<Tasks>, caller: &Caller, ttl: Duration) -> String {
        let place = tasks.place_for(caller, ttl).unwrap();
        let created = place.take(Running::idle());
        created["taskId"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_task_is_its_principals() {
        let tasks = Arc::new(Tasks::default());
        let (ann, bob) = (caller("ann"), caller("bob"));
        let id = begin(&tasks, &ann, TTL);
        assert_eq!(tasks.get(&ann, &id).unwrap()["status"], "working");
        let unknown = tasks.get(&ann, "nobody").unwrap_err();
        assert_eq!(tasks.get(&bob, &id).unwrap_err(), unknown);
        assert_eq!(tasks.cancel(&bob, &id).unwrap_err(), unknown);
        assert_eq!(
            tasks.update(&bob, &id, Responses::new()).unwrap_err(),
            unknown
        );
    }

    #[tokio::test]
    async fn a_task_ends_with_its_time() {
        let tasks = Arc::new(Tasks::default());
        let ann = caller("ann");
        let place = tasks.place_for(&ann, Duration::ZERO).unwrap();
        let running = Running::idle();
        let stopped = running.cancel.clone();
        let id = place.take(running)["taskId"].as_str().unwrap().to_owned();
        assert!(tasks.get(&ann, &id).is_err());
        // Its guest is stopped, too.
        stopped.cancelled().await;
        begin(&tasks, &ann, TTL);
        assert_eq!(lock(&tasks.table).len(), 1);
    }

    #[tokio::test]
    async fn places_are_bounded_and_given_back() {
        let tasks = Arc::new(Tasks::default());
        let ann = caller("ann");
        let mut places: Vec<_> = (0..PRINCIPAL_TASKS_MAX)
            .map(|_| tasks.place(&ann).unwrap())
            .collect();
        assert!(tasks.place(&ann).is_none());
        assert!(tasks.place(&caller("bob")).is_some());
        places.pop();
        assert!(tasks.place(&ann).is_some());
    }
}
