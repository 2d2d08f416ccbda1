//! A call that may outlive the request that began it.
//!
//! Owns the future of the call and the line to its guest. Whoever holds one drives it: a request, a
//! place in the table of those that wait, or a task.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::poll;
use ringfence_sandbox::{Answer, AskError};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::exchange::Exchange;
use super::line::{Asked, Line, Moment};
use super::open::{Open, Responses};
use super::outbox::{Gone, Outbox};
use super::session::Session;
use super::tasks::{self, Place};
use super::wire::Shape;
use crate::call::CallError;

/// How a call ended.
pub(crate) type Ended = Result<Answer, CallError>;

/// A call in progress. Dropping it stops the guest.
pub(crate) struct Running {
    pub(crate) call: Pin<Box<dyn Future<Output = Ended> + Send>>,
    pub(crate) line: Arc<Line>,
    /// Stops the guest.
    pub(crate) cancel: CancellationToken,
    /// What its answer becomes.
    pub(crate) shape: Shape,
    /// Answers that were sent before they were asked for.
    pub(crate) early: Responses,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Running {
    /// One that never ends by itself.
    pub(crate) fn idle() -> Self {
        use ringfence_identity::Caller;

        use super::line::Audience;
        use super::news::Newsroom;

        let audience = Audience::default();
        Self {
            call: Box::pin(std::future::pending()),
            line: Line::new("t".into(), Caller::local(), audience, Newsroom::new(), None),
            cancel: CancellationToken::new(),
            shape: Shape::of_tool(),
            early: Responses::new(),
        }
    }
}

/// Why a request lets go of a call.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each call, and the large one is nearly every one"
)]
pub(crate) enum Paused {
    /// It ended.
    Ended(Ended),
    /// Its guest asks a client that answers with its next request.
    Waits(Open),
    /// It goes on as a task.
    Leaves(Place),
}

impl Running {
    /// Drives the call for a request until it ends, or until the request has to be answered before.
    pub(crate) async fn drive(&mut self, exchange: &Exchange) -> Paused {
        // Most calls end before anybody has to wait for anything.
        if !exchange.cancel.is_cancelled()
            && let Poll::Ready(ended) = poll!(&mut self.call)
        {
            return self.ended(exchange, ended).await;
        }
        let patience = tokio::time::sleep(tasks::PATIENCE);
        tokio::pin!(patience);
        let mut impatient = exchange.client().tasks;
        let mut asking: Asking = None;
        loop {
            let talking = async {
                self.line.something().await;
                exchange.outbox.room().await
            };
            tokio::select! {
                ended = &mut self.call => return self.ended(exchange, ended).await,
                room = talking => match room {
                    Ok(room) => if let Some(text) = self.line.next() {
                        room.send(text);
                    },
                    // Whether that ends the call is the transport's to say: it depends on the era.
                    Err(Gone) => self.line.hush(),
                },
                moment = self.line.moment(), if asking.is_none() => match moment {
                    Moment::Asks(asked) => {
                        // What it said before comes first.
                        self.flush(exchange).await;
                        if let Some(session) = exchange.session() {
                            let (session, outbox) = (Arc::clone(session), exchange.outbox.clone());
                            asking = Some(Box::pin(ask(session, outbox, asked)));
                        } else if let Some(open) = self.open(asked) {
                            return Paused::Waits(open);
                        }
                    }
                    Moment::Leaves(place) => return Paused::Leaves(place),
                },
                () = answered(&mut asking), if asking.is_some() => asking = None,
                () = exchange.cancel.cancelled(), if !self.cancel.is_cancelled() => {
                    self.cancel.cancel();
                }
                () = &mut patience, if impatient => {
                    impatient = false;
                    if let Some(place) = self.line.leave() {
                        return Paused::Leaves(place);
                    }
                }
            }
        }
    }

    async fn ended(&mut self, exchange: &Exchange, ended: Ended) -> Paused {
        self.flush(exchange).await;
        // It may have become a task and ended in one go.
        if let Some(place) = self.line.left().filter(|_| !self.cancel.is_cancelled()) {
            self.call = Box::pin(std::future::ready(ended));
            return Paused::Leaves(place);
        }
        Paused::Ended(ended)
    }

    /// The questions, unless all have been answered beforehand.
    pub(crate) fn open(&mut self, asked: Asked) -> Option<Open> {
        let mut open = Open::new(asked);
        // One that does not fit was meant for something else: it is asked again.
        let _ = open.take(&mut self.early);
        open.settle()
    }

    /// Sends what the guest said last.
    async fn flush(&mut self, exchange: &Exchange) {
        if self.line.is_silent() {
            return;
        }
        let sending = async {
            while let Some(text) = self.line.next() {
                if exchange.outbox.send(text).await.is_err() {
                    return;
                }
            }
        };
        exchange.cancel.run_until_cancelled(sending).await;
    }
}

/// Questions on their way to a client that answers while the call runs.
type Asking = Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

async fn answered(asking: &mut Asking) {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}

/// Asks a client of the handshake era: one request for each question, in the stream of the call.
async fn ask(session: Arc<Session>, outbox: Outbox, asked: Asked) {
    let mut open = Open::new(asked);
    let answers = answers(&session, &outbox, open.requests());
    // A guest that waits no more may ask something else.
    let answers = tokio::select! {
        answers = answers => answers,
        () = open.abandoned() => return,
    };
    match answers {
        Ok(mut responses) => {
            if open.take(&mut responses).is_err() {
                return open.refuse(AskError::Malformed);
            }
            if let Some(open) = open.settle() {
                open.refuse(AskError::Malformed);
            }
        }
        Err(why) => open.refuse(why),
    }
}

/// What the client says to each question.
async fn answers(
    session: &Session,
    outbox: &Outbox,
    requests: Map<String, Value>,
) -> Result<Responses, AskError> {
    let mut waiting = Vec::with_capacity(requests.len());
    for (key, request) in requests {
        let asking = session.ask().ok_or(AskError::Overloaded)?;
        if outbox.is_deaf() || outbox.ask(asking.id(), &request).await.is_err() {
            return Err(AskError::Expired);
        }
        waiting.push((key, asking));
    }
    let mut responses = Responses::new();
    for (key, mut asking) in waiting {
        match asking.answer().await {
            Some(Ok(sent)) => {
                responses.insert(key, sent);
            }
            // A client that fails to ask has not been answered.
            Some(Err(_)) | None => return Err(AskError::Expired),
        }
    }
    Ok(responses)
}
