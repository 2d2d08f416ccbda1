//! `ringfence compile`: the worker that compiles one component and ends.
//!
//! Owns both ends as this program sees them: how a worker is started, and what it does. What they say to each
//! other is the sandbox's.

use std::io;
use std::sync::Arc;

use ringfence_sandbox::{ArtifactCache, Compiler, Sandbox, Settings, Worker, WorkerLimits, work};
use ringfence_tool::Component;
use tokio::task;

use crate::arguments::Compiled;
use crate::console::Console;
use crate::environment;
use crate::failure::Failure;

/// Compiles what standard input holds.
///
/// # Errors
///
/// The process cannot be confined, or nobody is at the other ends of its pipes.
pub(crate) fn run() -> Result<(), Failure> {
    work().map_err(Failure::Runtime)
}

/// Compiles what is about to be installed, so that what cannot run is not, and the first call does not wait.
///
/// # Errors
///
/// It does not compile, takes more than a component may, or imports what no tool may have.
pub(crate) async fn ahead(
    component: &Arc<Component>,
    compiled: &Compiled,
    console: Console,
) -> Result<(), Failure> {
    let folder = compiled
        .cache_dir
        .clone()
        .or_else(environment::cache_folder);
    let sandbox = Sandbox::new(Settings {
        compiler: compiler(),
        // Without one it is known to compile, and compiled again when it is called.
        cache: folder.and_then(|folder| ArtifactCache::open(folder).ok()),
        ..Settings::default()
    });
    let moving = console.waiting(&format!("compiling `{}`", component.name()));
    let compiling = Arc::clone(component);
    // On a thread of its own: a signal must still be heard.
    let prepared = task::spawn_blocking(move || sandbox.prepare(&compiling).map(drop)).await;
    moving.finish_and_clear();
    match prepared.map_err(io::Error::other)? {
        Err(error) if error.is_lasting() => Err(Failure::Load {
            path: component.name().as_str().into(),
            reason: error.to_string(),
        }),
        Err(error) => Err(Failure::Runtime(io::Error::other(error))),
        Ok(()) => Ok(()),
    }
}

/// Where components are compiled: by this program, in another process.
pub(crate) fn compiler() -> Compiler {
    Compiler::Worker(Worker {
        program: environment::program(),
        arguments: vec!["compile".into()],
        limits: WorkerLimits::default(),
    })
}
