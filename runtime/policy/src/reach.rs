//! What a tool could make use of.
//!
//! Owns the kinds that could reach anything through a component's imports, narrowed to what its
//! manifest requests when it requests anything. Refuses to believe what a component says of itself
//! beyond that: a request can only narrow.

use std::sync::Arc;

use ringfence_tool::Component;

use crate::grant::{
    Capability, FileGrant, FileKind, FileOperation, Grant, GuestPath, Host, Kind, Kinds, Methods,
    OutgoingRequest, Protocol,
};

/// Imports, by the beginning of their names, and what they could make use of.
const IMPORTS: &[(&str, Kinds)] = &[
    ("ringfence:tool/tools", Kinds::NONE.with(Kind::Tools)),
    ("wasi:cli/environment", Kinds::NONE.with(Kind::Env)),
    ("wasi:cli/stderr", Kinds::NONE.with(Kind::Stdout)),
    ("wasi:cli/stdin", Kinds::NONE.with(Kind::Stdin)),
    ("wasi:cli/stdout", Kinds::NONE.with(Kind::Stdout)),
    ("wasi:clocks/", Kinds::NONE.with(Kind::ClockPrecise)),
    ("wasi:config/", Kinds::NONE.with(Kind::Config)),
    ("wasi:filesystem/", Kinds::FILES),
    (
        "wasi:http/outgoing-handler",
        Kinds::NONE.with(Kind::Net).with(Kind::Secret),
    ),
    ("wasi:keyvalue/", Kinds::NONE.with(Kind::Kv)),
    ("wasi:random/", Kinds::NONE.with(Kind::Random)),
    ("wasi:sockets/", Kinds::NONE.with(Kind::Socket)),
];

/// What a component could make use of: what it imports, narrowed to what its manifest requests when
/// it requests anything.
///
/// A grant outside this reach is not handed to the tool, so that one `--grant` on a server of many
/// tools goes only to those that ask for it. By default nothing is within reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Reach {
    imports: Kinds,
    requests: Option<Arc<[Capability]>>,
}

impl Reach {
    /// What imports of these kinds could make use of, narrowed to `requests` when there are any.
    pub fn new(imports: Kinds, requests: Option<Vec<Capability>>) -> Self {
        Self {
            imports,
            requests: requests.map(Into::into),
        }
    }

    /// The reach of `component`.
    ///
    /// A request that cannot be read asks for nothing, and still narrows what the others ask for.
    pub fn of(component: &Component) -> Self {
        let imports = component
            .imports()
            .iter()
            .flat_map(|import| {
                let known = IMPORTS.iter();
                known.filter(|(prefix, _)| import.name.starts_with(prefix))
            })
            .fold(Kinds::NONE, |all, (_, kinds)| all.union(*kinds));
        let requests = &component.manifest().requests;
        let asked = requests
            .iter()
            .filter_map(|request| Capability::requested(&request.capability).ok());
        let asked = (!requests.is_empty()).then(|| asked.collect());
        Self::new(imports, asked)
    }

    /// What it asks for, when it asks for anything.
    pub fn requests(&self) -> Option<&[Capability]> {
        self.requests.as_deref()
    }

    /// The kinds of grant that would reach anything, whole or narrowed to what is asked for.
    pub fn kinds(&self) -> Kinds {
        let asked = |kind: &Kind| {
            let Some(requests) = self.requests() else {
                return true;
            };
            *kind == Kind::Random
                || requests.iter().any(|request| {
                    let file = FileKind::of(*kind).zip(FileKind::of(request.kind()));
                    match file {
                        Some((file, asked)) => file.intersection(asked) == Some(file),
                        None => request.kind() == *kind,
                    }
                })
        };
        self.imports.iter().filter(asked).collect()
    }

    /// What of `grant` falls within this reach: all, nothing, or, when a tool that only asks to read
    /// is granted to write, the reading.
    pub(crate) fn narrow(&self, grant: &Grant) -> Vec<Grant> {
        let Some(kind) = grant.kind() else {
            return Vec::new();
        };
        if !self.imports.contains(kind) {
            return Vec::new();
        }
        // Random bytes are for every tool that can draw them; nobody has to ask.
        let Some(requests) = self.requests().filter(|_| kind != Kind::Random) else {
            return vec![grant.clone()];
        };
        match grant {
            Grant::Files(files) => narrow_files(files, requests),
            Grant::Net(net) => {
                let methods = requests.iter().map(|request| match request {
                    Capability::Any(Kind::Net) => net.methods,
                    Capability::Net(asked) if asked.overlaps(net) => {
                        net.methods.intersection(asked.methods)
                    }
                    _ => Methods::NONE,
                });
                let methods = methods.fold(Methods::NONE, Methods::union);
                if methods.is_empty() {
                    return Vec::new();
                }
                let mut narrowed = net.clone();
                narrowed.methods = methods;
                vec![Grant::Net(narrowed)]
            }
            _ if requests.iter().any(|request| meets(request, grant)) => vec![grant.clone()],
            _ => Vec::new(),
        }
    }

    /// Whether it asks to do `operation` with `path`.
    pub(crate) fn asks_file(&self, operation: FileOperation, path: &str) -> bool {
        self.asks(|request| {
            FileKind::of(request.kind()).is_some_and(|kind| kind.operations().contains(operation))
                && match request {
                    Capability::Files(files) => files.asks_at(operation, path),
                    _ => true,
                }
        })
    }

    /// Whether it asks for a part of what is below `path`.
    pub(crate) fn divides(&self, path: &GuestPath) -> bool {
        let mut requests = self.requests().into_iter().flatten();
        requests.any(|request| match request {
            Capability::Files(files) => {
                (files.guest != *path && path.below(files.guest.as_str()).is_some())
                    || (files.glob.is_some() && touch(&files.guest, path))
            }
            _ => false,
        })
    }

    /// Whether it asks to send `sent`.
    pub(crate) fn asks_request(&self, sent: &OutgoingRequest<'_>) -> bool {
        self.asks(|request| match request {
            Capability::Any(kind) => *kind == Kind::Net,
            Capability::Net(net) => net.reaches(sent) && net.path.surely_covers(sent.path),
            _ => false,
        })
    }

    /// Whether it asks to speak to this peer.
    pub(crate) fn asks_socket(&self, protocol: Protocol, host: &Host, port: u16) -> bool {
        self.asks(|request| match request {
            Capability::Any(kind) => *kind == Kind::Socket,
            Capability::Socket(socket) => socket.covers(protocol, host, port),
            _ => false,
        })
    }

    /// Whether it asks to call `tool`.
    pub(crate) fn asks_tool(&self, tool: &str) -> bool {
        self.asks(|request| match request {
            Capability::Any(kind) => *kind == Kind::Tools,
            Capability::Tools(pattern) => pattern.covers(tool),
            _ => false,
        })
    }

    fn asks(&self, wanted: impl Fn(&Capability) -> bool) -> bool {
        self.requests()
            .is_none_or(|requests| requests.iter().any(wanted))
    }
}

fn narrow_files(files: &FileGrant, requests: &[Capability]) -> Vec<Grant> {
    let asked = |wanted: &FileKind| {
        requests.iter().any(|request| {
            let met = match request {
                Capability::Files(asked) => touch(&asked.guest, &files.guest),
                _ => true,
            };
            let kind = FileKind::of(request.kind()).filter(|_| met);
            kind.and_then(|kind| kind.intersection(files.kind)) == Some(*wanted)
        })
    };
    let mut given = crate::grant::FileOperations::NONE;
    let mut narrowed = Vec::new();
    // The widest first, so that no grant repeats what another one gives.
    for kind in FileKind::ALL.into_iter().filter(asked) {
        let wider = given.union(kind.operations());
        if wider != given {
            given = wider;
            let mut one = files.clone();
            one.kind = kind;
            narrowed.push(Grant::Files(one));
        }
    }
    narrowed
}

/// Whether one of the paths is at or below the other.
pub(crate) fn touch(one: &GuestPath, other: &GuestPath) -> bool {
    one.below(other.as_str()).is_some() || other.below(one.as_str()).is_some()
}

/// Whether `capability` is about some of what `grant` gives. Of files the operations count as well, which
/// is for whoever knows them to compare.
pub(crate) fn meets(capability: &Capability, grant: &Grant) -> bool {
    match (capability, grant) {
        (Capability::Any(kind), _) => grant.kind() == Some(*kind),
        (Capability::Config(key), Grant::Config(granted)) => key == granted,
        (Capability::Env(name), Grant::Env(granted)) => name == granted,
        (Capability::Kv(name), Grant::Kv(granted)) => *name == granted.name,
        (Capability::Net(net), Grant::Net(granted)) => net.overlaps(granted),
        (Capability::Secret(name), Grant::Secret(granted)) => *name == granted.name,
        (Capability::Socket(socket), Grant::Socket(granted)) => {
            socket.protocol == granted.protocol
                && socket.ports.overlaps(granted.ports)
                && socket.host.overlaps(&granted.host)
        }
        (Capability::Tools(pattern), Grant::Tools(granted)) => pattern.overlaps(granted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(requests: &[&str]) -> Reach {
        let requests = requests.iter().map(|text| text.parse().unwrap());
        Reach::new(Kinds::ALL, Some(requests.collect()))
    }

    fn narrow(reach: &Reach, grant: &str) -> Vec<String> {
        let grant = grant.parse().unwrap();
        let narrowed = reach.narrow(&grant);
        narrowed.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_tool_that_asks_to_read_is_never_handed_writing() {
        let reader = reach(&["fs.read"]);
        assert_eq!(narrow(&reader, "fs.write=/srv:/srv"), ["fs.read=/srv:/srv"]);
        assert_eq!(narrow(&reader, "fs.create=/srv:/srv"), [""; 0]);
        assert_eq!(
            narrow(
                &reach(&["fs.read", "fs.create", "fs.list"]),
                "fs.write=/srv:/srv"
            ),
            ["fs.read=/srv:/srv", "fs.create=/srv:/srv"]
        );
        assert_eq!(narrow(&Reach::default(), "fs.write=/srv:/srv"), [""; 0]);
    }

    #[test]
    fn a_request_narrows_methods_and_hosts() {
        let getter = reach(&["net=GET https://*.example.com"]);
        assert_eq!(
            narrow(&getter, "net=* https://api.example.com"),
            ["net=GET https://api.example.com"]
        );
        assert_eq!(narrow(&getter, "net=POST https://api.example.com"), [""; 0]);
        assert_eq!(narrow(&getter, "net=https://example.org"), [""; 0]);
        assert_eq!(narrow(&reach(&["net"]), "net=https://example.org").len(), 1);
    }

    #[test]
    fn a_tool_that_asks_for_something_else_gets_nothing() {
        let other = reach(&["env=LANG", "kv=notes", "tools=text_*"]);
        assert_eq!(narrow(&other, "env=HOME"), [""; 0]);
        assert_eq!(narrow(&other, "kv=other"), [""; 0]);
        assert_eq!(narrow(&other, "tools=files_read"), [""; 0]);
        assert_eq!(narrow(&other, "clock.precise"), [""; 0]);
        assert_eq!(narrow(&other, "tools=text_stats").len(), 1);
        assert_eq!(narrow(&other, "random").len(), 1);
    }
}
