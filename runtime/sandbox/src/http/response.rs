//! A response of a host that may have been sent a secret.
//!
//! Owns that a guest does not read the secret in it: some APIs answer with what they were sent, and
//! errors quote headers.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use ringfence_secrets::{Scrubber, Stream};
use wasmtime_wasi_http::{Error, WasiBody};

/// The same response, without secrets.
pub(super) fn scrub(response: Response<WasiBody>, scrubber: Arc<Scrubber>) -> Response<WasiBody> {
    let (mut head, body) = response.into_parts();
    // It may be another length now.
    head.headers.remove(CONTENT_LENGTH);
    for value in head.headers.values_mut() {
        let clean = scrubber.bytes(value.as_bytes());
        if !clean.removed.is_empty() {
            // A label has nothing in it that a header may not have.
            *value = HeaderValue::from_bytes(&clean.text)
                .unwrap_or(HeaderValue::from_static("[secret]"));
        }
    }
    let body = ScrubbedBody {
        body,
        stream: Some(Stream::new(scrubber)),
    };
    Response::from_parts(head, body.boxed_unsync())
}

/// A body whose secrets are removed as it comes.
struct ScrubbedBody {
    body: WasiBody,
    stream: Option<Stream>,
}

impl Body for ScrubbedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        loop {
            let Some(stream) = &mut this.stream else {
                return Poll::Ready(None);
            };
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => {
                    // Trailers are not handed on: they would overtake what waits.
                    let text = frame.data_ref().map(|data| stream.push(data));
                    if let Some(text) = text.filter(|text| !text.is_empty()) {
                        return Poll::Ready(Some(Ok(Frame::data(text.into()))));
                    }
                }
                None => {
                    let rest = this.stream.take().map(|stream| stream.finish().0);
                    let rest = rest.filter(|rest| !rest.is_empty());
                    return Poll::Ready(rest.map(|rest| Ok(Frame::data(rest.into()))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use ringfence_secrets::SecretValue;

    use super::*;

    const CANARY: &str = "canary-4f1c9b7e2d";

    /// A body that comes in these pieces.
    struct Pieces(VecDeque<Vec<u8>>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            let piece = self.0.pop_front();
            Poll::Ready(piece.map(|piece| Ok(Frame::data(piece.into()))))
        }
    }

    fn scrubber() -> Arc<Scrubber> {
        let value = SecretValue::new(CANARY.as_bytes().to_vec()).unwrap();
        Arc::new(Scrubber::new([(&"TOKEN".parse().unwrap(), &value)]))
    }

    #[tokio::test]
    async fn an_answer_that_repeats_a_secret_is_read_without_it_wherever_it_is_cut() {
        let text = format!("you sent {CANARY}, thank you");
        for size in 1..text.len() {
            let pieces = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
            let response = Response::builder()
                .header("content-length", text.len())
                .header("x-echo", format!("Bearer {CANARY}"))
                .body(Pieces(pieces).boxed_unsync())
                .unwrap();
            let (head, body) = scrub(response, scrubber()).into_parts();
            assert_eq!(head.headers["x-echo"], "Bearer [secret TOKEN]");
            assert!(!head.headers.contains_key("content-length"));
            let read = body.collect().await.unwrap().to_bytes();
            assert_eq!(
                read, "you sent [secret TOKEN], thank you",
                "pieces of {size}"
            );
        }
    }
}
