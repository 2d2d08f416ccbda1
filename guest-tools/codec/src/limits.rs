//! How much one call may handle.

use thiserror::Error;

/// The largest input. Everything here is linear in it.
pub const MAX_INPUT_BYTES: usize = 1024 * 1024;

/// The largest input to encode or decode: percent-encoding triples it, and the host would cut a
/// larger result.
pub const MAX_CODED_BYTES: usize = 256 * 1024;

/// An input that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("`{parameter}` has {bytes} bytes and the most is {most}: split it")]
pub struct TooLarge {
    parameter: &'static str,
    bytes: usize,
    most: usize,
}

/// Checks that `parameter` has no more than `most` bytes.
///
/// # Errors
/// When it has more.
pub const fn check(parameter: &'static str, bytes: usize, most: usize) -> Result<(), TooLarge> {
    if bytes > most {
        Err(TooLarge {
            parameter,
            bytes,
            most,
        })
    } else {
        Ok(())
    }
}
