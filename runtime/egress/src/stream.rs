//! A connection that counts.
//!
//! Owns the bytes of one connection, in both directions and as they are on the wire: what a receipt
//! says is what left the machine, handshakes included.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes on the wire.
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Bytes {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// Counts what passes, and ends when more came than may.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    inner: S,
    bytes: Arc<Bytes>,
    /// What may still come.
    left: u64,
}

impl<S> Counted<S> {
    pub(crate) fn new(inner: S, bytes: Arc<Bytes>, received_max: u64) -> Self {
        Self {
            inner,
            bytes,
            left: received_max,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let read = (buffer.filled().len() - before) as u64;
        self.bytes.received.fetch_add(read, Ordering::Relaxed);
        match self.left.checked_sub(read) {
            Some(left) => {
                self.left = left;
                polled
            }
            None => Poll::Ready(Err(io::Error::other("more came than one response may be"))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, data);
        if let Poll::Ready(Ok(written)) = &polled {
            self.bytes
                .sent
                .fetch_add(*written as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn as_much_comes_as_may_and_no_more() {
        let bytes = Arc::new(Bytes::default());
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Counted::new(near, Arc::clone(&bytes), 5);
        far.write_all(b"abc").await.unwrap();
        let mut buffer = [0; 16];
        assert_eq!(near.read(&mut buffer).await.unwrap(), 3);
        far.write_all(b"de").await.unwrap();
        // What stands in a buffer already is not counted again.
        let mut filled = ReadBuf::new(&mut buffer);
        filled.put_slice(b"abc");
        std::future::poll_fn(|context| Pin::new(&mut near).poll_read(context, &mut filled))
            .await
            .unwrap();
        assert_eq!(filled.filled(), b"abcde");
        assert_eq!(bytes.received(), 5);
        far.write_all(b"f").await.unwrap();
        assert!(near.read(&mut buffer).await.is_err());
    }

    #[tokio::test]
    async fn the_end_is_told_to_the_other_side() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Counted::new(near, Arc::default(), 5);
        near.write_all(b"abc").await.unwrap();
        near.shutdown().await.unwrap();
        let mut whole = Vec::new();
        let ended = far.read_to_end(&mut whole).now_or_never();
        assert_eq!(ended.expect("nothing more is waited for").unwrap(), 3);
        assert_eq!(whole, b"abc");
    }
}
