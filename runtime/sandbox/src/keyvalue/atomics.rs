//! `wasi:keyvalue/atomics`: numbers that many add to.

use wasmtime::component::Resource;

use super::wit::atomics::Host;
use super::{Failed, Open, View};

/// The most bytes of a number.
const DIGITS_MAX: usize = 20;

impl Host for View<'_> {
    async fn increment(
        &mut self,
        bucket: Resource<Open>,
        key: String,
        delta: u64,
    ) -> Result<u64, Failed> {
        let written = key.len() + DIGITS_MAX;
        let open = self.use_bucket(&bucket, written)?;
        let (sum, target) = (open.bucket.add(&key, delta).await?, open.target.clone());
        self.note(&target, "set", written, 0);
        Ok(sum)
    }
}
