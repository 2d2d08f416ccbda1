//! The three standard streams of one call.
//!
//! Owns what stands behind each: what is granted of what whoever makes the call hands in, and the buffers
//! that keep what is printed, granted or not.

use std::sync::{Arc, Mutex, PoisonError};

use ringfence_policy::{Effective, Permit};
use ringfence_secrets::Scrubber;
use wasmtime_wasi::WasiCtxBuilder;

use crate::guest::Events;
use crate::input::{self, StandardInput};
use crate::ledger::Ledger;
use crate::output::{Capture, Live, PrintedOn};

/// The standard streams of one call.
pub(crate) struct Streams {
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    effective: Arc<Effective>,
    input: Mutex<Option<StandardInput>>,
    live: Vec<Live>,
    ledger: Arc<Ledger>,
}

impl Streams {
    /// What `permit` grants of what `events` hands in.
    pub(crate) fn of(
        permit: &Permit,
        events: &Events,
        scrubber: &Arc<Scrubber>,
        ledger: &Arc<Ledger>,
    ) -> Self {
        let (effective, bytes_max) = (permit.effective(), permit.budget().output_bytes);
        let readable = effective.standard_input();
        let input = readable.then(|| events.standard_input()).flatten();
        let mut streams = Self {
            stdout: Capture::new(bytes_max),
            stderr: Capture::new(bytes_max),
            effective: Arc::clone(effective),
            input: Mutex::new(input),
            live: Vec::new(),
            ledger: Arc::clone(ledger),
        };
        if effective.standard_output()
            && let Some(watcher) = events.standard_output()
        {
            let live = |on| Live::new(on, watcher.clone(), scrubber, ledger);
            let (out, err) = (live(PrintedOn::Stdout), live(PrintedOn::Stderr));
            streams.stdout = streams.stdout.shown(out.clone());
            streams.stderr = streams.stderr.shown(err.clone());
            streams.live = vec![out, err];
        }
        streams
    }

    /// Gives them to a guest. What is piped in goes to the first that asks.
    pub(crate) fn give(&self, builder: &mut WasiCtxBuilder) {
        let input = || {
            let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
            input.take()
        };
        builder
            .stdout(self.stdout.clone())
            .stderr(self.stderr.clone());
        input::give(builder, &self.effective, input, &self.ledger);
    }

    /// Shows what was held back, when the call has ended.
    pub(crate) async fn finish(&mut self) {
        for live in self.live.drain(..) {
            live.finish().await;
        }
    }
}
