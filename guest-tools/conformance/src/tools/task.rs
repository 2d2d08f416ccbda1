//! Tools that go on as tasks, and one that does not.

use std::process;
use std::time::Duration;

use super::Tool;
use super::rounds::greeting;
use crate::answer;
use crate::bindings::ringfence::tool::types::ToolError;
use crate::content::text;
use crate::question;

/// The longest that `slow_compute` waits, in seconds: longer than the suite asks for.
const SECONDS_MAX: f64 = 300.0;

/// How long `failing_job` takes to fail.
const FAILING: Duration = Duration::from_secs(1);

pub(super) const TOOLS: &[Tool] = &[
    Tool::new("greet", "Greets, at once.", |arguments, _| {
        Ok(vec![text(format!("Hello, {}!", arguments.text("name")?))])
    })
    .taking(
        r#"{
    "type": "object",
    "properties": {"name": {"type": "string", "description": "Whom to greet"}},
    "required": ["name"],
    "additionalProperties": false
}"#,
    ),
    Tool::new(
        "slow_compute",
        "Waits, as a task unless there is nothing to wait for.",
        |arguments, host| {
            let seconds = arguments.number_or("seconds", 0.0);
            if !(0.0..=SECONDS_MAX).contains(&seconds) {
                return Err(ToolError::InvalidArgument(format!(
                    "`seconds` must be between 0 and {SECONDS_MAX}"
                )));
            }
            if seconds > 0.0 {
                host.background();
                host.pause(Duration::from_secs_f64(seconds));
            }
            let label = arguments.text_or("label", "unnamed");
            Ok(vec![text(format!("{label}: done after {seconds} s"))])
        },
    )
    .taking(
        r#"{
    "type": "object",
    "properties": {
        "seconds": {"type": "number", "description": "How long to wait", "minimum": 0, "maximum": 300},
        "label": {"type": "string", "description": "What to call it in the result"}
    },
    "required": ["seconds"],
    "additionalProperties": false
}"#,
    ),
    Tool::new(
        "failing_job",
        "Fails after a second. Only as a task.",
        |_, host| {
            host.background();
            host.pause(FAILING);
            Err(ToolError::Failed(
                "This job intentionally fails for testing".to_owned(),
            ))
        },
    )
    .only_as_task(),
    Tool::new(
        "protocol_error_job",
        "Breaks down, so that its task has no result.",
        |_, host| {
            host.background();
            process::abort()
        },
    ),
    Tool::new(
        "confirm_delete",
        "Asks the person, as a task, whether to delete a file. Deletes nothing.",
        |arguments, host| {
            let name = arguments.text_or("filename", "the file");
            host.background();
            let message = format!("Delete {name}?");
            let answer =
                question::ask_one(host, question::tick("confirm", &message, "confirm"))?;
            let outcome = if answer::is_ticked(&answer, "confirm") {
                "would be deleted"
            } else {
                "is kept"
            };
            Ok(vec![text(format!("{name} {outcome}"))])
        },
    )
    .taking(
        r#"{
    "type": "object",
    "properties": {"filename": {"type": "string", "description": "What to call the file"}},
    "additionalProperties": false
}"#,
    ),
    Tool::new(
        "multi_input",
        "Asks the person two questions at once, as a task.",
        |_, host| {
            host.background();
            let questions = vec![
                question::text("name", "What is your name?", "name"),
                question::tick("confirm", "Is that right?", "confirm"),
            ];
            let answers = question::ask(host, questions)?;
            let answers: Vec<_> = answers.iter().map(answer::describe).collect();
            Ok(vec![text(answers.join("; "))])
        },
    ),
    Tool::new(
        "test_tool_with_task",
        "Asks the person for a name, and then greets as a task. Only as a task.",
        |_, host| {
            let name = question::text("user_name", "What is your name?", "name");
            let answer = question::ask_one(host, name)?;
            host.background();
            Ok(vec![text(greeting(&answer))])
        },
    )
    .only_as_task(),
];

#[cfg(test)]
mod tests {
    use crate::bindings::ringfence::tool::types::ToolError;
    use crate::script::{Script, accepted, texts};
    use crate::tools::{call, describe};

    #[test]
    fn a_greeting_is_exact() {
        let result = call("greet", r#"{"name": "World"}"#, &Script::default()).unwrap();
        assert_eq!(texts(&result), ["Hello, World!"]);
    }

    #[test]
    fn nothing_to_wait_for_is_no_task() {
        let host = Script::default();
        call("slow_compute", r#"{"seconds": 0, "label": "a"}"#, &host).unwrap();
        assert!(host.events().is_empty());
    }

    #[test]
    fn waiting_is_a_task_from_the_start() {
        let host = Script::default();
        call("slow_compute", r#"{"seconds": 2.5, "label": "a"}"#, &host).unwrap();
        assert_eq!(host.events(), ["background", "pause 2500"]);
    }

    #[test]
    fn no_wait_is_without_bounds() {
        for seconds in ["-1", "1e9"] {
            let arguments = format!(r#"{{"seconds": {seconds}}}"#);
            let error = call("slow_compute", &arguments, &Script::default()).unwrap_err();
            assert!(matches!(error, ToolError::InvalidArgument(_)), "{error:?}");
        }
    }

    #[test]
    fn a_failing_job_fails_as_a_task() {
        let host = Script::default();
        let error = call("failing_job", "{}", &host).unwrap_err();
        assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
        assert_eq!(host.events(), ["background", "pause 1000"]);
    }

    #[test]
    fn a_task_asks_after_it_is_one() {
        let host = Script::answering([vec![accepted(r#"{"confirm":true}"#)]]);
        let result = call("confirm_delete", r#"{"filename": "a.txt"}"#, &host).unwrap();
        assert_eq!(texts(&result), ["a.txt would be deleted"]);
        assert_eq!(host.events(), ["background", "ask confirm"]);
    }

    #[test]
    fn two_questions_are_open_at_once() {
        let answer = accepted(r#"{"name":"a","confirm":true}"#);
        let host = Script::answering([vec![answer.clone(), answer]]);
        call("multi_input", "{}", &host).unwrap();
        assert_eq!(host.events(), ["background", "ask name confirm"]);
    }

    #[test]
    fn a_task_can_begin_after_a_question() {
        let host = Script::answering([vec![accepted(r#"{"name":"Alice"}"#)]]);
        let result = call("test_tool_with_task", "{}", &host).unwrap();
        assert_eq!(texts(&result), ["Hello, Alice!"]);
        assert_eq!(host.events(), ["ask user_name", "background"]);
    }

    #[test]
    fn two_are_tasks_only() {
        let names: Vec<_> = describe()
            .into_iter()
            .filter(|tool| tool.needs_task)
            .map(|tool| tool.name)
            .collect();
        assert_eq!(names, ["failing_job", "test_tool_with_task"]);
    }
}
