//! The tools: which there are, and which code runs for a call.

mod ask;
mod content;
mod notify;
mod rounds;
mod schema;
mod task;

use crate::arguments::Arguments;
use crate::bindings::exports::ringfence::tool::provider::{ToolDescription, ToolResult};
use crate::bindings::ringfence::tool::types::{Content, ToolError};
use crate::host::Host;

/// What a call comes to.
type Outcome = Result<Vec<Content>, ToolError>;

/// One tool.
struct Tool {
    name: &'static str,
    description: &'static str,
    schema: &'static str,
    needs_task: bool,
    run: fn(&Arguments, &dyn Host) -> Outcome,
}

impl Tool {
    /// A tool that takes no arguments.
    const fn new(
        name: &'static str,
        description: &'static str,
        run: fn(&Arguments, &dyn Host) -> Outcome,
    ) -> Self {
        Self {
            name,
            description,
            schema: r#"{"type":"object","properties":{},"additionalProperties":false}"#,
            needs_task: false,
            run,
        }
    }

    const fn taking(self, schema: &'static str) -> Self {
        Self { schema, ..self }
    }

    const fn only_as_task(self) -> Self {
        Self {
            needs_task: true,
            ..self
        }
    }
}

/// All of them. The suite calls the first without arguments and expects a result.
fn all() -> impl Iterator<Item = &'static Tool> {
    [
        content::TOOLS,
        notify::TOOLS,
        ask::TOOLS,
        schema::TOOLS,
        rounds::TOOLS,
        task::TOOLS,
    ]
    .into_iter()
    .flatten()
}

/// The tools as the client will see them.
pub fn describe() -> Vec<ToolDescription> {
    all()
        .map(|tool| ToolDescription {
            name: tool.name.to_owned(),
            title: None,
            description: tool.description.to_owned(),
            input_schema: tool.schema.to_owned(),
            output_schema: None,
            icons: Vec::new(),
            needs_task: tool.needs_task,
        })
        .collect()
}

/// Runs one of them.
///
/// # Errors
///
/// When there is no such tool, or it fails, which some do on purpose.
pub fn call(name: &str, arguments: &str, host: &dyn Host) -> Result<ToolResult, ToolError> {
    let tool = all()
        .find(|tool| tool.name == name)
        .ok_or_else(|| ToolError::NotFound(format!("there is no tool `{name}`")))?;
    let content = (tool.run)(&Arguments::read(arguments)?, host)?;
    Ok(ToolResult {
        content,
        structured: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn each_description_is_what_a_host_accepts() {
        let mut names: Vec<_> = all().map(|tool| tool.name).collect();
        for tool in all() {
            let name = tool.name;
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            assert!(name.len() <= 48 && name.chars().all(is_allowed), "{name}");
            assert!(!tool.description.is_empty(), "{name}");
            let schema: Value = serde_json::from_str(tool.schema).unwrap();
            assert_eq!(schema["type"], "object", "{name}");
            assert!(schema["properties"].is_object(), "{name}");
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name is taken twice");
    }

    #[test]
    fn what_the_suite_calls_is_there() {
        let names: Vec<_> = describe().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names.first().unwrap(), "test_simple_text");
        for name in [
            "confirm_delete",
            "failing_job",
            "greet",
            "json_schema_2020_12_tool",
            "multi_input",
            "protocol_error_job",
            "slow_compute",
            "test_audio_content",
            "test_custom_header",
            "test_elicitation",
            "test_elicitation_sep1034_defaults",
            "test_elicitation_sep1330_enums",
            "test_embedded_resource",
            "test_error_handling",
            "test_image_content",
            "test_input_required_result_capabilities",
            "test_input_required_result_elicitation",
            "test_input_required_result_list_roots",
            "test_input_required_result_multi_round",
            "test_input_required_result_multiple_inputs",
            "test_input_required_result_request_state",
            "test_input_required_result_sampling",
            "test_input_required_result_tampered_state",
            "test_logging_tool",
            "test_missing_capability",
            "test_multiple_content_types",
            "test_reconnection",
            "test_sampling",
            "test_simple_text",
            "test_streaming_elicitation",
            "test_tool_with_logging",
            "test_tool_with_progress",
            "test_tool_with_task",
            "test_trigger_prompt_change",
            "test_trigger_tool_change",
        ] {
            assert!(names.iter().any(|found| found == name), "{name} is missing");
        }
    }

    #[test]
    fn an_unknown_tool_is_not_found() {
        let host = crate::script::Script::default();
        let error = call("nothing", "{}", &host).unwrap_err();
        assert!(matches!(error, ToolError::NotFound(_)), "{error:?}");
    }

    #[test]
    fn arguments_that_are_no_object_are_refused() {
        let host = crate::script::Script::default();
        let error = call("greet", "[]", &host).unwrap_err();
        assert!(matches!(error, ToolError::InvalidArgument(_)), "{error:?}");
    }
}
