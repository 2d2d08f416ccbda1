//! One record of every call.
//!
//! Owns what of a call is written down: who, what, with which outcome, at what cost. Refuses to write
//! what a call was given or what it gave back; arguments appear as a digest. How records are kept is
//! the business of `ringfence-audit`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ringfence_audit::{
    Approval, ApprovalState, ArgumentsDigest, Call, CallName, Caller as CalledBy, Cost, Event,
    Intent, Recorder, Ticket, Tool, Touched,
};
use ringfence_identity::Caller;
use ringfence_policy::{Permit, Tier};
use ringfence_sandbox::{Answer, LastReceipt, Outcome, Receipt};
use ringfence_tool::Digest;
use serde_json::{Map, Value};

use crate::call::{CallError, CallRequest, Found, Lineage, Target};
use crate::metrics::Metrics;
use crate::unique;
use crate::within::within;

/// How calls end, in the words of their records.
pub const OUTCOMES: [&str; 21] = [
    "cancelled",
    "denied",
    "disabled",
    "host-fault",
    "invalid-arguments",
    "limit",
    "overloaded",
    "refused",
    "returned",
    "revoked",
    "too-deep",
    "too-many-calls",
    "too-many-questions",
    "tool-error",
    "trapped",
    "unanswered",
    "unasked",
    "unkept",
    "unknown-tool",
    "unrecorded",
    "unusable",
];

/// How long a call waits for its record. A disk that does not answer must not hold calls, nor the
/// memory that they take, for ever.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a digest of arguments keeps of its memory. Bounds what one large call leaves behind on each
/// thread.
const KEPT_BYTES: usize = 64 * 1024;

/// The record of one call. Written when it is closed, or when it is dropped because the call was.
#[derive(Debug)]
pub(crate) struct Record<'c> {
    started: Instant,
    /// What tells the call from all others. A client calls its requests what it wants, and more than one
    /// alike.
    call: Arc<str>,
    caller: &'c Caller,
    request: &'c CallRequest,
    lineage: &'c Lineage,
    found: OnceLock<Found>,
    arguments: Option<ArgumentsDigest>,
    /// What its guest cost and touched, when the call is dropped.
    last: LastReceipt,
    recorder: &'c Recorder,
    metrics: &'c Metrics,
    open: bool,
}

impl<'c> Record<'c> {
    /// Begins the record of a call that names something.
    pub(crate) fn open(
        caller: &'c Caller,
        request: &'c CallRequest,
        lineage: &'c Lineage,
        recorder: &'c Recorder,
        metrics: &'c Metrics,
    ) -> Self {
        metrics.call_started();
        Self {
            started: Instant::now(),
            call: unique::name().into(),
            caller,
            request,
            lineage,
            found: OnceLock::new(),
            arguments: digest(recorder, &request.arguments),
            last: LastReceipt::default(),
            recorder,
            metrics,
            open: true,
        }
    }

    /// The names lead to something.
    pub(crate) fn found(&self, found: Found) -> &Found {
        self.found.get_or_init(|| found)
    }

    /// Writes down that a call which can do harm is about to run, and waits until that is written.
    ///
    /// # Errors
    ///
    /// It cannot be written: the call must not run.
    pub(crate) async fn intent(&self, permit: &Permit) -> Result<(), CallError> {
        if !self.recorder.is_on() || permit.effective().tier() != Tier::Dangerous {
            return Ok(());
        }
        let capabilities: Vec<String> = permit.grants().iter().map(ToString::to_string).collect();
        let digest = self.found.get().map(|found| found.component.digest());
        let ticket = self.recorder.append(&Event::Intent(Intent {
            caller: self.called_by(),
            name: self.call_name(),
            tool: self.tool(digest.as_ref().map(Digest::as_bytes), &self.name()),
            arguments: self.arguments.as_ref(),
            capabilities: &capabilities,
        }));
        let internal = match tokio::time::timeout(PATIENCE, ticket).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(unwritten)) => unwritten.to_string(),
            Err(_) => format!("the record was not written within {PATIENCE:?}"),
        };
        tracing::warn!(request = self.request.id, %internal, "refused a dangerous call");
        Err(CallError::Unrecorded {
            internal: internal.into(),
        })
    }

    /// Writes down a step of the approval that the call needs.
    pub(crate) fn approval(
        &self,
        state: ApprovalState,
        id: &str,
        capabilities: &[String],
        by: Option<&str>,
        scope: Option<&str>,
    ) {
        let digest = self.found.get().map(|found| found.component.digest());
        drop(self.recorder.append(&Event::Approval(Approval {
            state,
            id,
            caller: self.called_by(),
            name: Some(self.call_name()),
            tool: self.tool(digest.as_ref().map(Digest::as_bytes), &self.name()),
            arguments: self.arguments.as_ref(),
            capabilities,
            by,
            scope,
        })));
    }

    /// Where its guest leaves its receipt when the call is dropped.
    pub(crate) fn last(&self) -> &LastReceipt {
        &self.last
    }

    /// Where the call comes from.
    pub(crate) fn lineage(&self) -> &'c Lineage {
        self.lineage
    }

    /// What was asked for.
    pub(crate) fn request(&self) -> &CallRequest {
        self.request
    }

    /// Writes the record, and waits until it is written where the log's durability says so.
    pub(crate) async fn close(mut self, result: &Result<Answer, CallError>) {
        self.open = false;
        let ticket = match result {
            Ok(Answer {
                outcome, receipt, ..
            }) => {
                let limit = match outcome {
                    Outcome::Limit(limit) => Some(limit.word()),
                    _ => None,
                };
                self.write(outcome.word(), limit, Some(receipt), reason(outcome))
            }
            Err(error) => {
                let (word, receipt) = (error.word(), error.receipt());
                self.write(word, None, receipt, Some(&refusal(error)))
            }
        };
        // The call has been made, so it is answered; the log's health says what is missing.
        let _ = within(PATIENCE, ticket.before_answer()).await;
    }

    fn write(
        &self,
        outcome: &'static str,
        limit: Option<&str>,
        receipt: Option<&Receipt>,
        reason: Option<&str>,
    ) -> Ticket {
        debug_assert!(OUTCOMES.contains(&outcome), "nobody could search for it");
        let touched = receipt.map_or_else(Vec::new, touched);
        let took = self.started.elapsed();
        let fuel = receipt.map_or(0, |receipt| receipt.fuel);
        let digest = self.found.get().map(|found| found.component.digest());
        let ticket = self.recorder.append(&Event::Call(Call {
            caller: self.called_by(),
            name: self.call_name(),
            tool: self.tool(digest.as_ref().map(Digest::as_bytes), &self.name()),
            arguments: self.arguments.as_ref(),
            outcome,
            limit,
            reason,
            took,
            cost: receipt.map(cost),
            capabilities: receipt.map_or(&[], |receipt| &receipt.granted),
            touched: &touched,
            denied: receipt.map_or(&[], |receipt| &receipt.denied),
            denied_more: receipt.map_or(0, |receipt| receipt.denied_more),
        }));
        // Whoever waits until no call runs finds all their records.
        self.metrics.call_ended(outcome, took, fuel);
        ticket
    }

    fn call_name(&self) -> CallName<'_> {
        CallName {
            call: &self.call,
            request: &self.request.id,
            parent: self.lineage.parent(),
        }
    }

    /// What tells the call from all others.
    pub(crate) fn call(&self) -> &Arc<str> {
        &self.call
    }

    fn called_by(&self) -> CalledBy<'_> {
        CalledBy {
            tenant: self.caller.tenant().as_str(),
            principal: self.caller.principal().as_str(),
        }
    }

    fn tool<'r>(&'r self, digest: Option<&'r [u8; 32]>, name: &'r str) -> Tool<'r> {
        let found = self.found.get();
        Tool {
            name,
            component: found.map(|found| found.component.name().as_str()),
            function: found.map(|found| found.function.as_str()),
            digest,
        }
    }

    /// What it is called: what the catalog says, or what the caller does where that leads nowhere.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        if let Some(found) = self.found.get() {
            return Cow::Borrowed(&found.name);
        }
        match &self.request.target {
            Target::Function {
                component,
                function,
            } => Cow::Owned(format!("{component}_{function}")),
            Target::Tool(name) | Target::Provided { item: name, .. } => Cow::Borrowed(name),
        }
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if self.open {
            // Nobody waits for an answer.
            drop(self.write("cancelled", None, self.last.of(), None));
        }
    }
}

fn digest(recorder: &Recorder, arguments: &Map<String, Value>) -> Option<ArgumentsDigest> {
    thread_local! {
        static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    if !recorder.is_on() {
        return None;
    }
    TEXT.with_borrow_mut(|text| {
        text.clear();
        // A map of JSON always serialises.
        let written = serde_json::to_writer(&mut *text, arguments);
        let digest = written.ok().and_then(|()| recorder.digest(text));
        text.clear();
        text.shrink_to(KEPT_BYTES);
        digest
    })
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

/// Why no guest ran. What is wrong with arguments repeats them, so only the place is said.
fn refusal(error: &CallError) -> Cow<'_, str> {
    match error {
        CallError::Arguments(unfit) => Cow::Owned(format!("at `{}`", unfit.path)),
        other => match other.internal() {
            Some(internal) => Cow::Borrowed(internal),
            None => Cow::Owned(other.to_string()),
        },
    }
}

/// What a call touched, by the kinds of grants.
fn touched(receipt: &Receipt) -> Vec<Touched<'_>> {
    let reached = receipt.reached.iter().map(|line| {
        let target = line.target.as_str();
        let (kind, name) = match target.split_once(':') {
            Some(("http" | "https", _)) => ("net", target),
            Some(("tcp" | "udp", _)) => ("socket", target),
            Some(kind_and_name) => kind_and_name,
            None => (target, ""),
        };
        Touched {
            kind,
            name,
            times: line.count,
            bytes_in: line.received_bytes,
            bytes_out: line.sent_bytes,
        }
    });
    let secrets = receipt.secrets.iter().map(|name| Touched {
        kind: "secret",
        name,
        times: 1,
        bytes_in: 0,
        bytes_out: 0,
    });
    reached.chain(secrets).collect()
}

fn cost(receipt: &Receipt) -> Cost {
    Cost {
        fuel: receipt.fuel,
        wall: receipt.wall,
        cpu: receipt.cpu,
        peak_memory_bytes: receipt.peak_memory_bytes as u64,
        result_bytes: receipt.result_bytes as u64,
        output_bytes: receipt.output_bytes,
    }
}
