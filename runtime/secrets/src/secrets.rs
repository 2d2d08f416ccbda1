//! Secrets in memory, for those who bring them where they belong.
//!
//! Owns whose secret is whose: everything is asked of one tenant's, so that nobody's output tells
//! anything about another tenant's values.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ringfence_identity::TenantName;
use thiserror::Error;

use crate::name::SecretName;
use crate::scrub::Scrubber;
use crate::value::SecretValue;
use crate::vault::{Contents, Stamp, Vault, VaultError};

/// The secrets of all tenants, as the vault had them when it was last looked at.
#[derive(Debug)]
pub struct Secrets {
    vault: Option<Vault>,
    held: RwLock<Held>,
    nothing: Arc<TenantSecrets>,
}

#[derive(Debug, Default)]
struct Held {
    tenants: BTreeMap<TenantName, Arc<TenantSecrets>>,
    stamp: Option<Stamp>,
}

impl Secrets {
    /// No secrets at all, and no vault.
    pub fn none() -> Self {
        Self {
            vault: None,
            held: RwLock::default(),
            nothing: Arc::default(),
        }
    }

    /// The secrets of a vault. One that is not there yet has none.
    ///
    /// # Errors
    ///
    /// It does not open.
    pub fn open(vault: Vault) -> Result<Self, VaultError> {
        let held = read(&vault, None)?;
        Ok(Self {
            vault: Some(vault),
            held: RwLock::new(held),
            nothing: Arc::default(),
        })
    }

    /// Whether there is a vault behind them, which may change.
    pub fn has_vault(&self) -> bool {
        self.vault.is_some()
    }

    /// The secrets of one tenant. They stay as they are for whoever holds them: a call ends with
    /// what it began with.
    pub fn of(&self, tenant: &TenantName) -> Arc<TenantSecrets> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let found = held.tenants.get(tenant).unwrap_or(&self.nothing);
        Arc::clone(found)
    }

    /// Looks whether the vault has changed, and takes over what it holds now. Tells whether it had.
    ///
    /// Costs one look at the file's metadata when it has not. Blocks when it has.
    ///
    /// # Errors
    ///
    /// It does not open any more. What was held is held still.
    pub fn refresh(&self) -> Result<bool, VaultError> {
        let Some(vault) = &self.vault else {
            return Ok(false);
        };
        let known = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            held.stamp
        };
        if vault.stamp() == known {
            return Ok(false);
        }
        let old = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            held.tenants.clone()
        };
        let next = read(vault, Some(&old))?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(true)
    }
}

/// Reads a vault. What has not changed since `old` is kept as it is: searching for a thousand
/// secrets takes preparation.
fn read(
    vault: &Vault,
    old: Option<&BTreeMap<TenantName, Arc<TenantSecrets>>>,
) -> Result<Held, VaultError> {
    // Before the reading: a change in between is seen the next time.
    let stamp = vault.stamp();
    let mut values: BTreeMap<TenantName, BTreeMap<SecretName, SecretValue>> = BTreeMap::new();
    let Contents { secrets } = vault.read()?;
    for ((tenant, name), secret) in secrets {
        values.entry(tenant).or_default().insert(name, secret.value);
    }
    let tenants = values.into_iter().map(|(tenant, values)| {
        let kept = old
            .and_then(|old| old.get(&tenant))
            .filter(|held| held.is(&values));
        let held = kept.map_or_else(|| Arc::new(TenantSecrets::new(values)), Arc::clone);
        (tenant, held)
    });
    Ok(Held {
        tenants: tenants.collect(),
        stamp,
    })
}

/// The secrets of one tenant.
#[derive(Debug, Default)]
pub struct TenantSecrets {
    values: BTreeMap<SecretName, SecretValue>,
    scrubber: Arc<Scrubber>,
}

impl TenantSecrets {
    /// Secrets of these values.
    pub fn new(values: BTreeMap<SecretName, SecretValue>) -> Self {
        let scrubber = Scrubber::new(&values);
        Self {
            values,
            scrubber: Arc::new(scrubber),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &SecretName) -> bool {
        self.values.contains_key(name)
    }

    /// The value of a secret, to be put into a header of a request to where it is bound.
    ///
    /// # Errors
    ///
    /// There is none, or no header can carry it.
    pub fn header_for(&self, name: &SecretName) -> Result<&SecretValue, Unusable> {
        let value = self
            .values
            .get(name)
            .ok_or_else(|| Unusable::Unknown(name.clone()))?;
        // What RFC 9110 calls a field value: anything else could begin another header.
        let carried = |byte: &u8| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..);
        if value.expose().iter().all(carried) {
            Ok(value)
        } else {
            Err(Unusable::NoHeader(name.clone()))
        }
    }

    /// Finds these secrets in whatever leaves.
    pub fn scrubber(&self) -> &Arc<Scrubber> {
        &self.scrubber
    }

    fn is(&self, values: &BTreeMap<SecretName, SecretValue>) -> bool {
        let same =
            |((a, x), (b, y)): ((&SecretName, &SecretValue), (&SecretName, &SecretValue))| {
                a == b && x.expose() == y.expose()
            };
        self.values.len() == values.len() && self.values.iter().zip(values).all(same)
    }
}

/// Why a secret cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unusable {
    /// No header can carry it.
    #[error(
        "the secret `{0}` has a line break or a control character, which no header carries: set \
         it again without"
    )]
    NoHeader(SecretName),
    /// There is none.
    #[error("there is no secret `{0}`: set it with `ringfence secret set {0}`")]
    Unknown(SecretName),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(value: &[u8]) -> TenantSecrets {
        let value = SecretValue::new(value.to_vec()).unwrap();
        TenantSecrets::new([("TOKEN".parse().unwrap(), value)].into())
    }

    #[test]
    fn a_header_never_carries_another() {
        let name = "TOKEN".parse().unwrap();
        for value in [
            "eight\r\nX-Admin: 1",
            "eighteen\n",
            "eighteen\0",
            "eighteen\x7f",
        ] {
            let error = secrets(value.as_bytes()).header_for(&name).unwrap_err();
            assert_eq!(error, Unusable::NoHeader(name.clone()));
            assert!(!error.to_string().contains("eight"));
        }
        assert!(
            secrets("tab\tand spaces é".as_bytes())
                .header_for(&name)
                .is_ok()
        );
        let other = "OTHER".parse().unwrap();
        let error = secrets(b"12345678").header_for(&other).unwrap_err();
        assert!(error.to_string().contains("ringfence secret set OTHER"));
    }

    #[test]
    fn nothing_shows_a_value() {
        let shown = format!("{:?}", secrets(b"correct horse battery"));
        assert!(shown.contains("TOKEN"));
        assert!(
            !shown.contains("correct") && !shown.contains("99, 111"),
            "{shown}"
        );
    }
}
