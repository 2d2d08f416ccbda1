//! Comparisons for the reference evaluator: names as lists of labels, paths as lists of parts,
//! addresses as text of bits, patterns by trying everything. Nothing of the product's.

use std::net::IpAddr;

use ringfence_identity::Caller;
use ringfence_policy::{
    Capability, FileKind, FileOperation, Host, HostPattern, Kind, Origin, Rule, Scope, Subject,
};

use crate::question::Out;

pub(crate) fn parts(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(crate) fn begins(path: &[String], with: &[String]) -> bool {
    with.len() <= path.len() && path[..with.len()] == *with
}

pub(crate) fn wild(pattern: &[char], name: &[char]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => {
            wild(rest, name) || (!name.is_empty() && wild(pattern, &name[1..]))
        }
        (Some((one, rest)), Some((other, after))) => {
            (*one == '?' || one == other) && wild(rest, after)
        }
        _ => false,
    }
}

pub(crate) fn glob(pattern: &[String], path: &[String]) -> bool {
    let chars = |text: &String| text.chars().collect::<Vec<_>>();
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((one, rest)), _) if one == "**" => {
            glob(rest, path) || (!path.is_empty() && glob(pattern, &path[1..]))
        }
        (Some((one, rest)), Some((name, after))) => {
            wild(&chars(one), &chars(name)) && glob(rest, after)
        }
        _ => false,
    }
}

/// Whether something longer than `path` could fit.
pub(crate) fn leads(pattern: &[String], path: &[String]) -> bool {
    let chars = |text: &String| text.chars().collect::<Vec<_>>();
    match (pattern.split_first(), path.split_first()) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some((one, rest)), Some(_)) if one == "**" => {
            leads(pattern, &path[1..]) || leads(rest, path)
        }
        (Some((one, rest)), Some((name, after))) => {
            wild(&chars(one), &chars(name)) && leads(rest, after)
        }
    }
}

pub(crate) fn allowed(kind: FileKind) -> Vec<FileOperation> {
    FileOperation::ALL
        .into_iter()
        .filter(|operation| kind.operations().contains(*operation))
        .collect()
}

pub(crate) fn forbidden(kind: FileKind) -> Vec<FileOperation> {
    let mut all = allowed(kind);
    if kind == FileKind::Write {
        all.retain(|operation| !matches!(operation, FileOperation::Read | FileOperation::List));
    }
    all
}

pub(crate) fn file_kind(kind: Kind) -> Option<FileKind> {
    FileKind::ALL
        .into_iter()
        .find(|file| Kind::from(*file) == kind)
}

pub(crate) fn denies_file(denied: &Capability, operation: FileOperation, path: &[String]) -> bool {
    file_kind(denied.kind()).is_some_and(|kind| forbidden(kind).contains(&operation))
        && match denied {
            Capability::Files(files) => {
                let base = parts(files.guest.as_str());
                begins(path, &base)
                    && files.glob.as_ref().is_none_or(|pattern| {
                        (base.len()..=path.len())
                            .any(|end| glob(&parts(pattern.as_str()), &path[base.len()..end]))
                    })
            }
            _ => true,
        }
}

pub(crate) fn host(pattern: &HostPattern, host: &Host) -> bool {
    let labels = |name: &str| name.split('.').rev().map(str::to_owned).collect::<Vec<_>>();
    match (pattern, host) {
        (HostPattern::Any, _) => true,
        (HostPattern::Name(one), Host::Name(other)) => {
            labels(one.as_str()) == labels(other.as_str())
        }
        (HostPattern::Suffix(one), Host::Name(other)) => {
            let (one, other) = (labels(one.as_str()), labels(other.as_str()));
            one.len() < other.len() && begins(&other, &one)
        }
        (HostPattern::Network(network), Host::Address(address)) => {
            let bits = |address: IpAddr| match address {
                IpAddr::V4(v4) => v4.octets().map(|byte| format!("{byte:08b}")).concat(),
                IpAddr::V6(v6) => v6.octets().map(|byte| format!("{byte:08b}")).concat(),
            };
            let (one, other) = (bits(network.address()), bits(*address));
            one.len() == other.len()
                && one[..usize::from(network.prefix())] == other[..usize::from(network.prefix())]
        }
        _ => false,
    }
}

/// Whether a server could take this path for another one.
pub(crate) fn murky(path: &str) -> bool {
    path.contains("..")
        || path.contains("//")
        || path.contains("/./")
        || path.to_lowercase().contains("%2e")
}

pub(crate) fn under(prefix: &str, path: &str, deny: bool) -> bool {
    if prefix == "/" {
        return true;
    }
    if deny {
        let path_parts = parts(&path.to_lowercase());
        return murky(path)
            || path.contains('%')
            || path.contains(';')
            || begins(&path_parts, &parts(&prefix.to_lowercase()));
    }
    !murky(path) && begins(&parts(path), &parts(prefix))
}

/// Whether a rule of this scope is about a call.
pub(crate) fn concerns(scope: &Scope, caller: &Caller, subject: &Subject<'_>) -> bool {
    scope
        .tenant
        .as_ref()
        .is_none_or(|one| one == caller.tenant())
        && scope
            .principal
            .as_ref()
            .is_none_or(|one| one == caller.principal())
        && scope
            .component
            .as_ref()
            .is_none_or(|one| one == subject.component)
        && scope
            .function
            .as_ref()
            .is_none_or(|one| one == subject.function)
        && scope
            .digest
            .as_ref()
            .is_none_or(|one| one == subject.digest)
}

pub(crate) fn line(rule: &Rule) -> usize {
    match &rule.origin {
        Origin::File { line, .. } => *line,
        _ => 0,
    }
}

pub(crate) fn is_range(one: &Capability) -> bool {
    match one {
        Capability::Net(net) => net.host.network().is_some(),
        Capability::Socket(socket) => socket.host.network().is_some(),
        _ => false,
    }
}

/// Whether a capability is about what goes out to `to`.
pub(crate) fn about(out: &Out, to: &Host, one: &Capability, deny: bool) -> bool {
    match (one, &out.http) {
        (Capability::Any(kind), Some(_)) => *kind == Kind::Net,
        (Capability::Any(kind), None) => *kind == Kind::Socket,
        (Capability::Net(net), Some((method, scheme, path))) => {
            net.scheme.is_none_or(|wanted| wanted == *scheme)
                && net.ports.contains(out.port)
                && !["CONNECT", "TRACE"].contains(&method.as_str())
                && net.methods.contains(method)
                && host(&net.host, to)
                && under(net.path.as_str(), path, deny)
        }
        (Capability::Socket(socket), None) => {
            socket.protocol == out.protocol
                && socket.ports.contains(out.port)
                && host(&socket.host, to)
        }
        _ => false,
    }
}
