//! A sandbox as a careful programmer writes it with bare wasmtime: what benches compare with.
//!
//! Owns no limit but fuel and memory, and neither JSON nor a receipt.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a bench ends when it cannot measure"
)]

use std::fmt;

use wasmtime::component::{self, ResourceTable, Val};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime::{StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// One component, and an engine that pools memory.
pub struct Bare {
    engine: Engine,
    instance: component::InstancePre<State>,
    export: component::ComponentExportIndex,
}

impl fmt::Debug for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bare").finish_non_exhaustive()
    }
}

impl Bare {
    /// The component `bytes`, which exports `echo`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .concurrency_support(false)
            .gc_support(false);
        let mut pool = PoolingAllocationConfig::default();
        pool.total_component_instances(256)
            .linear_memory_keep_resident(1 << 20);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).unwrap();
        let component = component::Component::new(&engine, bytes).unwrap();
        let mut linker = component::Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        let instance = linker.instantiate_pre(&component).unwrap();
        let export = component.get_export_index(None, "echo").unwrap();
        Self {
            engine,
            instance,
            export,
        }
    }

    /// One call: a fresh store with WASI, fuel and a memory limit, instantiated, called, dropped.
    pub async fn call(&self, text: &str) -> Val {
        let state = State {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(64 << 20).build(),
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_fuel(1_000_000_000).unwrap();
        store.fuel_async_yield_interval(Some(250_000)).unwrap();
        let instance = self.instance.instantiate_async(&mut store).await.unwrap();
        let function = instance.get_func(&mut store, self.export).unwrap();
        let mut results = [Val::Bool(false)];
        function
            .call_async(&mut store, &[Val::String(text.into())], &mut results)
            .await
            .unwrap();
        let [value] = results;
        value
    }
}
