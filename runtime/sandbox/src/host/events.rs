//! Whoever makes a call, as its guest sees them.
//!
//! Owns the trait that a call is listened to, and answered, through. Refuses to know a protocol.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::ask::{Abilities, AskError, ClientAnswer, Question};
use super::clock::Standstill;
use super::others::OtherTools;
use crate::input::StandardInput;
use crate::output::Printed;

/// What becomes of an ask: one answer for each question, in their order.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<Vec<ClientAnswer>, AskError>> + Send + 'a>>;

/// Hears what a guest says while it runs, and answers what it asks.
///
/// All but [`ask`](Self::ask) are called on the executor's threads between two steps of the guest:
/// they must return at once. Queue, and drop when the queue is full.
pub trait CallEvents: Send + Sync {
    /// The guest reports progress. `done` is finite and grows from report to report.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>);

    /// The guest logs a line. The text is the guest's own: cut to the budget, otherwise as it came.
    fn log(&self, level: LogLevel, message: String);

    /// The program that calls, as it names itself. Unless overridden: nothing is known of it.
    fn client(&self) -> String {
        String::new()
    }

    /// What the client can be asked. Unless overridden: nothing.
    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    /// Asks the client, which has the ability for each of the questions. Resolves with one answer
    /// for each question, in their order; anything else reaches the guest as
    /// [`AskError::Malformed`]. The future is dropped when the call ends first.
    fn ask(&self, questions: Vec<Question>) -> Asked<'_> {
        drop(questions);
        Box::pin(std::future::ready(Err(AskError::Expired)))
    }

    /// Other tools, for a guest that may call some. Asked for once. Unless overridden: there are none.
    fn tools(&self) -> Option<Arc<dyn OtherTools>> {
        None
    }

    /// A person is asked about the call before it runs: the clocks of calls that wait for it stand still until
    /// what is returned is dropped. Unless overridden: nobody waits.
    fn standstill(&self) -> Option<Standstill> {
        None
    }

    /// What is piped into the call, for a guest that is granted it. Asked for once. Unless overridden:
    /// nothing.
    fn standard_input(&self) -> Option<StandardInput> {
        None
    }

    /// Where a guest that is granted it prints for somebody to see as it comes. Asked for once. A guest
    /// waits when nobody reads. Unless overridden: nobody watches.
    fn standard_output(&self) -> Option<Sender<Printed>> {
        None
    }

    /// The guest asks to go on as a task. Whether it is one from now on. Unless overridden: no.
    fn background(&self) -> bool {
        false
    }

    /// The guest says that what its component provides has changed. Unless overridden: not heard.
    fn announce(&self, news: News) {
        drop(news);
    }
}

/// Listens to nothing, and answers nothing.
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

/// What has changed about a component, as it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum News {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources, or of their templates.
    Resources,
    /// What the resource with this URI holds.
    Resource(String),
}
