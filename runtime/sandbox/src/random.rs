//! A guest's random numbers, counted.
//!
//! Owns the count of what the host's generators drew for one call, so that the toll can be by the
//! amount: one request for 48 KiB is a thousand times the work of any other host call.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::{SmallRng, StdRng};
use rand::{Rng, SeedableRng as _, TryRng};

/// How many numbers were drawn for one call and are not paid for yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drawn(Arc<AtomicU64>);

impl Drawn {
    /// What was drawn since this was asked last.
    pub(crate) fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }

    /// The generator for `wasi:random/random`, as WASI's host makes it.
    pub(crate) fn secure(&self) -> impl Rng + Send + 'static {
        Counted {
            generator: StdRng::from_rng(&mut rand::rng()),
            drawn: self.clone(),
        }
    }

    /// The generator for `wasi:random/insecure`, as WASI's host makes it.
    pub(crate) fn insecure(&self) -> impl Rng + Send + 'static {
        Counted {
            generator: SmallRng::from_rng(&mut rand::rng()),
            drawn: self.clone(),
        }
    }

    fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}

/// A generator that counts what it gives. The host draws one number for each byte.
struct Counted<R> {
    generator: R,
    drawn: Drawn,
}

impl<R: Rng> TryRng for Counted<R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.drawn.add(1);
        Ok(self.generator.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.drawn.add(1);
        Ok(self.generator.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.drawn.add(bytes.len().try_into().unwrap_or(u64::MAX));
        self.generator.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_once() {
        let drawn = Drawn::default();
        let (mut secure, mut insecure) = (drawn.secure(), drawn.insecure());
        secure.next_u32();
        insecure.next_u64();
        secure.fill_bytes(&mut [0; 10]);
        assert_eq!(drawn.take(), 12);
        assert_eq!(drawn.take(), 0);
    }

    #[test]
    fn no_two_calls_draw_the_same() {
        let draw = || {
            let drawn = Drawn::default();
            (drawn.secure().next_u64(), drawn.insecure().next_u64())
        };
        let (one, other) = (draw(), draw());
        assert_ne!(one.0, other.0);
        assert_ne!(one.1, other.1);
    }
}
