//! What one call holds of the engine's memory, against its budget.
//!
//! Owns the sums. The engine's own limiter counts each memory for itself, so that eight memories of
//! 62 MiB pass under a limit of 64; this one adds up everything in the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_policy::Budget;
use wasmtime::ResourceLimiter;

use crate::outcome::Limit;

/// Linear memory of all calls together. Each call has a limit of its own; without this one, as many
/// calls as there are slots could together hold more than the machine has.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    used: AtomicUsize,
    bytes_max: usize,
}

impl SharedMemory {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            bytes_max,
        })
    }

    fn take(&self, bytes: usize) -> bool {
        let more = |used: usize| {
            used.checked_add(bytes)
                .filter(|total| *total <= self.bytes_max)
        };
        // A count that orders nothing else.
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Sums memories and tables of one store, and remembers what was refused.
#[derive(Debug)]
pub(crate) struct Meter {
    shared: Arc<SharedMemory>,
    memory_bytes: usize,
    memory_bytes_max: usize,
    peak_memory_bytes: usize,
    table_elements: usize,
    table_elements_max: usize,
    instances_max: usize,
    refused: Option<Limit>,
}

impl Meter {
    pub(crate) fn new(budget: &Budget, shared: Arc<SharedMemory>) -> Self {
        Self {
            shared,
            memory_bytes: 0,
            memory_bytes_max: budget.memory_bytes.min(Budget::MEMORY_BYTES_MAX),
            peak_memory_bytes: 0,
            table_elements: 0,
            table_elements_max: budget.table_elements,
            instances_max: budget.instances,
            refused: None,
        }
    }

    /// The most linear memory that the store held at once.
    pub(crate) fn peak_memory_bytes(&self) -> usize {
        self.peak_memory_bytes
    }

    /// The last limit that a request ran into. A guest may survive a refusal; when it breaks soon
    /// after, this is why.
    pub(crate) fn refused(&self) -> Option<Limit> {
        self.refused
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.shared.give_back(self.memory_bytes);
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let total = self.memory_bytes.saturating_add(more);
        if total > self.memory_bytes_max {
            self.refused = Some(Limit::Memory);
            return Ok(false);
        }
        if !self.shared.take(more) {
            self.refused = Some(Limit::SharedMemory);
            return Ok(false);
        }
        self.memory_bytes = total;
        self.peak_memory_bytes = self.peak_memory_bytes.max(total);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        // Either the module's own maximum or the pool's slot: as good as our limit to the guest.
        self.refused = Some(Limit::Memory);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        let allowed = total <= self.table_elements_max;
        if allowed {
            self.table_elements = total;
        } else {
            self.refused = Some(Limit::Tables);
        }
        Ok(allowed)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = Some(Limit::Tables);
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn tables(&self) -> usize {
        self.instances_max
    }

    fn memories(&self) -> usize {
        self.instances_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn grow(meter: &mut Meter, from: usize, to: usize) -> bool {
        meter.memory_growing(from, to, None).unwrap()
    }

    #[test]
    fn memories_of_a_store_are_summed() {
        let shared = SharedMemory::new(usize::MAX);
        let mut meter = Meter::new(&Budget::default(), shared);
        assert!(grow(&mut meter, 0, 60 * MIB));
        assert!(!grow(&mut meter, 0, 60 * MIB));
        assert_eq!(meter.refused(), Some(Limit::Memory));
        assert_eq!(meter.peak_memory_bytes(), 60 * MIB);
    }

    #[test]
    fn calls_together_hold_no_more_than_their_share() {
        let shared = SharedMemory::new(100 * MIB);
        let mut first = Meter::new(&Budget::default(), Arc::clone(&shared));
        let mut second = Meter::new(&Budget::default(), Arc::clone(&shared));
        assert!(grow(&mut first, 0, 60 * MIB));
        assert!(!grow(&mut second, 0, 60 * MIB));
        assert_eq!(second.refused(), Some(Limit::SharedMemory));
        drop(first);
        assert!(grow(&mut second, 0, 60 * MIB));
    }
}
