//! Secrets on their way into a request.
//!
//! Owns where a placeholder becomes a value: in the header that a grant names, of a request that the
//! grant covers, after egress has checked where it goes. Refuses to decide: the permit's grants do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use ringfence_policy::{Grant, Permit, SecretGrant};
use ringfence_secrets::{Placeholder, Scrubber, TenantSecrets, Unfilled};
use thiserror::Error;

/// The secrets of one call, each with where it may go.
#[derive(Debug)]
pub(crate) struct Bound {
    grants: Vec<SecretGrant>,
    secrets: Arc<TenantSecrets>,
    sent: Mutex<BTreeSet<String>>,
}

/// Why a request is not sent.
#[derive(Debug, Error)]
pub(crate) enum NotSent {
    /// No header can have this name or value.
    #[error("the header `{0}` cannot carry a secret")]
    Header(String),
    /// A secret cannot be used.
    #[error(transparent)]
    Secret(#[from] Unfilled),
}

impl Bound {
    /// What `permit` binds.
    pub(crate) fn of(permit: &Permit, secrets: Arc<TenantSecrets>) -> Self {
        let bound = permit.grants().iter().filter_map(|grant| match grant {
            Grant::Secret(secret) => Some(secret.clone()),
            _ => None,
        });
        Self {
            grants: bound.collect(),
            secrets,
            sent: Mutex::default(),
        }
    }

    /// What finds secrets in a response, where this call may send any: an API may answer with what it
    /// was sent.
    pub(crate) fn scrubber(&self) -> Option<Arc<Scrubber>> {
        let sends = !self.grants.is_empty() && !self.secrets.is_empty();
        sends.then(|| Arc::clone(self.secrets.scrubber()))
    }

    /// The secrets that were sent until now, by name.
    pub(crate) fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().cloned().collect()
    }

    /// Fills in the placeholders of a request that the grants that it `covers` are for.
    pub(crate) fn fill(
        &self,
        headers: &mut HeaderMap,
        covers: impl Fn(&SecretGrant) -> bool,
    ) -> Result<(), NotSent> {
        for grant in self.grants.iter().filter(|grant| covers(grant)) {
            let name = grant.header.as_str();
            let unfit = || NotSent::Header(name.to_owned());
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
            let mut values = Vec::new();
            let mut is_sent = false;
            for value in headers.get_all(&header) {
                let is_bound =
                    |name: &ringfence_secrets::SecretName| name.as_str() == grant.name.as_str();
                match Placeholder::fill(value.as_bytes(), &self.secrets, is_bound)? {
                    None => values.push(value.clone()),
                    Some(filled) => {
                        let value = HeaderValue::from_bytes(filled.expose());
                        let mut value = value.map_err(|_| unfit())?;
                        // No log shows it.
                        value.set_sensitive(true);
                        values.push(value);
                        is_sent = true;
                    }
                }
            }
            if is_sent {
                headers.remove(&header);
                for value in values {
                    headers.append(header.clone(), value);
                }
                let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
                sent.insert(grant.name.to_string());
            }
        }
        Ok(())
    }
}
