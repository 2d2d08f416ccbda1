//! What the host offers to a guest while its call runs: `ringfence:tool/host`.
//!
//! Owns the guest's side of progress and logging, and their limits. Refuses to know a protocol:
//! whoever makes the call listens through [`CallEvents`].

use std::time::Instant;

use ringfence_policy::Budget;
use tokio_util::sync::CancellationToken;
use wasmtime::component::{HasSelf, Linker};

use crate::guest::{Events, Guest};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "ringfence:tool/imports",
    });
}

use bindings::ringfence::tool::host as wit;

/// Progress reports of one call. A guest that reports in a loop would otherwise flood the client.
const PROGRESS_REPORTS_MAX: u32 = 10_000;

/// Hears what a guest says while it runs.
///
/// The methods are called on the executor's threads between two steps of the guest: they must
/// return at once. Queue, and drop when the queue is full.
pub trait CallEvents: Send + Sync {
    /// The guest reports progress. `done` is finite and grows from report to report.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>);

    /// The guest logs a line. The text is the guest's own: cut to the budget, otherwise as it came.
    fn log(&self, level: LogLevel, message: String);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl CallEvents for Silent {
    fn progress(&self, _done: f64, _total: Option<f64>, _message: Option<String>) {}

    fn log(&self, _level: LogLevel, _message: String) {}
}

/// How important a guest says a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of syslog")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
}

/// The host's side of one call.
pub(crate) struct HostCall {
    events: Events,
    cancel: CancellationToken,
    deadline: Instant,
    done: f64,
    reports_left: u32,
    lines_left: usize,
    line_bytes_max: usize,
    log_cut: bool,
}

impl HostCall {
    pub(crate) fn new(
        events: Events,
        cancel: CancellationToken,
        deadline: Instant,
        budget: &Budget,
    ) -> Self {
        Self {
            events,
            cancel,
            deadline,
            done: f64::NEG_INFINITY,
            reports_left: PROGRESS_REPORTS_MAX,
            lines_left: budget.log_lines,
            line_bytes_max: budget.log_line_bytes,
            log_cut: false,
        }
    }

    /// Whether lines were dropped or cut.
    pub(crate) fn log_cut(&self) -> bool {
        self.log_cut
    }

    fn cut(&mut self, mut text: String) -> String {
        if text.len() > self.line_bytes_max {
            let end = text.floor_char_boundary(self.line_bytes_max);
            text.truncate(end);
            self.log_cut = true;
        }
        text
    }
}

impl wit::Host for HostCall {
    fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        // Not growing, or not a number: the protocol has no place for it.
        if !done.is_finite() || done <= self.done || self.reports_left == 0 {
            return;
        }
        self.done = done;
        self.reports_left -= 1;
        let message = message.map(|text| self.cut(text));
        self.events
            .progress(done, total.filter(|total| total.is_finite()), message);
    }

    fn log(&mut self, level: wit::LogLevel, message: String) {
        let Some(left) = self.lines_left.checked_sub(1) else {
            self.log_cut = true;
            return;
        };
        self.lines_left = left;
        let message = self.cut(message);
        let level = match level {
            wit::LogLevel::Debug => LogLevel::Debug,
            wit::LogLevel::Info => LogLevel::Info,
            wit::LogLevel::Notice => LogLevel::Notice,
            wit::LogLevel::Warning => LogLevel::Warning,
            wit::LogLevel::Error => LogLevel::Error,
        };
        self.events.log(level, message);
    }

    fn cancelled(&mut self) -> bool {
        self.cancel.is_cancelled()
    }

    fn deadline(&mut self) -> u64 {
        let left = self.deadline.saturating_duration_since(Instant::now());
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    }
}

impl bindings::ringfence::tool::types::Host for HostCall {}

/// Adds the interface to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    bindings::Imports::add_to_linker::<_, HasSelf<HostCall>>(linker, |guest| &mut guest.call)
}
