//! The smallest grants for everything but files.
//!
//! Owns the choice: each host with its port, the methods and paths that were asked for, each socket,
//! each name. Refuses to widen a host.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_policy::{Access, Grant};

use super::proposal::Line;
use super::seen::Accesses;

/// So many paths of one host each get a line. More become what they have in common.
const PATHS_MAX: usize = 4;

/// A host, as it is asked for.
type Place = (&'static str, String, u16);

/// What was asked for at one path: the methods, and which accesses that was.
type Asked = (BTreeSet<String>, BTreeSet<Access>);

/// Grants for what was wanted of the network and of everything that has a name.
pub(super) fn propose(accesses: &Accesses) -> Vec<Line> {
    let mut hosts: BTreeMap<Place, BTreeMap<String, Asked>> = BTreeMap::new();
    let mut lines = Vec::new();
    for access in accesses.keys() {
        let grant = match access {
            Access::Request {
                method,
                scheme,
                host,
                port,
                path,
            } => {
                let paths = hosts.entry((scheme, host.clone(), *port)).or_default();
                let (methods, reasons) = paths.entry(path.clone()).or_default();
                methods.insert(method.clone());
                reasons.insert(access.clone());
                continue;
            }
            Access::Secret {
                name,
                scheme,
                host,
                port,
                header,
            } => shortest(format!("secret={name}->{scheme}://{host}:{port}:{header}")),
            Access::Socket {
                protocol,
                host,
                port,
            } => format!("socket={}:{host}:{port}", protocol.word()),
            Access::Named(kind, name) => format!("{kind}={name}"),
            Access::Any(kind) => kind.to_string(),
            _ => continue,
        };
        lines.push(Line {
            grant,
            accesses: [access.clone()].into(),
        });
    }
    for ((scheme, host, port), paths) in hosts {
        for (path, (methods, accesses)) in few(paths) {
            let methods: Vec<_> = methods.into_iter().collect();
            let path = if path == "/" { "" } else { &path };
            let usual = if scheme == "https" { 443 } else { 80 };
            let port = match port {
                port if port == usual => String::new(),
                port => format!(":{port}"),
            };
            lines.push(Line {
                grant: format!("net={} {scheme}://{host}{port}{path}", methods.join(",")),
                accesses,
            });
        }
    }
    lines
}

/// A grant without what it means anyway.
fn shortest(grant: String) -> String {
    let parsed = grant.parse::<Grant>();
    parsed.map_or(grant, |grant| grant.to_string())
}

/// The paths, or what they have in common when they are many.
fn few(paths: BTreeMap<String, Asked>) -> BTreeMap<String, Asked> {
    if paths.len() <= PATHS_MAX {
        return paths;
    }
    let common = paths
        .keys()
        .map(String::as_str)
        .reduce(shared)
        .unwrap_or("/");
    let common = if common.is_empty() { "/" } else { common }.to_owned();
    let mut all = Asked::default();
    for (methods, accesses) in paths.into_values() {
        all.0.extend(methods);
        all.1.extend(accesses);
    }
    [(common, all)].into()
}

/// The whole segments that both begin with.
fn shared<'p>(one: &'p str, other: &str) -> &'p str {
    let mut end = 0;
    let mut at = 0;
    for (mine, yours) in one.split('/').zip(other.split('/')) {
        if mine != yours {
            break;
        }
        at += mine.len();
        end = at;
        at += 1;
    }
    one.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_paths_become_what_they_share_by_whole_segments() {
        assert_eq!(shared("/v1/users/a", "/v1/users/b"), "/v1/users");
        assert_eq!(shared("/v1/users", "/v1/usage"), "/v1");
        assert_eq!(shared("/a", "/b"), "");
        let paths = |count: usize| {
            let paths = (0..count).map(|at| (format!("/v1/{at}"), Asked::default()));
            few(paths.collect()).into_keys().collect::<Vec<_>>()
        };
        assert_eq!(paths(2), ["/v1/0", "/v1/1"]);
        assert_eq!(paths(PATHS_MAX + 1), ["/v1"]);
    }
}
