//! What a guest pays for each call of the host.
//!
//! Owns the toll and the yield. The engine counts the guest's own instructions alone: without a
//! price, a loop of requests for random bytes would take minutes of host time for little fuel, and
//! would not let go of its thread before the fuel's next yield.

use std::time::{Duration, Instant};

use wasmtime::{CallHook, CallHookHandler, StoreContextMut};
use wasmtime_wasi::async_trait;

use crate::guest::Guest;

/// Fuel for one host call: about the time that the cheapest of them takes.
const FUEL_PER_HOST_CALL: u64 = 1000;

/// Fuel for one random number that the host draws, which is one byte for a guest. Five nanoseconds,
/// at the ten units in a nanosecond that the default limits on fuel and processor time stand for. A
/// loop of requests for 48 KiB, each at the price of one call, kept a processor busy for thirteen
/// seconds on the fuel of ten milliseconds.
const FUEL_PER_RANDOM: u64 = 50;

/// How long a guest may hold a thread with host calls.
const HOST_SLICE: Duration = Duration::from_micros(500);

/// Takes the toll, and lets others run.
#[derive(Debug)]
pub(crate) struct Toll;

#[async_trait]
impl CallHookHandler<Guest> for Toll {
    async fn handle_call_event(
        &self,
        mut store: StoreContextMut<'_, Guest>,
        event: CallHook,
    ) -> wasmtime::Result<()> {
        if !matches!(event, CallHook::ReturningFromHost) {
            return Ok(());
        }
        let fuel = store.get_fuel()?;
        // Setting the fuel begins the engine's interval between yields anew; the clock below does not.
        let drawn = store.data().wasi.means.drawn.take();
        let random = drawn.saturating_mul(FUEL_PER_RANDOM);
        // What other tools used that the guest called, and what calling them takes.
        let owed = store.data_mut().call.calls.take_owed();
        let toll = random
            .saturating_add(owed)
            .saturating_add(FUEL_PER_HOST_CALL);
        store.set_fuel(fuel.saturating_sub(toll))?;
        if store.data().yielded.elapsed() >= HOST_SLICE {
            tokio::task::yield_now().await;
            store.data_mut().yielded = Instant::now();
        }
        Ok(())
    }
}
