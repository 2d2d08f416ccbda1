//! The one constructor of an engine, and the reasons for each setting.
//!
//! Owns the two profiles. Refuses to know tools: which profile one needs is decided by its size.

use std::sync::Arc;

use ringfence_policy::Budget;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy, OperatorCost,
    PoolingAllocationConfig, WasmBacktraceDetails, WasmFeatures,
};

/// Instructions between two yields to the executor. At 4 to 13 million a millisecond a spinning
/// guest holds a worker for some ten microseconds at a time, so that it cannot delay its neighbours,
/// and one that only calls the host for about a millisecond.
pub(crate) const FUEL_YIELD_INTERVAL: u64 = 100_000;

/// The part of the host's stack that a guest may use. Bounds endless recursion.
const WASM_STACK_BYTES: usize = 512 * 1024;

/// The stack of one call, with the rest left for host functions.
const CALL_STACK_BYTES: usize = 2 * 1024 * 1024;

/// What growing a memory by one page costs in fuel: zeroing it is work that no instruction counts.
const FUEL_PER_PAGE: u8 = 255;

/// Tables of one core module. Compilers make one or two.
const TABLES_PER_MODULE_MAX: u32 = 4;

/// Core instances, memories and tables of one component. A component composed of components needs
/// several; a thousand are an attack.
pub(crate) const CORE_INSTANCES_PER_COMPONENT_MAX: u32 = 64;
const MEMORIES_PER_COMPONENT_MAX: u32 = 8;
const TABLES_PER_COMPONENT_MAX: u32 = 32;

/// Elements of one table: what each pooled slot reserves. Bounds the address space of the pool.
const TABLE_ELEMENTS_MAX: usize = 100_000;

/// Metadata of one component instance and one core instance. Bounds a module with a million
/// imports.
const INSTANCE_METADATA_BYTES_MAX: usize = 1024 * 1024;

/// Memory that the small profile resets by writing zeros instead of asking the kernel: a call that
/// dirties less makes no system call at all.
const SMALL_RESIDENT_BYTES: usize = 1024 * 1024;

/// The same for the large profile: about what a JavaScript engine touches in one call.
const LARGE_RESIDENT_BYTES: usize = 8 * 1024 * 1024;

/// Slots of each kind that stay as the last call left them while nobody uses them, for the next call
/// of the same tool. Without a bound every tool that was ever loaded, or replaced in a watched folder,
/// keeps its own until the whole pool is resident: a server grew by 250 MiB over a thousand loads.
const WARM_SLOTS_MAX: u32 = 32;

/// The largest first memory, in pages of 64 KiB, that the small profile takes. Rust, C, Zig and Go
/// stay below; JavaScript and Python engines are above.
const SMALL_PAGES_MAX: u64 = 64;

/// How memory is kept between calls. A component belongs to one profile, and the two never share an
/// engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Tools compiled to WebAssembly themselves.
    Small,
    /// Tools that bring an interpreter with them.
    Large,
}

impl Profile {
    /// The profile for a component whose largest memory starts with so many pages.
    pub fn for_pages(pages: u64) -> Self {
        if pages <= SMALL_PAGES_MAX {
            Self::Small
        } else {
            Self::Large
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

/// Makes the engine of `profile`, with room for `slots` calls at once.
///
/// Falls back to allocating on demand where the address space for a pool is not to be had, as under
/// `ulimit -v`: slower, and just as bounded.
pub(crate) fn engine(profile: Profile, slots: u32) -> wasmtime::Result<Engine> {
    let mut config = base()?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(profile, slots)));
    Engine::new(&config).or_else(|error| {
        tracing::warn!(%error, profile = profile.name(), "no address space for a pool");
        Engine::new(&base()?)
    })
}

/// An engine that compiles for both profiles, and runs nothing.
pub(crate) fn compiling() -> wasmtime::Result<Engine> {
    Engine::new(&base()?)
}

/// What both profiles share. Cached machine code is keyed by [`fingerprint`], which names this.
fn base() -> wasmtime::Result<Config> {
    let mut config = Config::new();

    // Time. Fuel bounds the work and yields to the executor, so that a wall clock can fire.
    config.consume_fuel(true);
    let mut cost = OperatorCost::default();
    cost.variable.memory_grow_per_page = FUEL_PER_PAGE;
    config.operator_cost(cost);

    // Stacks.
    config.max_wasm_stack(WASM_STACK_BYTES);
    config.async_stack_size(CALL_STACK_BYTES);

    // Features that no guest language here needs are code paths that no guest should reach. Half of
    // the engine's advisories in 2026 were in these.
    config.concurrency_support(false);
    config.gc_support(false);
    config.wasm_memory64(false);
    config.wasm_multi_memory(false);
    config.wasm_relaxed_simd(false);
    // Calls through references lose fuel in releases before this one's last fix, and nobody here
    // makes them.
    config.wasm_features(WasmFeatures::FUNCTION_REFERENCES, false);

    // Machine code is only reused by the very build that made it: the engine itself compares major
    // versions alone, and would load code that an older patch release miscompiled.
    config.module_version(ModuleVersionStrategy::Custom(fingerprint().to_string()))?;

    // A trap says where it happened in the guest, in few frames, without reading our environment.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    config.generate_address_map(false);

    config.memory_init_cow(true);
    Ok(config)
}

/// What a slot holds of the pool. A component that needs more takes several slots.
const MEMORIES_PER_SLOT: u32 = 2;
const CORE_INSTANCES_PER_SLOT: u32 = 8;
const TABLES_PER_SLOT: u32 = 4;

/// How many slots one call of a component takes: the pool is counted in slots, and a component that
/// holds eight memories must not leave the others' calls without.
pub(crate) fn slots_per_call(memories: u32, core_instances: u32, tables: u32) -> u32 {
    memories
        .div_ceil(MEMORIES_PER_SLOT)
        .max(core_instances.div_ceil(CORE_INSTANCES_PER_SLOT))
        .max(tables.div_ceil(TABLES_PER_SLOT))
        .max(1)
}

fn pool(profile: Profile, slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_stacks(slots)
        .total_memories(slots.saturating_mul(MEMORIES_PER_SLOT))
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_SLOT))
        .total_tables(slots.saturating_mul(TABLES_PER_SLOT))
        .max_component_instance_size(INSTANCE_METADATA_BYTES_MAX)
        .max_core_instance_size(INSTANCE_METADATA_BYTES_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT_MAX)
        .max_memories_per_component(MEMORIES_PER_COMPONENT_MAX)
        .max_tables_per_component(TABLES_PER_COMPONENT_MAX)
        .max_tables_per_module(TABLES_PER_MODULE_MAX)
        .max_memories_per_module(1)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memory_size(Budget::MEMORY_BYTES_MAX)
        .max_unused_warm_slots(WARM_SLOTS_MAX.min(slots));
    match profile {
        Profile::Small => {
            pool.linear_memory_keep_resident(SMALL_RESIDENT_BYTES);
            pool.table_keep_resident(64 * 1024);
        }
        Profile::Large => {
            pool.linear_memory_keep_resident(LARGE_RESIDENT_BYTES);
            pool.table_keep_resident(1024 * 1024);
            // Only with swap off: this release leaves a dirty page that was swapped out as it is,
            // for the next call to read.
            if !swap_is_on() {
                pool.pagemap_scan(Enabled::Auto);
            }
        }
    }
    pool
}

/// Whether the kernel may swap: yes when in doubt.
fn swap_is_on() -> bool {
    std::fs::read_to_string("/proc/swaps").map_or(true, |swaps| swaps.lines().count() > 1)
}

/// What makes two engines unable to share machine code, as text.
pub(crate) fn fingerprint() -> Arc<str> {
    Arc::from(concat!(
        "48.0.8+ringfence-",
        env!("CARGO_PKG_VERSION"),
        "-2"
    ))
}
