//! What a call touched of files, by the guest path of the grant that let it.
//!
//! Owns which grant each open descriptor came by, and counting what goes through it. Refuses to judge.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamResult,
};

use crate::ledger::Ledger;

use super::quota::{Quota, Reach};

/// What is done with what a grant names, as the receipt says it.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// Names, sizes and times.
    List,
    /// Contents.
    Read,
    /// Anything that changes something.
    Write,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The guest path of a grant, as the receipt names it.
pub(super) type Target = Arc<str>;

/// What a call touches, while it runs.
#[derive(Debug)]
pub(super) struct Touched {
    ledger: Arc<Ledger>,
    /// By which grant the engine's descriptors came. As many as a guest may hold handles.
    held: Mutex<HashMap<u32, Held>>,
}

/// What is known of a descriptor of the engine's.
#[derive(Debug)]
struct Held {
    target: Target,
    reach: Reach,
    /// Where a directory is, as the guest sees it.
    directory: Option<Place>,
}

/// A directory that the engine holds for a guest.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: Arc<str>,
    /// Whether the guest may change anything in it.
    pub(super) writes: bool,
}

impl Touched {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            held: Mutex::default(),
        }
    }

    /// The name of what is granted at `guest`.
    pub(super) fn target(guest: &str) -> Target {
        format!("fs:{guest}").into()
    }

    /// The grant by which the engine's descriptor came.
    pub(super) fn of(&self, descriptor: u32) -> Option<Target> {
        let held = self.held();
        held.get(&descriptor).map(|held| Arc::clone(&held.target))
    }

    /// How far the file of the engine's descriptor reaches.
    pub(super) fn reach(&self, descriptor: u32) -> Reach {
        let held = self.held();
        let held = held.get(&descriptor);
        held.map(|held| held.reach.clone()).unwrap_or_default()
    }

    /// The descriptor came by this grant, and its file reaches so far.
    pub(super) fn hold(&self, descriptor: u32, target: Target, reach: Reach) {
        let held = Held {
            target,
            reach,
            directory: None,
        };
        self.held().insert(descriptor, held);
    }

    /// The descriptor came by this grant, and is the directory at `place`.
    pub(super) fn hold_directory(&self, descriptor: u32, target: Target, place: Place) {
        let held = Held {
            target,
            reach: Reach::default(),
            directory: Some(place),
        };
        self.held().insert(descriptor, held);
    }

    /// Where the engine's descriptor is, when it is a directory.
    pub(super) fn place(&self, descriptor: u32) -> Option<Place> {
        let held = self.held();
        held.get(&descriptor)?.directory.clone()
    }

    /// The descriptor is gone; its number may come again.
    pub(super) fn forget(&self, descriptor: u32) {
        self.held().remove(&descriptor);
    }

    /// Something was done.
    pub(super) fn note(&self, target: &str, how: How) {
        self.ledger.reach(target, Some(how.word()), 0, 0);
    }

    /// Somebody tried what is denied.
    pub(super) fn deny(&self, why: String) {
        self.ledger.deny(why);
    }

    /// So many bytes were read.
    pub(super) fn read(&self, target: &str, bytes: usize) {
        self.ledger.pass(target, Some(How::Read.word()), 0, bytes);
    }

    /// So many bytes were written.
    pub(super) fn written(&self, target: &str, bytes: usize) {
        self.ledger.pass(target, Some(How::Write.word()), bytes, 0);
    }

    /// `stream`, with what comes out of it counted.
    pub(super) fn reading(&self, target: Target, stream: DynInputStream) -> DynInputStream {
        Box::new(Reading {
            stream,
            target,
            ledger: Arc::clone(&self.ledger),
        })
    }

    /// `stream`, with what goes into it counted, and refused when it is too much. It writes to a file
    /// from `position` on, or at its end.
    pub(super) fn writing(
        &self,
        target: Option<Target>,
        stream: DynOutputStream,
        quota: Arc<Quota>,
        reach: Reach,
        position: Option<u64>,
    ) -> DynOutputStream {
        Box::new(Writing {
            stream,
            target,
            ledger: Arc::clone(&self.ledger),
            quota,
            reach,
            position,
        })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<u32, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Reading {
    stream: DynInputStream,
    target: Target,
    ledger: Arc<Ledger>,
}

impl Reading {
    fn counted(&self, read: StreamResult<Bytes>) -> StreamResult<Bytes> {
        if let Ok(bytes) = &read {
            let how = Some(How::Read.word());
            self.ledger.pass(&self.target, how, 0, bytes.len());
        }
        read
    }
}

#[async_trait]
impl Pollable for Reading {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[async_trait]
impl InputStream for Reading {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let read = self.stream.read(size);
        self.counted(read)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        let read = self.stream.blocking_read(size).await;
        self.counted(read)
    }

    fn skip(&mut self, count: usize) -> StreamResult<usize> {
        self.stream.skip(count)
    }

    async fn blocking_skip(&mut self, count: usize) -> StreamResult<usize> {
        self.stream.blocking_skip(count).await
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

struct Writing {
    stream: DynOutputStream,
    target: Option<Target>,
    ledger: Arc<Ledger>,
    quota: Arc<Quota>,
    reach: Reach,
    /// Where the next byte goes; nothing at the end of the file.
    position: Option<u64>,
}

impl Writing {
    /// Takes what it takes to write so many bytes.
    fn take(&mut self, bytes: usize) -> StreamResult<()> {
        let bytes = bytes as u64;
        match &mut self.position {
            Some(position) => {
                self.quota.write(&self.reach, *position, bytes)?;
                *position = position.saturating_add(bytes);
            }
            None => self.quota.append(&self.reach, bytes)?,
        }
        Ok(())
    }

    fn counted(&self, written: StreamResult<()>, bytes: usize) -> StreamResult<()> {
        if let (Ok(()), Some(target)) = (&written, &self.target) {
            let how = Some(How::Write.word());
            self.ledger.pass(target, how, bytes, 0);
        }
        written
    }
}

#[async_trait]
impl Pollable for Writing {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[async_trait]
impl OutputStream for Writing {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let count = bytes.len();
        self.take(count)?;
        let written = self.stream.write(bytes);
        self.counted(written, count)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn write_ready(&mut self) -> StreamResult<usize> {
        self.stream.write_ready().await
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        let count = bytes.len();
        self.take(count)?;
        let written = self.stream.blocking_write_and_flush(bytes).await;
        self.counted(written, count)
    }

    fn write_zeroes(&mut self, count: usize) -> StreamResult<()> {
        self.take(count)?;
        let written = self.stream.write_zeroes(count);
        self.counted(written, count)
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}
