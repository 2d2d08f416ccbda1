//! Resolvers and rules that say what a test needs.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Empty};
use ringfence_egress::{
    Addresses, Denied, Egress, EgressError, Hop, Host, Leave, Limits, Outgoing, Resolve,
    ResponseBody, Rules, Timeouts, Transport, Trust,
};

/// Gives its answers in their order, the last one for ever, and keeps what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(parse).collect()),
            asked: Mutex::default(),
        })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Script {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        self.asked.lock().unwrap().push(name.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        Box::pin(async move { answer.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)) })
    }
}

/// Allows every request, socket and name, at public addresses and in `private`; notes the hops.
#[derive(Debug, Default)]
pub(crate) struct Everything {
    pub(crate) private: Vec<String>,
    pub(crate) secret: Option<(&'static str, &'static str)>,
    pub(crate) hops: Mutex<Vec<String>>,
}

impl Everything {
    pub(crate) fn and(private: &[&str]) -> Arc<Self> {
        Arc::new(Self {
            private: private.iter().map(|&range| range.to_owned()).collect(),
            ..Self::default()
        })
    }

    pub(crate) fn hops(&self) -> Vec<String> {
        self.hops.lock().unwrap().clone()
    }

    fn leave(&self) -> Leave {
        let ranges = self.private.iter().map(|range| range.parse().unwrap());
        Leave::within(ranges.collect())
    }
}

impl Rules for Everything {
    fn request(&self, hop: &Hop<'_>) -> Result<Leave, Denied> {
        let hop = format!("{} {}{}", hop.method, hop.destination, hop.path);
        self.hops.lock().unwrap().push(hop);
        Ok(self.leave())
    }

    fn inject(&self, hop: &Hop<'_>, headers: &mut HeaderMap) -> Result<(), Denied> {
        if let Some((host, secret)) = self.secret
            && hop.destination.host().name() == Some(host)
        {
            headers.insert("authorization", secret.parse().unwrap());
        }
        Ok(())
    }

    fn socket(&self, _: Transport, _: &Host, _: u16) -> Result<Leave, Denied> {
        Ok(self.leave())
    }

    fn lookup(&self, _: &Host) -> Result<Leave, Denied> {
        Ok(self.leave())
    }
}

/// Allows nothing.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Rules for Nothing {
    fn request(&self, hop: &Hop<'_>) -> Result<Leave, Denied> {
        Err(Denied::new(format!("grant `net={}`", hop.destination)))
    }
}

pub(crate) fn egress(resolver: Arc<Script>) -> Egress {
    Egress::new(resolver, Trust::bundled())
}

/// Everything may be reached on this machine, by any name.
pub(crate) fn local(limits: Limits) -> Outgoing {
    let resolver = Script::new(&[&["127.0.0.1"]]);
    egress(resolver).outgoing(Everything::and(&["127.0.0.0/8"]), limits)
}

pub(crate) fn get(url: impl AsRef<str>) -> Request<Empty<Bytes>> {
    Request::get(url.as_ref()).body(Empty::new()).unwrap()
}

pub(crate) async fn send(
    outgoing: &Outgoing,
    url: impl AsRef<str>,
) -> Result<http::Response<ResponseBody>, EgressError> {
    outgoing.send(get(url), Timeouts::default()).await
}

pub(crate) async fn text(response: http::Response<ResponseBody>) -> Result<String, EgressError> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
