//! What a guest prints, on its way to somebody who watches.
//!
//! Owns the way: in order, without secrets, and no faster than it is read, so that nothing is lost and little
//! is held. Refuses to know who watches.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringfence_secrets::{Scrubber, Stream};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{OwnedPermit, Sender};
use wasmtime_wasi::p2::{StreamError, StreamResult};

use crate::ledger::Ledger;

/// Pieces that may wait to be read, of 64 KiB each at most. A guest that prints faster than anybody reads
/// waits; more would only be held.
pub const PRINTED_MAX: usize = 16;

/// Bytes that one call may show. Bounds what a guest can fill behind a pipe that leads into a file.
const SHOWN_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// How long the end of a call waits for whoever does not read.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// A piece of what a guest prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Where.
    pub on: PrintedOn,
    /// What, without secrets.
    pub bytes: Vec<u8>,
}

/// Where a guest prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the streams")]
pub enum PrintedOn {
    Stderr,
    Stdout,
}

impl PrintedOn {
    fn word(self) -> &'static str {
        match self {
            Self::Stderr => "stderr",
            Self::Stdout => "stdout",
        }
    }
}

/// One stream of a guest, to somebody who watches. Clones are handles to one stream.
pub(crate) struct Live {
    on: PrintedOn,
    watcher: Sender<Printed>,
    room: Option<OwnedPermit<Printed>>,
    shared: Arc<Mutex<Shared>>,
    ledger: Arc<Ledger>,
}

struct Shared {
    /// What finds secrets that are printed in two pieces.
    scrubbed: Option<Stream>,
    left: u64,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Live").field(&self.on).finish()
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        Self {
            on: self.on,
            watcher: self.watcher.clone(),
            room: None,
            shared: Arc::clone(&self.shared),
            ledger: Arc::clone(&self.ledger),
        }
    }
}

impl Live {
    pub(crate) fn new(
        on: PrintedOn,
        watcher: Sender<Printed>,
        scrubber: &Arc<Scrubber>,
        ledger: &Arc<Ledger>,
    ) -> Self {
        Self {
            on,
            watcher,
            room: None,
            shared: Arc::new(Mutex::new(Shared {
                scrubbed: (!scrubber.is_empty()).then(|| Stream::new(Arc::clone(scrubber))),
                left: SHOWN_BYTES_MAX,
            })),
            ledger: Arc::clone(ledger),
        }
    }

    /// Waits until there is room, or nobody watches any more.
    pub(super) async fn ready(&mut self) {
        if self.room.is_none() {
            self.room = self.watcher.clone().reserve_owned().await.ok();
        }
    }

    /// Whether something can be sent now.
    pub(super) fn has_room(&mut self) -> StreamResult<bool> {
        if self.room.is_none() {
            match self.watcher.clone().try_reserve_owned() {
                Ok(room) => self.room = Some(room),
                Err(TrySendError::Full(_)) => return Ok(false),
                Err(TrySendError::Closed(_)) => return Err(StreamError::Closed),
            }
        }
        Ok(true)
    }

    /// Sends what there is room for.
    pub(super) fn send(&mut self, bytes: &[u8]) -> StreamResult<()> {
        if !self.has_room()? {
            return Err(StreamError::trap("wrote more than `check-write` permitted"));
        }
        let shown = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let left = shared.left.checked_sub(bytes.len() as u64);
            shared.left = left.ok_or(StreamError::Closed)?;
            match &mut shared.scrubbed {
                Some(scrubbed) => scrubbed.push(bytes),
                None => bytes.to_vec(),
            }
        };
        self.ledger.reach(self.on.word(), None, bytes.len(), 0);
        if !shown.is_empty()
            && let Some(room) = self.room.take()
        {
            room.send(Printed {
                on: self.on,
                bytes: shown,
            });
        }
        Ok(())
    }

    /// Sends what was held back because it could have become a secret.
    pub(crate) async fn finish(self) {
        let last = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.scrubbed.take().map(|scrubbed| scrubbed.finish().0)
        };
        if let Some(bytes) = last.filter(|bytes| !bytes.is_empty()) {
            let printed = Printed { on: self.on, bytes };
            // Who does not read is not waited for: the call is over.
            let _ = tokio::time::timeout(LAST_WAIT, self.watcher.send(printed)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn live() -> (Live, mpsc::Receiver<Printed>) {
        let (sender, receiver) = mpsc::channel(2);
        let scrubber = ringfence_secrets::Secrets::none();
        let scrubber = Arc::clone(scrubber.of(&"local".parse().unwrap()).scrubber());
        let live = Live::new(PrintedOn::Stdout, sender, &scrubber, &Arc::default());
        (live, receiver)
    }

    #[tokio::test]
    async fn a_guest_waits_for_who_reads_slowly_and_nothing_is_lost() {
        let (mut live, mut receiver) = live();
        live.send(b"1").unwrap();
        live.send(b"2").unwrap();
        assert!(!live.has_room().unwrap());
        assert!(live.send(b"3").is_err());
        assert_eq!(receiver.recv().await.unwrap().bytes, b"1");
        live.ready().await;
        live.send(b"3").unwrap();
        assert_eq!(receiver.recv().await.unwrap().bytes, b"2");
        assert_eq!(receiver.recv().await.unwrap().bytes, b"3");
        drop(receiver);
        live.ready().await;
        assert!(matches!(live.has_room(), Err(StreamError::Closed)));
    }

    #[tokio::test]
    async fn a_call_shows_so_much_and_no_more() {
        let (mut live, mut receiver) = live();
        live.shared.lock().unwrap().left = 3;
        live.send(b"ab").unwrap();
        assert!(matches!(live.send(b"cd"), Err(StreamError::Closed)));
        assert_eq!(receiver.recv().await.unwrap().bytes, b"ab");
    }
}
