//! What one call holds of the engine's memory, against its budget.
//!
//! Owns the sums. The engine's own limiter counts each memory for itself, so that eight memories of
//! 62 MiB pass under a limit of 64; this one adds up everything in the store.

use ringfence_policy::Budget;
use wasmtime::ResourceLimiter;

use crate::outcome::Limit;

/// Sums memories and tables of one store, and remembers what was refused.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_bytes: usize,
    memory_bytes_max: usize,
    peak_memory_bytes: usize,
    table_elements: usize,
    table_elements_max: usize,
    instances_max: usize,
    refused: Option<Limit>,
}

impl Meter {
    pub(crate) fn new(budget: &Budget) -> Self {
        Self {
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

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .memory_bytes
            .saturating_add(desired.saturating_sub(current));
        let allowed = total <= self.memory_bytes_max;
        if allowed {
            self.memory_bytes = total;
            self.peak_memory_bytes = self.peak_memory_bytes.max(total);
        } else {
            self.refused = Some(Limit::Memory);
        }
        Ok(allowed)
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
