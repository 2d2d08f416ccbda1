//! The engine's errors as outcomes.
//!
//! Owns the one place that reads them. What the engine types is told apart by type; three of its
//! limits carry only a message, and those are recognised here and nowhere else.

use wasmtime::{PoolConcurrencyLimitError, Trap as EngineTrap};
use wasmtime_wasi::{I32Exit, ResourceTableError};

use crate::host::Unasked;
use crate::meter::Meter;
use crate::outcome::{Limit, Outcome, Trap};

/// How many characters of the engine's words are kept. Some repeat what the guest wrote.
const REASON_CHARS_MAX: usize = 300;

/// What an error that ended a guest means.
pub(crate) fn outcome(
    error: &wasmtime::Error,
    meter: &Meter,
    last_words: Option<String>,
) -> Outcome {
    if let Some(Unasked(ability)) = error.downcast_ref::<Unasked>() {
        return Outcome::Unasked(*ability);
    }
    if let Some(limit) = limit(error) {
        return Outcome::Limit(limit);
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        // Slots are counted before the pool is asked.
        return Outcome::HostFault(error.to_string());
    }
    // A guest whose request for memory is refused mostly breaks at once; the refusal is the reason.
    if let Some(limit) = meter.refused() {
        return Outcome::Limit(limit);
    }
    let reason = if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        format!("the tool ended itself with status {status} instead of returning")
    } else if let Some(trap) = error.downcast_ref::<EngineTrap>() {
        trap_words(*trap)
    } else {
        error.root_cause().to_string()
    };
    Outcome::Trapped(Trap {
        reason: reason
            .chars()
            .filter(|c| !is_hidden(*c))
            .take(REASON_CHARS_MAX)
            .collect(),
        last_words,
    })
}

/// What a trap is, without the engine's way to begin: whoever reads it knows that it is one.
fn trap_words(trap: EngineTrap) -> String {
    let words = trap.to_string();
    words
        .strip_prefix("wasm trap: ")
        .map_or_else(|| words.clone(), str::to_owned)
}

fn limit(error: &wasmtime::Error) -> Option<Limit> {
    match error.downcast_ref::<EngineTrap>() {
        Some(EngineTrap::OutOfFuel) => return Some(Limit::Fuel),
        Some(EngineTrap::StackOverflow) => return Some(Limit::Stack),
        _ => {}
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return Some(Limit::Handles);
    }
    let message = error.root_cause().to_string();
    [
        (
            "fuel allocated for hostcalls has been exhausted",
            Limit::HostCallData,
        ),
        ("store handle limit exceeded", Limit::Handles),
        ("resource limit exceeded: ", Limit::Instances),
        ("exceeds memory limits", Limit::Memory),
        ("exceeds table limits", Limit::Tables),
        ("requested len ", Limit::Random),
    ]
    .into_iter()
    .find_map(|(text, limit)| message.contains(text).then_some(limit))
}

/// The end of what a guest wrote to standard error, made harmless.
pub(crate) fn last_words(stderr: &[u8]) -> Option<String> {
    /// Enough for a panic message and its place.
    const BYTES_MAX: usize = 2048;
    let start = stderr.len().saturating_sub(BYTES_MAX);
    let text = String::from_utf8_lossy(stderr.get(start..).unwrap_or_default());
    let clean: String = text
        .trim()
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !is_hidden(*c))
        .collect();
    (!clean.is_empty()).then_some(clean)
}

/// Whether a character steers a terminal or turns the text around it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trap_is_not_called_one_twice() {
        for trap in [
            EngineTrap::UnreachableCodeReached,
            EngineTrap::IntegerDivisionByZero,
            EngineTrap::MemoryOutOfBounds,
        ] {
            assert!(trap.to_string().starts_with("wasm trap: "), "{trap}");
        }
        assert_eq!(
            trap_words(EngineTrap::IntegerDivisionByZero),
            "integer divide by zero"
        );
    }

    #[test]
    fn last_words_carry_no_terminal_commands() {
        assert_eq!(
            last_words(b"\x1b[31mpanicked\x07 at x\n\n").unwrap(),
            "[31mpanicked at x"
        );
        assert_eq!(last_words(b" \n"), None);
        assert!(last_words(&vec![b'x'; 1 << 20]).unwrap().len() <= 2048);
    }
}
