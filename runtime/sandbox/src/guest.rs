//! What belongs to one call inside the store.
//!
//! Owns the WASI context, the handle table, the meter and the link to whoever listens to the call.
//! Made fresh for each call and dropped with it: nothing survives.

use std::sync::Arc;
use std::time::Instant;

use ringfence_egress::Outgoing;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::config::Config;
use crate::files::Files;
use crate::host::HostCall;
use crate::http::Hooks;
use crate::keyvalue::KeyValue;
use crate::ledger::Ledger;
use crate::meter::Meter;
use crate::network::Granted;
use crate::socket::Ungranted;
use crate::wasi::Wasi;

/// The data of one store.
pub(crate) struct Guest {
    pub(crate) wasi: Wasi,
    pub(crate) http: WasiHttpCtx,
    pub(crate) hooks: Hooks,
    /// What the permit says about what goes out.
    pub(crate) granted: Arc<Granted>,
    /// What the host keeps for the caller's tenant.
    pub(crate) keyvalue: KeyValue,
    /// What an operator set.
    pub(crate) config: Config,
    /// What was touched of that.
    pub(crate) ledger: Arc<Ledger>,
    /// What of the host's files the call sees.
    pub(crate) files: Arc<Files>,
    /// What goes out for this call.
    pub(crate) outgoing: Arc<Outgoing>,
    /// Sockets that are good for nothing.
    pub(crate) ungranted: Ungranted,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) call: HostCall,
    /// When the guest last let others run because of its host calls.
    pub(crate) yielded: Instant,
}

/// What a caller passes in to hear of a call while it runs.
pub(crate) type Events = Arc<dyn crate::host::CallEvents>;

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.context(),
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}
