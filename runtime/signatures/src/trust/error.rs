//! Why text says nobody's signature.

use std::sync::Arc;

use thiserror::Error;

/// Why text is no such file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}:{line}: {reason}")]
pub struct TrustError {
    pub(super) name: Arc<str>,
    pub(super) line: usize,
    pub(super) reason: String,
}

impl TrustError {
    /// On which line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}
