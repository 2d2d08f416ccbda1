//! Secrets at rest.
//!
//! Owns one file, and every change of it: under a lock, whole or not at all. A vault that does not
//! open is never written over.

mod document;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ringfence_identity::TenantName;
use thiserror::Error;

use document::Unreadable;
pub(crate) use document::{Contents, Secret};

use crate::disk::{self, DiskError, Lock};
use crate::key::{Key, KeyError, KeySource, Keys};
use crate::name::SecretName;
use crate::value::SecretValue;

/// The file within its folder.
const VAULT_FILE: &str = "vault";
/// What writers lock. Not the vault itself, which is another file after each change.
const LOCK_FILE: &str = "lock";
/// The key file, where the operator names no other place.
const KEY_FILE: &str = "key";

/// The largest vault. Bounds what a wrong file makes us read.
const VAULT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The most secrets of one tenant. All are searched for in every output.
pub const SECRETS_MAX: usize = 1000;

/// The most bytes of all secrets of one tenant. The automaton that searches for them takes a few
/// hundred times as much memory.
pub const TENANT_BYTES_MAX: usize = 128 * 1024;

/// The vault of an installation: where it is, and where its key comes from.
#[derive(Debug, Clone)]
pub struct Vault {
    folder: PathBuf,
    keys: KeySource,
}

/// What can be told of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is called.
    pub name: SecretName,
    /// Which value this is, from 1.
    pub version: u64,
    /// When this value was set.
    pub created: SystemTime,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// How many secrets are sealed anew.
    pub secrets: usize,
    /// Whether the key that seals the vault is another one now. Where a command gives the keys, only
    /// if it gave a newer one.
    pub key: bool,
}

impl Vault {
    /// The vault in `folder`, whether it is there yet or not.
    pub fn new(folder: PathBuf, keys: KeySource) -> Self {
        Self { folder, keys }
    }

    /// Where the key of a vault in `folder` is unless the operator says otherwise: a file beside it.
    pub fn default_key(folder: &Path) -> KeySource {
        KeySource::File(folder.join(KEY_FILE))
    }

    /// Where the vault is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it is there yet.
    pub fn exists(&self) -> bool {
        self.path().exists()
    }

    /// Sets a secret, and tells which version this is. A value that was there before is gone.
    ///
    /// # Errors
    ///
    /// The vault does not open or cannot be written, or there are too many secrets.
    pub fn set(
        &self,
        tenant: &TenantName,
        name: &SecretName,
        value: SecretValue,
    ) -> Result<u64, VaultError> {
        self.change(|contents| set(contents, tenant, name, value))
    }

    /// Gives a secret that is there another value, and tells which version this is.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set), and when there is no such secret.
    pub fn replace(
        &self,
        tenant: &TenantName,
        name: &SecretName,
        value: SecretValue,
    ) -> Result<u64, VaultError> {
        self.change(|contents| {
            known(contents, tenant, name)?;
            set(contents, tenant, name, value)
        })
    }

    /// Tells whether a secret is there, before somebody is asked for its next value.
    ///
    /// # Errors
    ///
    /// There is none of that name, or the vault does not open.
    pub fn expect(&self, tenant: &TenantName, name: &SecretName) -> Result<(), VaultError> {
        known(&self.read()?, tenant, name)
    }

    /// Removes a secret.
    ///
    /// # Errors
    ///
    /// There is none of that name, or the vault does not open or cannot be written.
    pub fn remove(&self, tenant: &TenantName, name: &SecretName) -> Result<(), VaultError> {
        self.change(|contents| {
            known(contents, tenant, name)?;
            contents.secrets.remove(&(tenant.clone(), name.clone()));
            Ok(())
        })
    }

    /// The secrets of a tenant, by name.
    ///
    /// # Errors
    ///
    /// The vault does not open.
    pub fn list(&self, tenant: &TenantName) -> Result<Vec<Listed>, VaultError> {
        let contents = self.read()?;
        let listed = contents.secrets.into_iter();
        Ok(listed
            .filter(|((owner, _), _)| owner == tenant)
            .map(|((_, name), secret)| Listed {
                name,
                version: secret.version,
                created: UNIX_EPOCH + std::time::Duration::from_secs(secret.created),
            })
            .collect())
    }

    /// Seals every secret anew, under another key.
    ///
    /// Where the key is ours to keep, in a file or the keyring, a new one is drawn. In between both
    /// are there, so that a crash at any moment leaves a vault that opens.
    ///
    /// # Errors
    ///
    /// The vault does not open or cannot be written, or the key cannot be replaced.
    pub fn rotate(&self) -> Result<Rotated, VaultError> {
        disk::private_folder(&self.folder)?;
        let _lock = Lock::alone(&self.lock_path())?;
        let keys = self.keys.read_or_create()?;
        let (contents, mark) = self.load(Some(&keys))?;
        let sealed_by = mark.and_then(|mark| keys.marked(&mark).cloned());
        let newest = if self.keys.is_ours() {
            let older = sealed_by.clone().unwrap_or_else(|| keys.newest().clone());
            let newest = Key::draw()?;
            self.keys.write(&Keys::two(older, newest.clone()))?;
            newest
        } else {
            keys.newest().clone()
        };
        self.store(&contents, &newest)?;
        if self.keys.is_ours() {
            self.keys.write(&Keys::one(newest.clone()))?;
        }
        Ok(Rotated {
            secrets: contents.secrets.len(),
            key: sealed_by.is_none_or(|key| key != newest),
        })
    }

    /// Everything that the vault holds.
    pub(crate) fn read(&self) -> Result<Contents, VaultError> {
        let _lock = Lock::shared(&self.lock_path())?;
        let Some(bytes) = self.bytes()? else {
            return Ok(Contents::default());
        };
        let keys = self.keys.read()?.ok_or_else(|| VaultError::NoKey {
            path: self.path(),
            place: self.keys.clone(),
        })?;
        self.parse(&bytes, &keys)
    }

    /// What a look at the file tells, to see whether it has changed.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(self.path()).ok()?;
        // Each change is another file.
        Some(Stamp((
            metadata.ino(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        )))
    }

    /// Changes the vault: read, change, write, with nobody else in between.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Contents) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        disk::private_folder(&self.folder)?;
        let _lock = Lock::alone(&self.lock_path())?;
        let there = self.bytes()?.is_some();
        // A new key would not open a vault that is there: it must not look as if it could.
        let keys = if there {
            self.keys.read()?
        } else {
            Some(self.keys.read_or_create()?)
        };
        let (mut contents, _) = self.load(keys.as_ref())?;
        let changed = change(&mut contents)?;
        let keys = keys.ok_or_else(|| VaultError::NoKey {
            path: self.path(),
            place: self.keys.clone(),
        })?;
        self.store(&contents, keys.newest())?;
        Ok(changed)
    }

    /// The contents, and the mark of the key that sealed them when there are any.
    fn load(&self, keys: Option<&Keys>) -> Result<(Contents, Option<String>), VaultError> {
        let Some(bytes) = self.bytes()? else {
            return Ok((Contents::default(), None));
        };
        let keys = keys.ok_or_else(|| VaultError::NoKey {
            path: self.path(),
            place: self.keys.clone(),
        })?;
        Ok((self.parse(&bytes, keys)?, document::mark(&bytes)))
    }

    fn bytes(&self) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, VaultError> {
        Ok(disk::read_private(&self.path(), VAULT_BYTES_MAX)?)
    }

    fn parse(&self, bytes: &[u8], keys: &Keys) -> Result<Contents, VaultError> {
        document::read(bytes, keys).map_err(|unreadable| match unreadable {
            Unreadable::Damaged(reason) => VaultError::Damaged {
                path: self.path(),
                reason,
            },
            Unreadable::Format(format) => VaultError::Format {
                path: self.path(),
                format,
            },
            Unreadable::OtherKey { mark } => VaultError::OtherKey {
                path: self.path(),
                mark,
                marks: keys.marks(),
                place: self.keys.clone(),
            },
        })
    }

    fn store(&self, contents: &Contents, key: &Key) -> Result<(), VaultError> {
        let text = document::write(contents, key)
            .map_err(|_| KeyError::Random("the vault is as it was".into()))?;
        Ok(disk::replace_private(&self.path(), text.as_bytes())?)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(VAULT_FILE)
    }

    fn lock_path(&self) -> PathBuf {
        self.folder.join(LOCK_FILE)
    }
}

/// Tells one state of a vault from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp((u64, i64, i64));

fn known(contents: &Contents, tenant: &TenantName, name: &SecretName) -> Result<(), VaultError> {
    if contents
        .secrets
        .contains_key(&(tenant.clone(), name.clone()))
    {
        return Ok(());
    }
    let known = contents.secrets.keys();
    Err(VaultError::Unknown {
        name: name.clone(),
        tenant: tenant.clone(),
        known: known
            .filter(|(owner, _)| owner == tenant)
            .map(|(_, name)| name.clone())
            .collect(),
    })
}

fn set(
    contents: &mut Contents,
    tenant: &TenantName,
    name: &SecretName,
    value: SecretValue,
) -> Result<u64, VaultError> {
    let key = (tenant.clone(), name.clone());
    let others = contents
        .secrets
        .iter()
        .filter(|(other, _)| other.0 == *tenant && **other != key);
    let (count, bytes) = others.fold((1, value.expose().len()), |(count, bytes), (_, secret)| {
        (count + 1, bytes + secret.value.expose().len())
    });
    if count > SECRETS_MAX || bytes > TENANT_BYTES_MAX {
        return Err(VaultError::Full {
            tenant: tenant.clone(),
        });
    }
    let version = contents
        .secrets
        .get(&key)
        .map_or(1, |secret| secret.version.saturating_add(1));
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let secret = Secret {
        version,
        created: now.map_or(0, |since| since.as_secs()),
        value,
    };
    contents.secrets.insert(key, secret);
    Ok(version)
}

/// Why a vault cannot be used: what, where, and what to do about it. Never says a value.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The file is not what was written.
    #[error(
        "the vault `{}` is damaged or was changed: {reason}; nothing was written: restore it from \
         a backup, or move it away and set the secrets again", .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// A file cannot be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another version wrote it.
    #[error(
        "the vault `{}` has format {format}, which this version of ringfence does not know: use \
         the version that wrote it", .path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// There is no room for another.
    #[error(
        "there is no room for another secret of `{tenant}`: a tenant has at most {SECRETS_MAX}, \
         and {TENANT_BYTES_MAX} bytes in all of them"
    )]
    Full {
        /// Whose they are.
        tenant: TenantName,
    },
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is a vault, and its key is gone.
    #[error(
        "the vault `{}` is there, and {place} is not: restore it, or name another place with `--vault-key`",
        .path.display()
    )]
    NoKey {
        /// The vault.
        path: PathBuf,
        /// Where its key should be.
        place: KeySource,
    },
    /// It was sealed with another key.
    #[error(
        "the vault `{}` was sealed with the key `{mark}`, and {place} has {marks}: restore that key, \
         or name another place with `--vault-key`", .path.display()
    )]
    OtherKey {
        /// The vault.
        path: PathBuf,
        /// The mark of the key that sealed it.
        mark: String,
        /// The marks of the keys that there are.
        marks: String,
        /// Where they come from.
        place: KeySource,
    },
    /// There is no such secret.
    #[error("there is no secret `{name}`")]
    Unknown {
        /// What was asked for.
        name: SecretName,
        /// Whose it would be.
        tenant: TenantName,
        /// What there is.
        known: Vec<SecretName>,
    },
}
