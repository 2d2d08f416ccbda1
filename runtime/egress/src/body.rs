//! Bodies on their way, in both directions.
//!
//! Owns their limits: how much, how long, and that nothing comes after them. Refuses to look into
//! them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::error::{EgressError, Malformed, Part, Stage};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a request's body broke off, for whoever waits for the response.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault(Arc<Mutex<Option<EgressError>>>);

impl Fault {
    /// Only the first reason counts.
    fn set(&self, why: EgressError) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(why);
    }

    pub(crate) fn take(&self) -> Option<EgressError> {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take()
    }
}

/// A request's body that ends where it was said to.
#[derive(Debug)]
pub(crate) struct RequestBody<B> {
    inner: Pin<Box<B>>,
    declared: Option<u64>,
    left: u64,
    fault: Fault,
}

/// What hyper is told: the reason is kept for our own caller.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request broke off")]
pub(crate) struct BrokeOff;

impl<B> RequestBody<B> {
    /// At most `bytes_max`, and exactly `declared` where that is said.
    pub(crate) fn new(body: B, declared: Option<u64>, bytes_max: u64, fault: Fault) -> Self {
        Self {
            inner: Box::pin(body),
            declared,
            left: declared.unwrap_or(bytes_max),
            fault,
        }
    }

    fn broke_off<T>(&self, why: EgressError) -> Poll<Option<Result<T, BrokeOff>>> {
        self.fault.set(why);
        Poll::Ready(Some(Err(BrokeOff)))
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        match ready!(self.inner.as_mut().poll_frame(context)) {
            None if self.declared.is_some() && self.left > 0 => {
                self.broke_off(Malformed::ContentLength.into())
            }
            None => Poll::Ready(None),
            Some(Err(error)) => self.broke_off(EgressError::Body(error.into())),
            Some(Ok(frame)) => {
                let Some(data) = frame.data_ref() else {
                    return self.broke_off(Malformed::Trailers.into());
                };
                match self.left.checked_sub(data.len() as u64) {
                    Some(left) => {
                        self.left = left;
                        Poll::Ready(Some(Ok(frame)))
                    }
                    None if self.declared.is_some() => {
                        self.broke_off(Malformed::ContentLength.into())
                    }
                    None => self.broke_off(EgressError::TooLarge(Part::RequestBody)),
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A task that ends with its owner.
#[derive(Debug)]
pub(crate) struct Worker(JoinHandle<()>);

impl Worker {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A response's body, within its limits. Dropping it closes the connection.
#[derive(Debug)]
pub struct ResponseBody {
    incoming: Incoming,
    target: String,
    left: u64,
    pause: Duration,
    idle: Pin<Box<Sleep>>,
    deadline: Pin<Box<Sleep>>,
    ended: bool,
    _worker: Worker,
    _slot: OwnedSemaphorePermit,
}

impl ResponseBody {
    pub(crate) fn new(
        incoming: Incoming,
        target: String,
        bytes_max: u64,
        (pause, deadline): (Duration, Instant),
        worker: Worker,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            incoming,
            target,
            left: bytes_max,
            pause,
            idle: Box::pin(sleep(pause)),
            deadline: Box::pin(sleep_until(deadline)),
            ended: false,
            _worker: worker,
            _slot: slot,
        }
    }

    fn end(&mut self, why: EgressError) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        self.ended = true;
        Poll::Ready(Some(Err(why)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if self.deadline.as_mut().poll(context).is_ready() {
            let why = EgressError::Timeout(self.target.clone(), Stage::Total);
            return self.end(why);
        }
        loop {
            match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Ready(None) => {
                    self.ended = true;
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(Err(error))) => {
                    let why = EgressError::Protocol(self.target.clone(), error.into());
                    return self.end(why);
                }
                Poll::Ready(Some(Ok(frame))) => {
                    // Fields behind the body are not handed on: nobody checks them.
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let Some(left) = self.left.checked_sub(data.len() as u64) else {
                        return self.end(EgressError::TooLarge(Part::ResponseBody));
                    };
                    self.left = left;
                    let next = Instant::now() + self.pause;
                    self.idle.as_mut().reset(next);
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Poll::Pending => {
                    ready!(self.idle.as_mut().poll(context));
                    let why = EgressError::Timeout(self.target.clone(), Stage::BetweenBytes);
                    return self.end(why);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Empty, Full};

    use super::*;

    /// A body of this text, and what is said when it breaks off.
    async fn read(text: &'static str, declared: Option<u64>, max: u64) -> Result<Bytes, String> {
        let fault = Fault::default();
        let inner = Full::new(Bytes::from_static(text.as_bytes()));
        let body = RequestBody::new(inner, declared, max, fault.clone());
        match body.collect().await {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(BrokeOff) => Err(fault.take().unwrap().to_string()),
        }
    }

    #[tokio::test]
    async fn a_body_is_as_long_as_it_says_and_no_longer_than_it_may_be() {
        let differs = "the request is malformed: the body is not as long as `content-length` says";
        assert_eq!(read("abc", Some(3), 9).await.unwrap(), "abc");
        assert_eq!(read("abc", Some(4), 9).await.unwrap_err(), differs);
        assert_eq!(read("abc", Some(2), 9).await.unwrap_err(), differs);
        assert_eq!(read("", Some(0), 9).await.unwrap(), "");
        assert_eq!(read("abc", None, 3).await.unwrap(), "abc");
        assert_eq!(
            read("abc", None, 2).await.unwrap_err(),
            "the body of the request is too large"
        );
    }

    #[test]
    fn a_body_says_of_itself_what_it_is_made_of() {
        let wrap = |text: &'static str| {
            let inner = Full::new(Bytes::from_static(text.as_bytes()));
            RequestBody::new(inner, None, 9, Fault::default())
        };
        assert_eq!(wrap("abc").size_hint().exact(), Some(3));
        assert!(!wrap("abc").is_end_stream());
        let empty = RequestBody::new(Empty::<Bytes>::new(), None, 9, Fault::default());
        assert!(empty.is_end_stream());
    }

    #[tokio::test]
    async fn a_task_ends_with_its_owner() {
        let (held, gone) = tokio::sync::oneshot::channel::<()>();
        let worker = Worker::spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        drop(worker);
        let gone = tokio::time::timeout(Duration::from_secs(10), gone).await;
        assert!(gone.expect("it ends").is_err());
    }

    #[test]
    fn the_first_reason_is_the_one_that_is_told() {
        let fault = Fault::default();
        fault.set(EgressError::TooLarge(Part::RequestBody));
        fault.set(Malformed::Trailers.into());
        assert!(matches!(fault.take(), Some(EgressError::TooLarge(_))));
        assert!(fault.take().is_none());
    }
}
