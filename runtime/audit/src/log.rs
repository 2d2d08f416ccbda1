//! The log, and the handles that append to it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::body::Run;
use crate::event::Event;
use crate::key::{self, ArgumentsDigest};
use crate::queue::Bodies;
use crate::settings::{Durability, Settings};
use crate::shared::{Health, Shared};
use crate::sink::Sink;
use crate::text::push_hex;
use crate::ticket::Ticket;
use crate::writer;

/// How long the end of the process waits for the last records. A disk that does not answer must not
/// keep it alive.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);

thread_local! {
    /// Where this thread writes events down before it hands them over.
    static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// An open log. Closed, with everything that was appended written, when it is dropped.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

/// A handle that appends. Clones append to the same log.
#[derive(Debug, Clone)]
pub struct Recorder(Option<Arc<Shared>>);

impl Log {
    /// Opens the log in a folder, makes it where there is none, and repairs what a killed process left
    /// behind.
    ///
    /// A folder that cannot be used now is no error: records wait, [`Recorder::health`] says why, and
    /// the log goes on as soon as it can.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn start(settings: Settings) -> io::Result<Self> {
        Self::open(settings, None)
    }

    /// As [`start`](Self::start), with a copy of what was written for whoever reads `echo`: standard
    /// error, for one. The copy has the log's numbers and no hashes, and what becomes of it changes nothing: give
    /// it a stream that never makes a writer wait.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn start_echoing(
        settings: Settings,
        echo: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        Self::open(settings, Some(Box::new(echo)))
    }

    fn open(settings: Settings, echo: Option<Box<dyn Write + Send>>) -> io::Result<Self> {
        let run = new_run()?;
        let shared = Arc::new(Shared::new(run, settings.durability));
        let mut sink = Sink::folder(settings, run, echo);
        // Here and not on the thread: whoever starts it knows at once whether it works.
        let opened = sink.append(&Bodies::default());
        match &opened {
            Ok(()) => writer::opened(&shared, &sink),
            Err(error) => shared.failed(&error.to_string()),
        }
        Self::with(shared, sink, opened.is_ok())
    }

    /// Writes records to a stream instead, such as standard error, with numbers and without hashes.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn to_stream(stream: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(new_run()?, Durability::Os));
        let _ = shared.arguments_key.set(key::passing_key()?);
        Self::with(shared, Sink::stream(Box::new(stream)), true)
    }

    fn with(shared: Arc<Shared>, sink: Sink, works: bool) -> io::Result<Self> {
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("ringfence-audit".into())
            .spawn(move || writer::run(&theirs, sink, works))?;
        Ok(Self { shared })
    }

    /// A handle that appends to it.
    pub fn recorder(&self) -> Recorder {
        Recorder(Some(Arc::clone(&self.shared)))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // What is not written by then is lost with the process, as if it had been killed.
        self.shared.stop(CLOSE_PATIENCE);
    }
}

impl Recorder {
    /// A handle that keeps nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Whether anything is kept.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Appends a record. Costs a copy: writing is somebody else's work.
    pub fn append(&self, event: &Event<'_>) -> Ticket {
        let Some(shared) = &self.0 else {
            return Ticket::off();
        };
        let queued = BODY.with_borrow_mut(|body| {
            body.clear();
            shared.write_event(body, event);
            shared.append(body)
        });
        match queued {
            Some((number, pressed)) => Ticket::queued(Arc::clone(shared), number, pressed),
            None => Ticket::lost(),
        }
    }

    /// The digest under which arguments appear in the log. Nothing when nothing is kept, or the log has
    /// never been open.
    pub fn digest(&self, arguments: &[u8]) -> Option<ArgumentsDigest> {
        let key = self.0.as_ref()?.arguments_key.get()?;
        Some(key.digest(arguments))
    }

    /// How the log is.
    pub fn health(&self) -> Health {
        self.0
            .as_ref()
            .map(|shared| shared.health())
            .unwrap_or_default()
    }

    /// What must have happened to a record before whoever waits for it goes on.
    pub fn durability(&self) -> Durability {
        self.0
            .as_ref()
            .map_or(Durability::Os, |shared| shared.durability)
    }
}

/// What tells the records of this process from those of others.
fn new_run() -> io::Result<Run> {
    let mut run = Vec::with_capacity(8);
    push_hex(&mut run, &key::random::<4>()?);
    run.try_into()
        .map_err(|_| io::Error::other("four bytes have eight digits"))
}
