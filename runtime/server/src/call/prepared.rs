//! Components that are ready to be called.
//!
//! Owns compiling each once, however many calls ask at the same time, and forgetting those that are
//! no longer served.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ringfence_catalog::Catalog;
use ringfence_sandbox::{Prepared, Sandbox};
use ringfence_tool::{Component, ComponentName, Digest};
use tokio::sync::{OnceCell, Semaphore};

use super::error::CallError;

/// Components that are compiled at the same time. Bounds what a client takes that calls every tool at once;
/// more than one, so that a component that compiles for minutes does not keep the others waiting.
const COMPILING_MAX: usize = 3;

/// What preparing led to. A failure of the component is kept, too: one that does not compile must not cost
/// its compilation at each call.
type Made = Result<Prepared, Arc<str>>;

/// A component under one name. The same bytes under two names differ in the names of functions.
type Key = (ComponentName, Digest);

/// Components that are ready to be called. Only components of the catalog are ever asked for, so
/// there are never more than it holds.
#[derive(Debug)]
pub(super) struct PreparedTools {
    sandbox: Arc<Sandbox>,
    cells: RwLock<HashMap<Key, Arc<OnceCell<Made>>>>,
    compiling: Arc<Semaphore>,
}

impl PreparedTools {
    pub(super) fn new(sandbox: Arc<Sandbox>) -> Self {
        let compiling = Arc::new(Semaphore::new(COMPILING_MAX));
        Self {
            sandbox,
            cells: RwLock::default(),
            compiling,
        }
    }

    /// The component, ready. Compiles it the first time.
    pub(super) async fn prepare(&self, component: &Arc<Component>) -> Result<Prepared, CallError> {
        let cell = self.cell(component);
        let made = match cell.get() {
            Some(made) => made.clone(),
            None => self.make(cell, component).await,
        };
        made.map_err(|internal| CallError::Unusable {
            component: component.name().clone(),
            internal,
        })
    }

    /// Forgets what `catalog` does not hold.
    pub(super) fn retain(&self, catalog: &Catalog) {
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|(name, digest), _| {
            catalog
                .component(name.as_str())
                .is_some_and(|served| served.digest() == *digest)
        });
    }

    fn cell(&self, component: &Component) -> Arc<OnceCell<Made>> {
        let key = (component.name().clone(), component.digest());
        if let Some(cell) = self
            .cells
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Arc::clone(cell);
        }
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(key).or_default())
    }

    /// Compiles in a task of its own: a caller who gives up leaves a compilation that the next
    /// caller finds, not one more that runs beside the next.
    async fn make(&self, cell: Arc<OnceCell<Made>>, component: &Arc<Component>) -> Made {
        let sandbox = Arc::clone(&self.sandbox);
        let component = Arc::clone(component);
        let compiling = Arc::clone(&self.compiling);
        let task = tokio::spawn(async move {
            let made = cell.get_or_try_init(|| async move {
                // Never closed.
                let _turn = compiling.acquire_owned().await;
                let made = tokio::task::spawn_blocking(move || sandbox.prepare(&component)).await;
                match made {
                    // The next call tries again.
                    Ok(Err(error)) if !error.is_lasting() => Err(error.to_string().into()),
                    Ok(made) => Ok(made.map_err(|error| error.to_string().into())),
                    Err(error) => Ok(Err(error.to_string().into())),
                }
            });
            made.await.cloned().and_then(|made| made)
        });
        task.await
            .unwrap_or_else(|error| Err(error.to_string().into()))
    }
}
