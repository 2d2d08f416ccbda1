//! A response's body, and the moment when it is over.
//!
//! Owns the sign that a connection waits for its next request again, however the body ended.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::connection::{Peer, Phase};
use super::listen::gone;

/// A body that ends the request when it is dropped, and itself when its peer goes away.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    phase: Phase,
    peer: Peer,
}

impl Answer {
    pub(super) fn new(body: Body, phase: Phase, peer: Peer) -> Self {
        Self { body, phase, peer }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.phase.end_request();
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending => {
                let gone = || Some(Err(axum::Error::new(gone())));
                self.peer.poll_gone(cx).map(|()| gone())
            }
            polled @ Poll::Ready(_) => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
