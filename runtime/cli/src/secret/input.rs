//! A value, from standard input or from a person.
//!
//! Owns what is part of a value and what is not, and that nothing of it shows on a terminal.

use std::io::{self, IsTerminal as _, Read as _};

use ringfence_secrets::{SecretName, SecretValue, VALUE_BYTES_MAX};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::console::Console;
use crate::failure::Failure;

/// Reads a value. Unless every byte is `exact`, one line break at the end is not part of it.
///
/// # Errors
///
/// It cannot be read, or is too long or too short.
pub(super) fn value(
    name: &SecretName,
    exact: bool,
    console: Console,
) -> Result<SecretValue, Failure> {
    let typed = io::stdin().is_terminal();
    let place = if typed {
        "the terminal"
    } else {
        "standard input"
    };
    let failed = |reason: String| Failure::SecretInput {
        name: name.clone(),
        place,
        reason,
    };
    let mut bytes = if typed {
        // Before anybody is asked: whoever types at once must not be shown either.
        let hidden = Hidden::begin().map_err(|error| failed(error.to_string()))?;
        console.note(&format!(
            "the value of `{name}`, which is not shown; end it with Enter:"
        ));
        let line = line();
        drop(hidden);
        line
    } else {
        everything()
    }
    .map_err(|error| failed(error.to_string()))?;
    if !exact && bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    SecretValue::new(std::mem::take(&mut *bytes)).map_err(|reason| Failure::SecretValue {
        name: name.clone(),
        reason,
    })
}

/// Room for the longest value, its line break, and one byte that is too many. In one piece of memory:
/// one that grows would leave its start behind.
fn room() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(VALUE_BYTES_MAX + 3))
}

fn everything() -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = room();
    let max = VALUE_BYTES_MAX as u64 + 3;
    // Not through the buffer of `Stdin`, which nobody wipes.
    descriptor()?.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is typed up to Enter.
fn line() -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = room();
    let mut stdin = descriptor()?;
    let mut byte = Zeroizing::new([0; 1]);
    while bytes.len() < VALUE_BYTES_MAX + 3 && stdin.read(&mut *byte)? == 1 {
        bytes.extend_from_slice(&*byte);
        if *byte == [b'\n'] {
            break;
        }
    }
    Ok(bytes)
}

fn descriptor() -> io::Result<std::fs::File> {
    Ok(rustix::io::dup(io::stdin())?.into())
}

/// A terminal that shows nothing of what is typed, until it is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> io::Result<Self> {
        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // The line break shows, so that the next line begins on one.
        hidden
            .local_modes
            .insert(LocalModes::ECHONL | LocalModes::ICANON);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(shown))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone needs no repair.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
