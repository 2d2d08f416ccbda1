//! The calls to learn from.
//!
//! Owns reading them, from the command line and from a file of JSON lines.

use std::fs::File;
use std::io::Read as _;

use ringfence_server::parse_json;
use serde_json::{Map, Value};

use crate::arguments::LearnArguments;
use crate::failure::Failure;

/// Bytes of a file of calls. Bounds what a broken writer can make a run read.
const CALLS_BYTES_MAX: u64 = 16 << 20;

/// Calls of one run. Bounds how long a file can keep it.
const CALLS_MAX: usize = 10_000;

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: String,
    pub(super) arguments: Map<String, Value>,
}

/// The call of the command line, and those of the file.
pub(super) fn read(arguments: &LearnArguments) -> Result<Vec<Call>, Failure> {
    let fault = |function: &str, reason: String| Failure::Arguments {
        tool: arguments.tool.clone(),
        function: function.to_owned(),
        reason,
    };
    let mut calls = Vec::new();
    if let Some(function) = &arguments.function {
        match parse_json(&arguments.arguments) {
            Ok(Value::Object(arguments)) => calls.push(Call {
                function: function.clone(),
                arguments,
            }),
            Ok(_) => return Err(fault(function, "expected a JSON object".to_owned())),
            Err(error) => return Err(fault(function, error.to_string())),
        }
    }
    let Some(path) = &arguments.calls else {
        return Ok(calls);
    };
    let unread = |reason: String| Failure::Calls {
        path: path.clone(),
        reason,
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(CALLS_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|error| unread(error.to_string()))?;
    if text.len() as u64 > CALLS_BYTES_MAX {
        return Err(unread(format!("it is longer than {CALLS_BYTES_MAX} bytes")));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let call = parse(line).map_err(|reason| unread(format!("line {number}: {reason}")))?;
        calls.push(call);
        if calls.len() > CALLS_MAX {
            return Err(unread(format!("it holds more than {CALLS_MAX} calls")));
        }
    }
    Ok(calls)
}

fn parse(line: &str) -> Result<Call, String> {
    const EXPECTED: &str = "expected an object with `function` and, perhaps, `arguments`";
    let Value::Object(mut call) = parse_json(line).map_err(|error| error.to_string())? else {
        return Err(EXPECTED.to_owned());
    };
    let function = call.remove("function");
    let arguments = call.remove("arguments");
    if let Some(other) = call.keys().next() {
        return Err(format!("unknown key `{other}`; {EXPECTED}"));
    }
    match (function, arguments.unwrap_or_else(|| Map::new().into())) {
        (Some(Value::String(function)), Value::Object(arguments)) => Ok(Call {
            function,
            arguments,
        }),
        _ => Err(EXPECTED.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_call_or_a_fault() {
        let call = parse(r#"{"function": "read", "arguments": {"path": "/a"}}"#).unwrap();
        assert_eq!((&*call.function, call.arguments.len()), ("read", 1));
        assert!(
            parse(r#"{"function": "read"}"#)
                .unwrap()
                .arguments
                .is_empty()
        );
        for line in [
            "[]",
            "{}",
            r#"{"function": 1}"#,
            r#"{"function": "read", "arguments": []}"#,
            r#"{"function": "read", "argument": {}}"#,
            "{",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
