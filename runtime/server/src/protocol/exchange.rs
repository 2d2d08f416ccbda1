//! One request on its way through the server.
//!
//! Owns what every method may need to know of it: whose it is, in which era, where to send what
//! belongs to it, and whether somebody still waits.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_sandbox::Abilities;
use rmcp::model::RequestId;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Meta};
use super::fault::{self, Fault};
use super::frame::Params;
use super::line::Audience;
use super::outbox::Outbox;
use super::session::Session;
use crate::labels::Labels;

/// One request, without its method and parameters.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) id: RequestId,
    pub(crate) caller: Caller,
    /// What ties answer and log together.
    pub(crate) correlation: Arc<str>,
    /// What its client calls it, for the audit record: over every transport the same.
    pub(crate) name: Arc<str>,
    pub(crate) era: Era,
    pub(crate) meta: Meta,
    /// Where messages go that belong to this request.
    pub(crate) outbox: Outbox,
    /// Nobody waits for the answer any more.
    pub(crate) cancel: CancellationToken,
    /// No new work is taken, and whoever listens is told so.
    pub(crate) closing: CancellationToken,
}

/// How the client of a request speaks.
#[derive(Debug)]
pub(crate) enum Era {
    /// It has begun with `initialize`.
    Handshake(Arc<Session>),
    /// Each request says all.
    Stateless(Client),
}

/// Where a request came from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) caller: Caller,
    pub(crate) correlation: Option<Arc<str>>,
    /// The session that the request belongs to, when its client has said hello.
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) outbox: Outbox,
    pub(crate) cancel: CancellationToken,
    pub(crate) closing: CancellationToken,
}

/// What a request is called in records, and in the log where only its own id is known. Text that reads as a number, or as
/// quoted, is quoted: `1` and `"1"` are two requests.
fn named(id: &RequestId) -> Arc<str> {
    match id {
        RequestId::String(text)
            if text.starts_with('"') || text.parse::<serde_json::Number>().is_ok() =>
        {
            format!("\"{text}\"").into()
        }
        id => id.to_string().into(),
    }
}

impl Exchange {
    /// A request of either era: one that names a version says all, another needs a session.
    ///
    /// # Errors
    ///
    /// It lacks what a request of its era must have.
    pub(crate) fn new(id: RequestId, params: &mut Params, origin: Origin) -> Result<Self, Fault> {
        let meta = Meta::take(params)?;
        let era = if meta.names_version() {
            Era::Stateless(meta.client()?)
        } else {
            Era::Handshake(origin.session.ok_or_else(fault::no_session)?)
        };
        let name = named(&id);
        let correlation = origin.correlation.unwrap_or_else(|| Arc::clone(&name));
        Ok(Self {
            id,
            caller: origin.caller,
            correlation,
            name,
            era,
            meta,
            outbox: origin.outbox,
            cancel: origin.cancel,
            closing: origin.closing,
        })
    }

    /// Whether the request says all.
    pub(crate) fn is_stateless(&self) -> bool {
        matches!(self.era, Era::Stateless(_))
    }

    /// What was agreed with the client, when it has said hello.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        match &self.era {
            Era::Handshake(session) => Some(session),
            Era::Stateless(_) => None,
        }
    }

    /// What every line of the log says of the request. Of two traces, the message's own is nearer.
    pub(crate) fn labels(&self) -> Labels {
        let around = || Labels::current().and_then(|labels| labels.trace);
        Labels {
            correlation: Arc::clone(&self.correlation),
            trace: self.meta.trace().or_else(around),
        }
    }

    /// Who asks.
    pub(crate) fn client(&self) -> &Client {
        match &self.era {
            Era::Handshake(session) => session.client(),
            Era::Stateless(client) => client,
        }
    }

    /// To whom a call of this request talks.
    pub(crate) fn audience(&self) -> Audience {
        let abilities = match &self.era {
            // It is asked in the stream of the request, so there has to be one.
            Era::Handshake(_) if self.outbox.is_deaf() => Abilities::default(),
            _ => self.client().abilities,
        };
        Audience {
            client: self.client().name.clone(),
            abilities,
            progress: self.meta.progress_token(),
            level: match &self.era {
                Era::Handshake(session) => session.level(),
                Era::Stateless(_) => self.meta.level(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_with_different_ids_are_called_differently() {
        let text = |text: &str| named(&RequestId::String(text.into()));
        assert_eq!(&*named(&RequestId::Number(1)), "1");
        assert_eq!(&*text("1"), "\"1\"");
        assert_eq!(&*text("\"1\""), "\"\"1\"\"");
        assert_eq!(&*text("5f0c-1"), "5f0c-1");
        assert_eq!(&*text("-7"), "\"-7\"");
    }
}
