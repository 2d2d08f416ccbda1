//! Where installed tools are.
//!
//! Owns the two places that belong together: the lock that says which, and the store that has them.

use std::fs;
use std::path::PathBuf;

use ringfence_catalog::{Shelf, Source, Store};
use ringfence_tool::ComponentName;

use crate::environment;
use crate::failure::Failure;
use crate::pin;

/// The store's name in the folder of state.
const STORE: &str = "store";

/// A lock and a store.
#[derive(Debug, Clone)]
pub(crate) struct Shelved {
    pub(crate) lock: PathBuf,
    store: PathBuf,
}

impl Shelved {
    /// By the lock and the folder of state that are named, or the usual ones.
    ///
    /// # Errors
    ///
    /// There is no place for them.
    pub(crate) fn at(lock: Option<&PathBuf>, state_dir: Option<&PathBuf>) -> Result<Self, Failure> {
        let state = state_dir.cloned().or_else(environment::state_folder);
        let state = state.ok_or(Failure::StateFolder)?;
        Ok(Self {
            lock: pin::path(lock, Some(&state))?,
            store: state.join(STORE),
        })
    }

    /// Makes the folder of the lock, so that it can be watched before anything is installed. One that cannot be
    /// made is none in which anything is installed.
    pub(crate) fn prepare(&self) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        if let Some(folder) = self.lock.parent()
            && let Err(error) = builder.create(folder)
        {
            tracing::debug!(%error, folder = %folder.display(), "nothing can be installed there");
        }
    }

    /// To look at and to change.
    pub(crate) fn shelf(&self) -> Shelf {
        Shelf::new(self.lock.clone(), self.store.clone())
    }

    /// To load from: all of it, or one tool.
    pub(crate) fn source(&self, only: Option<ComponentName>) -> Source {
        let store = Store::new(self.store.clone());
        Source::Installed { store, only }
    }
}
