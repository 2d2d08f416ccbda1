//! The threads that run calls.
//!
//! Owns the runtime's settings, and the promise that the process ends when a command has ended,
//! whatever guests still do.

use std::io;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;
use crate::stop::Stop;

/// Fewer workers than this, and one long step of the host, such as compiling a tool, would leave
/// nobody to answer a ping.
const WORKERS_MIN: usize = 2;

/// Tasks that a worker runs between two looks at the outside world, and at the queue that all
/// workers share. The default of 61 assumes steps of microseconds. A spinning guest gives up its
/// worker about every 50 µs, so with one on every worker and 61 steps between two looks, a message
/// would wait for milliseconds before anybody reads it; with 8 it waits for half of one.
const STEPS_BETWEEN_LOOKS: u32 = 8;

/// How long a command may take after the second signal. Bounds one that does not hear; one that serves has
/// stopped its calls by then, and each has its record.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Runs one command to its end.
///
/// `command` is asked to stop by the first signal, and abandoned soon after the second. When it has ended,
/// nothing is waited for: a worker that compiles, and a thread that reads a standard input that
/// stays open, must not keep the process alive.
///
/// # Errors
///
/// Those of the command, and [`Failure::Interrupted`] when it was abandoned.
pub(crate) fn run<F>(command: impl FnOnce(Stop) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let runtime = runtime().map_err(Failure::Runtime)?;
    let ended = runtime.block_on(async {
        let stop = Stop::listen().map_err(Failure::Runtime)?;
        let at_once = stop.at_once.clone();
        let mut running = pin!(command(stop));
        tokio::select! {
            biased;
            () = at_once.cancelled() => {
                let _ = tokio::time::timeout(AT_ONCE, running).await;
                Err(Failure::Interrupted)
            }
            ended = &mut running => ended,
        }
    });
    runtime.shutdown_background();
    ended
}

fn runtime() -> io::Result<Runtime> {
    let workers = available_parallelism()
        .map_or(WORKERS_MIN, NonZeroUsize::get)
        .max(WORKERS_MIN);
    Builder::new_multi_thread()
        .worker_threads(workers)
        .event_interval(STEPS_BETWEEN_LOOKS)
        .global_queue_interval(STEPS_BETWEEN_LOOKS)
        .thread_name("ringfence")
        .enable_all()
        .build()
}
