//! What remains of a grant after a denial.
//!
//! Owns the cases where a denial takes all of a grant, or a kind of operation everywhere in it: then
//! nothing of that kind is handed out at all. Refuses the rest, which is decided at each effect.

use crate::grant::{
    Capability, FileGrant, FileKind, FileOperation, FileOperations, Grant, HostPattern, Kind,
    NetCapability, NetGrant,
};
use crate::reach::meets;

/// What a denial of files takes: `fs.write` is all that changes anything, and leaves reading.
pub(crate) fn taken(kind: FileKind) -> FileOperations {
    match kind {
        FileKind::Write => FileOperations::NONE
            .with(FileOperation::Change)
            .with(FileOperation::Create)
            .with(FileOperation::Delete),
        other => other.operations(),
    }
}

/// What remains of `grant`.
pub(crate) fn subtract(grant: &Grant, denied: &Capability) -> Vec<Grant> {
    let whole = || vec![grant.clone()];
    match (grant, denied) {
        (Grant::Files(files), Capability::Any(kind)) => match FileKind::of(*kind) {
            Some(kind) => without(files, taken(kind)),
            None => whole(),
        },
        (Grant::Files(files), Capability::Files(denied)) if denied.holds(files.guest.as_str()) => {
            without(files, taken(denied.kind))
        }
        (Grant::Net(net), Capability::Net(denied)) if holds(denied, net) => {
            let methods = net.methods.without(denied.methods);
            if methods.is_empty() {
                return Vec::new();
            }
            let mut rest = net.clone();
            rest.methods = methods;
            vec![Grant::Net(rest)]
        }
        (Grant::Files(_), _) | (Grant::Net(_), Capability::Net(_)) => whole(),
        (Grant::Socket(socket), Capability::Socket(denied)) => {
            let all = denied.protocol == socket.protocol
                && denied.ports.holds(socket.ports)
                && denied.host.holds(&socket.host);
            if all { Vec::new() } else { whole() }
        }
        (Grant::Tools(pattern), Capability::Tools(denied)) => {
            let all = denied.covers(pattern.stem()) && (denied.is_open() || !pattern.is_open());
            if all { Vec::new() } else { whole() }
        }
        _ if meets(denied, grant) => Vec::new(),
        _ => whole(),
    }
}

fn without(files: &FileGrant, taken: FileOperations) -> Vec<Grant> {
    let mut rest = files.kind.operations().without(taken);
    let mut grants = Vec::new();
    // The widest kinds first; together they say exactly what is left.
    for kind in FileKind::ALL {
        let says = kind.operations();
        if !rest.is_empty() && rest.intersection(says) == says {
            rest = rest.without(says);
            let mut one = files.clone();
            one.kind = kind;
            grants.push(Grant::Files(one));
        }
    }
    if rest.contains(FileOperation::Read) {
        // Reading without listing has no word of its own: better neither than both.
        rest = FileOperations::NONE;
    }
    debug_assert!(
        rest.is_empty(),
        "every other operation has a kind of its own"
    );
    grants
}

/// Whether everything of `grant` but its methods is denied.
fn holds(denied: &NetCapability, grant: &NetGrant) -> bool {
    denied.scheme.is_none_or(|scheme| scheme == grant.scheme)
        && denied.ports.holds(grant.ports)
        && denied.host.holds(&grant.host)
        && denied.path.surely_covers(grant.path.as_str())
}

impl HostPattern {
    /// Whether it covers every host that `other` covers.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Name(name), Self::Name(other)) => name == other,
            (Self::Network(network), Self::Network(other)) => {
                network.prefix() <= other.prefix() && network.contains(other.address())
            }
            (Self::Suffix(_), Self::Name(name)) => {
                self.covers(&crate::grant::Host::Name(name.clone()))
            }
            (Self::Suffix(suffix), Self::Suffix(other)) => {
                suffix == other || self.covers(&crate::grant::Host::Name(other.clone()))
            }
            _ => false,
        }
    }
}

/// Whether a denial has to be asked about at each effect, because it can be about a part of what a
/// tool was given a handle to.
pub(crate) fn is_partial(denied: &Capability) -> bool {
    matches!(denied, Capability::Files(_) | Capability::Any(Kind::Random))
}
