//! What the product and the reference evaluator are asked, and what they may answer.

use std::net::IpAddr;

use ringfence_policy::{FileOperation, Host, Kind, Protocol, Scheme};

/// What may be asked.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    File(FileOperation, String),
    Named(Kind, String),
    Out(Out),
    Secret(Scheme, Host, u16),
}

/// A request when there is a method, a connection when there is none.
#[derive(Debug, Clone)]
pub(crate) struct Out {
    pub(crate) http: Option<(String, Scheme, String)>,
    pub(crate) protocol: Protocol,
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) at: Option<(IpAddr, bool)>,
}

/// Yes, with the line; no, with the line when one says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes(Vec<usize>),
    No(Option<usize>),
}
