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
