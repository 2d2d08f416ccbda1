//! Whoever hears of each question.
//!
//! Owns the words for what a tool wanted. Refuses to change an answer: a policy that is watched decides
//! as one that is not.

use std::fmt;
use std::sync::Arc;

use crate::grant::{FileOperation, Kind, OutgoingRequest, Protocol};

/// Something that a tool wanted to do, whether it may or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Access {
    /// To do something with a file or a directory.
    File {
        /// What.
        operation: FileOperation,
        /// Where, as the tool sees it.
        path: String,
    },
    /// To give a file or a directory another name.
    Rename {
        /// The name it had.
        from: String,
        /// The name it gets.
        to: String,
        /// Whether it is a directory.
        directory: bool,
    },
    /// To give a file one name more.
    Link {
        /// The name it has.
        from: String,
        /// The other one.
        to: String,
    },
    /// To send an HTTP request.
    Request {
        /// The method.
        method: String,
        /// `http` or `https`.
        scheme: &'static str,
        /// The name or the address, as grants write it.
        host: String,
        /// The port.
        port: u16,
        /// The path, without a query.
        path: String,
    },
    /// To send a secret with a request.
    Secret {
        /// Which.
        name: String,
        /// `http` or `https`.
        scheme: &'static str,
        /// To whom.
        host: String,
        /// To which port.
        port: u16,
        /// In which header.
        header: String,
    },
    /// To connect a socket, or to send a datagram.
    Socket {
        /// How.
        protocol: Protocol,
        /// To whom.
        host: String,
        /// To which port.
        port: u16,
    },
    /// To learn the addresses of a name.
    Lookup(String),
    /// To use something that has a name: a variable, a configuration value, a bucket, a tool.
    Named(Kind, String),
    /// To use something of which there is one: a precise clock, standard input.
    Any(Kind),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { operation, path } => write!(f, "{} {path}", operation.word()),
            Self::Rename { from, to, .. } => write!(f, "rename {from} to {to}"),
            Self::Link { from, to } => write!(f, "link {from} to {to}"),
            Self::Request {
                method,
                scheme,
                host,
                port,
                path,
            } => write!(f, "{method} {scheme}://{host}:{port}{path}"),
            Self::Secret {
                name, host, header, ..
            } => write!(f, "send the secret {name} to {host} in {header}"),
            Self::Socket {
                protocol,
                host,
                port,
            } => write!(f, "{} {host}:{port}", protocol.word()),
            Self::Lookup(name) => write!(f, "look up {name}"),
            Self::Named(kind, name) => write!(f, "{kind} {name}"),
            Self::Any(kind) => write!(f, "{kind}"),
        }
    }
}

impl Access {
    pub(crate) fn of(request: &OutgoingRequest<'_>) -> Self {
        Self::Request {
            method: request.method.to_owned(),
            scheme: request.scheme.word(),
            host: request.host.to_string(),
            port: request.port,
            path: request.path.to_owned(),
        }
    }
}

/// Hears of each question that is asked of a policy.
pub trait Witness: fmt::Debug + Send + Sync {
    /// A tool wanted this.
    fn saw(&self, access: Access);
}

/// A witness, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched(Option<Arc<dyn Witness>>);

impl Watched {
    pub(crate) fn by(witness: Arc<dyn Witness>) -> Self {
        Self(Some(witness))
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    /// Tells the witness, if there is one.
    pub(crate) fn tell(&self, access: impl FnOnce() -> Access) {
        if let Some(witness) = &self.0 {
            witness.saw(access());
        }
    }
}

/// Whoever listens, the policy is the same.
impl PartialEq for Watched {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Watched {}
