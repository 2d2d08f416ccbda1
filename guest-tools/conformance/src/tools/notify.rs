//! Tools that tell the client something while they run.

use std::time::Duration;

use super::Tool;
use crate::content::text;

/// Between two notifications, so that a client can tell them apart.
const PAUSE: Duration = Duration::from_millis(50);

/// Long enough for a stream to be closed meanwhile, and for a client to come back.
const RECONNECTION: Duration = Duration::from_secs(1);

pub(super) const TOOLS: &[Tool] = &[
    Tool::new(
        "test_tool_with_logging",
        "Logs three lines, with pauses.",
        |_, host| {
            host.log("Tool execution started");
            host.pause(PAUSE);
            host.log("Tool processing data");
            host.pause(PAUSE);
            host.log("Tool execution completed");
            Ok(vec![text("Tool with logging executed successfully")])
        },
    ),
    Tool::new("test_logging_tool", "Logs a line, at once.", |_, host| {
        host.log("Logging tool executed");
        Ok(vec![text("Logged one line")])
    }),
    Tool::new(
        "test_tool_with_progress",
        "Reports progress three times, with pauses.",
        |_, host| {
            host.progress(0.0, 100.0);
            host.pause(PAUSE);
            host.progress(50.0, 100.0);
            host.pause(PAUSE);
            host.progress(100.0, 100.0);
            Ok(vec![text("Tool with progress executed successfully")])
        },
    ),
    Tool::new(
        "test_reconnection",
        "Takes a second, so that its stream can be closed and taken up again.",
        |_, host| {
            host.progress(0.0, 1.0);
            host.pause(RECONNECTION);
            host.progress(1.0, 1.0);
            Ok(vec![text("Reconnection test completed successfully")])
        },
    ),
    Tool::new(
        "test_trigger_tool_change",
        "Announces that the list of tools has changed.",
        |_, host| {
            host.tools_changed();
            Ok(vec![text("Announced a change of the tools")])
        },
    ),
    Tool::new(
        "test_trigger_prompt_change",
        "Announces that the list of prompts has changed.",
        |_, host| {
            host.prompts_changed();
            Ok(vec![text("Announced a change of the prompts")])
        },
    ),
];

#[cfg(test)]
mod tests {
    use crate::script::Script;
    use crate::tools::call;

    fn events(name: &str) -> Vec<String> {
        let host = Script::default();
        call(name, "{}", &host).unwrap();
        host.events()
    }

    #[test]
    fn three_lines_are_logged_with_pauses() {
        assert_eq!(
            events("test_tool_with_logging"),
            [
                "log Tool execution started",
                "pause 50",
                "log Tool processing data",
                "pause 50",
                "log Tool execution completed",
            ]
        );
    }

    #[test]
    fn progress_grows_with_pauses() {
        assert_eq!(
            events("test_tool_with_progress"),
            [
                "progress 0/100",
                "pause 50",
                "progress 50/100",
                "pause 50",
                "progress 100/100",
            ]
        );
    }

    #[test]
    fn one_line_is_logged_without_a_pause() {
        assert_eq!(events("test_logging_tool"), ["log Logging tool executed"]);
    }

    #[test]
    fn each_trigger_announces_its_own_list() {
        assert_eq!(events("test_trigger_tool_change"), ["tools changed"]);
        assert_eq!(events("test_trigger_prompt_change"), ["prompts changed"]);
    }

    #[test]
    fn a_reconnection_has_time() {
        assert!(events("test_reconnection").contains(&"pause 1000".to_owned()));
    }
}
