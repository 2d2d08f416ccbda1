//! Rules about hosts, found by host.
//!
//! Owns the index: a name looks up itself and each domain above it, an address each length of prefix
//! that some rule has, so the work does not grow with the rules of other hosts. Refuses to know what a
//! rule says beyond its host and path.

use core::net::IpAddr;
use std::collections::{BTreeMap, HashMap};

use crate::grant::{Host, HostPattern, Network, UrlPath};

/// Rules of one host, found by path. A path is looked up with each path above it.
#[derive(Debug, Clone)]
struct Paths<T> {
    /// Rules about every path.
    all: Vec<T>,
    /// Rules about a path and what is below it, by the path in lower case.
    below: HashMap<Box<str>, Vec<T>>,
    /// The most segments of any of those paths.
    depth: usize,
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            below: HashMap::new(),
            depth: 0,
        }
    }
}

impl<T> Paths<T> {
    fn insert(&mut self, path: Option<&UrlPath>, rule: T) {
        match path.filter(|path| !path.is_root()) {
            None => self.all.push(rule),
            Some(path) => {
                let key = path.as_str().to_ascii_lowercase();
                self.depth = self.depth.max(key.split('/').count());
                self.below.entry(key.into()).or_default().push(rule);
            }
        }
    }

    fn visit<'t>(&'t self, sought: &Sought<'_>, visit: &mut impl FnMut(&'t T)) {
        self.all.iter().for_each(&mut *visit);
        if self.below.is_empty() {
            return;
        }
        if sought.every_path {
            self.below.values().flatten().for_each(&mut *visit);
            return;
        }
        let ends = sought.path.match_indices('/').map(|(at, _)| at).skip(1);
        for end in ends.chain([sought.path.len()]).take(self.depth) {
            let above = sought.path.get(..end).and_then(|path| self.below.get(path));
            above.into_iter().flatten().for_each(&mut *visit);
        }
    }
}

/// What is looked for below a host.
pub(super) struct Sought<'a> {
    /// The path, in lower case.
    pub(super) path: &'a str,
    /// Whether the path could mean any other one, too.
    pub(super) every_path: bool,
}

/// Rules about hosts.
#[derive(Debug, Clone)]
pub(super) struct Hosts<T> {
    any: Paths<T>,
    names: HashMap<Box<str>, Paths<T>>,
    suffixes: HashMap<Box<str>, Paths<T>>,
    networks: BTreeMap<u8, HashMap<Network, Paths<T>>>,
}

impl<T> Default for Hosts<T> {
    fn default() -> Self {
        Self {
            any: Paths::default(),
            names: HashMap::new(),
            suffixes: HashMap::new(),
            networks: BTreeMap::new(),
        }
    }
}

impl<T> Hosts<T> {
    pub(super) fn insert(&mut self, host: &HostPattern, path: Option<&UrlPath>, rule: T) {
        let paths = match host {
            HostPattern::Any => &mut self.any,
            HostPattern::Name(name) => self.names.entry(name.as_str().into()).or_default(),
            HostPattern::Network(network) => {
                let length = self.networks.entry(network.prefix()).or_default();
                length.entry(*network).or_default()
            }
            HostPattern::Suffix(name) => self.suffixes.entry(name.as_str().into()).or_default(),
        };
        paths.insert(path, rule);
    }

    /// Shows `visit` every rule that could be about this host and path.
    pub(super) fn visit<'t>(
        &'t self,
        host: &Host,
        sought: &Sought<'_>,
        mut visit: impl FnMut(&'t T),
    ) {
        self.any.visit(sought, &mut visit);
        match host {
            Host::Address(address) => self.visit_networks(*address, sought, visit),
            Host::Name(name) => {
                let name = name.as_str();
                if let Some(paths) = self.names.get(name) {
                    paths.visit(sought, &mut visit);
                }
                if self.suffixes.is_empty() {
                    return;
                }
                for (dot, _) in name.match_indices('.') {
                    let above = name.get(dot + 1..).and_then(|name| self.suffixes.get(name));
                    if let Some(paths) = above {
                        paths.visit(sought, &mut visit);
                    }
                }
            }
        }
    }

    /// Shows `visit` every rule about a range that holds `address`.
    pub(super) fn visit_networks<'t>(
        &'t self,
        address: IpAddr,
        sought: &Sought<'_>,
        mut visit: impl FnMut(&'t T),
    ) {
        for (prefix, networks) in &self.networks {
            let Some(network) = Network::around(address, *prefix) else {
                continue;
            };
            if let Some(paths) = networks.get(&network) {
                paths.visit(sought, &mut visit);
            }
        }
    }
}
