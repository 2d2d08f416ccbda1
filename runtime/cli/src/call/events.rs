//! What a tool says while it runs, on standard error.
//!
//! Owns a short queue and the thread that prints it, because whoever reports must not wait for a
//! slow terminal. When the queue is full, reports are dropped and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use ringfence_sandbox::{CallEvents, LogLevel};

use crate::console::{Console, Style};
use crate::escape::escape;

/// Reports that wait to be printed. Bounds what a tool that talks faster than a terminal can make
/// us hold.
const REPORTS_MAX: usize = 1024;

/// Prints reports as they come.
#[derive(Debug)]
pub(crate) struct Printer {
    queue: SyncSender<Report>,
    dropped: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
enum Report {
    Progress {
        done: f64,
        total: Option<f64>,
        message: Option<String>,
    },
    Log {
        level: LogLevel,
        message: String,
    },
    End,
}

impl Printer {
    /// A printer on standard error.
    pub(crate) fn new(console: Console) -> Arc<Self> {
        let (queue, reports) = sync_channel(REPORTS_MAX);
        let thread = thread::spawn(move || print(console, &reports));
        Arc::new(Self {
            queue,
            dropped: AtomicU64::new(0),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Prints what is left. Gives how many reports were dropped.
    pub(crate) fn finish(&self) -> u64 {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // Neither fails: the printer only stops at the end, and does not panic.
            let _ = self.queue.send(Report::End);
            let _ = thread.join();
        }
        self.dropped.load(Ordering::Relaxed)
    }

    fn report(&self, report: Report) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(report) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl CallEvents for Printer {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.report(Report::Progress {
            done,
            total,
            message,
        });
    }

    fn log(&self, level: LogLevel, message: String) {
        self.report(Report::Log { level, message });
    }
}

fn print(console: Console, reports: &Receiver<Report>) {
    while let Ok(report) = reports.recv() {
        let (label, text) = match report {
            Report::End => return,
            Report::Log { level, message } => (word(level), message),
            Report::Progress {
                done,
                total,
                message,
            } => ("progress", progress(done, total, message)),
        };
        let label = console.paint_note(Style::Dim, label);
        for line in escape(&text).lines() {
            console.note(&format!("{label} | {line}"));
        }
    }
}

fn progress(done: f64, total: Option<f64>, message: Option<String>) -> String {
    let of = total
        .map(|total| format!(" of {total}"))
        .unwrap_or_default();
    let message = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    format!("{done}{of}{message}")
}

fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Notice => "notice",
        LogLevel::Warning => "warning",
        LogLevel::Error => "error",
    }
}
