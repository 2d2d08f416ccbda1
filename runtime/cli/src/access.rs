//! From options to a policy and a sandbox that enforces it.
//!
//! Owns the order in which what the command line named is opened: the cache first, so that no grant
//! can reach it.

use std::path::PathBuf;
use std::sync::Arc;

use ringfence_policy::Policy;
use ringfence_sandbox::{ArtifactCache, Directories, Sandbox, Settings};

use crate::arguments::Access;
use crate::environment;
use crate::failure::Failure;

/// What calls may reach and use, ready to be enforced.
#[derive(Debug)]
pub(crate) struct Enforced {
    pub(crate) policy: Policy,
    pub(crate) sandbox: Arc<Sandbox>,
}

/// Opens everything that `access` names.
///
/// # Errors
///
/// A grant that cannot be used, or two that contradict each other.
pub(crate) fn open(access: &Access) -> Result<Enforced, Failure> {
    let policy = Policy::new(access.grants.clone(), access.budget())
        .map_err(|error| Failure::Grants(Box::new(error)))?;
    let cache = cache(access);
    let private: Vec<PathBuf> = cache
        .iter()
        .map(|cache| cache.folder().to_path_buf())
        .collect();
    let directories = Directories::open(&policy, &private, environment::variable)
        .map_err(|error| Failure::Grants(Box::new(error)))?;
    let sandbox = Sandbox::new(Settings {
        cache,
        directories,
        ..Settings::default()
    });
    Ok(Enforced { policy, sandbox })
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
