//! Values that an operator set for tools: `wasi:config/store`.
//!
//! Owns which value a guest finds under a key: its tenant's, or everybody's, and only where the key is
//! granted. Refuses to know where values come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use ringfence_policy::{ConfigKey, Effective, Grant};
use wasmtime::component::{HasSelf, Linker};

use crate::guest::Guest;
use crate::ledger::Ledger;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit/config",
        world: "wasi:config/imports",
        imports: { default: trappable },
    });
}

use bindings::wasi::config::store as wit;

/// What an operator set, for everybody and for single tenants.
///
/// ```
/// use ringfence_sandbox::Values;
///
/// let mut values = Values::default();
/// values.set(None, "greeting", "hello");
/// values.set(Some("acme"), "greeting", "howdy");
/// assert_eq!(values.value("acme", "greeting"), Some("howdy"));
/// assert_eq!(values.value("other", "greeting"), Some("hello"));
/// assert_eq!(values.value("other", "secret"), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    everybody: BTreeMap<String, String>,
    tenants: BTreeMap<String, BTreeMap<String, String>>,
}

impl Values {
    /// Sets a value: for one tenant, or for all that have none of their own.
    pub fn set(&mut self, tenant: Option<&str>, key: impl Into<String>, value: impl Into<String>) {
        let values = match tenant {
            Some(tenant) => self.tenants.entry(tenant.to_owned()).or_default(),
            None => &mut self.everybody,
        };
        values.insert(key.into(), value.into());
    }

    /// What `tenant` finds under `key`.
    pub fn value(&self, tenant: &str, key: &str) -> Option<&str> {
        let own = self.tenants.get(tenant).and_then(|own| own.get(key));
        own.or_else(|| self.everybody.get(key)).map(String::as_str)
    }
}

/// The values of one call.
#[derive(Debug)]
pub(crate) struct Config {
    effective: Arc<Effective>,
    tenant: String,
    values: Arc<Values>,
    ledger: Arc<Ledger>,
}

impl Config {
    /// What `effective` grants of what `tenant` finds in `values`.
    pub(crate) fn new(
        effective: Arc<Effective>,
        tenant: &str,
        values: Arc<Values>,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            effective,
            tenant: tenant.to_owned(),
            values,
            ledger,
        }
    }

    /// The value under a key that is granted.
    fn value(&self, key: &ConfigKey) -> Option<String> {
        let value = self.values.value(&self.tenant, key.as_str())?;
        self.ledger
            .reach(&format!("config:{key}"), None, 0, value.len());
        Some(value.to_owned())
    }
}

impl wit::Host for Config {
    /// What is not granted is not there.
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, wit::Error>> {
        // What is no key can be granted to nobody; it also bounds what a receipt repeats.
        let Ok(key) = key.parse::<ConfigKey>() else {
            return Ok(Ok(None));
        };
        if let Err(refusal) = self.effective.configuration(key.as_str()) {
            self.ledger.deny(refusal.to_string());
            return Ok(Ok(None));
        }
        Ok(Ok(self.value(&key)))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, wit::Error>> {
        let mut all = BTreeMap::new();
        for grant in self.effective.grants() {
            if let Grant::Config(key) = grant
                && self.effective.configuration(key.as_str()).is_ok()
                && let Some(value) = self.value(key)
            {
                all.insert(key.to_string(), value);
            }
        }
        Ok(Ok(all.into_iter().collect()))
    }
}

/// Adds the interface to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, HasSelf<Config>>(linker, |guest| &mut guest.config)
}
