//! What is installed: a lock that says which, and a store that has it.
//!
//! Owns the order of an installation: the bytes are on the disk before the lock names them, and the lock is
//! replaced in one step. Whoever is killed in between leaves what was there before, and at most a piece
//! that nobody names. Refuses to know where bytes come from, and to ask anybody.

use std::path::PathBuf;
use std::sync::Arc;

use ringfence_scrutiny::Pin;
use ringfence_signatures::Trust;
use ringfence_tool::{COMPONENT_BYTES_MAX, Component, ComponentName, Digest};
use thiserror::Error;

use crate::catalog::COMPONENTS_MAX;
use crate::lock::file::LockFile;
use crate::lock::installed::{Earlier, Installed};
use crate::lock::{Entry, Lock, LockError};
use crate::pinning::{Pinned, now};
use crate::problem::Fault;
use crate::signed::Claim;
use crate::store::lease::Lease;
use crate::store::{Store, StoreError};

/// A lock and a store.
#[derive(Debug, Clone)]
pub struct Shelf {
    file: LockFile,
    store: Store,
    trust: Option<Arc<Trust>>,
}

/// A component that is in the store, to be installed.
#[derive(Debug)]
pub struct Offer {
    /// What it is.
    pub component: Arc<Component>,
    /// Where it is from, so that it can be asked for again.
    pub source: String,
    /// The document that its source led to, where that is in the store as well.
    pub resolved: Option<Digest>,
    /// The signatures that came with it, where they are in the store as well.
    pub evidence: Option<Digest>,
    /// What was installed under its name when it was looked at.
    pub instead_of: Option<Digest>,
}

/// Why something is not installed, or not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// What is in the store is no component any more.
    #[error("`{name}` cannot be used: {fault}")]
    Broken {
        /// Its name.
        name: ComponentName,
        /// Why.
        fault: Box<Fault>,
    },
    /// Somebody else changed it meanwhile.
    #[error("`{0}` was changed by somebody else meanwhile, and not by this: look again")]
    Changed(ComponentName),
    /// There are as many as there may be.
    #[error("{COMPONENTS_MAX} tools are installed, and there may not be more: remove some")]
    Full,
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There was nothing before.
    #[error("`{0}` has no version before this one to go back to")]
    NoEarlier(ComponentName),
    /// A tool of that name was approved, and is read from a file.
    #[error(
        "`{name}` is the name of a tool that was approved from `{source_text}`: forget that first, with `ringfence pin \
         remove {name}`"
    )]
    Pinned {
        /// Its name.
        name: ComponentName,
        /// From where.
        source_text: String,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever has to have signed it did not.
    #[error("`{name}` is not taken: {fault}")]
    Untrusted {
        /// Its name.
        name: ComponentName,
        /// Why.
        fault: Box<Fault>,
    },
    /// Nothing is installed under that name.
    #[error("nothing is installed under the name `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// What is installed.
        known: Vec<String>,
    },
}

impl Shelf {
    /// What the lock at `lock` says is installed, from the store in `store`.
    pub fn new(lock: PathBuf, store: PathBuf) -> Self {
        Self {
            file: LockFile::new(lock),
            store: Store::new(store),
            trust: None,
        }
    }

    /// The same, for which somebody has to have signed what is installed.
    pub fn trusting(self, trust: Option<Arc<Trust>>) -> Self {
        Self { trust, ..self }
    }

    /// Whether somebody has to have signed what is from this source.
    pub fn needs_signature(&self, source: &str) -> bool {
        let trust = self.trust.as_ref();
        trust.is_some_and(|trust| trust.needs_signature(source))
    }

    /// Who signed what would be installed, where somebody had to.
    ///
    /// # Errors
    ///
    /// Whoever had to did not.
    pub fn judge(&self, offer: &Offer) -> Result<Option<String>, ShelfError> {
        let claim = Claim {
            source: &offer.source,
            resolved: offer.resolved,
            evidence: offer.evidence,
        };
        self.judged(claim, &offer.component)
    }

    fn judged(
        &self,
        claim: Claim<'_>,
        component: &Component,
    ) -> Result<Option<String>, ShelfError> {
        let judged = claim.judge(&self.store, self.trust.as_deref(), component);
        judged.map_err(|fault| ShelfError::Untrusted {
            name: component.name().clone(),
            fault: Box::new(fault),
        })
    }

    /// Where the bytes are.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The lock as it is now.
    ///
    /// # Errors
    ///
    /// It cannot be trusted.
    pub fn lock(&self) -> Result<Lock, ShelfError> {
        Ok(self.file.read()?)
    }

    /// Begins an installation: what is put into the store from now on stays until this is dropped, and
    /// what the lock names then stays for longer.
    ///
    /// # Errors
    ///
    /// The store cannot be used.
    pub fn begin(&self) -> Result<Lease, ShelfError> {
        let lease = self.store.lease()?;
        lease.note(self.file.path())?;
        Ok(lease)
    }

    /// The component of an entry, as it is in the store.
    ///
    /// # Errors
    ///
    /// It is not there, or not what it was.
    pub fn component(
        &self,
        name: &ComponentName,
        digest: &Digest,
    ) -> Result<Arc<Component>, ShelfError> {
        read(&self.store, name, digest).map_err(|fault| ShelfError::Broken {
            name: name.clone(),
            fault: Box::new(fault),
        })
    }

    /// Installs a component whose bytes are in the store, in the place of what was installed under its
    /// name. That is approving of it: it is what is served from now on.
    ///
    /// # Errors
    ///
    /// Whoever has to have signed it did not, what is installed is not what it was when somebody looked, or the
    /// lock cannot be written.
    pub fn install(&self, _lease: &Lease, offer: Offer, by: &str) -> Result<Pinned, ShelfError> {
        let name = offer.component.name().clone();
        // Now, not when it is served: what is not there as a whole is not installed.
        self.component(&name, &offer.component.digest())?;
        let signed_by = self.judge(&offer)?;
        self.file.update(|lock| {
            let before = lock.entry(name.as_str());
            let (earlier, enabled) = match before {
                None if offer.instead_of.is_some() => return Err(ShelfError::Changed(name)),
                None if lock.installed().count() >= COMPONENTS_MAX => return Err(ShelfError::Full),
                None => (Vec::new(), true),
                Some(entry) => {
                    let installed = installed(&name, entry)?;
                    if offer.instead_of != Some(entry.pin.digest()) {
                        return Err(ShelfError::Changed(name));
                    }
                    let mut kept = installed.clone();
                    if entry.pin.digest() != offer.component.digest() {
                        kept.remember(Earlier::of(entry, installed));
                    }
                    (kept.earlier, kept.enabled)
                }
            };
            let replaced = before.map(|entry| entry.pin.clone());
            let installed = Installed {
                enabled,
                resolved: offer.resolved,
                signed_by,
                evidence: offer.evidence,
                earlier,
            };
            let version = offer.component.manifest().version.as_ref();
            let entry = Entry {
                pin: Pin::of(&offer.component),
                version: version.map(ToString::to_string),
                source: Some(offer.source),
                by: by.to_owned(),
                at: now(),
                installed: Some(installed),
            };
            let pin = entry.pin.clone();
            lock.insert(name.clone(), entry);
            Ok(Pinned {
                name,
                pin,
                replaced,
            })
        })?
    }

    /// Goes back to what was installed before. What is installed now can be gone back to in turn.
    ///
    /// # Errors
    ///
    /// There was nothing before, it is not in the store any more, or whoever has to have signed it did not.
    pub fn roll_back(&self, name: &ComponentName, by: &str) -> Result<Pinned, ShelfError> {
        let _lease = self.begin()?;
        let lock = self.lock()?;
        let entry = known(&lock, name)?;
        let earlier = installed(name, entry)?.earlier.first();
        let earlier = earlier.ok_or_else(|| ShelfError::NoEarlier(name.clone()))?;
        let component = self.component(name, &earlier.digest)?;
        let claim = Claim {
            source: earlier.source.as_deref().unwrap_or_default(),
            resolved: earlier.resolved,
            evidence: earlier.evidence,
        };
        let signed_by = self.judged(claim, &component)?;
        let seen = entry.pin.digest();
        let (pin, at) = (Pin::of(&component), now());
        self.file.update(|lock| {
            let entry = lock.entry_mut(name);
            let entry = entry.filter(|entry| entry.pin.digest() == seen);
            let now = entry.and_then(|entry| {
                let mut kept = entry.installed.clone()?;
                let index = kept
                    .earlier
                    .iter()
                    .position(|one| one.digest == pin.digest())?;
                let earlier = kept.earlier.remove(index);
                kept.remember(Earlier::of(entry, &kept));
                kept.resolved = earlier.resolved;
                kept.signed_by = signed_by;
                kept.evidence = earlier.evidence;
                let replaced = std::mem::replace(&mut entry.pin, pin.clone());
                entry.version = earlier.version;
                entry.source = earlier.source;
                entry.by = by.to_owned();
                entry.at = at;
                entry.installed = Some(kept);
                Some(replaced)
            });
            let replaced = now.ok_or_else(|| ShelfError::Changed(name.clone()))?;
            Ok(Pinned {
                name: name.clone(),
                pin: pin.clone(),
                replaced: Some(replaced),
            })
        })?
    }

    /// Serves a tool, or does not. Whether that is another thing than before.
    ///
    /// # Errors
    ///
    /// Nothing is installed under that name, or the lock cannot be written.
    pub fn enable(&self, name: &ComponentName, enabled: bool) -> Result<bool, ShelfError> {
        self.file.update(|lock| {
            installed(name, known(lock, name)?)?;
            let kept = lock.entry_mut(name);
            let kept = kept.and_then(|entry| entry.installed.as_mut());
            Ok(kept.is_some_and(|kept| std::mem::replace(&mut kept.enabled, enabled) != enabled))
        })?
    }

    /// Takes a tool out. Its bytes stay in the store until that is swept.
    ///
    /// # Errors
    ///
    /// Nothing is installed under that name, or the lock cannot be written.
    pub fn remove(&self, name: &ComponentName) -> Result<(), ShelfError> {
        self.file.update(|lock| {
            installed(name, known(lock, name)?)?;
            lock.remove(name);
            Ok(())
        })?
    }
}

/// The component under a digest, if it is one and has this name.
pub(crate) fn read(
    store: &Store,
    name: &ComponentName,
    digest: &Digest,
) -> Result<Arc<Component>, Fault> {
    let bytes = store.read(digest, COMPONENT_BYTES_MAX as u64)?;
    let component = Component::read(bytes, name.as_str())?;
    if component.name() == name {
        Ok(Arc::new(component))
    } else {
        Err(Fault::OtherName(component.name().clone()))
    }
}

fn known<'l>(lock: &'l Lock, name: &ComponentName) -> Result<&'l Entry, ShelfError> {
    lock.entry(name.as_str())
        .ok_or_else(|| ShelfError::Unknown {
            name: name.to_string(),
            known: lock
                .installed()
                .map(|(name, ..)| name.to_string())
                .collect(),
        })
}

fn installed<'e>(name: &ComponentName, entry: &'e Entry) -> Result<&'e Installed, ShelfError> {
    entry.installed.as_ref().ok_or_else(|| ShelfError::Pinned {
        name: name.clone(),
        source_text: entry.source.clone().unwrap_or_default(),
    })
}
