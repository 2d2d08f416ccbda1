//! Directories that change while they are served, and approvals of what is in them.
//!
//! Owns when to look again. Editors and compilers write a file in many steps, so a look waits until
//! nothing has happened for a moment; what is broken then keeps its last good component, and the
//! next step makes us look once more.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use ringfence_catalog::{Catalog, Source};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::pins;
use crate::protocol::endpoint::Endpoint;

/// How long nothing must have happened.
const QUIET: Duration = Duration::from_millis(200);

/// How long a look may be put off. Bounds how long somebody who keeps writing keeps changes back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches the directories of a catalog until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    _watcher: RecommendedWatcher,
    _looking: AbortOnDropHandle<()>,
}

impl Watch {
    /// Starts to watch, when the catalog has directories or goes by pins.
    ///
    /// # Errors
    ///
    /// A directory cannot be watched.
    pub(crate) fn start(endpoint: &Arc<Endpoint>) -> notify::Result<Option<Self>> {
        let catalog = endpoint.funnel.catalog();
        let directories: Vec<_> = directories(&catalog).collect();
        let pinning = catalog.pinning();
        if directories.is_empty() && pinning.is_none() {
            return Ok(None);
        }
        let lock = pinning.and_then(|pinning| pinning.path().file_name().map(OsStr::to_owned));
        // One place is enough: a signal that is not taken yet covers what comes after it.
        let (happened, signals) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let matters = |event: &Event| matters(event, lock.as_deref());
            if event.as_ref().map_or(true, matters) {
                // Full means that somebody is about to look.
                let _ = happened.try_send(());
            }
        })?;
        for directory in directories {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
        }
        if let Some(pinning) = pinning {
            // The folder: the file itself is replaced by each approval.
            watcher.watch(pinning.folder(), RecursiveMode::NonRecursive)?;
        }
        let looking = tokio::spawn(look(Arc::clone(endpoint), signals));
        Ok(Some(Self {
            _watcher: watcher,
            _looking: AbortOnDropHandle::new(looking),
        }))
    }
}

/// Whether anything of a catalog can change while it is served.
pub(crate) fn may_change(catalog: &Catalog) -> bool {
    directories(catalog).next().is_some() || catalog.pinning().is_some()
}

fn directories(catalog: &Catalog) -> impl Iterator<Item = &Path> {
    catalog.sources().iter().filter_map(|source| match source {
        Source::Directory(path) => Some(path.as_path()),
        Source::Bundled { .. } | Source::File(_) | Source::Installed { .. } => None,
    })
}

/// Whether an event may have changed a component, or the lock of that name. Reading is none: we read
/// them ourselves.
fn matters(event: &Event, lock: Option<&OsStr>) -> bool {
    let read = matches!(event.kind, EventKind::Access(kind)
        if kind != AccessKind::Close(AccessMode::Write));
    let is_component = |path: &Path| {
        path.extension().is_some_and(|end| end == "wasm")
            || (lock.is_some() && path.file_name() == lock)
    };
    // Without a path something was lost, and anything may have changed.
    !read && (event.paths.is_empty() || event.paths.iter().any(|path| is_component(path)))
}

async fn look(endpoint: Arc<Endpoint>, mut signals: mpsc::Receiver<()>) {
    while signals.recv().await.is_some() {
        let latest = Instant::now() + PATIENCE;
        loop {
            let quiet = latest.min(Instant::now() + QUIET);
            match tokio::time::timeout_at(quiet, signals.recv()).await {
                Ok(Some(())) if Instant::now() < latest => {}
                _ => break,
            }
        }
        let before = endpoint.funnel.catalog();
        let known = problems(&before);
        let last = Arc::clone(&before);
        let Ok((next, changed)) = tokio::task::spawn_blocking(move || last.rescan()).await else {
            continue;
        };
        for problem in problems(&next) {
            if !known.contains(&problem) {
                tracing::warn!(problem, "a tool cannot be loaded");
            }
        }
        pins::loaded(endpoint.funnel.audit(), Some(&before), &next);
        let count = next.components().count();
        endpoint.funnel.replace(next);
        if changed {
            tracing::info!(components = count, "the list of tools has changed");
            endpoint.replaced().await;
        }
    }
}

fn problems(catalog: &Catalog) -> Vec<String> {
    catalog.problems().iter().map(ToString::to_string).collect()
}
