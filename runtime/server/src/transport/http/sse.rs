//! Server-sent events: several messages as the answer to one request.
//!
//! Owns their form, that an idle stream shows that it lives, and that a stream ends with its answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::mpsc;

use crate::protocol::outbox::{Reply, Text};

/// How often an idle stream shows that it lives. Proxies close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tells proxies to pass events on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a stream ends with: an answer, or nothing.
pub(super) type Last = Pin<Box<dyn Future<Output = Option<Reply>> + Send>>;

/// A stream of `queue`, until `last` is there and everything before it has been sent. `held` is let
/// go at the end.
pub(super) fn response(
    first: Option<Text>,
    queue: mpsc::Receiver<Text>,
    last: Last,
    held: impl Send + 'static,
) -> Response {
    let state = Stream {
        first,
        queue,
        last: Some(last),
        answer: None,
        _held: held,
    };
    let events = stream::unfold(state, |mut state| async move {
        let event = state.next().await?;
        Some((Ok::<_, Infallible>(event), state))
    });
    let mut response = Response::new(Body::from_stream(events));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-transform"),
    );
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

struct Stream<H> {
    first: Option<Text>,
    queue: mpsc::Receiver<Text>,
    /// Runs until the answer is there.
    last: Option<Last>,
    answer: Option<Reply>,
    _held: H,
}

impl<H> Stream<H> {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(event(&first));
        }
        while let Some(last) = &mut self.last {
            tokio::select! {
                biased;
                Some(text) = self.queue.recv() => return Some(event(&text)),
                answer = last => {
                    self.answer = answer;
                    self.last = None;
                }
                () = tokio::time::sleep(KEEP_ALIVE) => return Some(Bytes::from_static(b":\n\n")),
            }
        }
        // What was said before the answer comes before it.
        if let Ok(text) = self.queue.try_recv() {
            return Some(event(&text));
        }
        self.answer.take().map(|reply| event(&reply.text))
    }
}

/// One message as an event. JSON as we write it has no line ends.
fn event(text: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(text.len().saturating_add(8));
    event.extend_from_slice(b"data: ");
    event.extend_from_slice(text);
    event.extend_from_slice(b"\n\n");
    event.into()
}
