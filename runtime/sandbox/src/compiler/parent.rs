//! The parent's end.
//!
//! Owns the life of one worker: an empty environment, its two pipes, its time, and its end, which always
//! comes before we go on. Believes nothing that it says but the bytes of an answer, and these only of a
//! worker that ended well.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::frame::{self, Answer};
use super::{Worker, WorkerLimits};
use crate::prepared::PrepareError;

/// How long a worker that has closed its pipe may take to end. Bounds what one that went wrong can hold.
const END_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often we look whether it has ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// Compiles `component` in a worker. Blocks until it has ended.
pub(super) fn compile(worker: &Worker, component: &[u8]) -> Result<Vec<u8>, PrepareError> {
    let mut child = Running(start(worker).map_err(PrepareError::Compiler)?);
    let answer = talk(&mut child, &worker.limits, component);
    let status = child.end().map_err(PrepareError::Compiler)?;
    match answer {
        Some(Ok(Some(answer))) if status.success() => match answer {
            Answer::Made(code) => Ok(code),
            Answer::Refused(reason) => Err(PrepareError::Compile(reason)),
        },
        Some(Err(error)) => Err(PrepareError::Compiler(error)),
        None => Err(PrepareError::Exhausted(format!(
            "it takes longer than {} s",
            worker.limits.wall.as_secs_f32()
        ))),
        Some(Ok(_)) => Err(gave_up(status, &worker.limits)),
    }
}

fn start(worker: &Worker) -> io::Result<Child> {
    Command::new(&worker.program)
        .args(&worker.arguments)
        // It knows nothing that it could give away.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// What the worker answered; nothing when its time is over. It may run still.
fn talk(
    Running(child): &mut Running,
    limits: &WorkerLimits,
    component: &[u8],
) -> Option<io::Result<Option<Answer>>> {
    let (input, output) = (child.stdin.take(), child.stdout.take());
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut input = input?;
            // One that reads no further answers, or has ended: that is seen below.
            frame::ask(&mut input, limits, component).ok()
        });
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || {
            let read = output.map_or(Ok(None), |mut output| frame::read_answer(&mut output));
            // Nobody listens when the time is over.
            let _ = sender.send(read);
        });
        let answer = receiver.recv_timeout(limits.wall).ok();
        if !matches!(answer, Some(Ok(_))) {
            // Both threads wait for it. That it has ended already is no failure.
            let _ = child.kill();
        }
        answer
    })
}

/// Why a worker gave no answer.
fn gave_up(status: ExitStatus, limits: &WorkerLimits) -> PrepareError {
    if is_out_of_time(status) {
        let reason = format!(
            "it takes more than {} s of processor time",
            limits.cpu.as_secs()
        );
        return PrepareError::Exhausted(reason);
    }
    if status.code().is_some() {
        // It ends itself only where it cannot work at all.
        let reason = format!("the compiler did not start: {status}");
        return PrepareError::Compiler(io::Error::other(reason));
    }
    PrepareError::Exhausted(format!(
        "it takes more than {} MiB of memory, or the compiler fails on it ({status})",
        limits.memory_bytes >> 20
    ))
}

#[cfg(unix)]
fn is_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;

    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn is_out_of_time(_: ExitStatus) -> bool {
    false
}

/// A worker that never outlives the wait for it.
struct Running(Child);

impl Running {
    /// Waits for the end of one that closed its pipe. It may have closed it and go on, so not for ever.
    fn end(&mut self) -> io::Result<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < END_WAIT_MAX {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            thread::park_timeout(LOOK_INTERVAL);
        }
        self.0.kill()?;
        self.0.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, unless we failed on the way.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
