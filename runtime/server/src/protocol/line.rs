//! The line between a running guest and whoever called it.
//!
//! Owns what a guest says while it runs: reports and log lines, in a short queue that loses the oldest
//! when its client does not listen; questions; and the wish to go on as a task. Whoever drives the
//! call takes these from here. A guest never waits but for an answer, and the server never for a guest.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_identity::Caller;
use ringfence_sandbox::{Abilities, AskError, CallEvents, ClientAnswer, LogLevel, News, Question};
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use serde_json::json;
use tokio::sync::{Notify, oneshot};

use super::level::Level;
use super::news::Newsroom;
use super::outbox::{self, Text};
use super::sanitize;
use super::tasks::{Place, Tasks};

/// Reports and log lines that wait to be sent. Bounds what a guest that reports in a loop makes the
/// server hold.
const QUEUE_MAX: usize = 64;

/// What a guest wants from whoever drives its call.
#[derive(Debug)]
pub(crate) enum Moment {
    /// It asks, and waits.
    Asks(Asked),
    /// It goes on as a task, for which there is a place.
    Leaves(Place),
}

/// Questions that wait for their answers.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) questions: Vec<Question>,
    reply: oneshot::Sender<Result<Vec<ClientAnswer>, AskError>>,
}

impl Asked {
    /// Answers, in the order of the questions. The guest may be gone.
    pub(crate) fn reply(self, answers: Result<Vec<ClientAnswer>, AskError>) {
        let _ = self.reply.send(answers);
    }

    /// Waits until the guest waits no more.
    pub(crate) async fn abandoned(&mut self) {
        self.reply.closed().await;
    }

    /// Whether the guest waits no more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

/// To whom a call talks. Changes when another request takes the call over.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    pub(crate) client: String,
    pub(crate) abilities: Abilities,
    pub(crate) progress: Option<ProgressToken>,
    pub(crate) level: Option<Level>,
}

/// The line of one call.
#[derive(Debug)]
pub(crate) struct Line {
    logger: String,
    caller: Caller,
    news: Arc<Newsroom>,
    /// Where there are places for tasks, when the client knows them.
    tasks: Option<Arc<Tasks>>,
    state: Mutex<State>,
    said: Notify,
    wants: Notify,
}

#[derive(Debug, Default)]
struct State {
    audience: Audience,
    queue: VecDeque<Event>,
    moments: VecDeque<Moment>,
    is_task: bool,
}

#[derive(Debug)]
enum Event {
    Log(LogLevel, String),
    Progress(f64, Option<f64>, Option<String>),
}

impl Line {
    /// A line to `audience`. `tasks` when the call may become one.
    pub(crate) fn new(
        logger: String,
        caller: Caller,
        audience: Audience,
        news: Arc<Newsroom>,
        tasks: Option<Arc<Tasks>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            logger,
            caller,
            news,
            tasks,
            state: Mutex::new(State {
                audience,
                ..State::default()
            }),
            said: Notify::new(),
            wants: Notify::new(),
        })
    }

    /// Another request takes the call over.
    pub(crate) fn turn_to(&self, audience: Audience) {
        self.lock().audience = audience;
    }

    /// Nobody listens any more.
    pub(crate) fn hush(&self) {
        let mut state = self.lock();
        state.audience = Audience::default();
        state.queue.clear();
    }

    /// Whether there is nothing to send.
    pub(crate) fn is_silent(&self) -> bool {
        self.lock().queue.is_empty()
    }

    /// Waits until there is something to send. It is still there then, unless it is taken meanwhile.
    pub(crate) async fn something(&self) {
        while self.lock().queue.is_empty() {
            self.said.notified().await;
        }
    }

    /// The next report or log line, as a message.
    pub(crate) fn next(&self) -> Option<Text> {
        let mut state = self.lock();
        loop {
            let event = state.queue.pop_front()?;
            if let Some(text) = self.message(event, &state.audience) {
                return Some(text);
            }
        }
    }

    /// Waits for what the guest wants.
    pub(crate) async fn moment(&self) -> Moment {
        loop {
            if let Some(moment) = self.lock().moments.pop_front() {
                return moment;
            }
            self.wants.notified().await;
        }
    }

    /// The place that the guest asked for, if nobody has seen to that yet.
    pub(crate) fn left(&self) -> Option<Place> {
        let mut state = self.lock();
        state.moments.drain(..).find_map(|moment| match moment {
            Moment::Leaves(place) => Some(place),
            Moment::Asks(_) => None,
        })
    }

    /// A place as a task, when the client knows tasks and there is room. Once for a call.
    pub(crate) fn leave(&self) -> Option<Place> {
        let tasks = self.tasks.as_ref()?;
        let mut state = self.lock();
        if state.is_task {
            return None;
        }
        let place = tasks.place(&self.caller)?;
        state.is_task = true;
        // Nobody listens to a task while it runs.
        state.audience.progress = None;
        state.audience.level = None;
        Some(place)
    }

    fn message(&self, event: Event, audience: &Audience) -> Option<Text> {
        let (method, params) = match event {
            Event::Progress(done, total, message) => {
                let mut param = ProgressNotificationParam::new(audience.progress.clone()?, done);
                param.total = total;
                param.message = message.map(|text| sanitize::text(&text).into_owned());
                ("notifications/progress", serde_json::to_value(param))
            }
            Event::Log(level, line) => {
                let (level, line) = (Level::from(level), sanitize::text(&line));
                let param = json!({"level": level, "logger": self.logger, "data": line});
                ("notifications/message", Ok(param))
            }
        };
        let params = params.ok()?;
        Some(outbox::text(
            &json!({"jsonrpc": "2.0", "method": method, "params": params}),
        ))
    }

    fn say(&self, mut state: MutexGuard<'_, State>, event: Event) {
        if state.queue.len() >= QUEUE_MAX {
            state.queue.pop_front();
        }
        state.queue.push_back(event);
        drop(state);
        self.said.notify_one();
    }

    fn want(&self, moment: Moment) {
        self.lock().moments.push_back(moment);
        self.wants.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallEvents for Line {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        let state = self.lock();
        if state.audience.progress.is_some() {
            self.say(state, Event::Progress(done, total, message));
        }
    }

    fn log(&self, level: LogLevel, message: String) {
        tracing::debug!(target: "ringfence::guest", tool = self.logger, ?level, ?message, "log");
        let state = self.lock();
        let least = state.audience.level;
        if least.is_some_and(|least| Level::from(level) >= least) {
            self.say(state, Event::Log(level, message));
        }
    }

    fn client(&self) -> String {
        self.lock().audience.client.clone()
    }

    fn abilities(&self) -> Abilities {
        self.lock().audience.abilities
    }

    fn ask(
        &self,
        questions: Vec<Question>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ClientAnswer>, AskError>> + Send + '_>> {
        let (reply, answers) = oneshot::channel();
        self.want(Moment::Asks(Asked { questions, reply }));
        Box::pin(async move { answers.await.unwrap_or(Err(AskError::Expired)) })
    }

    fn background(&self) -> bool {
        if self.lock().is_task {
            return true;
        }
        let place = self.leave();
        let leaves = place.is_some();
        if let Some(place) = place {
            self.want(Moment::Leaves(place));
        }
        leaves
    }

    fn announce(&self, news: News) {
        self.news.announce(self.caller.tenant(), news);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::NumberOrString;
    use serde_json::Value;

    fn line(audience: Audience) -> Arc<Line> {
        Line::new("t".into(), Caller::local(), audience, Newsroom::new(), None)
    }

    fn queued(line: &Line) -> usize {
        line.lock().queue.len()
    }

    #[test]
    fn only_what_was_asked_for_is_queued() {
        let deaf = line(Audience::default());
        deaf.progress(1.0, None, None);
        deaf.log(LogLevel::Error, "x".into());
        assert_eq!(queued(&deaf), 0);

        let keen = line(Audience {
            progress: Some(ProgressToken(NumberOrString::Number(1))),
            level: Some(Level::Notice),
            ..Audience::default()
        });
        keen.progress(1.0, None, None);
        keen.log(LogLevel::Info, "x".into());
        keen.log(LogLevel::Notice, "x".into());
        assert_eq!(queued(&keen), 2);
    }

    #[test]
    fn a_guest_that_never_stops_talking_loses_what_it_said_first() {
        let line = line(Audience {
            progress: Some(ProgressToken(NumberOrString::Number(1))),
            ..Audience::default()
        });
        for step in 0..1000_u32 {
            line.progress(step.into(), None, None);
        }
        assert_eq!(queued(&line), QUEUE_MAX);
        let first: Value = serde_json::from_slice(&line.next().unwrap()).unwrap();
        assert_eq!(first["params"]["progress"], 936.0, "{first}");
    }

    #[tokio::test]
    async fn a_question_waits_until_it_is_answered() {
        let line = line(Audience::default());
        let asking = line.ask(Vec::new());
        let Moment::Asks(asked) = line.moment().await else {
            panic!("no question")
        };
        asked.reply(Ok(Vec::new()));
        assert_eq!(asking.await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn a_question_that_nobody_takes_up_expires() {
        let line = line(Audience::default());
        let asking = line.ask(Vec::new());
        drop(line.moment().await);
        assert_eq!(asking.await, Err(AskError::Expired));
    }
}
