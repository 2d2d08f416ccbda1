//! One record of every call.
//!
//! Owns what is written down: who, what, with which outcome, at what cost. Refuses to write what a
//! call was given or what it gave back; arguments appear as a digest. Names that a caller made up
//! are escaped and cut, so that no record can forge another.

use std::time::Instant;

use ringfence_identity::Caller;
use ringfence_sandbox::{Answer, Outcome};
use ringfence_tool::Digest;

use crate::call::{self, CallError, CallRequest, Target};
use crate::echo::echo;
use crate::metrics::Metrics;

/// The `tracing` target of audit records.
pub const AUDIT_TARGET: &str = "ringfence::audit";

/// The record of one call. Written when it is closed, or when it is dropped because the call was.
#[derive(Debug)]
pub(crate) struct Record {
    started: Instant,
    caller: Caller,
    request: String,
    tool: String,
    found: Option<Found>,
    arguments: Digest,
    metrics: Metrics,
    open: bool,
}

#[derive(Debug)]
struct Found {
    component: String,
    function: String,
    digest: Digest,
}

impl Record {
    /// Begins the record of a call that names something.
    pub(crate) fn open(caller: &Caller, request: &CallRequest, metrics: &Metrics) -> Self {
        metrics.call_started();
        let tool = match &request.target {
            Target::Function {
                component,
                function,
            } => {
                format!("{}_{}", echo(component), echo(function))
            }
            Target::Tool(name) | Target::Provided { item: name, .. } => echo(name),
        };
        // A map of JSON always serialises.
        let arguments = serde_json::to_vec(&request.arguments).unwrap_or_default();
        Self {
            started: Instant::now(),
            caller: caller.clone(),
            request: echo(&request.id),
            tool,
            found: None,
            arguments: Digest::of(&arguments),
            metrics: metrics.clone(),
            open: true,
        }
    }

    /// The names lead to something.
    pub(crate) fn found(&mut self, found: &call::Found) {
        self.tool = echo(&found.name);
        self.found = Some(Found {
            component: found.component.name().to_string(),
            function: found.function.to_string(),
            digest: found.component.digest(),
        });
    }

    /// Writes the record.
    pub(crate) fn close(mut self, result: &Result<Answer, CallError>) {
        self.open = false;
        match result {
            Ok(answer) => self.write(answer.outcome.word(), Some(answer), reason(&answer.outcome)),
            Err(error) => {
                let text = error.to_string();
                self.write(error.word(), None, Some(error.internal().unwrap_or(&text)));
            }
        }
    }

    fn write(&self, outcome: &'static str, answer: Option<&Answer>, reason: Option<&str>) {
        let receipt = answer.map(|answer| &answer.receipt);
        let fuel = receipt.map_or(0, |receipt| receipt.fuel);
        self.metrics
            .call_ended(outcome, self.started.elapsed(), fuel);
        let limit = answer.and_then(|answer| match &answer.outcome {
            Outcome::Limit(limit) => Some(limit.word()),
            _ => None,
        });
        let found = self.found.as_ref();
        tracing::info!(
            target: AUDIT_TARGET,
            tenant = self.caller.tenant().as_str(),
            principal = self.caller.principal().as_str(),
            request = self.request,
            tool = self.tool,
            component = found.map(|found| found.component.as_str()),
            function = found.map(|found| found.function.as_str()),
            digest = found.map(|found| tracing::field::display(found.digest)),
            arguments = %self.arguments,
            outcome,
            limit,
            reason = reason.map(echo),
            fuel = receipt.map(|receipt| receipt.fuel),
            wall_us = micros(receipt.map_or_else(|| self.started.elapsed(), |receipt| receipt.wall)),
            cpu_us = receipt.map(|receipt| micros(receipt.cpu)),
            peak_memory_bytes = receipt.map(|receipt| receipt.peak_memory_bytes),
            result_bytes = receipt.map(|receipt| receipt.result_bytes),
            output_bytes = receipt.map(|receipt| receipt.output_bytes),
            "call",
        );
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.open {
            self.write("cancelled", None, None);
        }
    }
}

/// What is worth writing down of how a guest ended. A tool's own error is its answer, not ours to
/// keep.
fn reason(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::HostFault(internal) => Some(internal),
        Outcome::Trapped(trap) => Some(&trap.reason),
        _ => None,
    }
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
