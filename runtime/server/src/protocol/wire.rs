//! How a call ended → what the client sees.
//!
//! Owns the mapping, and it is the only one. Decides by type, never by text. What may only be
//! logged has no way through here.

use std::sync::Arc;

use ringfence_sandbox::{Ability, Answer, Limit, Outcome, Output, Receipt, Trap};
use rmcp::model::ContentBlock;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::exchange::Exchange;
use super::fault::{self, Fault};
use super::running::Ended;
use super::server_info::ServerInfo;
use super::{content, questions, sanitize};
use crate::call::CallError;
use crate::offer::provided;
use crate::offer::schema::Schema;

/// A result as JSON text.
pub(crate) type ResultText = Box<RawValue>;

/// What the answer of a call becomes.
#[derive(Debug)]
pub(crate) struct Shape {
    kind: Kind,
    /// Whether the request is of the stateless era.
    stateless: bool,
    /// What the log knows the call by.
    request: Arc<str>,
}

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A typed function.
    Tool,
    /// A tool that its component describes itself, and the schema of its structured results.
    Provided(Option<Arc<Schema>>),
    /// A prompt, by name.
    Prompt(String),
    /// A resource, by identifier.
    Resource(String),
}

impl Shape {
    pub(crate) fn new(kind: Kind, exchange: &Exchange) -> Self {
        Self {
            kind,
            stateless: exchange.is_stateless(),
            request: Arc::clone(&exchange.name),
        }
    }

    #[cfg(test)]
    pub(crate) fn of_tool() -> Self {
        Self {
            kind: Kind::Tool,
            stateless: true,
            request: "7".into(),
        }
    }

    /// What the client gets.
    ///
    /// # Errors
    ///
    /// The protocol's own errors: for what is no call of a tool at all, or will have no result.
    pub(crate) fn answer(&self, ended: Ended) -> Result<ResultText, Fault> {
        match &self.kind {
            Kind::Tool | Kind::Provided(_) => self.tool(ended),
            Kind::Prompt(name) => self.prompt(ended, name),
            Kind::Resource(uri) => self.resource(ended, uri),
        }
    }

    /// What the client gets for a call that went on as a task: there, a guest that broke has failed.
    ///
    /// # Errors
    ///
    /// As for any other call, or the guest broke.
    pub(crate) fn task(&self, ended: Ended) -> Result<ResultText, Fault> {
        match &ended {
            Ok(Answer {
                outcome: Outcome::Trapped(trap),
                ..
            }) => {
                Err(fault::internal(&sanitize::text(&trap_text(trap))).with("kind", "trap".into()))
            }
            _ => self.answer(ended),
        }
    }

    fn tool(&self, ended: Ended) -> Result<ResultText, Fault> {
        let answer = match ended {
            Ok(answer) => answer,
            Err(error) => {
                let failure = refused(&error)?;
                let none = Receipt::default();
                return Ok(self.write(&failure, error.receipt().unwrap_or(&none)));
            }
        };
        let result = match answer.outcome {
            Outcome::Returned(output) => match (&self.kind, output) {
                (Kind::Provided(schema), Output::Json(json)) => {
                    provided_result(&json, schema.as_deref())
                }
                (_, output) => returned(output),
            },
            outcome => failed(&self.request, outcome)?,
        };
        Ok(self.write(&result, &answer.receipt))
    }

    fn prompt(&self, ended: Ended, name: &str) -> Result<ResultText, Fault> {
        let (json, receipt) = self.provided_json(ended, || fault::unknown_prompt(name))?;
        let prompt = provided::prompt(&json).map_err(|_| broken())?;
        Ok(self.seal(prompt, &receipt))
    }

    fn resource(&self, ended: Ended, uri: &str) -> Result<ResultText, Fault> {
        let unknown = || fault::unknown_resource(uri, self.stateless);
        let (json, receipt) = self.provided_json(ended, unknown)?;
        let contents = provided::contents(&json).map_err(|_| broken())?;
        if contents.is_empty() {
            return Err(unknown());
        }
        let mut result = Map::new();
        result.insert("contents".into(), json!(contents));
        if self.stateless {
            // Nobody says how long it stays true.
            result.insert("ttlMs".into(), 0.into());
            result.insert("cacheScope".into(), "private".into());
        }
        Ok(self.seal(result, &receipt))
    }

    /// What a provider gave back for something that has no error results of its own.
    fn provided_json(
        &self,
        ended: Ended,
        unknown: impl Fn() -> Fault,
    ) -> Result<(String, Receipt), Fault> {
        let answer = match ended {
            Ok(answer) => answer,
            Err(
                CallError::Hidden { .. }
                | CallError::UnknownTool(_)
                | CallError::UnknownFunction { .. },
            ) => {
                return Err(unknown());
            }
            Err(error) => {
                let failure = refused(&error)?;
                return Err(as_fault(&failure));
            }
        };
        match answer.outcome {
            Outcome::Returned(Output::Json(json)) => Ok((json, answer.receipt)),
            Outcome::Returned(_) => Err(broken()),
            Outcome::ToolError(error) => Err(match error.case.as_deref() {
                Some("not-found") => unknown(),
                Some("invalid-argument") => fault::params(sanitize::text(&error.text)),
                _ => {
                    fault::internal(&sanitize::text(&error.text)).with("kind", "tool-error".into())
                }
            }),
            outcome => Err(as_fault(&failed(&self.request, outcome)?)),
        }
    }

    fn write(&self, result: &ToolResult, receipt: &Receipt) -> ResultText {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Written<'r> {
            #[serde(skip_serializing_if = "Option::is_none")]
            result_type: Option<&'static str>,
            content: &'r [ContentBlock],
            #[serde(skip_serializing_if = "Option::is_none")]
            structured_content: &'r Option<Structured>,
            is_error: bool,
            #[serde(rename = "_meta")]
            meta: ResultMeta<'r>,
        }
        let written = Written {
            result_type: self.stateless.then_some("complete"),
            content: &result.content,
            structured_content: &result.structured,
            is_error: result.error.is_some(),
            meta: ResultMeta {
                receipt,
                error: result.error.as_ref(),
                server: self.stateless.then_some(ServerInfo),
            },
        };
        raw(&written)
    }

    /// Adds what every result has.
    fn seal(&self, mut result: Map<String, Value>, receipt: &Receipt) -> ResultText {
        if self.stateless {
            result.insert("resultType".into(), "complete".into());
        }
        let meta = ResultMeta {
            receipt,
            error: None,
            server: self.stateless.then_some(ServerInfo),
        };
        result.insert(
            "_meta".into(),
            serde_json::to_value(meta).unwrap_or_default(),
        );
        raw(&result)
    }
}

/// The `_meta` of a result.
#[derive(Serialize)]
struct ResultMeta<'r> {
    #[serde(rename = "ringfence/receipt")]
    receipt: &'r Receipt,
    /// What is wrong, in one word for programs, when something is.
    #[serde(rename = "ringfence/error", skip_serializing_if = "Option::is_none")]
    error: Option<&'r Value>,
    #[serde(
        rename = "io.modelcontextprotocol/serverInfo",
        skip_serializing_if = "Option::is_none"
    )]
    server: Option<ServerInfo>,
}

/// The result of a tool, before it is written.
#[derive(Debug, Default)]
pub(crate) struct ToolResult {
    pub(crate) content: Vec<ContentBlock>,
    structured: Option<Structured>,
    /// What is wrong, for programs; nothing when all is well.
    error: Option<Value>,
}

/// A structured result.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Structured {
    /// A typed result, in an object: older clients accept nothing else.
    Wrapped {
        /// The sandbox wrote it.
        result: ResultText,
    },
    /// What a provider gave, which is an object already.
    Object(Map<String, Value>),
}

/// JSON text of what always serialises: text, numbers, and maps with text for keys.
fn raw(value: &impl Serialize) -> ResultText {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

fn broken() -> Fault {
    fault::internal("the component answered with something else than it has to")
        .with("kind", "tool-error".into())
}

/// A call that never reached a guest. The texts are for the caller; what is not, is
/// [`CallError::internal`].
fn refused(error: &CallError) -> Result<ToolResult, Fault> {
    let data = match error {
        CallError::Hidden { name, .. } | CallError::UnknownTool(name) => {
            return Err(fault::unknown_tool(name));
        }
        CallError::Cancelled => return Err(fault::cancelled()),
        CallError::Arguments(argument) => json!({"kind": "validation", "field": argument.path}),
        CallError::Denied(_) => json!({"kind": "forbidden"}),
        CallError::Overloaded(overloaded) => json!({
            "kind": "rate-limited",
            "retry_after": overloaded.retry_after.as_secs().max(1),
        }),
        CallError::Unanswered { id } => json!({"kind": "approval-pending", "approval": id}),
        CallError::Refused {
            standing: Some(approval),
        } => json!({"kind": error.word(), "approval": approval}),
        CallError::Disabled(_)
        | CallError::Refused { .. }
        | CallError::Revoked { .. }
        | CallError::TooDeep
        | CallError::TooManyCalls
        | CallError::TooManyQuestions
        | CallError::UnknownFunction { .. }
        | CallError::Unkept { .. }
        | CallError::Unrecorded { .. }
        | CallError::Unusable { .. } => {
            json!({"kind": error.word()})
        }
    };
    Ok(failure(&error.to_string(), data))
}

/// A guest that did not return.
fn failed(request: &str, outcome: Outcome) -> Result<ToolResult, Fault> {
    let kind = outcome.word();
    let (text, data) = match outcome {
        Outcome::Cancelled => return Err(fault::cancelled()),
        Outcome::Unasked(ability) => {
            let text = unasked_text(ability);
            return Err(fault::missing_capability(
                questions::capability(ability),
                &text,
            ));
        }
        Outcome::HostFault(_) => (host_fault_text(request), json!({"kind": kind})),
        Outcome::Limit(limit) => (
            limit_text(limit),
            json!({"kind": kind, "limit": limit.word()}),
        ),
        Outcome::ToolError(error) => {
            let mut data = Map::from_iter([("kind".to_owned(), kind.into())]);
            if let Some(case) = error.case {
                data.insert("case".into(), case.into());
            }
            (error.text, data.into())
        }
        Outcome::Trapped(trap) => (trap_text(&trap), json!({"kind": kind})),
        Outcome::Returned(output) => return Ok(returned(output)),
    };
    Ok(failure(&text, data))
}

fn returned(output: Output) -> ToolResult {
    match output {
        Output::Content(blocks) => ToolResult {
            content: blocks.into_iter().map(content::block).collect(),
            ..ToolResult::default()
        },
        Output::Json(json) => {
            // The text of a string is the string; the sandbox wrote it, so it parses.
            let text = json
                .starts_with('"')
                .then(|| serde_json::from_str::<String>(&json).ok())
                .flatten();
            let text = sanitize::text(text.as_deref().unwrap_or(&json)).into_owned();
            let result = RawValue::from_string(json).unwrap_or_default();
            ToolResult {
                content: vec![ContentBlock::text(text)],
                structured: Some(Structured::Wrapped { result }),
                error: None,
            }
        }
        Output::Nothing => ToolResult::default(),
    }
}

/// What a provider's tool gave back.
fn provided_result(json: &str, schema: Option<&Schema>) -> ToolResult {
    let (blocks, structured) = match provided::fitting_result(json, schema) {
        Ok(result) => result,
        Err(text) => return failure(&text, json!({"kind": "tool-error"})),
    };
    let mut content: Vec<ContentBlock> = blocks.into_iter().map(content::block).collect();
    if content.is_empty()
        && let Some(structured) = &structured
    {
        let text = Value::Object(structured.clone()).to_string();
        content.push(ContentBlock::text(sanitize::text(&text)));
    }
    ToolResult {
        content,
        structured: structured.map(Structured::Object),
        error: None,
    }
}

fn failure(text: &str, data: Value) -> ToolResult {
    ToolResult {
        content: vec![ContentBlock::text(sanitize::text(text))],
        structured: None,
        error: Some(data),
    }
}

/// A failure of what has no error results of its own.
fn as_fault(failure: &ToolResult) -> Fault {
    let text = failure.content.first().and_then(|block| block.as_text());
    let mut fault = fault::internal(text.map_or("it failed", |block| block.text.as_str()));
    if let Some(Value::Object(data)) = &failure.error {
        for (name, value) in data {
            fault = fault.with(name, value.clone());
        }
    }
    fault
}

/// That a client lacks something, for whoever called.
pub(crate) fn unasked_text(ability: Ability) -> String {
    format!("this call needs a client that can be asked {ability}")
}

/// That the host failed, for whoever called. `request` is what the record of the call says of it: that has the
/// reason.
pub(crate) fn host_fault_text(request: &str) -> String {
    format!(
        "ringfence failed to run the tool. The arguments are not to blame. The server's log says why, \
         under request {request}."
    )
}

/// What a limit means for whoever called.
pub(crate) fn limit_text(limit: Limit) -> String {
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

/// How a guest broke, for whoever called.
pub(crate) fn trap_text(trap: &Trap) -> String {
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

    use ringfence_sandbox::{ArgumentError, Overloaded, ToolError};

    use super::*;

    /// What a model gets to read.
    fn text(ended: Result<Outcome, CallError>) -> String {
        let ended = ended.map(|outcome| Answer {
            outcome,
            receipt: Receipt::default(),
            stdout: Vec::new(),
            stderr: Vec::new(),
        });
        match Shape::of_tool().answer(ended) {
            Ok(result) => {
                let result: Value = serde_json::from_str(result.get()).unwrap();
                assert!(result["_meta"]["ringfence/receipt"].is_object());
                let blocks = result["content"].as_array().unwrap();
                let texts = blocks.iter().map(|block| block["text"].as_str().unwrap());
                let texts = texts.collect::<Vec<_>>().join(" | ");
                if result["isError"] == true {
                    format!("error {}: {texts}", result["_meta"]["ringfence/error"])
                } else {
                    format!("result: {texts}")
                }
            }
            Err(fault) => {
                let error = fault.error;
                format!(
                    "{}: {} {}",
                    error.code.0,
                    error.message,
                    error.data.unwrap()
                )
            }
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
            text(Ok(Outcome::ToolError(ToolError {
                case: Some("not-found".into()),
                text: "no such file: `a\u{1b}[31m`".into(),
            }))),
            text(Ok(Outcome::Unasked(Ability::Sample))),
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
        let written =
            Shape::of_tool().write(&returned(Output::Json(json.into())), &Receipt::default());
        let wrapped = format!(r#""structuredContent":{{"result":{json}}}"#);
        assert!(written.get().contains(&wrapped), "{written}");
    }
}
