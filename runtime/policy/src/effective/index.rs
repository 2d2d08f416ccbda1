//! Grants and denials, found by what they are about.
//!
//! Owns which rule stands where in the index. A rule is known by its place in the order in which rules
//! were written; the first that fits is the one that decides, so the answer is the same however the
//! index is built.

use std::collections::HashMap;

use super::hosts::Hosts;
use super::tree::Tree;
use super::{Denied, Granted};
use crate::grant::{Capability, FileKind, FileOperations, Grant, Host, Kind, ToolPattern};
use crate::subtract::taken;

/// Rules about tools, found by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Tools {
    names: HashMap<Box<str>, usize>,
    stems: HashMap<Box<str>, usize>,
}

impl Tools {
    fn insert(&mut self, pattern: &ToolPattern, place: usize) {
        let names = if pattern.is_open() {
            &mut self.stems
        } else {
            &mut self.names
        };
        names.entry(pattern.stem().into()).or_insert(place);
    }

    /// The first rule about `tool`.
    pub(super) fn first(&self, tool: &str) -> Option<usize> {
        let mut first = self.names.get(tool).copied();
        if !self.stems.is_empty() {
            for end in 0..=tool.len().min(crate::grant::TOOL_PATTERN_BYTES_MAX) {
                let stem = tool.get(..end).and_then(|stem| self.stems.get(stem));
                first = first.into_iter().chain(stem.copied()).min();
            }
        }
        first
    }
}

/// Where each rule stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) files: Tree<usize>,
    pub(super) net: Hosts<usize>,
    pub(super) sockets: Hosts<usize>,
    pub(super) tools: Tools,
    /// Rules about one name: `env`, `config`, `kv`, and denials of secrets.
    names: HashMap<(Kind, Box<str>), usize>,
    /// Rules about a whole kind.
    kinds: HashMap<Kind, usize>,
}

impl Rules {
    /// The first rule about this name of this kind, or about the whole kind.
    pub(super) fn named(&self, kind: Kind, name: &str) -> Option<usize> {
        let named = self.names.get(&(kind, Box::from(name))).copied();
        named.into_iter().chain(self.kind(kind)).min()
    }

    /// The first rule about the whole kind.
    pub(super) fn kind(&self, kind: Kind) -> Option<usize> {
        self.kinds.get(&kind).copied()
    }

    fn name(&mut self, kind: Kind, name: &str, place: usize) {
        self.names.entry((kind, name.into())).or_insert(place);
    }

    fn whole(&mut self, kind: Kind, place: usize) {
        self.kinds.entry(kind).or_insert(place);
    }
}

/// Where each grant and each denial stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub(super) granted: Rules,
    pub(super) denied: Rules,
    /// Denials of a kind of file operation everywhere.
    pub(super) denied_operations: Vec<(FileOperations, usize)>,
    /// Ranges that names may lead to.
    pub(super) ranges: Rules,
    /// Secrets by the host they go to.
    pub(super) secrets: HashMap<Host, Vec<usize>>,
}

impl Index {
    pub(super) fn new(granted: &[Granted], denied: &[Denied], ranges: &[Granted]) -> Self {
        let mut index = Self::default();
        for (place, range) in ranges.iter().enumerate() {
            match &range.grant {
                Grant::Net(net) => index.ranges.net.insert(&net.host, Some(&net.path), place),
                Grant::Socket(socket) => index.ranges.sockets.insert(&socket.host, None, place),
                _ => {}
            }
        }
        for (place, one) in granted.iter().enumerate() {
            index.grant(&one.grant, place);
        }
        for (place, one) in denied.iter().enumerate() {
            index.deny(&one.capability, place);
        }
        index
    }

    fn grant(&mut self, grant: &Grant, place: usize) {
        let rules = &mut self.granted;
        match grant {
            Grant::Budget(_) => {}
            Grant::ClockPrecise => rules.whole(Kind::ClockPrecise, place),
            Grant::Config(key) => rules.name(Kind::Config, key.as_str(), place),
            Grant::Env(name) => rules.name(Kind::Env, name.as_str(), place),
            Grant::Files(files) => rules.files.insert(&files.guest, place),
            Grant::Kv(bucket) => rules.name(Kind::Kv, bucket.name.as_str(), place),
            Grant::Net(net) => rules.net.insert(&net.host, Some(&net.path), place),
            Grant::Random => rules.whole(Kind::Random, place),
            Grant::Secret(secret) => {
                let places = self.secrets.entry(secret.host.clone()).or_default();
                places.push(place);
            }
            Grant::Socket(socket) => rules.sockets.insert(&socket.host, None, place),
            Grant::Stdin => rules.whole(Kind::Stdin, place),
            Grant::Stdout => rules.whole(Kind::Stdout, place),
            Grant::Tools(pattern) => rules.tools.insert(pattern, place),
        }
    }

    fn deny(&mut self, capability: &Capability, place: usize) {
        let rules = &mut self.denied;
        match capability {
            Capability::Any(kind) => match FileKind::of(*kind) {
                Some(kind) => self.denied_operations.push((taken(kind), place)),
                None => rules.whole(*kind, place),
            },
            Capability::Config(key) => rules.name(Kind::Config, key.as_str(), place),
            Capability::Env(name) => rules.name(Kind::Env, name.as_str(), place),
            Capability::Files(files) => rules.files.insert(&files.guest, place),
            Capability::Kv(name) => rules.name(Kind::Kv, name.as_str(), place),
            Capability::Net(net) => rules.net.insert(&net.host, Some(&net.path), place),
            Capability::Secret(name) => rules.name(Kind::Secret, name.as_str(), place),
            Capability::Socket(socket) => rules.sockets.insert(&socket.host, None, place),
            Capability::Tools(pattern) => rules.tools.insert(pattern, place),
        }
    }
}
