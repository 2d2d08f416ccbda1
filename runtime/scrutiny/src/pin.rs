//! What somebody approved: a component, so that another one is noticed.
//!
//! Owns what is held against what. The digest decides: other bytes are another tool. The rest says in
//! words what is different about them. Refuses to know who approved, where pins are kept, and where
//! components come from.

use ringfence_tool::{Component, Digest};
use thiserror::Error;

use crate::difference::{self, Difference};
use crate::facts::Facts;

/// What was approved of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    digest: Digest,
    interface: Digest,
    manifest: Digest,
    requests: Vec<String>,
    facts: Option<Facts>,
}

/// A pin that was kept does not agree with itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("its `{0}` is not the digest of what is written beside it")]
pub struct BrokenPin(&'static str);

impl Pin {
    /// What is there to approve of `component`.
    pub fn of(component: &Component) -> Self {
        let facts = Facts::of(component);
        let requests = component.manifest().requests.iter();
        let mut requests: Vec<_> = requests
            .map(|request| request.capability.to_string())
            .collect();
        requests.sort();
        requests.dedup();
        Self {
            digest: component.digest(),
            interface: facts.interface(),
            manifest: facts.manifest(),
            requests,
            facts: Some(facts).filter(Facts::fit),
        }
    }

    /// A pin that was kept.
    ///
    /// # Errors
    ///
    /// Its parts are not of one component.
    pub fn restore(
        digest: Digest,
        [interface, manifest]: [Digest; 2],
        requests: Vec<String>,
        facts: Option<Facts>,
    ) -> Result<Self, BrokenPin> {
        if let Some(facts) = &facts {
            if facts.interface() != interface {
                return Err(BrokenPin("interface"));
            }
            if facts.manifest() != manifest {
                return Err(BrokenPin("manifest"));
            }
        }
        Ok(Self {
            digest,
            interface,
            manifest,
            requests,
            facts,
        })
    }

    /// The digest of the component's bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// One digest over everything that clients and the host see of it.
    pub fn interface(&self) -> Digest {
        self.interface
    }

    /// One digest over what its manifest says of the whole.
    pub fn manifest(&self) -> Digest {
        self.manifest
    }

    /// The capabilities that it asks for, sorted.
    pub fn requests(&self) -> &[String] {
        &self.requests
    }

    /// What was known of it, unless that was too much to keep.
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    /// Whether `component` is what was approved.
    pub fn fits(&self, component: &Component) -> bool {
        self.digest == component.digest()
    }

    /// What is different about `now`, in words, the gravest first. Nothing when the bytes are the same.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        difference::between(self, now)
    }

    /// What is different about `now`, in words of ours alone: nothing of it is the tool's text.
    pub fn changed(&self, now: &Self) -> Vec<&'static str> {
        let parts = [
            (self.digest != now.digest, "code"),
            (self.requests != now.requests, "requests"),
            (self.interface != now.interface, "interface"),
            (self.manifest != now.manifest, "manifest"),
        ];
        parts
            .into_iter()
            .filter(|(changed, _)| *changed)
            .map(|(_, part)| part)
            .collect()
    }
}
