//! How a call ended → what the client sees.
//!
//! Owns the mapping, and it is the only one. Decides by type, never by text. What may only be
//! logged has no way through here.

use ringfence_sandbox::{Answer, Limit, Outcome, Output, Receipt, Trap};
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, MetaObject};
use serde_json::{Map, Value};

use super::{content, sanitize};
use crate::call::CallError;
use crate::echo::echo;

/// Where the receipt stands in a result's `_meta`.
pub(super) const RECEIPT_KEY: &str = "ringfence/receipt";

/// What the client gets for a call.
///
/// # Errors
///
/// The protocol's own errors: for what is no call of a tool at all, or will have no result.
pub(super) fn result(
    ended: Result<Answer, CallError>,
    request: &str,
) -> Result<CallToolResult, ErrorData> {
    let answer = match ended {
        Ok(answer) => answer,
        Err(CallError::UnknownTool(name)) => {
            return Err(ErrorData::invalid_params(
                format!("Unknown tool: {}", echo(&name)),
                None,
            ));
        }
        Err(CallError::Cancelled) => return Err(cancelled()),
        // The texts of these are for the caller. What is not, is `CallError::internal`.
        Err(
            error @ (CallError::Arguments(_)
            | CallError::Denied(_)
            | CallError::Overloaded(_)
            | CallError::UnknownFunction { .. }
            | CallError::Unusable { .. }),
        ) => {
            return Ok(with_receipt(
                failure(&error.to_string()),
                &Receipt::default(),
            ));
        }
    };
    let result = match answer.outcome {
        Outcome::Cancelled => return Err(cancelled()),
        Outcome::HostFault(_) => failure(&format!(
            "ringfence failed to run the tool. The arguments are not to blame. The server's log \
             says why, under request {request}."
        )),
        Outcome::Limit(limit) => failure(&limit_text(limit)),
        Outcome::Returned(output) => success(output),
        Outcome::ToolError(text) => failure(&text),
        Outcome::Trapped(trap) => failure(&trap_text(&trap)),
    };
    Ok(with_receipt(result, &answer.receipt))
}

fn cancelled() -> ErrorData {
    ErrorData::internal_error("the call was cancelled", None)
}

fn success(output: Output) -> CallToolResult {
    match output {
        Output::Content(blocks) => {
            CallToolResult::success(blocks.into_iter().map(content::block).collect())
        }
        Output::Json(json) => {
            // The sandbox wrote it, so it parses.
            let value = serde_json::from_str(&json).unwrap_or(Value::Null);
            let text = match &value {
                Value::String(text) => sanitize::text(text),
                _ => sanitize::text(&json),
            };
            let block = ContentBlock::text(text);
            let mut result = CallToolResult::success(vec![block]);
            // Always in an object: older clients accept nothing else.
            let wrapped = Map::from_iter([("result".to_owned(), value)]);
            result.structured_content = Some(Value::Object(wrapped));
            result
        }
        Output::Nothing => CallToolResult::success(Vec::new()),
    }
}

fn failure(text: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(sanitize::text(text))])
}

fn with_receipt(result: CallToolResult, receipt: &Receipt) -> CallToolResult {
    // Numbers and text: it always serialises.
    let receipt = serde_json::to_value(receipt).unwrap_or_default();
    let meta = Map::from_iter([(RECEIPT_KEY.to_owned(), receipt)]);
    result.with_meta(Some(MetaObject(meta)))
}

fn limit_text(limit: Limit) -> String {
    let advice = match limit {
        Limit::Cpu | Limit::Fuel | Limit::Wall => {
            "Ask for less work in one call: a smaller input, a narrower range, or several calls."
        }
        Limit::Memory => "Give it a smaller input, or split the work over several calls.",
        Limit::Result => "Ask for less in one call: fewer results, or one part at a time.",
        Limit::HostCallData => "Pass less data in one call.",
        Limit::Stack => "The input may be nested too deeply; otherwise the tool recurses forever.",
        _ => "Other arguments may need less; otherwise the tool's author has to change it.",
    };
    format!("The tool was stopped: it reached its limit of {limit}. {advice}")
}

fn trap_text(trap: &Trap) -> String {
    let reason = &trap.reason;
    let mut text = format!("The tool broke: {reason}. Nothing else was affected.");
    if let Some(last_words) = trap.last_words.as_deref().filter(|words| !words.is_empty()) {
        text.push_str("\nThe last that it wrote:\n");
        text.push_str(last_words);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringfence_sandbox::{ArgumentError, Overloaded};

    use super::*;

    /// What a model gets to read.
    fn text(ended: Result<Outcome, CallError>) -> String {
        let ended = ended.map(|outcome| Answer {
            outcome,
            receipt: Receipt::default(),
            stdout: Vec::new(),
            stderr: Vec::new(),
        });
        match result(ended, "7") {
            Ok(result) => {
                assert!(result.meta.as_ref().unwrap().contains_key(RECEIPT_KEY));
                let texts = result.content.iter().map(|block| match block.as_text() {
                    Some(block) => block.text.clone(),
                    None => format!("{block:?}"),
                });
                let kind = if result.is_error == Some(true) {
                    "error"
                } else {
                    "result"
                };
                format!("{kind}: {}", texts.collect::<Vec<_>>().join(" | "))
            }
            Err(error) => format!("{}: {}", error.code.0, error.message),
        }
    }

    #[test]
    fn every_ending_has_its_words() {
        let argument = ArgumentError {
            path: "/count".into(),
            message: "expected an integer".into(),
        };
        let overloaded = Overloaded {
            retry_after: Duration::from_secs(1),
        };
        let trap = |last_words: Option<&str>| {
            Outcome::Trapped(Trap {
                reason: "integer divide by zero".into(),
                last_words: last_words.map(str::to_owned),
            })
        };
        let limits = [
            Limit::Cpu,
            Limit::Fuel,
            Limit::Handles,
            Limit::HostCallData,
            Limit::Instances,
            Limit::Memory,
            Limit::Random,
            Limit::Result,
            Limit::Stack,
            Limit::Tables,
            Limit::Wall,
        ];
        let mut lines = vec![
            text(Err(CallError::UnknownTool("text_stat".into()))),
            text(Err(CallError::Arguments(argument))),
            text(Err(CallError::Overloaded(overloaded))),
            text(Err(CallError::Cancelled)),
            text(Err(CallError::Unusable {
                component: "text".parse().unwrap(),
                internal: "secret".into(),
            })),
            text(Ok(Outcome::HostFault("/secret/path".into()))),
            text(Ok(Outcome::ToolError("no such file: `a\u{1b}[31m`".into()))),
            text(Ok(trap(None))),
            text(Ok(trap(Some("thread main panicked")))),
            text(Ok(Outcome::Returned(Output::Nothing))),
            text(Ok(Outcome::Returned(Output::Json(
                r#""raw \u001b[1mtext""#.into(),
            )))),
            text(Ok(Outcome::Returned(Output::Json(r#"{"words":2}"#.into())))),
        ];
        lines.extend(limits.map(|limit| text(Ok(Outcome::Limit(limit)))));
        let lines = lines.join("\n");
        assert!(!lines.contains("secret"), "{lines}");
        insta::assert_snapshot!(lines);
    }

    #[test]
    fn structured_results_are_objects_and_exact() {
        let json = r#"[18446744073709551615,-9223372036854775808,"\u001b"]"#;
        let result = success(Output::Json(json.into()));
        let structured = result.structured_content.unwrap();
        assert_eq!(structured.to_string(), format!(r#"{{"result":{json}}}"#));
    }
}
