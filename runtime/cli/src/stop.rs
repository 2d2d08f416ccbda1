//! How the process is asked to stop.
//!
//! Owns the signals. The first asks politely: the token is cancelled, running calls are stopped and
//! answered, and the command returns. The second is obeyed at once.

use std::io;

use tokio_util::sync::CancellationToken;

/// Both stages of stopping.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    /// Cancelled by the first signal.
    pub(crate) gently: CancellationToken,
    /// Cancelled by the second.
    pub(crate) at_once: CancellationToken,
}

impl Stop {
    /// Listens to SIGINT and SIGTERM, or to their like, from now on.
    ///
    /// # Errors
    ///
    /// The system does not let us listen.
    pub(crate) fn listen() -> io::Result<Self> {
        let stop = Self {
            gently: CancellationToken::new(),
            at_once: CancellationToken::new(),
        };
        let mut signals = Signals::new()?;
        let told = stop.clone();
        // Ends with the runtime: it owns nothing that has to be given back.
        tokio::spawn(async move {
            signals.next().await;
            told.gently.cancel();
            signals.next().await;
            told.at_once.cancel();
        });
        Ok(stop)
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without signals there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
