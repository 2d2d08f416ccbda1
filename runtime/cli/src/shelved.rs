//! Where installed tools are.
//!
//! Owns the places that belong together: the lock that says which, the store that has them, and the file that
//! says who has to have signed them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use ringfence_catalog::{Shelf, Source, Store};
use ringfence_signatures::Trust;
use ringfence_tool::ComponentName;

use crate::environment;
use crate::failure::Failure;
use crate::pin;
use crate::trust;

/// The store's name in the folder of state.
const STORE: &str = "store";

/// A lock and a store.
#[derive(Debug, Clone)]
pub(crate) struct Shelved {
    pub(crate) lock: PathBuf,
    store: PathBuf,
    trust: trust::Place,
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
            trust: trust::Place::in_state(&state),
        })
    }

    /// The same, with another trust file than the usual one, where one is named.
    pub(crate) fn trusting(self, named: Option<&PathBuf>) -> Self {
        match named {
            Some(path) => Self {
                trust: trust::Place::Named(path.clone()),
                ..self
            },
            None => self,
        }
    }

    /// Who has to have signed what.
    ///
    /// # Errors
    ///
    /// The file cannot be read in full.
    pub(crate) fn trust(&self) -> Result<Option<Arc<Trust>>, Failure> {
        self.trust.read()
    }

    /// To install on, or to go back on: what is not signed as it has to be is not taken.
    ///
    /// # Errors
    ///
    /// As [`trust`](Self::trust).
    pub(crate) fn trusted_shelf(&self) -> Result<Shelf, Failure> {
        Ok(self.shelf().trusting(self.trust()?))
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

    /// To look at, and to change in ways that bring nothing.
    pub(crate) fn shelf(&self) -> Shelf {
        Shelf::new(self.lock.clone(), self.store.clone())
    }

    /// To load from: all of it, or one tool.
    ///
    /// # Errors
    ///
    /// As [`trust`](Self::trust).
    pub(crate) fn source(&self, only: Option<ComponentName>) -> Result<Source, Failure> {
        Ok(Source::Installed {
            store: Store::new(self.store.clone()),
            only,
            trust: self.trust()?,
        })
    }
}
