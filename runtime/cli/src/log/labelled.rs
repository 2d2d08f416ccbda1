//! Lines that say which request they were written for.
//!
//! Owns where the labels of a request stand in a line. Refuses to know the rest of it.

use std::fmt;

use ringfence_server::Labels;
use serde_json::Value;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Lines of JSON: the labels are members.
pub(super) struct JsonLines<F>(pub(super) F);

/// Lines for people: the labels stand in front.
pub(super) struct TextLines<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for JsonLines<F>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(labels) = Labels::current() else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&with_members(&labels, &line))
    }
}

impl<S, N, F> FormatEvent<S, N> for TextLines<F>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if let Some(labels) = Labels::current() {
            write!(writer, "[{}] ", labels.correlation.escape_debug())?;
        }
        self.0.format_event(context, writer, event)
    }
}

/// A line that is an object, with the labels as its first members.
fn with_members(labels: &Labels, line: &str) -> String {
    let Some(members) = line.strip_prefix('{') else {
        return line.to_owned();
    };
    let correlation = Value::from(labels.correlation.as_ref());
    match &labels.trace {
        Some(trace) => {
            let trace = trace.trace_id();
            format!(r#"{{"correlation":{correlation},"trace":"{trace}",{members}"#)
        }
        None => format!(r#"{{"correlation":{correlation},{members}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_json_stays_one_whatever_the_client_chose() {
        let labels = Labels {
            correlation: "a\"},{\n".into(),
            trace: ringfence_server::http::TraceParent::parse(
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ),
        };
        let line = with_members(&labels, "{\"level\":\"INFO\"}\n");
        assert_eq!(line.matches('\n').count(), 1);
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["correlation"], "a\"},{\n");
        assert_eq!(line["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(line["level"], "INFO");
    }
}
