//! The arguments of a call, from the command line or from standard input.

use std::io::{self, Read as _};

use ringfence_server::{LINE_BYTES_MAX, parse_json};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The longest arguments that are read from standard input: as long as any message of a client.
/// Bounds a pipe that never ends.
const ARGUMENTS_BYTES_MAX: u64 = LINE_BYTES_MAX as u64;

/// The JSON object that `argument` is or, for `-`, that standard input holds.
///
/// # Errors
///
/// It cannot be read, is too long, or is not a JSON object.
pub(super) fn read(
    argument: &str,
    tool: &str,
    function: &str,
) -> Result<Map<String, Value>, Failure> {
    let failure = |reason: String| Failure::Arguments {
        tool: tool.to_owned(),
        function: function.to_owned(),
        reason,
    };
    let piped;
    let text = if argument == "-" {
        piped = from_stdin(io::stdin().lock())?;
        &piped
    } else {
        argument
    };
    match parse_json(text).map_err(|fault| failure(fault.to_string()))? {
        Value::Object(arguments) => Ok(arguments),
        other => Err(failure(format!(
            "expected a JSON object, not {}",
            kind(&other)
        ))),
    }
}

fn from_stdin(stdin: impl io::Read) -> Result<String, Failure> {
    let mut text = String::new();
    stdin
        .take(ARGUMENTS_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(Failure::ArgumentsInput)?;
    if text.len() as u64 > ARGUMENTS_BYTES_MAX {
        return Err(Failure::ArgumentsLong {
            max: ARGUMENTS_BYTES_MAX,
        });
    }
    Ok(text)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "an array",
        Value::Bool(_) => "a truth value",
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::Object(_) => "an object",
        Value::String(_) => "a string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_without_end_is_not_read_for_ever() {
        let error = from_stdin(io::repeat(b' ')).unwrap_err();
        assert!(matches!(error, Failure::ArgumentsLong { .. }), "{error}");
    }

    #[test]
    fn only_an_object_is_arguments() {
        assert_eq!(read(" {} ", "t", "f").unwrap(), Map::new());
        for text in ["", "[]", "null", "{", "{\"a\":1,\"a\":2}", "1e400"] {
            assert!(
                matches!(read(text, "t", "f"), Err(Failure::Arguments { .. })),
                "{text}"
            );
        }
    }
}
