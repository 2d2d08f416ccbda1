//! The accept loop: sockets in, requests to a site, and an end that waits for what is running.
//!
//! Owns connections: how many, how each is set up, how all of them end. Refuses to know what is
//! served. HTTP/1 only: HTTP/2 without TLS has no client here, and many streams on one connection
//! would be a second set of limits to hold.

use std::future::poll_fn;
use std::io::{self, Write as _};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Site;
use super::answer::Answer;
use super::backoff::Backoff;
use super::connection::{Connection, Holds, Peer, Phase};
use super::drain::Drain;
use super::limits::Limits;
use crate::metrics::Metrics;

/// How long a silent connection waits until the kernel asks whether its peer still exists. Bounds
/// peers that vanished while nothing was being sent.
const KEEPALIVE_AFTER: Duration = Duration::from_mins(1);

/// How often the kernel asks again.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(15);

/// The least that hyper takes as a buffer.
const BUFFER_BYTES_MIN: usize = 8 * 1024;

/// How long connections that were cut may take to notice.
const CUT_MAX: Duration = Duration::from_secs(1);

/// What a connection over the limit is told, if it can be told anything without waiting.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call came to its own end.
    Drained,
    /// Calls were running when the time to drain was over.
    Cut,
}

/// Serves `site` on `listener` until `drain` says to stop, and what was running has ended.
///
/// A connection over the limit is accepted, told so and closed: in the kernel's queue it would look
/// like a server that hangs, and nobody could tell it from one.
pub async fn serve<S: Site>(
    listener: TcpListener,
    site: S,
    limits: &Limits,
    metrics: &Metrics,
    drain: &Drain,
) -> Ended {
    let site = Arc::new(site);
    let places = Arc::new(Semaphore::new(
        limits.connections_max.min(Semaphore::MAX_PERMITS),
    ));
    let running = TaskTracker::new();
    let cut = drain.now().child_token();
    let builder = builder(limits);
    let mut backoff = Backoff::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = drain.closing().cancelled() => break,
            () = cut.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                rest(&mut backoff, &error, drain).await;
                continue;
            }
        };
        backoff.reset();
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            turn_away(stream);
            continue;
        };
        if let Err(error) = set_up(&stream, limits) {
            tracing::debug!(%error, "a connection broke before it began");
            continue;
        }
        let holds = Holds {
            place,
            counted: metrics.connection(),
            running: running.token(),
        };
        let connection = Connection::new(stream, limits, holds);
        let closing = drain.closing().clone();
        running.spawn(converse(
            connection,
            builder.clone(),
            Arc::clone(&site),
            closing,
            cut.clone(),
        ));
    }
    drop(listener);
    end(&running, limits.drain_max, metrics, &cut).await
}

/// Closes a connection over the limit, with as much of an answer as takes no waiting.
fn turn_away(stream: TcpStream) {
    tracing::debug!("a connection over the limit was closed");
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(FULL);
    }
}

/// Waits before the next try to accept, when the machine is out of something.
async fn rest(backoff: &mut Backoff, error: &io::Error, drain: &Drain) {
    if let Some(wait) = backoff.after(error) {
        tracing::warn!(%error, ?wait, "no connection can be accepted");
        tokio::select! {
            () = drain.closing().cancelled() => {}
            () = drain.now().cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Waits for what is running, then cuts it.
async fn end(
    running: &TaskTracker,
    drain_max: Duration,
    metrics: &Metrics,
    cut: &CancellationToken,
) -> Ended {
    running.close();
    tokio::select! {
        () = running.wait() => return Ended::Drained,
        () = tokio::time::sleep(drain_max) => {
            tracing::warn!(connections = running.len(), "the time to drain is over");
        }
        () = cut.cancelled() => {}
    }
    // What is left may be a peer that does not read its answer.
    let ended = if metrics.calls_running() > 0 {
        Ended::Cut
    } else {
        Ended::Drained
    };
    cut.cancel();
    let _ = tokio::time::timeout(CUT_MAX, running.wait()).await;
    ended
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Hyper's timer for heads runs from the answer before, so it is the one for idle connections.
    // The one for heads is the connection's own.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle_time_max)
        .max_buf_size(limits.head_bytes_max.max(BUFFER_BYTES_MIN))
        .max_header_size(limits.head_bytes_max);
    builder
}

fn set_up(stream: &TcpStream, limits: &Limits) -> io::Result<()> {
    // Without it, an event that is written in two parts waits for the peer's delayed
    // acknowledgement: 44 ms.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(KEEPALIVE_AFTER)
            .with_interval(KEEPALIVE_EVERY),
    )?;
    // What was sent and is not acknowledged: the kernel would try for a quarter of an hour.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(limits.write_stall_max))?;
    #[cfg(not(target_os = "linux"))]
    let _ = limits;
    Ok(())
}

/// One connection, until its peer, its timers or the end of serving end it. Dropping the
/// conversation drops the request that is being worked on, which is how a disconnect cancels.
async fn converse<S: Site>(
    connection: Connection,
    builder: http1::Builder,
    site: Arc<S>,
    closing: CancellationToken,
    cut: CancellationToken,
) {
    let (phase, peer) = (connection.phase(), connection.peer());
    let service =
        service_fn(move |request| respond(Arc::clone(&site), phase.clone(), peer.clone(), request));
    let mut conversation = pin!(
        builder
            .serve_connection(TokioIo::new(connection), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = conversation.as_mut() => ended,
        () = cut.cancelled() => return,
        () = closing.cancelled() => {
            conversation.as_mut().graceful_shutdown();
            tokio::select! {
                ended = conversation => ended,
                () = cut.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The answer to one request, unless its peer goes away first.
async fn respond<S: Site>(
    site: Arc<S>,
    phase: Phase,
    peer: Peer,
    request: Request<Incoming>,
) -> io::Result<Response<Answer>> {
    phase.begin_request();
    let mut responding = pin!(site.respond(request.map(Body::new)));
    let response = poll_fn(|cx| match responding.as_mut().poll(cx) {
        Poll::Ready(response) => Poll::Ready(Ok(response)),
        Poll::Pending => peer.poll_gone(cx).map(|()| Err(gone())),
    })
    .await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        phase.upgrade();
    }
    Ok(response.map(|body| Answer::new(body, phase, peer)))
}

/// What becomes of an answer that nobody waits for.
pub(super) fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the peer has gone away")
}
