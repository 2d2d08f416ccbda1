//! The engines of one process, and the way in.
//!
//! Owns both profiles with their linkers and slots. Everything that runs a guest starts here.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ringfence_egress::Egress;
use ringfence_policy::ApprovalNeeded;
use ringfence_secrets::Secrets;
use ringfence_state::State;
use ringfence_tool::Component;
use thiserror::Error;
use wasmtime::component::Linker;

use crate::cache::ArtifactCache;
use crate::capability::Directories;
use crate::compiler::Compiler;
use crate::config::Values;
use crate::engine::{self, Profile};
use crate::guest::Guest;
use crate::linker;
use crate::meter::SharedMemory;
use crate::prepared::{PrepareError, Prepared};
use crate::slot::{self, Overloaded, Slot, Slots};

/// How a sandbox is set up.
///
/// Defaults:
///
/// - 256 calls at once of small tools, 64 of large ones, and an eighth more that other calls make
/// - 2 GiB of linear memory for all calls together
/// - components compiled in this process
/// - no artefact cache: everything is compiled anew
/// - nothing granted
/// - the system's way out
/// - no secrets
/// - no state, and no values
#[derive(Debug)]
pub struct Settings {
    /// Calls at once of tools in [`Profile::Small`]. Bounds what a flood of calls can hold.
    pub small_slots: u32,
    /// Calls at once of tools in [`Profile::Large`].
    pub large_slots: u32,
    /// Bytes of linear memory that all calls together may hold. Bounds what a flood of calls can
    /// take from the machine.
    pub memory_bytes: usize,
    /// Where machine code is made.
    pub compiler: Compiler,
    /// Where machine code is kept between runs.
    pub cache: Option<ArtifactCache>,
    /// What grants stand for.
    pub directories: Directories,
    /// How requests and sockets get out, where they are granted. Where none is given: by the system's
    /// resolver, to hosts that the bundled authorities vouch for.
    pub egress: Option<Egress>,
    /// What tools may have sent, and what nothing that leaves may hold.
    pub secrets: Arc<Secrets>,
    /// Where buckets are kept. Without it there are none, granted or not.
    pub state: Option<State>,
    /// What an operator set for tools.
    pub values: Arc<Values>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            small_slots: 256,
            large_slots: 64,
            memory_bytes: 2 << 30,
            compiler: Compiler::default(),
            cache: None,
            directories: Directories::default(),
            egress: None,
            secrets: Arc::new(Secrets::none()),
            state: None,
            values: Arc::default(),
        }
    }
}

/// The engines of one process.
#[derive(Debug)]
pub struct Sandbox {
    settings: Settings,
    /// What grants stand for at this moment.
    directories: RwLock<Arc<Directories>>,
    memory: Arc<SharedMemory>,
    egress: OnceLock<Egress>,
    small: OnceLock<Lane>,
    large: OnceLock<Lane>,
}

/// One profile's engine with all that belongs to it.
pub(crate) struct Lane {
    linker: Linker<Guest>,
    slots: Slots,
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane")
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

/// The host could not do its part: no memory, no address space, a broken engine.
#[derive(Debug, Error)]
#[error("the sandbox failed: {0}")]
pub struct HostFault(pub(crate) String);

impl Sandbox {
    /// A sandbox. An engine is made when the first component needs it.
    pub fn new(mut settings: Settings) -> Arc<Self> {
        let memory = SharedMemory::new(settings.memory_bytes);
        let directories = std::mem::take(&mut settings.directories);
        Arc::new(Self {
            directories: RwLock::new(Arc::new(directories)),
            settings,
            memory,
            egress: OnceLock::new(),
            small: OnceLock::new(),
            large: OnceLock::new(),
        })
    }

    /// Makes `tool` ready to be called: compiles it, unless that was done before. Takes
    /// milliseconds to seconds of processor time: call it where blocking is allowed.
    ///
    /// # Errors
    ///
    /// The component does not compile, or imports what no tool may have.
    pub fn prepare(&self, tool: &Component) -> Result<Prepared, PrepareError> {
        let profile = Profile::for_pages(tool.footprint().memory_pages);
        let lane = self
            .lane(profile)
            .map_err(|fault| PrepareError::Compile(fault.to_string()))?;
        let Settings {
            compiler, cache, ..
        } = &self.settings;
        Prepared::new(tool, profile, &lane.linker, compiler, cache.as_ref())
    }

    /// Waits for room to run one call of `prepared`.
    ///
    /// # Errors
    ///
    /// Too many calls run already, and none ended in time.
    pub async fn admit(&self, prepared: &Prepared) -> Result<Slot, Overloaded> {
        match self.lane(prepared.profile()) {
            Ok(lane) => lane.slots.admit(prepared.slots()).await,
            Err(_) => Err(Overloaded {
                retry_after: slot::WAIT_MAX,
            }),
        }
    }

    /// Waits for room to run one call of `prepared` that another call makes: not long, since that one holds
    /// its own meanwhile, and not only where everybody else does.
    ///
    /// # Errors
    ///
    /// Too many calls run already, and none ended in time.
    pub async fn admit_child(&self, prepared: &Prepared) -> Result<Slot, Overloaded> {
        match self.lane(prepared.profile()) {
            Ok(lane) => lane.slots.admit_child(prepared.slots()).await,
            Err(_) => Err(Overloaded {
                retry_after: slot::WAIT_MAX,
            }),
        }
    }

    /// Lets grants stand for something else from now on: what another policy names. Calls that run keep
    /// what they began with. A call that was decided on before and begins after finds nothing behind a
    /// grant that is gone.
    pub fn replace_directories(&self, next: Directories) {
        let mut directories = self
            .directories
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *directories = Arc::new(next);
    }

    pub(crate) fn directories(&self) -> Arc<Directories> {
        let directories = self.directories.read();
        Arc::clone(&directories.unwrap_or_else(PoisonError::into_inner))
    }

    /// The way out, made when the first call needs one.
    pub(crate) fn egress(&self) -> &Egress {
        let own = || self.egress.get_or_init(Egress::system);
        self.settings.egress.as_ref().unwrap_or_else(own)
    }

    /// `text` with a label in place of each of its tenant's secrets: for what a person is shown who is
    /// asked about a call.
    pub fn without_secrets(&self, needed: &ApprovalNeeded, text: String) -> String {
        let secrets = self.secrets().of(needed.caller().tenant());
        secrets.scrubber().string(text)
    }

    /// The secrets of all tenants.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.settings.secrets
    }

    /// What outlives calls, where there is a place for it.
    pub(crate) fn state(&self) -> Option<&State> {
        self.settings.state.as_ref()
    }

    /// What an operator set.
    pub(crate) fn values(&self) -> &Arc<Values> {
        &self.settings.values
    }

    pub(crate) fn memory(&self) -> Arc<SharedMemory> {
        Arc::clone(&self.memory)
    }

    fn lane(&self, profile: Profile) -> Result<&Lane, HostFault> {
        let (cell, slots) = match profile {
            Profile::Small => (&self.small, self.settings.small_slots),
            Profile::Large => (&self.large, self.settings.large_slots),
        };
        if let Some(lane) = cell.get() {
            return Ok(lane);
        }
        let fault = |error: wasmtime::Error| HostFault(format!("{error:#}"));
        let room = slots.saturating_add(slot::reserved(slots));
        let engine = engine::engine(profile, room).map_err(fault)?;
        let lane = Lane {
            linker: linker::linker(&engine).map_err(fault)?,
            slots: Slots::new(slots),
        };
        // Two threads may have made one each; a component must never meet the other's engine.
        Ok(cell.get_or_init(|| lane))
    }
}
