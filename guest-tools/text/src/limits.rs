//! How much text one call may handle.

use thiserror::Error;

/// The largest text taken. Bounds the work of every function, all of which are linear in it or
/// bounded by a second limit of their own.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// The largest text given back. A replacement can multiply its input; the host would cut the result,
/// which is worse than a refusal that says what to do.
pub const MAX_OUTPUT_BYTES: usize = 512 * 1024;

/// A text that is too large.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TooLarge {
    /// A parameter.
    #[error(
        "`{parameter}` has {bytes} bytes and the most is {MAX_TEXT_BYTES}: \
         split it and call again for each part"
    )]
    Input {
        /// Which one.
        parameter: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// The result.
    #[error("the result would exceed {MAX_OUTPUT_BYTES} bytes: {hint}")]
    Output {
        /// How to ask for less.
        hint: &'static str,
    },
}

/// Checks a parameter.
///
/// # Errors
/// When it exceeds [`MAX_TEXT_BYTES`].
pub const fn input(parameter: &'static str, text: &str) -> Result<(), TooLarge> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(TooLarge::Input {
            parameter,
            bytes: text.len(),
        });
    }
    Ok(())
}

/// Checks a result of `bytes` bytes.
///
/// # Errors
/// When it exceeds [`MAX_OUTPUT_BYTES`]; `hint` says how to ask for less.
pub const fn output(bytes: usize, hint: &'static str) -> Result<(), TooLarge> {
    if bytes > MAX_OUTPUT_BYTES {
        return Err(TooLarge::Output { hint });
    }
    Ok(())
}
