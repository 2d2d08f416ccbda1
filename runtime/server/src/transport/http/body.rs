//! The body of one request, read within limits.
//!
//! Owns the bytes that all bodies together may take. Refuses to know what they say.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::refusal::Refusal;
use crate::within::within;

/// Memory that a body gets before its bytes are there. Bounds what a declared length alone can make
/// the server allocate.
const RESERVED_BYTES_MAX: usize = 64 * 1024;

/// Reads bodies, all of them within one budget of bytes.
#[derive(Debug, Clone)]
pub struct Bodies {
    budget: Arc<Semaphore>,
    bytes_max: usize,
    time_max: Duration,
}

/// A body that has been read. Its bytes count against the budget until it is dropped.
#[derive(Debug)]
pub struct Received {
    bytes: Bytes,
    held: Option<OwnedSemaphorePermit>,
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Bodies {
    /// A budget of bytes as `limits` say.
    pub fn new(limits: &Limits) -> Self {
        Self {
            budget: Arc::new(Semaphore::new(
                limits.bodies_bytes_max.min(Semaphore::MAX_PERMITS),
            )),
            bytes_max: limits.body_bytes_max,
            time_max: limits.body_time_max,
        }
    }

    /// Refuses a request that declares a body which would not be read.
    ///
    /// # Errors
    ///
    /// When the declared length is over the limit.
    pub fn check_declared(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match declared(headers) {
            Some(length) if length > self.bytes_max as u64 => Err(self.too_large()),
            _ => Ok(()),
        }
    }

    /// Reads a whole body. The budget is charged for what has arrived, never for what was declared:
    /// otherwise a few empty requests could use it up.
    ///
    /// # Errors
    ///
    /// When the body is too large, too slow or broken, or when there is no room for it.
    pub async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Received, Refusal> {
        self.check_declared(headers)?;
        within(self.time_max, self.collect(declared(headers), body))
            .await
            .unwrap_or(Err(Refusal::BodyTooSlow))
    }

    async fn collect(&self, declared: Option<u64>, mut body: Body) -> Result<Received, Refusal> {
        let mut held = None;
        let Some(first) = self.next(&mut body, &mut held, 0).await? else {
            return Ok(Received {
                bytes: Bytes::new(),
                held,
            });
        };
        // Most bodies are in one piece, which needs no copy.
        let Some(second) = self.next(&mut body, &mut held, first.len()).await? else {
            return Ok(Received { bytes: first, held });
        };
        let declared = usize::try_from(declared.unwrap_or(0)).unwrap_or(usize::MAX);
        let capacity = declared
            .min(RESERVED_BYTES_MAX)
            .max(first.len() + second.len());
        let mut whole = BytesMut::with_capacity(capacity);
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next(&mut body, &mut held, whole.len()).await? {
            whole.extend_from_slice(&piece);
        }
        Ok(Received {
            bytes: whole.freeze(),
            held,
        })
    }

    /// The next piece that has bytes, after `length` before it.
    async fn next(
        &self,
        body: &mut Body,
        held: &mut Option<OwnedSemaphorePermit>,
        length: usize,
    ) -> Result<Option<Bytes>, Refusal> {
        loop {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
            let Some(frame) = frame else { return Ok(None) };
            // Trailers mean nothing here.
            let Ok(piece) = frame.map_err(|_| Refusal::BodyBroken)?.into_data() else {
                continue;
            };
            if piece.is_empty() {
                continue;
            }
            if piece.len() > self.bytes_max.saturating_sub(length) {
                return Err(self.too_large());
            }
            self.charge(held, piece.len())?;
            return Ok(Some(piece));
        }
    }

    /// Charges the budget, which refuses instead of waiting: who waits here holds what others wait
    /// for.
    fn charge(&self, held: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Refusal> {
        let count = u32::try_from(bytes).map_err(|_| self.too_large())?;
        let permit = Arc::clone(&self.budget)
            .try_acquire_many_owned(count)
            .map_err(|_| Refusal::BodiesFull)?;
        match held {
            Some(held) => held.merge(permit),
            None => *held = Some(permit),
        }
        Ok(())
    }

    fn too_large(&self) -> Refusal {
        Refusal::BodyTooLarge {
            bytes_max: self.bytes_max,
        }
    }
}

impl Received {
    /// How much of the budget it takes.
    pub fn charged(&self) -> usize {
        self.held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

/// The declared length, which hyper has checked to be a number that is there once.
fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(bytes_max: usize, all_bytes_max: usize) -> Bodies {
        Bodies::new(&Limits {
            body_bytes_max: bytes_max,
            bodies_bytes_max: all_bytes_max,
            ..Limits::default()
        })
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_read_and_one_byte_more_is_not() {
        let bodies = bodies(8, 100);
        let none = HeaderMap::new();
        let body = bodies.read(&none, Body::from("12345678")).await.unwrap();
        assert_eq!(&*body, b"12345678");
        let refused = bodies.read(&none, Body::from("123456789")).await;
        assert_eq!(refused.unwrap_err(), Refusal::BodyTooLarge { bytes_max: 8 });
        assert!(bodies.read(&none, Body::empty()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn bodies_count_until_they_are_dropped() {
        let bodies = bodies(8, 10);
        let none = HeaderMap::new();
        let first = bodies.read(&none, Body::from("12345678")).await.unwrap();
        assert_eq!(first.charged(), 8);
        let refused = bodies.read(&none, Body::from("123")).await;
        assert_eq!(refused.unwrap_err(), Refusal::BodiesFull);
        assert!(bodies.read(&none, Body::from("12")).await.is_ok());
        drop(first);
        assert!(bodies.read(&none, Body::from("12345678")).await.is_ok());
    }

    #[test]
    fn a_declared_length_alone_is_enough_to_refuse() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, "4294967296".parse().unwrap());
        assert!(bodies(8, 10).check_declared(&headers).is_err());
        headers.insert(CONTENT_LENGTH, "8".parse().unwrap());
        assert!(bodies(8, 10).check_declared(&headers).is_ok());
    }
}
