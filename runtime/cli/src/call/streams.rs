//! The standard streams of this process, for a tool that is granted them.
//!
//! Owns what is piped in on its way to the tool, and the thread that shows what the tool prints as it comes:
//! byte for byte into a file or pipe, escaped on a terminal.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use ringfence_policy::{Grant, Policy};
use ringfence_sandbox::{CallEvents, LogLevel, PRINTED_MAX, Printed, PrintedOn, StandardInput};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::events::Printer;
use crate::console::Console;
use crate::escape::escape;
use crate::failure::Failure;

/// Reports of a call, and the streams that it is granted.
pub(super) struct Piped {
    printer: Arc<Printer>,
    input: Mutex<Option<StandardInput>>,
    watcher: Mutex<Option<Sender<Printed>>>,
    shown: Mutex<Option<JoinHandle<()>>>,
}

/// Which streams a policy grants to any tool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) input: bool,
    pub(super) output: bool,
}

impl Wanted {
    /// What `policy` grants.
    ///
    /// # Errors
    ///
    /// Standard input is granted, and holds the `arguments` already.
    pub(super) fn of(policy: &Policy, arguments: &str, json: bool) -> Result<Self, Failure> {
        let granted = |wanted: &Grant| policy.grants().any(|grant| grant == wanted);
        let input = granted(&Grant::Stdin);
        if input && arguments == "-" {
            return Err(Failure::InputTaken);
        }
        Ok(Self {
            input,
            // One JSON object is all that is printed then, and has it.
            output: granted(&Grant::Stdout) && !json,
        })
    }
}

impl Piped {
    /// The streams that are `wanted`, beside the reports that `printer` prints.
    pub(super) fn new(printer: Arc<Printer>, wanted: Wanted, console: Console) -> Arc<Self> {
        let input: Option<StandardInput> = wanted.input.then(|| Box::new(tokio::io::stdin()) as _);
        let (watcher, shown) = if wanted.output {
            let (watcher, coming) = channel(PRINTED_MAX);
            let surface = (console.output_surface(), console.error_surface());
            let escaped = (surface.0.terminal, surface.1.terminal);
            let shown = thread::spawn(move || show(coming, escaped));
            (Some(watcher), Some(shown))
        } else {
            (None, None)
        };
        Arc::new(Self {
            printer,
            input: Mutex::new(input),
            watcher: Mutex::new(watcher),
            shown: Mutex::new(shown),
        })
    }

    /// Waits until all that was printed is shown. Whether anything was to be shown as it came.
    pub(super) fn finish(&self) -> bool {
        drop(take(&self.watcher));
        match take(&self.shown) {
            Some(shown) => {
                // It does not panic.
                let _ = shown.join();
                true
            }
            None => false,
        }
    }
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl CallEvents for Piped {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.printer.progress(done, total, message);
    }

    fn log(&self, level: LogLevel, message: String) {
        self.printer.log(level, message);
    }

    fn client(&self) -> String {
        self.printer.client()
    }

    fn standard_input(&self) -> Option<StandardInput> {
        take(&self.input)
    }

    fn standard_output(&self) -> Option<Sender<Printed>> {
        take(&self.watcher)
    }
}

/// Writes every piece until there are no more, or nobody takes them.
fn show(mut printed: Receiver<Printed>, (out_escaped, err_escaped): (bool, bool)) {
    let mut out = Shown::new(io::stdout(), out_escaped);
    let mut err = Shown::new(io::stderr(), err_escaped);
    while let Some(Printed { on, bytes }) = printed.blocking_recv() {
        let written = match on {
            PrintedOn::Stdout => out.write(&bytes),
            PrintedOn::Stderr => err.write(&bytes),
        };
        // Whoever read it is gone, and the tool is told.
        if written.is_err() {
            return;
        }
    }
    // There is nobody to tell.
    let _ = out.finish();
    let _ = err.finish();
}

/// One stream, escaped where a person looks at it.
struct Shown<W> {
    stream: W,
    escaped: bool,
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
}

impl<W: Write> Shown<W> {
    fn new(stream: W, escaped: bool) -> Self {
        Self {
            stream,
            escaped,
            begun: Vec::new(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.escaped {
            let mut text = mem::take(&mut self.begun);
            text.extend_from_slice(bytes);
            // A character that is whole or none is shown; one that may still become whole waits.
            let cut = text
                .utf8_chunks()
                .last()
                .map_or(0, |last| last.invalid().len());
            let whole = text.len().saturating_sub(cut);
            let rest = text.split_off(whole);
            let incomplete =
                std::str::from_utf8(&rest).is_err_and(|error| error.error_len().is_none());
            if incomplete {
                self.begun = rest;
            } else {
                text.extend(rest);
            }
            let text = String::from_utf8_lossy(&text);
            self.stream.write_all(escape(&text).as_bytes())?;
        } else {
            self.stream.write_all(bytes)?;
        }
        self.stream.flush()
    }

    fn finish(mut self) -> io::Result<()> {
        let text = mem::take(&mut self.begun);
        self.stream
            .write_all(String::from_utf8_lossy(&text).as_bytes())?;
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(escaped: bool, pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut shown = Shown::new(&mut out, escaped);
        for piece in pieces {
            shown.write(piece).unwrap();
        }
        shown.finish().unwrap();
        out
    }

    #[test]
    fn a_pipe_gets_every_byte_as_it_is() {
        let pieces: [&[u8]; 2] = [b"a\x1b[2J\xff", b"\x00\xe2"];
        assert_eq!(shown(false, &pieces), pieces.concat());
    }

    #[test]
    fn a_terminal_obeys_nothing_and_sees_characters_that_come_in_pieces() {
        let text = shown(true, &[b"\x1b[2J \xe2\x82", b"\xac\n", b"\xff!", b"\xe2"]);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, "\\u{1b}[2J €\n\u{fffd}!\u{fffd}");
    }
}
