//! A program that is asked about a key.
//!
//! Owns its life: no shell, a time, and a size for what it prints. Refuses to know what it is asked,
//! and repeats nothing of what it printed.

use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use zeroize::Zeroizing;

/// How much it may print. Bounds what a program that prints for ever makes us hold.
const PRINTED_BYTES_MAX: usize = 4096;

/// How often we look whether it has ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// What is read of a pipe, on a thread of its own.
type Reading = Receiver<io::Result<Zeroizing<Vec<u8>>>>;

/// A program, before it runs.
#[derive(Debug)]
pub(super) struct Program<'p> {
    command: Command,
    input: Option<&'p str>,
    is_heard: bool,
}

/// A program that has ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) printed: Zeroizing<Vec<u8>>,
    /// What it wrote to standard error, when that was to be heard.
    pub(super) complaint: Zeroizing<Vec<u8>>,
}

/// Why a program could not be asked.
#[derive(Debug, Error)]
pub(super) enum ProgramError {
    #[error("{0}")]
    Start(io::Error),
    #[error("{0}")]
    Pipe(#[from] io::Error),
    #[error("it took longer than {} s", .0.as_secs_f32())]
    Late(Duration),
    #[error("it printed more than {PRINTED_BYTES_MAX} bytes")]
    Long,
}

impl<'p> Program<'p> {
    pub(super) fn new(name: &str, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Self {
        let mut command = Command::new(name);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It may say what it found, and what it found is a key.
            .stderr(Stdio::null());
        Self {
            command,
            input: None,
            is_heard: false,
        }
    }

    /// Text for its standard input. It has to fit into a pipe at once.
    #[cfg(target_os = "linux")]
    pub(super) fn told(mut self, input: &'p str) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = Some(input);
        self
    }

    /// It is one that does not say on standard error what it found.
    #[cfg(target_os = "linux")]
    pub(super) fn heard(mut self) -> Self {
        self.command.stderr(Stdio::piped());
        self.is_heard = true;
        self
    }

    /// Runs it until it ends by itself, or is ended because it is late or prints too much.
    pub(super) fn run(mut self, time_max: Duration) -> Result<Ended, ProgramError> {
        let mut child = self.command.spawn().map_err(ProgramError::Start)?;
        let ended = self.wait(&mut child, time_max);
        if ended.is_err() {
            // What has ended already cannot be ended, and that is all that can go wrong.
            let _ = child.kill();
            let _ = child.wait();
        }
        ended
    }

    fn wait(&self, child: &mut Child, time_max: Duration) -> Result<Ended, ProgramError> {
        let deadline = Instant::now() + time_max;
        let printed = reading(child.stdout.take())?;
        let complaint = if self.is_heard {
            Some(reading(child.stderr.take())?)
        } else {
            None
        };
        if let (Some(input), Some(mut stdin)) = (self.input, child.stdin.take()) {
            stdin.write_all(input.as_bytes())?;
        }
        let printed = read(&printed, deadline, time_max)?;
        let complaint = match complaint {
            Some(complaint) => read(&complaint, deadline, time_max)?,
            None => Zeroizing::default(),
        };
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Ended {
                    status,
                    printed,
                    complaint,
                });
            }
            if Instant::now() >= deadline {
                return Err(ProgramError::Late(time_max));
            }
            thread::park_timeout(LOOK_INTERVAL);
        }
    }
}

/// Reads a pipe to its end, on a thread of its own: a grandchild may keep it open for as long as it
/// likes.
fn reading(pipe: Option<impl Read + Send + 'static>) -> io::Result<Reading> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("ringfence-key".into())
        .spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(PRINTED_BYTES_MAX + 1));
            let read = pipe.map_or(Ok(0), |pipe| {
                pipe.take(PRINTED_BYTES_MAX as u64 + 1)
                    .read_to_end(&mut bytes)
            });
            // Nobody listens any more when it was late.
            let _ = sender.send(read.map(|_| bytes));
        })?;
    Ok(receiver)
}

fn read(
    reading: &Reading,
    deadline: Instant,
    time_max: Duration,
) -> Result<Zeroizing<Vec<u8>>, ProgramError> {
    let left = deadline.saturating_duration_since(Instant::now());
    let bytes = reading
        .recv_timeout(left)
        .map_err(|_| ProgramError::Late(time_max))??;
    if bytes.len() > PRINTED_BYTES_MAX {
        return Err(ProgramError::Long);
    }
    Ok(bytes)
}

/// What was printed, as text.
pub(super) fn text(printed: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(printed).map_err(|_| "it printed no text")
}
