//! What the lock says of a tool that is installed, beside what was approved of it.
//!
//! Owns what came before: enough to go back to it without asking anybody.

use ringfence_tool::Digest;

use super::Entry;

/// Versions before the present one that can be gone back to. Bounds what every update makes the store
/// and the lock grow by.
pub const EARLIER_MAX: usize = 3;

/// A tool whose bytes are in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Whether it is served.
    pub enabled: bool,
    /// The digest of the document that a registry's name led to, which is in the store as well.
    pub resolved: Option<Digest>,
    /// Who signed it, when somebody had to have.
    pub signed_by: Option<String>,
    /// The digest of the signatures that were looked at, which are in the store as well.
    pub evidence: Option<Digest>,
    /// What it was before, the latest first.
    pub earlier: Vec<Earlier>,
}

/// What a tool was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The digest of its bytes, which are in the store.
    pub digest: Digest,
    /// As in its entry.
    pub version: Option<String>,
    /// As in its entry.
    pub source: Option<String>,
    /// As in what was installed.
    pub resolved: Option<Digest>,
    /// As in what was installed.
    pub signed_by: Option<String>,
    /// As in what was installed.
    pub evidence: Option<Digest>,
}

impl Earlier {
    /// What is left of an entry when another takes its place.
    pub(crate) fn of(entry: &Entry, installed: &Installed) -> Self {
        Self {
            digest: entry.pin.digest(),
            version: entry.version.clone(),
            source: entry.source.clone(),
            resolved: installed.resolved,
            signed_by: installed.signed_by.clone(),
            evidence: installed.evidence,
        }
    }
}

impl Installed {
    /// Puts what was in front of what was before that.
    pub(crate) fn remember(&mut self, earlier: Earlier) {
        self.earlier.retain(|one| one.digest != earlier.digest);
        self.earlier.insert(0, earlier);
        self.earlier.truncate(EARLIER_MAX);
    }
}

impl Entry {
    /// Everything in the store that this entry needs. Nothing, when it is not installed.
    pub fn pieces(&self) -> impl Iterator<Item = Digest> + '_ {
        self.installed.iter().flat_map(|installed| {
            let earlier = installed.earlier.iter();
            let earlier = earlier.flat_map(|one| [Some(one.digest), one.resolved, one.evidence]);
            [
                Some(self.pin.digest()),
                installed.resolved,
                installed.evidence,
            ]
            .into_iter()
            .chain(earlier)
            .flatten()
        })
    }
}
