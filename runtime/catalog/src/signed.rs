//! Whether what is installed may be taken, by whoever signed it.
//!
//! Owns the gathering of what that is decided by: the component, the manifest and the signatures, all of them
//! from the store and under their digests. Asked when something is installed, and again whenever it is loaded.
//! The decision is the business of `ringfence-signatures`.

use ringfence_signatures::{EVIDENCE_BYTES_MAX, Evidence, Subject, Trust};
use ringfence_tool::{Component, Digest};

use crate::lock::Entry;
use crate::problem::Fault;
use crate::store::Store;

/// Bytes of a manifest. Bounds what whoever may write to the store makes each start read.
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// What is known of where a component is from, and of who signed it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// Where it is from.
    pub(crate) source: &'a str,
    /// The manifest that a registry's name led to.
    pub(crate) resolved: Option<Digest>,
    /// The signatures that came with it.
    pub(crate) evidence: Option<Digest>,
}

impl<'a> Claim<'a> {
    /// That of an entry.
    pub(crate) fn of(entry: &'a Entry) -> Self {
        let installed = entry.installed.as_ref();
        Self {
            source: entry.source.as_deref().unwrap_or_default(),
            resolved: installed.and_then(|installed| installed.resolved),
            evidence: installed.and_then(|installed| installed.evidence),
        }
    }

    /// Who signed, where somebody had to.
    ///
    /// What was installed because of who signed it is not taken where nobody says any more who has to: a file
    /// that is gone is no permission.
    pub(crate) fn judge(
        &self,
        store: &Store,
        trust: Option<&Trust>,
        component: &Component,
    ) -> Result<Option<String>, Fault> {
        let Some(trust) = trust else {
            return match self.evidence {
                Some(_) => Err(Fault::TrustGone),
                None => Ok(None),
            };
        };
        let (mut manifest, mut evidence) = (None, Evidence::default());
        if trust.needs_signature(self.source) {
            if let Some(digest) = self.resolved {
                manifest = Some((digest, store.read(&digest, MANIFEST_BYTES_MAX)?));
            }
            if let Some(digest) = self.evidence {
                let bytes = store.read(&digest, EVIDENCE_BYTES_MAX)?;
                let read = Evidence::read(&bytes);
                evidence = read.map_err(|error| Fault::Evidence(error.to_string()))?;
            }
        }
        let subject = Subject {
            source: self.source,
            bytes: component.bytes(),
            digest: component.digest(),
            manifest: manifest.as_ref().map(|(digest, bytes)| (*digest, &**bytes)),
        };
        Ok(trust.judge(&subject, &evidence)?)
    }
}
