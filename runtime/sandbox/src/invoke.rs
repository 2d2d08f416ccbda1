//! One call of one guest, from permit to receipt.
//!
//! Owns the order: a fresh store with every limit set, instantiation, the call, the result as JSON.
//! Time runs over all of it. Whatever happens, the store is dropped and never used again.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ringfence_egress::{Limits, Rules};
use ringfence_policy::{Budget, Capability, Permit};
use ringfence_secrets::{Scrubber, TenantSecrets};
use ringfence_tool::{Payload, Returns, Type};
use tokio_util::sync::CancellationToken;
use wasmtime::Store;
use wasmtime::component::{ResourceTable, Val};
use wasmtime_wasi_http::WasiHttpCtx;

use crate::arguments::Arguments;
use crate::classify;
use crate::config::Config;
use crate::content;
use crate::engine::FUEL_YIELD_INTERVAL;
use crate::files::Files;
use crate::guest::{Events, Guest};
use crate::host::{Calls, Clock, HostCall};
use crate::http::Hooks;
use crate::keyvalue::KeyValue;
use crate::leaving::{self, Leaving, Transcript};
use crate::ledger::Ledger;
use crate::meter::Meter;
use crate::network::Granted;
use crate::outcome::{Limit, Outcome, Output, ToolError};
use crate::prepared::{Entry, Prepared};
use crate::receipt::{LastReceipt, Receipt, Truncated};
use crate::result::{self, Unwritable};
use crate::sandbox::Sandbox;
use crate::slot::Slot;
use crate::socket::Ungranted;
use crate::streams::Streams;
use crate::toll::Toll;
use crate::wasi::{Means, Wasi};
use crate::watch;

/// Header fields of one HTTP message. Bounds what a guest can make the host keep of them.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// Everything that a call left behind.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub outcome: Outcome,
    /// What it cost.
    pub receipt: Receipt,
    /// The start of what the guest wrote to standard output.
    pub stdout: Vec<u8>,
    /// The start of what the guest wrote to standard error.
    pub stderr: Vec<u8>,
}

/// How a call is stopped, and where it leaves what it had cost by then.
#[derive(Debug, Clone)]
pub struct Stop<'c> {
    /// Stops the guest. The call answers as ever, with its receipt.
    pub cancel: CancellationToken,
    /// Where the receipt is when the future of the call is dropped, and nobody has its answer.
    pub last: Option<&'c LastReceipt>,
}

impl From<CancellationToken> for Stop<'_> {
    fn from(cancel: CancellationToken) -> Self {
        Self { cancel, last: None }
    }
}

/// One call, with what it is allowed and given.
struct Begun {
    started: Instant,
    permit: Permit,
    slot: Slot,
    arguments: Arguments,
    /// Of the caller's tenant.
    secrets: Arc<TenantSecrets>,
    /// What it touches.
    ledger: Arc<Ledger>,
}

/// Why a guest stopped before it returned.
enum End {
    Cancelled,
    Cpu,
    Engine(wasmtime::Error),
    Panic(String),
    Wall,
}

impl Sandbox {
    /// Runs one call: spends the permit and the slot.
    ///
    /// Fails in no way but through the [`Outcome`]. Dropping the future stops the guest, too, and leaves
    /// its receipt where `stop` says.
    ///
    /// Nothing that leaves holds a secret of the caller's tenant: not the answer, nor what `events`
    /// hears.
    pub async fn invoke<'c>(
        &self,
        prepared: &Prepared,
        permit: Permit,
        slot: Slot,
        arguments: Arguments,
        events: Events,
        stop: impl Into<Stop<'c>>,
    ) -> Answer {
        let secrets = self.secrets().of(permit.caller().tenant());
        let leaving = Leaving::new(Arc::clone(secrets.scrubber()));
        let result_bytes_max = permit.budget().result_bytes;
        let events = leaving.events(events);
        let begun = Begun {
            started: Instant::now(),
            permit,
            slot,
            arguments,
            secrets,
            ledger: Arc::default(),
        };
        let answer = self.call(prepared, begun, events, stop.into()).await;
        leaving.answer(answer, result_bytes_max)
    }

    async fn call(
        &self,
        prepared: &Prepared,
        begun: Begun,
        events: Events,
        Stop { cancel, last }: Stop<'_>,
    ) -> Answer {
        let (started, permit) = (begun.started, &begun.permit);
        let budget = permit.budget();
        let clock = Clock::new(started + budget.wall);
        let scrubber = Arc::clone(begun.secrets.scrubber());
        let streams = Streams::of(permit, &events, &scrubber, &begun.ledger);
        let calls = Calls::new(&events, permit.effective(), &begun.ledger);
        let call = HostCall::new(
            events,
            cancel.clone(),
            Arc::clone(&clock),
            budget,
            Arc::clone(&scrubber),
            calls,
        );
        let mut receipt = granted(permit);
        let (entry, store) = match self.open(prepared, &begun, call, streams) {
            Ok(ready) => ready,
            Err(reason) => {
                receipt.wall = started.elapsed();
                let outcome = Outcome::HostFault(reason);
                return Answer {
                    outcome,
                    receipt,
                    stdout: Vec::new(),
                    stderr: Vec::new(),
                };
            }
        };
        let mut course = Course {
            store,
            receipt,
            budget,
            started,
            clock: &clock,
            scrubber: &scrubber,
            last,
        };
        let end = {
            let run = run(prepared, entry, &mut course.store, &begun.arguments.values);
            bounded(run, budget, &clock, &cancel, &mut course.receipt.cpu).await
        };

        let streams = &mut course.store.data_mut().wasi.means.streams;
        streams.finish().await;
        let [out, err] = course.printed();
        watch::printed(permit.effective(), out.written.saturating_add(err.written));
        let outcome = match end {
            Ok(value) => {
                let returns = &entry.function.result;
                returned(value.as_ref(), returns, budget, &mut course.receipt)
            }
            Err(end) => {
                let meter = &course.store.data().meter;
                stopped(end, meter, &err.kept)
            }
        };

        course.last = None;
        let mut receipt = course.spent([&out, &err]);
        // The store goes before the slot: the pool must have room for whoever is admitted next.
        drop(course);
        drop(begun.slot);
        // What that took is the call's, too.
        receipt.wall = started.elapsed().saturating_sub(receipt.asked);
        Answer {
            outcome,
            receipt,
            stdout: out.kept,
            stderr: err.kept,
        }
    }

    /// A fresh store with every limit set. The error is for the log.
    fn open<'p>(
        &self,
        prepared: &'p Prepared,
        begun: &Begun,
        call: HostCall,
        streams: Streams,
    ) -> Result<(&'p Entry, Store<Guest>), String> {
        let (permit, ledger) = (&begun.permit, Arc::clone(&begun.ledger));
        if permit.digest() != prepared.digest() || *permit.function() != begun.arguments.function {
            return Err("the permit is for another call".into());
        }
        let entry = prepared
            .entry(permit.function())
            .ok_or("the permit names no function")?;
        let budget = permit.budget();
        let granted = Arc::new(Granted::of(permit, Arc::clone(&begun.secrets)));
        let rules: Arc<dyn Rules> = Arc::clone(&granted) as _;
        let outgoing = self.egress().outgoing(rules, Limits::default());
        let outgoing = Arc::new(outgoing);
        let directories = self.directories();
        let files = Files::of(permit, directories.hosts(), Arc::clone(&ledger))
            .map_err(|reason| format!("failed to open what was granted: {reason}"))?;
        let means = Means::of(
            permit,
            directories,
            streams,
            Arc::clone(&outgoing),
            begun.started,
        );
        let wasi = Wasi::new(means, &files)
            .map_err(|error| format!("failed to open what was granted: {error:#}"))?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(budget.handles);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES_MAX);
        let tenant = permit.caller().tenant();
        let buckets = self.state().map(|state| state.buckets().of(tenant));
        let guest = Guest {
            keyvalue: KeyValue::new(Arc::clone(permit.effective()), buckets, Arc::clone(&ledger)),
            config: Config::new(
                Arc::clone(permit.effective()),
                tenant.as_str(),
                Arc::clone(self.values()),
                Arc::clone(&ledger),
            ),
            ledger,
            wasi,
            http,
            hooks: Hooks::new(Arc::clone(&outgoing), Arc::clone(&granted)),
            granted,
            files: Arc::new(files),
            outgoing,
            ungranted: Ungranted::default(),
            table,
            meter: Meter::new(budget, self.memory()),
            call,
            yielded: begun.started,
        };

        let mut store = Store::new(prepared.instance().engine(), guest);
        store.limiter(|guest| &mut guest.meter);
        store.set_hostcall_fuel(budget.host_call_bytes);
        store.set_max_component_handles(budget.handles);
        if prepared.is_tolled() {
            store.call_hook_async(Toll);
        }
        let fuelled = store
            .set_fuel(budget.fuel)
            .and_then(|()| store.fuel_async_yield_interval(Some(FUEL_YIELD_INTERVAL)));
        fuelled.map_err(|error| format!("failed to set the fuel: {error:#}"))?;
        Ok((entry, store))
    }
}

/// The receipt of a call that has not begun: what it is granted.
fn granted(permit: &Permit) -> Receipt {
    let grants = permit.grants();
    Receipt {
        granted: grants.iter().map(ToString::to_string).collect(),
        capabilities: grants
            .iter()
            .filter_map(Capability::of)
            .map(|capability| capability.to_string())
            .collect(),
        ..Receipt::default()
    }
}

/// What it means that a guest stopped before it returned. `words` are its last.
fn stopped(end: End, meter: &Meter, words: &[u8]) -> Outcome {
    match end {
        End::Cancelled => Outcome::Cancelled,
        End::Cpu => Outcome::Limit(Limit::Cpu),
        End::Wall => Outcome::Limit(Limit::Wall),
        End::Panic(reason) => Outcome::HostFault(reason),
        End::Engine(error) => classify::outcome(&error, meter, classify::last_words(words)),
    }
}

/// A guest on its way, and what it costs. When nobody waits for its end any more, what it has cost and
/// touched until then is left behind.
struct Course<'c> {
    store: Store<Guest>,
    receipt: Receipt,
    budget: &'c Budget,
    started: Instant,
    clock: &'c Clock,
    scrubber: &'c Arc<Scrubber>,
    /// Nothing once the call has ended by itself.
    last: Option<&'c LastReceipt>,
}

impl Course<'_> {
    /// What the guest printed, on standard output and error.
    fn printed(&self) -> [Transcript; 2] {
        let streams = &self.store.data().wasi.means.streams;
        [&streams.stdout, &streams.stderr].map(|kept| leaving::printed(self.scrubber, kept.take()))
    }

    /// What the call used and touched.
    fn spent(&mut self, [out, err]: [&Transcript; 2]) -> Receipt {
        let (mut receipt, store) = (std::mem::take(&mut self.receipt), &self.store);
        let guest = store.data();
        // What calls of other tools used was paid with fuel of this one, and they ran in its steps.
        let calls = &guest.call.calls;
        receipt.children = calls.spent().clone();
        let used = self
            .budget
            .fuel
            .saturating_sub(store.get_fuel().unwrap_or(0));
        receipt.fuel = used.saturating_sub(receipt.children.fuel);
        receipt.cpu = receipt.cpu.saturating_sub(calls.took());
        receipt.peak_memory_bytes = guest.meter.peak_memory_bytes();
        receipt.touched(guest.outgoing.touched(), &guest.ledger);
        receipt.secrets = guest.granted.bound().sent();
        receipt.output_bytes = out.written.saturating_add(err.written);
        let cut = [
            (guest.call.log_cut(), Truncated::Log),
            (err.cut, Truncated::Stderr),
            (out.cut, Truncated::Stdout),
        ];
        receipt.truncated = cut
            .into_iter()
            .filter_map(|(was, what)| was.then_some(what))
            .collect();
        receipt.asked = self.clock.stood();
        receipt.wall = self.started.elapsed().saturating_sub(receipt.asked);
        receipt
    }
}

impl Drop for Course<'_> {
    fn drop(&mut self) {
        if let Some(last) = self.last.take() {
            let [out, err] = self.printed();
            let mut receipt = self.spent([&out, &err]);
            leaving::receipt(self.scrubber, &mut receipt);
            last.leave(receipt);
        }
    }
}

/// Instantiates the component and calls the function. What the result holds is the guest's.
async fn run(
    prepared: &Prepared,
    entry: &Entry,
    store: &mut Store<Guest>,
    arguments: &[Val],
) -> wasmtime::Result<Option<Val>> {
    let instance = prepared.instance().instantiate_async(&mut *store).await?;
    let function = instance
        .get_func(&mut *store, entry.index)
        .ok_or_else(|| wasmtime::format_err!("the export is not a function"))?;
    let returns = &entry.function.result;
    let count = usize::from(returns.err.is_some() || returns.ok != Payload::Nothing);
    let mut results = [Val::Bool(false)];
    let results = results.get_mut(..count).unwrap_or_default();
    function.call_async(&mut *store, arguments, results).await?;
    Ok(results
        .first_mut()
        .map(|value| std::mem::replace(value, Val::Bool(false))))
}

/// Polls a guest within its time, counts the processor time of each step, and turns a panic of the
/// host into an end of this call alone.
async fn bounded<T>(
    run: impl Future<Output = wasmtime::Result<T>>,
    budget: &Budget,
    clock: &Clock,
    cancel: &CancellationToken,
    cpu: &mut Duration,
) -> Result<T, End> {
    if cancel.is_cancelled() {
        return Err(End::Cancelled);
    }
    let mut run = pin!(run);
    let mut step = |context: &mut Context<'_>| {
        let before = clock.step_time();
        let polled = catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context)));
        *cpu += clock.step_time().saturating_sub(before);
        match polled {
            Ok(Poll::Ready(Ok(value))) => Poll::Ready(Ok(value)),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Err(End::Engine(error))),
            Ok(Poll::Pending) if *cpu > budget.cpu => Poll::Ready(Err(End::Cpu)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(End::Panic(panic_text(&*panic)))),
        }
    };
    // Most guests end in their first step. Only what goes on needs an alarm.
    let mut first = Some(poll_fn(|context| Poll::Ready(step(context))).await);
    if let Some(Poll::Ready(ended)) = first {
        return ended;
    }
    clock.go_on();
    let mut alarm = pin!(tokio::time::sleep_until(Instant::now().into()));
    let steps = poll_fn(|context| {
        // What the first step waits for wakes this task, too: it is the same.
        if first.take().is_none()
            && let Poll::Ready(ended) = step(context)
        {
            return Poll::Ready(ended);
        }
        // Only the guest stops the clock and lets it go on, within the step above: while it stands
        // still there is nothing to watch but the guest.
        let Some(deadline) = clock.deadline() else {
            return Poll::Pending;
        };
        // Not left to the alarm alone: it too goes without, when the step used up the share of time
        // that the executor gives this task.
        if deadline <= Instant::now() {
            return Poll::Ready(Err(End::Wall));
        }
        if alarm.deadline() != deadline.into() {
            alarm.as_mut().reset(deadline.into());
        }
        alarm.as_mut().poll(context).map(|()| Err(End::Wall))
    });
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(End::Cancelled),
        ended = steps => ended,
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the host panicked: {}", text.unwrap_or("no message"))
}

/// What a value that the guest returned means.
fn returned(
    value: Option<&Val>,
    returns: &Returns,
    budget: &Budget,
    receipt: &mut Receipt,
) -> Outcome {
    let read = match (value, &returns.err) {
        (Some(Val::Result(Err(error))), Some(ty)) => {
            return match tool_error(error.as_deref(), ty.as_ref(), budget.result_bytes) {
                Ok(error) => Outcome::ToolError(error),
                Err(unwritable) => unwritten(unwritable),
            };
        }
        (Some(Val::Result(Ok(value))), Some(_)) => {
            output(value.as_deref(), &returns.ok, budget.result_bytes)
        }
        (value, None) => output(value, &returns.ok, budget.result_bytes),
        _ => Err(Unwritable::WrongType),
    };
    match read {
        Ok((output, bytes)) => {
            receipt.result_bytes = bytes;
            Outcome::Returned(output)
        }
        Err(unwritable) => unwritten(unwritable),
    }
}

fn unwritten(unwritable: Unwritable) -> Outcome {
    match unwritable {
        Unwritable::TooLong => Outcome::Limit(Limit::Result),
        Unwritable::WrongType => {
            Outcome::HostFault("the result is not of the type that the component declares".into())
        }
    }
}

/// The output, and how many bytes it is.
fn output(
    value: Option<&Val>,
    payload: &Payload,
    bytes_max: usize,
) -> Result<(Output, usize), Unwritable> {
    let blocks = |blocks: Vec<content::Content>| {
        let bytes = blocks.iter().map(content::Content::size).sum();
        (Output::Content(blocks), bytes)
    };
    match (payload, value) {
        (Payload::Nothing, None) => Ok((Output::Nothing, 0)),
        (Payload::Value(ty), Some(value)) => {
            let json = result::write(value, ty, bytes_max)?;
            let bytes = json.len();
            Ok((Output::Json(json), bytes))
        }
        (Payload::Content(_), Some(value)) => {
            content::read(std::iter::once(value), bytes_max).map(blocks)
        }
        (Payload::Contents(_), Some(Val::List(items))) => {
            content::read(items.iter(), bytes_max).map(blocks)
        }
        _ => Err(Unwritable::WrongType),
    }
}

/// A tool's error in words: its text where it has one, else its JSON.
fn tool_error(
    value: Option<&Val>,
    ty: Option<&Type>,
    bytes_max: usize,
) -> Result<ToolError, Unwritable> {
    let (Some(value), Some(ty)) = (value, ty) else {
        return Ok(ToolError {
            case: None,
            text: "the tool failed and did not say why".into(),
        });
    };
    let case = match value {
        Val::Variant(case, _) | Val::Enum(case) => Some(case.clone()),
        _ => None,
    };
    let text = match value {
        Val::String(text) => text.clone(),
        Val::Variant(case, Some(payload)) => match &**payload {
            Val::String(text) => format!("{case}: {text}"),
            _ => result::write(value, ty, bytes_max)?,
        },
        Val::Variant(case, None) | Val::Enum(case) => case.clone(),
        _ => result::write(value, ty, bytes_max)?,
    };
    if text.len() > bytes_max {
        Err(Unwritable::TooLong)
    } else {
        Ok(ToolError { case, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `guest` with no time at all.
    async fn without_time(guest: impl Future<Output = ()>, clock: &Clock) -> Result<(), End> {
        let (budget, cancel) = (Budget::default(), CancellationToken::new());
        let run = async {
            guest.await;
            Ok(())
        };
        bounded(run, &budget, clock, &cancel, &mut Duration::default()).await
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_ends_nothing() {
        let clock = Clock::new(Instant::now());
        let guest = async {
            let standstill = clock.stop();
            tokio::time::sleep(Duration::from_millis(5)).await;
            drop(standstill);
        };
        assert!(without_time(guest, &clock).await.is_ok());
        assert!(clock.stood() >= Duration::from_millis(5));
    }

    #[tokio::test]
    async fn a_clock_that_goes_on_ends_the_guest() {
        let clock = Clock::new(Instant::now() + Duration::from_millis(1));
        let guest = async {
            drop(clock.stop());
            std::future::pending::<()>().await;
        };
        assert!(matches!(without_time(guest, &clock).await, Err(End::Wall)));
    }
}
