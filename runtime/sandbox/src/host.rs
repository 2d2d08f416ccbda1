//! What the host offers to a guest while its call runs: `ringfence:tool/host` here, the other
//! interfaces below.
//!
//! Owns the guest's side of progress and logging, and their limits. Refuses to know a protocol:
//! whoever makes the call listens and answers through [`CallEvents`].

mod announce;
mod ask;
mod client;
mod clock;
mod events;
mod others;
mod tools;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use ringfence_policy::Budget;
use ringfence_secrets::Scrubber;
use tokio_util::sync::CancellationToken;
use wasmtime::component::{HasSelf, Linker};

pub(crate) use ask::Unasked;
pub use ask::{
    Abilities, Ability, AskError, ClientAnswer, Message, Question, QuestionKind, Role, Root,
};
pub(crate) use clock::Clock;
pub use clock::Standstill;
pub use events::{Asked, CallEvents, LogLevel, News, Silent};
pub use others::{Called, Calling, ChildCall, ChildEnded, ChildError, ListedTool, OtherTools};
pub(crate) use tools::Calls;

use crate::guest::{Events, Guest};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "ringfence:tool/imports",
        imports: {
            "ringfence:tool/client.ask": async | trappable,
            "ringfence:tool/tools.call": async,
        },
    });
}

use bindings::ringfence::tool::host as wit;

/// Progress reports of one call. A guest that reports in a loop would otherwise flood the client.
const PROGRESS_REPORTS_MAX: u32 = 10_000;

/// The host's side of one call.
pub(crate) struct HostCall {
    events: Events,
    cancel: CancellationToken,
    clock: Arc<Clock>,
    /// Shared with the calls that the guest makes.
    asks_left: Arc<AtomicU32>,
    pub(crate) calls: Calls,
    news_left: u32,
    done: f64,
    reports_left: u32,
    lines_left: usize,
    line_bytes_max: usize,
    log_cut: bool,
    /// Finds what may not leave, before a text is cut: what is left of half of it could not be found.
    scrubber: Arc<Scrubber>,
}

impl HostCall {
    pub(crate) fn new(
        events: Events,
        cancel: CancellationToken,
        clock: Arc<Clock>,
        budget: &Budget,
        scrubber: Arc<Scrubber>,
        calls: Calls,
    ) -> Self {
        Self {
            calls,
            events,
            cancel,
            clock,
            asks_left: Arc::new(AtomicU32::new(client::ASKS_MAX)),
            news_left: announce::NEWS_MAX,
            done: f64::NEG_INFINITY,
            reports_left: PROGRESS_REPORTS_MAX,
            lines_left: budget.log_lines,
            line_bytes_max: budget.log_line_bytes,
            log_cut: false,
            scrubber,
        }
    }

    /// Whether lines were dropped or cut.
    pub(crate) fn log_cut(&self) -> bool {
        self.log_cut
    }

    fn cut(&mut self, mut text: String) -> String {
        if text.len() > self.line_bytes_max {
            text = self.scrubber.string(text);
        }
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
        u64::try_from(self.clock.left().as_millis()).unwrap_or(u64::MAX)
    }

    fn background(&mut self) -> bool {
        self.events.background()
    }
}

impl bindings::ringfence::tool::types::Host for HostCall {}

/// Adds the interfaces to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    bindings::Imports::add_to_linker::<_, HasSelf<HostCall>>(linker, |guest| &mut guest.call)
}
