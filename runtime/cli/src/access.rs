//! From options to a policy and a sandbox that enforces it.
//!
//! Owns the order in which what the command line named is opened: the cache first, so that no grant
//! can reach it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_policy::{Grant, Policy, SecretName as GrantedName};
use ringfence_sandbox::{ArtifactCache, Directories, Sandbox, Settings};
use ringfence_secrets::{SecretName, Secrets, Vault};

use crate::arguments::Access;
use crate::environment;
use crate::failure::Failure;
use crate::policy;
use crate::secret;

/// What calls may reach and use, ready to be enforced.
#[derive(Debug)]
pub(crate) struct Enforced {
    pub(crate) policy: Policy,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) opening: Opening,
}

/// What it takes to open what a policy names: at the start, and each time it has changed.
#[derive(Debug)]
pub(crate) struct Opening {
    /// Our own folders, which no grant may reach.
    private: Vec<PathBuf>,
    secrets: Arc<Secrets>,
}

impl Opening {
    /// Opens what `policy` grants.
    ///
    /// # Errors
    ///
    /// A grant that cannot be used: there is nothing behind it, or no such secret.
    pub(crate) fn directories(&self, policy: &Policy) -> Result<Directories, Failure> {
        let held = self.secrets.of(Caller::local().tenant());
        for name in granted_secrets(policy) {
            let found = name.as_str().parse::<SecretName>().ok();
            if !found.is_some_and(|name| held.contains(&name)) {
                return Err(Failure::NoSecret(name.to_string()));
            }
        }
        Directories::open(policy, &self.private, environment::variable)
            .map_err(|error| Failure::Grants(Box::new(error)))
    }
}

/// Opens everything that `access` names. No grant can reach `recorded`, the folder of the audit log, nor
/// `lock`, by which a tool could approve of itself.
///
/// # Errors
///
/// A grant that cannot be used, two that contradict each other, or a policy file that is none.
pub(crate) fn open(
    access: &Access,
    recorded: Option<&Path>,
    lock: Option<&Path>,
) -> Result<Enforced, Failure> {
    let policy = policy::of(access)?;
    let cache = cache(access);
    let vault = secret::vault(&access.vault);
    let private: Vec<PathBuf> = cache
        .iter()
        .map(|cache| cache.folder().to_path_buf())
        .chain(recorded.map(Path::to_path_buf))
        .chain(lock.map(Path::to_path_buf))
        .chain(vault.iter().map(|vault| vault.folder().to_path_buf()))
        .collect();
    let secrets = Arc::new(secrets(&policy, vault)?);
    let opening = Opening {
        private,
        secrets: Arc::clone(&secrets),
    };
    let directories = opening.directories(&policy)?;
    let sandbox = Sandbox::new(Settings {
        cache,
        directories,
        secrets: Arc::clone(&secrets),
        ..Settings::default()
    });
    secret::watch(&secrets);
    Ok(Enforced {
        policy,
        sandbox,
        opening,
    })
}

/// The secrets that the grants name, and all others: a tool may come by one without being granted it.
///
/// A vault that does not open is an error when a grant needs it.
fn secrets(policy: &Policy, vault: Result<Vault, Failure>) -> Result<Secrets, Failure> {
    let none_granted = granted_secrets(policy).next().is_none();
    let opened = match vault {
        Ok(vault) if none_granted && !vault.exists() => return Ok(Secrets::none()),
        Ok(vault) => Secrets::open(vault).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match opened {
        Err(error) if none_granted => {
            tracing::warn!(%error, "no secrets: what tools say is not searched for them");
            Ok(Secrets::none())
        }
        opened => opened,
    }
}

fn granted_secrets(policy: &Policy) -> impl Iterator<Item = &GrantedName> {
    policy.grants().filter_map(|grant| match grant {
        Grant::Secret(secret) => Some(&secret.name),
        _ => None,
    })
}

/// The cache of machine code. Without one every start compiles, which takes a second or so and is
/// no reason not to work.
fn cache(access: &Access) -> Option<ArtifactCache> {
    if access.no_cache {
        return None;
    }
    let Some(folder) = access.cache_dir.clone().or_else(environment::cache_folder) else {
        tracing::warn!("no cache: there is no home directory; name a folder with `--cache-dir`");
        return None;
    };
    match ArtifactCache::open(folder.clone()) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!(
                %error,
                folder = %folder.display(),
                "no cache: the folder cannot be used; name another with `--cache-dir`"
            );
            None
        }
    }
}
