//! Directories that change while they are served.
//!
//! Owns when to look again. Editors and compilers write a file in many steps, so a look waits until
//! nothing has happened for a moment; what is broken then keeps its last good component, and the
//! next step makes us look once more.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use ringfence_catalog::{Catalog, Source};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::call::Funnel;

/// How long nothing must have happened.
const QUIET: Duration = Duration::from_millis(200);

/// How long a look may be put off. Bounds how long somebody who keeps writing keeps changes back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches the directories of a catalog until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    _watcher: RecommendedWatcher,
    looking: JoinHandle<()>,
    changes: watch::Receiver<u64>,
}

impl Watch {
    /// Starts to watch, when the catalog has directories.
    ///
    /// # Errors
    ///
    /// A directory cannot be watched.
    pub(crate) fn start(funnel: &Arc<Funnel>) -> notify::Result<Option<Self>> {
        let catalog = funnel.catalog();
        let directories: Vec<_> = catalog
            .sources()
            .iter()
            .filter_map(|source| match source {
                Source::Directory(path) => Some(path.as_path()),
                Source::Bundled { .. } | Source::File(_) => None,
            })
            .collect();
        if directories.is_empty() {
            return Ok(None);
        }
        // One place is enough: a signal that is not taken yet covers what comes after it.
        let (happened, signals) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, matters) {
                // Full means that somebody is about to look.
                let _ = happened.try_send(());
            }
        })?;
        for directory in directories {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
        }
        let (announce, changes) = watch::channel(0);
        let looking = tokio::spawn(look(Arc::clone(funnel), signals, announce));
        Ok(Some(Self {
            _watcher: watcher,
            looking,
            changes,
        }))
    }

    /// Counts changes of the list of tools.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Whether an event may have changed a component. Reading is none: we read them ourselves.
fn matters(event: &Event) -> bool {
    let read = matches!(event.kind, EventKind::Access(kind)
        if kind != AccessKind::Close(AccessMode::Write));
    let is_component = |path: &Path| path.extension().is_some_and(|end| end == "wasm");
    // Without a path something was lost, and anything may have changed.
    !read && (event.paths.is_empty() || event.paths.iter().any(|path| is_component(path)))
}

async fn look(funnel: Arc<Funnel>, mut signals: mpsc::Receiver<()>, announce: watch::Sender<u64>) {
    while signals.recv().await.is_some() {
        let latest = Instant::now() + PATIENCE;
        loop {
            let quiet = latest.min(Instant::now() + QUIET);
            match tokio::time::timeout_at(quiet, signals.recv()).await {
                Ok(Some(())) if Instant::now() < latest => {}
                _ => break,
            }
        }
        let before = funnel.catalog();
        let known = problems(&before);
        let Ok((next, changed)) = tokio::task::spawn_blocking(move || before.rescan()).await else {
            continue;
        };
        for problem in problems(&next) {
            if !known.contains(&problem) {
                tracing::warn!(problem, "a tool cannot be loaded");
            }
        }
        let count = next.components().count();
        funnel.replace(next);
        if changed {
            tracing::info!(components = count, "the list of tools has changed");
            announce.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }
}

fn problems(catalog: &Catalog) -> Vec<String> {
    catalog.problems().iter().map(ToString::to_string).collect()
}
