//! From a source to a component in the store.
//!
//! Owns that what is in the store already is not asked for again, so that everything which is named by a
//! digest and was here before can be had without a network.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_catalog::{Lease, Shelf, ShelfError, Store, read_file};
use ringfence_registry::{Fetcher, Layer, MANIFEST_BYTES_MAX, Manifest, Reach, Reference};
use ringfence_signatures::{Evidence, InvalidEvidence, Signature};
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
    /// The digest of the signatures that came with it, where its source needs one.
    pub(super) evidence: Option<Digest>,
}

/// Bytes of a signature beside a file. Bounds what whoever may write there makes us read.
const BESIDE_BYTES_MAX: u64 = 16 << 10;

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
        place: &Shelf,
        lease: &Lease,
        wanted: &Wanted,
    ) -> Result<Brought, Failure> {
        self.under(place, lease, wanted, &wanted.hint()).await
    }

    /// The same, for a tool that is called `name` already.
    pub(super) async fn bring_named(
        &self,
        place: &Shelf,
        lease: &Lease,
        wanted: &Wanted,
        name: &ComponentName,
    ) -> Result<Brought, Failure> {
        self.under(place, lease, wanted, name.as_str()).await
    }

    async fn under(
        &self,
        place: &Shelf,
        lease: &Lease,
        wanted: &Wanted,
        hint: &str,
    ) -> Result<Brought, Failure> {
        let store = place.store();
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
        let source = wanted.to_string();
        let evidence = if place.needs_signature(&source) {
            self.evidence(lease, wanted, resolved).await?
        } else {
            None
        };
        Ok(Brought {
            component: Arc::new(component),
            source,
            resolved,
            left_out,
            evidence,
        })
    }

    /// The signatures that lie beside it, all of them. Nothing, where there are none.
    async fn evidence(
        &self,
        lease: &Lease,
        wanted: &Wanted,
        resolved: Option<Digest>,
    ) -> Result<Option<Digest>, Failure> {
        let unreadable = |error: InvalidEvidence| Failure::Signature {
            wanted: wanted.to_string(),
            reason: error.to_string(),
        };
        let mut signatures = Vec::new();
        match wanted {
            Wanted::File(path) => {
                let path = beside(path, ".sig");
                if let Some(text) = read_signature(&path)? {
                    signatures.push(Signature::bare(&text).map_err(unreadable)?);
                }
            }
            Wanted::Web(location) => {
                if let Some(text) = self.fetcher(wanted)?.beside(location).await? {
                    signatures.push(Signature::bare(&text).map_err(unreadable)?);
                }
            }
            Wanted::Registry(reference) => {
                let Some(artifact) = resolved else {
                    return Ok(None);
                };
                let fetcher = self.fetcher(wanted)?;
                for one in fetcher.attached(reference, &artifact).await? {
                    // One that cannot be read counts for nothing, and says nothing about the others.
                    let read = Signature::simple(one.payload, &one.signature, one.key.as_deref());
                    signatures.extend(read.ok());
                }
            }
        }
        if signatures.is_empty() {
            return Ok(None);
        }
        let kept = lease.put(&Evidence::new(signatures).write());
        Ok(Some(kept.map_err(ShelfError::from)?))
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

    /// Whoever fetches, when something may be fetched.
    pub(super) fn fetcher(&self, wanted: &Wanted) -> Result<&Fetcher, Failure> {
        self.fetcher.as_ref().ok_or_else(|| Failure::Offline {
            wanted: wanted.to_string(),
        })
    }
}

/// A path with an ending more.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// The text of a signature in a file. Nothing, where there is no file.
fn read_signature(path: &Path) -> Result<Option<String>, Failure> {
    let unread = |reason: String| Failure::Read {
        path: path.to_owned(),
        reason,
    };
    // Before opening: opening a pipe waits for a writer.
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(error.to_string())),
        Ok(found) if !found.is_file() => return Err(unread("it is no file".to_owned())),
        Ok(_) => {}
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| {
        let mut file = file.take(BESIDE_BYTES_MAX);
        file.read_to_string(&mut text)
    });
    read.map_err(|error| unread(error.to_string()))?;
    Ok(Some(text))
}
