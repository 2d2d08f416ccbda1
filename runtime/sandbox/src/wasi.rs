//! The WASI context of one call.
//!
//! Owns when it is made: not before the guest uses something of it. Toolchains import all of WASI, and
//! most calls use nothing, so that most would pay for clocks, generators and streams that nobody asks.

use std::sync::Arc;
use std::time::Instant;

use ringfence_egress::Outgoing;
use ringfence_policy::{Effective, Permit};
use wasmtime_wasi::WasiCtx;

use crate::capability::Directories;
use crate::files::Files;
use crate::random::Drawn;
use crate::streams::Streams;

/// What the context of one call is made of, and the context once something has asked for it.
pub(crate) struct Wasi {
    /// Apart: a store that never has one should not be as large as one that has.
    context: Option<Box<WasiCtx>>,
    pub(crate) means: Means,
}

/// What the context of one call is made of.
pub(crate) struct Means {
    pub(crate) effective: Arc<Effective>,
    /// Bytes of random numbers for each request.
    pub(crate) random_bytes: u64,
    pub(crate) directories: Arc<Directories>,
    pub(crate) streams: Streams,
    /// Random numbers that the guest has not paid for yet.
    pub(crate) drawn: Drawn,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) started: Instant,
}

impl Means {
    pub(crate) fn of(
        permit: &Permit,
        directories: Arc<Directories>,
        streams: Streams,
        outgoing: Arc<Outgoing>,
        started: Instant,
    ) -> Self {
        Self {
            effective: Arc::clone(permit.effective()),
            random_bytes: permit.budget().random_bytes,
            directories,
            streams,
            drawn: Drawn::default(),
            outgoing,
            started,
        }
    }
}

impl Wasi {
    /// A context to be. Directories of `files` that are handed out whole are opened at once: a call
    /// whose directories cannot be opened must not begin.
    pub(crate) fn new(means: Means, files: &Files) -> wasmtime::Result<Self> {
        let mut context = None;
        if files.hands_out_directories() {
            let mut builder = means.directories.context(&means);
            files.preopen(&mut builder)?;
            context = Some(Box::new(builder.build()));
        }
        Ok(Self { context, means })
    }

    /// The context.
    pub(crate) fn context(&mut self) -> &mut WasiCtx {
        let means = &self.means;
        let make = || Box::new(means.directories.context(means).build());
        self.context.get_or_insert_with(make)
    }
}
