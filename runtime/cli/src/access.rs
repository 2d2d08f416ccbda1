//! From options to a policy and a sandbox that enforces it.
//!
//! Owns the order in which what the command line named is opened: the cache first, so that no grant
//! can reach it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_policy::{Grant, Policy, SecretName as GrantedName};
use ringfence_sandbox::{ArtifactCache, Directories, Sandbox, Settings, UnusableGrant};
use ringfence_secrets::{SecretName, Secrets, Vault};
use ringfence_state::State;

use crate::arguments::Access;
use crate::compile;
use crate::environment;
use crate::failure::Failure;
use crate::policy;
use crate::secret;
use crate::values;

/// What calls may reach and use, ready to be enforced.
#[derive(Debug)]
pub(crate) struct Enforced {
    pub(crate) policy: Policy,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) opening: Opening,
    /// Whether the policy file carries a seal.
    pub(crate) is_sealed: bool,
    /// What outlives the process, where there is a place for it.
    pub(crate) state: Option<State>,
}

/// Whose standard input and output of this process are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    /// The protocol's: a tool that printed there would forge a message.
    Protocol,
    /// A tool's that is granted them.
    Tool,
}

/// What it takes to open what a policy names: at the start, and each time it has changed.
#[derive(Debug)]
pub(crate) struct Opening {
    /// Our own folders, which no grant may reach.
    private: Vec<PathBuf>,
    secrets: Arc<Secrets>,
    streams: Streams,
    /// Whether there is a place for what outlives the process.
    keeps: bool,
}

impl Opening {
    /// Opens what `policy` grants.
    ///
    /// # Errors
    ///
    /// A grant that cannot be used: there is nothing behind it, no place for what it keeps, or no such
    /// secret.
    pub(crate) fn directories(&self, policy: &Policy) -> Result<Directories, Failure> {
        for grant in policy.grants() {
            match grant {
                Grant::Stdin | Grant::Stdout if self.streams == Streams::Protocol => {
                    const REASON: &str = "standard input and output are the protocol's here; \
                                          `ringfence call` can hand them to a tool";
                    let unusable = UnusableGrant::new(grant, REASON);
                    return Err(Failure::Grants(Box::new(unusable)));
                }
                Grant::Kv(_) if !self.keeps => return Err(Failure::StateFolder),
                _ => {}
            }
        }
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

/// Opens everything that `access` names. No grant can reach our own files: state, secrets, machine code, and
/// `ours`, what the caller has opened already. A tool that could reach those could approve of itself.
///
/// # Errors
///
/// A grant that cannot be used, two that contradict each other, or a policy file that is none.
pub(crate) fn open<'o>(
    access: &Access,
    ours: impl IntoIterator<Item = &'o Path>,
    streams: Streams,
) -> Result<Enforced, Failure> {
    let policy::Loaded { policy, is_sealed } = policy::of(access)?;
    let cache = cache(access);
    let vault = secret::vault(&access.vault);
    let named = access.vault.state_dir.clone();
    let folder = named.or_else(environment::state_folder);
    let private: Vec<PathBuf> = cache
        .iter()
        .map(|cache| cache.folder().to_path_buf())
        .chain(ours.into_iter().map(Path::to_path_buf))
        .chain(vault.iter().map(|vault| vault.folder().to_path_buf()))
        .chain(folder.clone())
        .collect();
    let secrets = Arc::new(secrets(&policy, vault)?);
    // Nothing of it is opened yet.
    let state = folder.map(State::lazily);
    let values = Arc::new(values::of(access)?);
    let opening = Opening {
        private,
        secrets: Arc::clone(&secrets),
        streams,
        keeps: state.is_some(),
    };
    let directories = opening.directories(&policy)?;
    let sandbox = Sandbox::new(Settings {
        compiler: compile::compiler(),
        cache,
        directories,
        secrets: Arc::clone(&secrets),
        state: state.clone(),
        values,
        ..Settings::default()
    });
    secret::watch(&secrets);
    Ok(Enforced {
        policy,
        sandbox,
        opening,
        is_sealed,
        state,
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
