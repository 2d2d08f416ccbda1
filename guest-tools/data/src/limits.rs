//! How much data one call may handle.

use crate::error::Error;

/// The largest text taken. Every parser here is linear in it.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// The largest text given back. The host would cut a larger one.
pub const MAX_OUTPUT_BYTES: usize = 512 * 1024;

/// The deepest nesting. Parsers, writers, and the query engine recurse.
pub const MAX_DEPTH: usize = 100;

/// The most values. A few lines of YAML aliases or of `JMESPath` can stand for billions.
pub const MAX_VALUES: usize = 300_000;

/// The longest query. Its parser and its interpreter recurse.
pub const MAX_EXPRESSION_BYTES: usize = 1_000;

/// The most columns of a CSV text. Rows with different keys would make a table of keys times rows.
pub const MAX_COLUMNS: usize = 1_000;

/// Counts values against [`MAX_VALUES`].
#[derive(Debug, Default)]
pub struct Budget {
    used: usize,
}

impl Budget {
    /// Takes `values` more.
    ///
    /// # Errors
    /// When that exceeds [`MAX_VALUES`].
    pub const fn take(&mut self, values: usize) -> Result<(), Error> {
        self.used = self.used.saturating_add(values);
        if self.used > MAX_VALUES {
            return Err(Error::Values);
        }
        Ok(())
    }
}
