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

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_secrets::SecretValue;

    const CANARY: &str = "canary-4f1c9b7e2d";

    fn bound(grants: &[&str]) -> Bound {
        let secrets = [("TOKEN", CANARY), ("BROKEN", "two\nlines")].map(|(name, value)| {
            let value = SecretValue::new(value.as_bytes().to_vec()).unwrap();
            (name.parse().unwrap(), value)
        });
        Bound {
            grants: grants.iter().map(|text| text.parse().unwrap()).collect(),
            secrets: Arc::new(TenantSecrets::new(secrets.into())),
            sent: Mutex::default(),
        }
    }

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_placeholder_is_filled_in_where_it_is_bound_and_nowhere_else() {
        let bound = bound(&["TOKEN->api.example.com"]);
        let fields = [
            ("authorization", "Bearer {{secret:TOKEN}}"),
            ("authorization", "none"),
            ("x-other", "{{secret:TOKEN}}"),
        ];
        let mut elsewhere = headers(&fields);
        bound.fill(&mut elsewhere, |_| false).unwrap();
        assert_eq!(elsewhere, headers(&fields));
        assert!(bound.sent().is_empty());

        let mut there = headers(&fields);
        bound.fill(&mut there, |_| true).unwrap();
        let values: Vec<&HeaderValue> = there.get_all("authorization").iter().collect();
        assert_eq!(values, [&format!("Bearer {CANARY}")[..], "none"]);
        assert!(values[0].is_sensitive(), "a log would show it");
        assert_eq!(there["x-other"], "{{secret:TOKEN}}");
        assert_eq!(bound.sent(), ["TOKEN"]);
        assert!(!format!("{bound:?} {there:?}").contains("canary"));
    }

    #[test]
    fn a_secret_that_cannot_be_sent_stops_the_request_and_is_not_told() {
        for (grant, name) in [
            ("MISSING->api.example.com", "MISSING"),
            ("BROKEN->api.example.com", "BROKEN"),
        ] {
            let mut fields = headers(&[("authorization", &format!("{{{{secret:{name}}}}}"))]);
            let error = bound(&[grant]).fill(&mut fields, |_| true).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(name) && !said.contains("lines"), "{said}");
        }
    }

    #[test]
    fn responses_are_searched_where_a_secret_may_be_sent() {
        assert!(bound(&["TOKEN->api.example.com"]).scrubber().is_some());
        assert!(bound(&[]).scrubber().is_none());
    }
}
