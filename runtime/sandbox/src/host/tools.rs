//! What a guest does with other tools: `ringfence:tool/tools`.
//!
//! Owns that the permit is asked before anything leaves, how often a guest may call, and what it pays.
//! Refuses to know which tools there are: [`OtherTools`] makes the calls.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringfence_policy::Effective;
use tokio::sync::mpsc::Sender;

use super::HostCall;
use super::ask::{Abilities, AskError, Question};
use super::bindings::ringfence::tool::{tools as wit, types};
use super::clock::{Clock, Standstill};
use super::events::{Asked, CallEvents, LogLevel, News};
use super::others::{Called, ChildCall, ChildEnded, ChildError, OtherTools};
use crate::content::{Audience, Content, ResourceBody};
use crate::guest::Events;
use crate::input::StandardInput;
use crate::ledger::Ledger;
use crate::output::Printed;
use crate::receipt::Children;

/// Calls that one call may make. Bounds what a guest in a loop makes of one call: records, sandboxes, and
/// questions to a person.
pub(super) const CHILDREN_MAX: u32 = 100;

/// Bytes of a tool's name. No tool's is longer; bounds what a receipt and a record repeat.
const NAME_BYTES_MAX: usize = 64;

/// Bytes of arguments, as text. Bounds what is parsed for a guest at once; what clients send is bounded alike.
const ARGUMENTS_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of everything that a list says. Bounds what one request makes the host write, and the guest hold.
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Fuel for one call, besides what it uses itself: about what deciding on it, writing it down and making a
/// sandbox takes. Bounds a loop of calls that are refused.
const FUEL_PER_CHILD: u64 = 500_000;

/// Fuel for each byte that a list says: about the time that deciding on and writing it takes.
const FUEL_PER_LISTED_BYTE: u64 = 50;

/// How long the clock of a call stands still in all for persons who are asked about calls below it. Bounds how long
/// a guest can hold its room by asking for one thing after the other.
const STANDSTILL_MAX: Duration = Duration::from_mins(10);

/// How a call ended that was stopped with the one that made it.
const LEFT_ALONE: &str = "cancelled";

/// The calls that one call makes.
pub(crate) struct Calls {
    others: Option<Arc<dyn OtherTools>>,
    effective: Arc<Effective>,
    ledger: Arc<Ledger>,
    left: u32,
    /// Fuel that the guest has not paid yet.
    owed: u64,
    /// How much of the steps of this call they took.
    took: Duration,
    spent: Children,
}

impl Calls {
    /// Calls that `effective` grants, made as whoever listens by `events` makes them.
    pub(crate) fn new(events: &Events, effective: &Arc<Effective>, ledger: &Arc<Ledger>) -> Self {
        Self {
            others: events.tools(),
            effective: Arc::clone(effective),
            ledger: Arc::clone(ledger),
            left: CHILDREN_MAX,
            owed: 0,
            took: Duration::ZERO,
            spent: Children::default(),
        }
    }

    /// What they cost until now.
    pub(crate) fn spent(&self) -> &Children {
        &self.spent
    }

    /// How much of the steps of this call they took until now, by the clock that these are timed by. That is
    /// not what they say themselves: their own steps begin and end at other moments.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Fuel that is owed since this was asked last.
    pub(crate) fn take_owed(&mut self) -> u64 {
        std::mem::take(&mut self.owed)
    }

    fn owe(&mut self, fuel: u64) {
        self.owed = self.owed.saturating_add(fuel);
    }

    fn add(&mut self, ended: &ChildEnded) {
        self.owe(ended.fuel);
        self.spent.fuel = self.spent.fuel.saturating_add(ended.fuel);
        self.spent.cpu = self.spent.cpu.saturating_add(ended.cpu);
    }
}

/// A call that has begun. Touched is what it calls, also when nobody waits for its end any more.
struct Begun {
    ledger: Arc<Ledger>,
    target: String,
    sent: usize,
    ended: bool,
}

impl Begun {
    fn end(mut self, word: &'static str, received: usize) {
        self.ended = true;
        self.ledger
            .reach(&self.target, Some(word), self.sent, received);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.ended {
            let how = Some(LEFT_ALONE);
            self.ledger.reach(&self.target, how, self.sent, 0);
        }
    }
}

impl wit::Host for HostCall {
    fn list(&mut self) -> Vec<wit::ToolEntry> {
        let Some(others) = &self.calls.others else {
            return Vec::new();
        };
        let effective = &self.calls.effective;
        let listed = others.list(&|name| effective.lists_tool(name));
        let mut bytes = 0_usize;
        let entries: Vec<wit::ToolEntry> = listed
            .into_iter()
            .take_while(|tool| {
                let size = tool.name.len() + tool.description.len() + tool.input_schema.len();
                bytes = bytes.saturating_add(size);
                bytes <= LIST_BYTES_MAX
            })
            .map(|tool| wit::ToolEntry {
                name: tool.name,
                description: tool.description,
                input_schema: tool.input_schema,
            })
            .collect();
        self.calls
            .owe((bytes as u64).saturating_mul(FUEL_PER_LISTED_BYTE));
        entries
    }

    async fn call(
        &mut self,
        name: String,
        arguments: String,
    ) -> Result<wit::Called, wit::CallError> {
        let Some(left) = self.calls.left.checked_sub(1) else {
            return Err(wit::CallError::TooMany);
        };
        self.calls.left = left;
        self.calls.owe(FUEL_PER_CHILD);
        if !is_name(&name) {
            return Err(wit::CallError::Unknown);
        }
        let others = self.calls.others.clone();
        if let Err(refusal) = self.calls.effective.tool(&name) {
            self.calls.ledger.deny(refusal.to_string());
            if let Some(others) = others {
                others.refuse(&name, &refusal).await;
            }
            return Err(wit::CallError::Unknown);
        }
        let Some(others) = others else {
            return Err(wit::CallError::Unknown);
        };
        if arguments.len() > ARGUMENTS_BYTES_MAX {
            let text = format!("the arguments are longer than {ARGUMENTS_BYTES_MAX} bytes");
            return Err(wit::CallError::InvalidArguments(text));
        }
        let begun = Begun {
            ledger: Arc::clone(&self.calls.ledger),
            target: format!("tools:{name}"),
            sent: arguments.len(),
            ended: false,
        };
        self.calls.spent.calls = self.calls.spent.calls.saturating_add(1);
        let wanted = ChildCall {
            name,
            arguments,
            left: self.clock.left(),
            events: Arc::new(Below {
                events: Arc::clone(&self.events),
                clock: Arc::clone(&self.clock),
                asks_left: Arc::clone(&self.asks_left),
            }),
            cancel: self.cancel.clone(),
        };
        let mut call = others.call(wanted);
        let (clock, took) = (&self.clock, &mut self.calls.took);
        let ended = poll_fn(|context| {
            let before = clock.step_time();
            let polled = call.as_mut().poll(context);
            *took += clock.step_time().saturating_sub(before);
            polled
        });
        let ended = ended.await;
        self.calls.add(&ended);
        begun.end(ended.word, ended.result.as_ref().map_or(0, size));
        ended.result.map(called).map_err(refused)
    }
}

/// Whether a tool can be called so. Nothing else is looked for, or repeated anywhere.
fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Bytes of an answer.
fn size(called: &Called) -> usize {
    let blocks: usize = called.content.iter().map(Content::size).sum();
    blocks + called.structured.as_ref().map_or(0, String::len)
}

fn called(called: Called) -> wit::Called {
    wit::Called {
        content: called.content.into_iter().map(block).collect(),
        structured: called.structured,
        is_error: called.is_error,
    }
}

fn refused(error: ChildError) -> wit::CallError {
    match error {
        ChildError::Unknown => wit::CallError::Unknown,
        ChildError::InvalidArguments(text) => wit::CallError::InvalidArguments(text),
        ChildError::Denied(text) => wit::CallError::Denied(text),
        ChildError::TooDeep => wit::CallError::TooDeep,
        ChildError::TooMany => wit::CallError::TooMany,
        ChildError::Busy => wit::CallError::Busy,
        ChildError::TimedOut => wit::CallError::TimedOut,
        ChildError::Cancelled => wit::CallError::Cancelled,
        ChildError::Failed(text) => wit::CallError::Failed(text),
    }
}

/// A block as `ringfence:tool/types` has it.
fn block(content: Content) -> types::Content {
    let audience = |audience: Option<Audience>| {
        audience.map(|audience| match audience {
            Audience::User => types::Audience::User,
            Audience::Assistant => types::Audience::Assistant,
        })
    };
    let media = |data, mime_type, whom| types::MediaContent {
        data,
        mime_type,
        audience: audience(whom),
    };
    match content {
        Content::Text {
            text,
            audience: whom,
        } => types::Content::Text(types::TextContent {
            text,
            audience: audience(whom),
        }),
        Content::Image {
            data,
            mime_type,
            audience,
        } => types::Content::Image(media(data, mime_type, audience)),
        Content::Audio {
            data,
            mime_type,
            audience,
        } => types::Content::Audio(media(data, mime_type, audience)),
        Content::Link {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        } => types::Content::Link(types::LinkContent {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        }),
        Content::Embedded {
            uri,
            mime_type,
            body,
        } => types::Content::Embedded(types::ResourceContent {
            uri,
            mime_type,
            body: match body {
                ResourceBody::Blob(data) => types::ResourceBody::Blob(data),
                ResourceBody::Text(text) => types::ResourceBody::Text(text),
            },
        }),
    }
}

/// Whoever is behind a call, as a call below it finds them: the same person can be asked, while the clock of
/// the upper call stands still and as often as that one still may.
struct Below {
    events: Events,
    clock: Arc<Clock>,
    asks_left: Arc<AtomicU32>,
}

impl CallEvents for Below {
    /// The progress of the upper call is another one.
    fn progress(&self, _done: f64, _total: Option<f64>, _message: Option<String>) {}

    /// A log names the tool that was called first.
    fn log(&self, _level: LogLevel, _message: String) {}

    fn client(&self) -> String {
        self.events.client()
    }

    fn abilities(&self) -> Abilities {
        self.events.abilities()
    }

    fn ask(&self, questions: Vec<Question>) -> Asked<'_> {
        if take_one(&self.asks_left).is_none() {
            return Box::pin(std::future::ready(Err(AskError::Overloaded)));
        }
        Box::pin(async move {
            let _standstill = self.clock.stop();
            self.events.ask(questions).await
        })
    }

    fn standstill(&self) -> Option<Standstill> {
        let above = self.events.standstill();
        (self.clock.stood() < STANDSTILL_MAX).then(|| self.clock.stop_below(above))
    }

    fn standard_input(&self) -> Option<StandardInput> {
        None
    }

    fn standard_output(&self) -> Option<Sender<Printed>> {
        None
    }

    fn announce(&self, news: News) {
        self.events.announce(news);
    }
}

/// One less of what is left, unless nothing is.
pub(super) fn take_one(left: &AtomicU32) -> Option<u32> {
    let less = |left: u32| left.checked_sub(1);
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    taken.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_name_is_looked_for_nowhere() {
        for name in ["text_stats", "a", "conformance_A-b_9", &"n".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a b", "a\n", "é", "text/stats", &"n".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
