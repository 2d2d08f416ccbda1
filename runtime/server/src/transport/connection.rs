//! A client at the other end of two streams of messages.
//!
//! Owns what a connection remembers: the session, once its client has said hello, and which requests
//! are in flight. Refuses to know how messages are told apart on the wire: lines and WebSocket frames
//! both end here.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use ringfence_identity::Caller;
use rmcp::model::{ProtocolVersion, RequestId};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::in_flight::{InFlight, Working};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::Origin;
use crate::protocol::fault::{self, Fault};
use crate::protocol::frame::{self, Frame, Message, Notification, Refusal, Request};
use crate::protocol::listen;
use crate::protocol::news::Listener;
use crate::protocol::outbox::{Gone, Outbox, Reply, Text};
use crate::protocol::session::Session;

/// Subscriptions of one connection. They stay in flight: bounds how much room for requests they can
/// take for ever, after which nothing would be read any more, not even that the input has ended.
const LISTENING_MAX: usize = 64;

/// How a connection ends: first nothing more is read, then nothing more is run.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle {
    /// The input has ended, or the process was told to stop.
    pub(crate) closing: CancellationToken,
    /// Every call is stopped.
    pub(crate) stop: CancellationToken,
}

impl Lifecycle {
    /// One that ends with `shutdown`, if not before.
    pub(crate) fn under(shutdown: &CancellationToken) -> Self {
        Self {
            closing: shutdown.child_token(),
            stop: CancellationToken::new(),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    endpoint: Arc<Endpoint>,
    caller: Caller,
    outbox: Outbox,
    in_flight: InFlight,
    /// Places for subscriptions.
    listening: Semaphore,
    lifecycle: Lifecycle,
    greeted: Mutex<Option<Greeted>>,
}

/// A client that has said hello.
#[derive(Debug)]
struct Greeted {
    session: Arc<Session>,
    /// Hears of changes from the first answer on, until they are passed on.
    listener: Option<Listener>,
    announcing: Option<AbortOnDropHandle<()>>,
}

impl Connection {
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        caller: Caller,
        outbox: Outbox,
        lifecycle: Lifecycle,
    ) -> Arc<Self> {
        Arc::new(Self {
            endpoint,
            caller,
            outbox,
            in_flight: InFlight::new(lifecycle.stop.clone()),
            listening: Semaphore::new(LISTENING_MAX),
            lifecycle,
            greeted: Mutex::default(),
        })
    }

    /// Takes what arrived. Waits while too much is in flight.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(crate) async fn receive(self: &Arc<Self>, bytes: &[u8]) -> Result<(), Gone> {
        match frame::read(bytes) {
            Ok(Frame::Nothing) => Ok(()),
            Ok(Frame::Message(message)) => self.message(message).await,
            Ok(Frame::Batch(messages)) => self.batch(messages).await,
            Err(refusal) => self.refuse(&refusal).await,
        }
    }

    /// Answers a message that is none.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(crate) async fn refuse(&self, refusal: &Refusal) -> Result<(), Gone> {
        self.outbox.send(refused(refusal).text).await
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn drained(&self) {
        self.in_flight.drained().await;
    }

    async fn message(self: &Arc<Self>, message: Message) -> Result<(), Gone> {
        match message {
            Message::Request(request) => match self.enter(request).await {
                Ok((request, working)) if is_greeting(&request) => {
                    let reply = self.greet(&request);
                    working.answer();
                    self.outbox.send(reply.text).await
                }
                Ok((request, working)) => {
                    let connection = Arc::clone(self);
                    tokio::spawn(async move {
                        if let Some(text) = connection.answer(request, &working).await {
                            // The client may be gone.
                            let _ = connection.outbox.send(text).await;
                        }
                        drop(working);
                    });
                    Ok(())
                }
                Err(refusal) => self.refuse(&refusal).await,
            },
            Message::Notification(notification) => {
                self.hear(&notification);
                Ok(())
            }
            Message::Response(response) => {
                if let Some(session) = self.session() {
                    session.answered(response);
                }
                Ok(())
            }
        }
    }

    /// Several messages at once, which have one answer.
    async fn batch(self: &Arc<Self>, messages: Vec<Result<Message, Refusal>>) -> Result<(), Gone> {
        let knows_batches = self
            .session()
            .is_some_and(|session| session.client().version == ProtocolVersion::V_2025_03_26);
        if !knows_batches {
            return self.refuse(&Refusal::new(None, no_batches())).await;
        }
        let mut answers: Vec<Text> = Vec::new();
        let mut requests = Vec::new();
        for message in messages {
            match message {
                Ok(Message::Request(request)) if is_greeting(&request) => {
                    let fault = fault::params("`initialize` cannot be part of a batch");
                    answers.push(Reply::fault(Some(&request.id), &fault).text);
                }
                Ok(Message::Request(request)) if request.names_version() => {
                    answers.push(Reply::fault(Some(&request.id), &no_batches()).text);
                }
                Ok(Message::Request(request)) => match self.enter(request).await {
                    Ok(entered) => requests.push(entered),
                    Err(refusal) => answers.push(refused(&refusal).text),
                },
                Ok(Message::Notification(notification)) => self.hear(&notification),
                Ok(Message::Response(response)) => {
                    if let Some(session) = self.session() {
                        session.answered(response);
                    }
                }
                Err(refusal) => answers.push(refused(&refusal).text),
            }
        }
        let connection = Arc::clone(self);
        tokio::spawn(async move {
            let answering = requests.into_iter().map(|(request, working)| {
                let connection = &connection;
                async move { connection.answer(request, &working).await }
            });
            answers.extend(join_all(answering).await.into_iter().flatten());
            if !answers.is_empty() {
                let _ = connection.outbox.send(array(&answers)).await;
            }
        });
        Ok(())
    }

    /// Room for a request, unless one with its id is in flight.
    async fn enter(&self, request: Request) -> Result<(Request, Working), Refusal> {
        match self.in_flight.enter(&request.id).await {
            Some(working) => Ok((request, working)),
            None => Err(Refusal::duplicate(request.id)),
        }
    }

    /// The answer to a request, unless its client does not want it any more.
    async fn answer(&self, request: Request, working: &Working) -> Option<Text> {
        let _listening = if request.method == "subscriptions/listen" {
            let Ok(place) = self.listening.try_acquire() else {
                let fault = fault::invalid("too many subscriptions on this connection");
                let reply = Reply::fault(Some(&request.id), &fault);
                return working.answer().then_some(reply.text);
            };
            Some(place)
        } else {
            None
        };
        let origin = Origin {
            caller: self.caller.clone(),
            correlation: None,
            session: self.session(),
            outbox: self.outbox.clone(),
            cancel: working.cancel.clone(),
            closing: self.lifecycle.closing.clone(),
        };
        let reply = self.endpoint.answer(request, origin).await;
        working.answer().then_some(reply.text)
    }

    fn greet(&self, request: &Request) -> Reply {
        match self
            .endpoint
            .initialize(self.caller.clone(), &request.params)
        {
            Ok((session, result)) => {
                let tenant = self.caller.tenant().clone();
                let greeted = Greeted {
                    session,
                    listener: Some(self.endpoint.newsroom.listen(tenant)),
                    announcing: None,
                };
                *self.greeted() = Some(greeted);
                Reply::result(&request.id, &result)
            }
            Err(fault) => Reply::fault(Some(&request.id), &fault),
        }
    }

    fn hear(&self, notification: &Notification) {
        match notification.method.as_str() {
            "notifications/cancelled" => {
                let id = notification.params.get("requestId");
                if let Some(id) = id.and_then(crate::protocol::id_search::read) {
                    self.in_flight.cancel(&id);
                }
            }
            "notifications/initialized" => self.announce(),
            _ => {}
        }
    }

    /// Passes on what changes, from now on.
    fn announce(&self) {
        if let Some(greeted) = &mut *self.greeted()
            && let Some(mut listener) = greeted.listener.take()
        {
            let (session, outbox) = (Arc::clone(&greeted.session), self.outbox.clone());
            let closing = self.lifecycle.closing.clone();
            let announcing = tokio::spawn(async move {
                let announcing = listen::announce(&session, &mut listener, &outbox);
                closing.run_until_cancelled(announcing).await;
            });
            greeted.announcing = Some(AbortOnDropHandle::new(announcing));
        }
    }

    fn session(&self) -> Option<Arc<Session>> {
        let greeted = self.greeted();
        greeted.as_ref().map(|greeted| Arc::clone(&greeted.session))
    }

    fn greeted(&self) -> std::sync::MutexGuard<'_, Option<Greeted>> {
        self.greeted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a request is the hello of the handshake era.
pub(crate) fn is_greeting(request: &Request) -> bool {
    request.method == "initialize" && !request.names_version()
}

/// Batches are part of one version alone.
pub(crate) fn no_batches() -> Fault {
    fault::invalid("batches are not part of this version; send one message at a time")
}

/// The answer to a message that is none.
pub(crate) fn refused(refusal: &Refusal) -> Reply {
    tracing::debug!(reason = %refusal.fault.error.message, "refused a message");
    let id: Option<&RequestId> = refusal.id.as_ref();
    Reply::fault(id, &refusal.fault)
}

/// Several messages as one.
pub(crate) fn array(messages: &[Text]) -> Text {
    let mut array = vec![b'['];
    array.extend_from_slice(&messages.join(&b','));
    array.push(b']');
    array
}
