//! From a source to a component in the store.
//!
//! Owns that what is in the store already is not asked for again, so that everything which is named by a
//! digest and was here before can be had without a network.

use std::sync::Arc;

use ringfence_catalog::{Lease, ShelfError, Store, read_file};
use ringfence_registry::{Fetcher, Layer, MANIFEST_BYTES_MAX, Manifest, Reach, Reference};
use ringfence_tool::{COMPONENT_BYTES_MAX, Component, ComponentName, Digest};

use super::keychain;
use super::source::Wanted;
use crate::arguments::Reaching;
use crate::failure::Failure;

/// A component that is in the store, and where it is from.
#[derive(Debug)]
pub(super) struct Brought {
    pub(super) component: Arc<Component>,
    pub(super) source: String,
    /// The digest of the manifest that a registry's name led to.
    pub(super) resolved: Option<Digest>,
    /// Parts of an artifact that were left where they are.
    pub(super) left_out: usize,
}

/// Whoever fetches.
#[derive(Debug)]
pub(super) struct Courier {
    /// Nothing, when nothing may be fetched.
    fetcher: Option<Fetcher>,
}

impl Courier {
    /// One that goes as far as these options say.
    pub(super) fn new(reaching: &Reaching) -> Self {
        if reaching.offline {
            return Self { fetcher: None };
        }
        let reach = Reach {
            private: reaching.private.clone(),
            plain: reaching.plain_http,
        };
        let keychain = keychain::File::new(reaching.registry_config.as_ref());
        let fetcher = Fetcher::system(reach, Arc::new(keychain));
        Self {
            fetcher: Some(fetcher),
        }
    }

    /// Brings what is wanted into the store.
    pub(super) async fn bring(
        &self,
        store: &Store,
        lease: &Lease,
        wanted: &Wanted,
    ) -> Result<Brought, Failure> {
        self.under(store, lease, wanted, &wanted.hint()).await
    }

    /// The same, for a tool that is called `name` already.
    pub(super) async fn bring_named(
        &self,
        store: &Store,
        lease: &Lease,
        wanted: &Wanted,
        name: &ComponentName,
    ) -> Result<Brought, Failure> {
        self.under(store, lease, wanted, name.as_str()).await
    }

    async fn under(
        &self,
        store: &Store,
        lease: &Lease,
        wanted: &Wanted,
        hint: &str,
    ) -> Result<Brought, Failure> {
        let (digest, resolved, left_out) = match wanted {
            Wanted::File(path) => {
                let load = |reason: String| Failure::Load {
                    path: path.clone(),
                    reason,
                };
                let bytes = read_file(path).map_err(|fault| load(fault.to_string()))?;
                // Before anything is kept: most of what is no component is a mistake.
                Component::read(bytes.clone(), hint).map_err(|error| load(error.to_string()))?;
                (lease.put(&bytes).map_err(ShelfError::from)?, None, 0)
            }
            Wanted::Registry(reference) => {
                let manifest = self.manifest(store, lease, reference).await?;
                self.layer(store, lease, reference, &manifest.layer).await?;
                let resolved = Some(manifest.digest);
                (manifest.layer.digest, resolved, manifest.left_out)
            }
            Wanted::Web(location) => {
                let digest = location.digest();
                if store.read(&digest, COMPONENT_BYTES_MAX as u64).is_err() {
                    let fetcher = self.fetcher(wanted)?;
                    let max = COMPONENT_BYTES_MAX as u64;
                    let mut incoming = lease.incoming(max).map_err(ShelfError::from)?;
                    fetcher.file(location, &mut incoming).await?;
                    incoming.keep(Some(digest)).map_err(ShelfError::from)?;
                }
                (digest, None, 0)
            }
        };
        let bytes = store.read(&digest, COMPONENT_BYTES_MAX as u64);
        let bytes = bytes.map_err(ShelfError::from)?;
        let component = Component::read(bytes, hint).map_err(|error| Failure::NoTool {
            wanted: wanted.to_string(),
            reason: error.to_string(),
        })?;
        Ok(Brought {
            component: Arc::new(component),
            source: wanted.to_string(),
            resolved,
            left_out,
        })
    }

    async fn manifest(
        &self,
        store: &Store,
        lease: &Lease,
        reference: &Reference,
    ) -> Result<Manifest, Failure> {
        let kept = reference.digest();
        let kept = kept.and_then(|digest| store.read(&digest, MANIFEST_BYTES_MAX).ok());
        if let Some(bytes) = kept {
            let read = Manifest::read(bytes.to_vec());
            return read.map_err(|reason| Failure::NoTool {
                wanted: reference.to_string(),
                reason,
            });
        }
        let fetcher = self.fetcher(&Wanted::Registry(reference.clone()))?;
        let manifest = fetcher.manifest(reference).await?;
        lease.put(&manifest.bytes).map_err(ShelfError::from)?;
        Ok(manifest)
    }

    async fn layer(
        &self,
        store: &Store,
        lease: &Lease,
        reference: &Reference,
        layer: &Layer,
    ) -> Result<(), Failure> {
        if store.read(&layer.digest, layer.size).is_ok() {
            return Ok(());
        }
        let fetcher = self.fetcher(&Wanted::Registry(reference.clone()))?;
        let mut incoming = lease.incoming(layer.size).map_err(ShelfError::from)?;
        fetcher.layer(reference, layer, &mut incoming).await?;
        incoming
            .keep(Some(layer.digest))
            .map_err(ShelfError::from)?;
        Ok(())
    }

    fn fetcher(&self, wanted: &Wanted) -> Result<&Fetcher, Failure> {
        self.fetcher.as_ref().ok_or_else(|| Failure::Offline {
            wanted: wanted.to_string(),
        })
    }
}
