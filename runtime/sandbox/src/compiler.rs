//! Where machine code is made.
//!
//! Owns the choice between this process and a worker: a process that is started for one component, may do
//! nothing but compute, and is ended when it takes too long. Compilers take more than linear time, and have
//! faults; what a stranger wrote meets ours only there. Refuses to know what is kept of the result.

#[cfg(target_os = "linux")]
mod calls;
mod confine;
mod frame;
mod parent;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use wasmtime::Engine;

use crate::cache::{self, Artifact};
use crate::prepared::PrepareError;

pub use worker::work;

/// Where components are compiled.
#[derive(Debug, Clone, Default)]
pub enum Compiler {
    /// Here. It takes what it takes: for components of one's own.
    #[default]
    InProcess,
    /// In a process of its own.
    Worker(Worker),
}

/// A program that calls [`work`], and what each run of it may take.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The program: the very build that asks, or what it makes is not for this engine.
    pub program: PathBuf,
    /// What it is told, so that it calls [`work`] and does nothing before.
    pub arguments: Vec<OsString>,
    /// What one run may take.
    pub limits: WorkerLimits,
}

/// What compiling one component may take.
///
/// The longest honest components are interpreters of some 30 MiB; they take a tenth of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Bytes of address space. Bounds what a compile bomb can take from the machine.
    pub memory_bytes: u64,
    /// Processor time of all its threads, in whole seconds. Bounds what it can take from its neighbours.
    pub cpu: Duration,
    /// Time on the wall. Bounds how long a turn to compile can be held.
    pub wall: Duration,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 4 << 30,
            cpu: Duration::from_mins(5),
            wall: Duration::from_mins(2),
        }
    }
}

impl Compiler {
    /// Compiles the bytes of a component for `engine`.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        component: &[u8],
    ) -> Result<Artifact, PrepareError> {
        let bytes = match self {
            Self::InProcess => engine
                .precompile_component(component)
                .map_err(|error| PrepareError::Compile(format!("{error:#}")))?,
            Self::Worker(worker) => parent::compile(worker, component)?,
        };
        Ok(cache::compiled(bytes))
    }
}
