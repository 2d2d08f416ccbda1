//! What a guest says while it runs, on its way to the client.
//!
//! Owns a short queue for each call. A guest that talks faster than its client listens loses what
//! it said first; it never waits, and neither does the server.
#![expect(
    deprecated,
    reason = "logging leaves the protocol in 2027, and clients use it today"
)]

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringfence_sandbox::{CallEvents, LogLevel};
use rmcp::model::{
    LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken,
};
use rmcp::{Peer, RoleServer, ServiceError};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::sanitize;

/// Events that wait to be sent. Bounds what a guest that reports in a loop makes the server hold.
const QUEUE_MAX: usize = 64;

/// The events of one call.
#[derive(Debug)]
pub(super) struct EventQueue {
    progress: Option<ProgressToken>,
    level: Option<LoggingLevel>,
    logger: String,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    closed: bool,
}

#[derive(Debug)]
enum Event {
    Log(LogLevel, String),
    Progress(f64, Option<f64>, Option<String>),
}

enum Next {
    Closed,
    Event(Event),
    Nothing,
}

impl EventQueue {
    /// A queue for what the client asked for: progress under a token, log lines from a level on.
    pub(super) fn new(
        progress: Option<ProgressToken>,
        level: Option<LoggingLevel>,
        logger: String,
    ) -> Self {
        Self {
            progress,
            level,
            logger,
            queue: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Sends what comes until the queue is closed and empty, the client is gone, or `enough`.
    pub(super) async fn forward(&self, peer: &Peer<RoleServer>, enough: &CancellationToken) {
        loop {
            let sent = match self.next() {
                Next::Closed => return,
                Next::Nothing => enough
                    .run_until_cancelled(self.arrived.notified())
                    .await
                    .map(Ok),
                Next::Event(event) => enough.run_until_cancelled(self.send(peer, event)).await,
            };
            if !matches!(sent, Some(Ok(()))) || enough.is_cancelled() {
                return;
            }
        }
    }

    async fn send(&self, peer: &Peer<RoleServer>, event: Event) -> Result<(), ServiceError> {
        match (event, &self.progress) {
            (Event::Progress(done, total, message), Some(token)) => {
                let mut param = ProgressNotificationParam::new(token.clone(), done);
                param.total = total;
                param.message = message.map(|text| sanitize::text(&text).into_owned());
                peer.notify_progress(param).await
            }
            (Event::Log(level, line), _) => {
                let line = Value::String(sanitize::text(&line).into_owned());
                let param = LoggingMessageNotificationParam::new(mcp_level(level), line);
                peer.notify_logging_message(param.with_logger(self.logger.clone()))
                    .await
            }
            (Event::Progress(..), None) => Ok(()),
        }
    }

    fn next(&self) -> Next {
        let mut queue = self.lock();
        match queue.events.pop_front() {
            Some(event) => Next::Event(event),
            None if queue.closed => Next::Closed,
            None => Next::Nothing,
        }
    }

    fn push(&self, event: Event) {
        let mut queue = self.lock();
        if queue.events.len() >= QUEUE_MAX {
            queue.events.pop_front();
        }
        queue.events.push_back(event);
        drop(queue);
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallEvents for EventQueue {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        if self.progress.is_some() {
            self.push(Event::Progress(done, total, message));
        }
    }

    fn log(&self, level: LogLevel, message: String) {
        tracing::debug!(target: "ringfence::guest", tool = self.logger, ?level, ?message, "log");
        if self
            .level
            .is_some_and(|least| rank(mcp_level(level)) >= rank(least))
        {
            self.push(Event::Log(level, message));
        }
    }
}

fn mcp_level(level: LogLevel) -> LoggingLevel {
    match level {
        LogLevel::Debug => LoggingLevel::Debug,
        LogLevel::Info => LoggingLevel::Info,
        LogLevel::Notice => LoggingLevel::Notice,
        LogLevel::Warning => LoggingLevel::Warning,
        LogLevel::Error => LoggingLevel::Error,
    }
}

fn rank(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::NumberOrString;

    fn queued(queue: &EventQueue) -> usize {
        queue.lock().events.len()
    }

    #[test]
    fn only_what_was_asked_for_is_queued() {
        let deaf = EventQueue::new(None, None, "t".into());
        deaf.progress(1.0, None, None);
        deaf.log(LogLevel::Error, "x".into());
        assert_eq!(queued(&deaf), 0);

        let token = ProgressToken(NumberOrString::Number(1));
        let keen = EventQueue::new(Some(token), Some(LoggingLevel::Notice), "t".into());
        keen.progress(1.0, None, None);
        keen.log(LogLevel::Info, "x".into());
        keen.log(LogLevel::Notice, "x".into());
        assert_eq!(queued(&keen), 2);
    }

    #[test]
    fn a_guest_that_never_stops_talking_loses_what_it_said_first() {
        let token = ProgressToken(NumberOrString::Number(1));
        let queue = EventQueue::new(Some(token), None, "t".into());
        for step in 0..1000_u32 {
            queue.progress(step.into(), None, None);
        }
        assert_eq!(queued(&queue), QUEUE_MAX);
        let Next::Event(Event::Progress(first, ..)) = queue.next() else {
            panic!("no event")
        };
        assert!((first - 936.0).abs() < f64::EPSILON, "{first}");
    }
}
