//! A record as one line for people.

use std::fmt::Write as _;
use std::time::Duration;

use ringfence_audit::Entry;

use crate::console::{Console, Style};
use crate::escape::escape;
use crate::quantity;

/// Adds the line of `entry`.
pub(super) fn push(text: &mut String, entry: &Entry<'_>, console: Console) {
    let event = format!("{:<10}", one_line(&entry.event));
    // Writing to a string cannot fail.
    let _ = write!(text, "{}  {event}", one_line(&entry.time));
    if let (Some(tenant), Some(principal)) = (&entry.tenant, &entry.principal) {
        let _ = write!(text, "  {}/{}", one_line(tenant), one_line(principal));
    }
    if let Some(tool) = &entry.tool {
        let _ = write!(text, "  {}", console.paint(Style::Bold, &one_line(tool)));
    }
    if let Some(ending) = entry.outcome.as_ref().or(entry.state.as_ref()) {
        let style = match &**ending {
            "returned" | "given" | "loaded" | "set" => Style::Good,
            "cancelled" | "asked" => Style::Dim,
            _ => Style::Bad,
        };
        let _ = write!(text, "  {}", console.paint(style, &one_line(ending)));
    }
    if let Some(limit) = &entry.limit {
        let _ = write!(text, " ({})", one_line(limit));
    }
    if let Some(id) = &entry.id {
        let _ = write!(text, "  approval {}", one_line(id));
    }
    if let Some(source) = entry
        .source
        .as_ref()
        .filter(|_| entry.event == "revocation")
    {
        let _ = write!(text, "  {}", one_line(source));
    }
    if let Some(by) = &entry.by {
        let _ = write!(text, "  by {}", one_line(by));
    }
    if let Some(took) = entry.took_us {
        let _ = write!(text, "  {}", quantity::time(Duration::from_micros(took)));
    }
    if entry.denials() > 0 {
        let denied = format!("{} denied", entry.denials());
        let _ = write!(text, "  {}", console.paint(Style::Bad, &denied));
    }
    if let Some(call) = &entry.call {
        let _ = write!(text, "  call {}", one_line(call));
    }
    if let Some(parent) = &entry.parent {
        let _ = write!(text, " of {}", one_line(parent));
    }
    if let Some(request) = &entry.request {
        let _ = write!(text, "  request {}", one_line(request));
    }
    if let Some(reason) = &entry.reason {
        let _ = write!(text, "  {}", one_line(reason));
    }
    text.push('\n');
}

/// Somebody else's text, without a way out of its line.
fn one_line(text: &str) -> String {
    escape(text).replace('\n', "\\n").replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_which_and_by_whom() {
        let line = |record: &str| {
            let mut text = String::new();
            push(&mut text, &Entry::of(record).unwrap(), Console::new());
            text
        };
        let given = r#"{"v":1,"seq":1,"time":"2026-11-22T08:00:00.000000Z","event":"approval","state":"given",
            "id":"5f0c","tenant":"local","principal":"local","call":"c-2","request":"7","tool":"a_b","by":"ann"}"#;
        assert_eq!(
            line(&given.replace('\n', "")),
            "2026-11-22T08:00:00.000000Z  approval    local/local  a_b  given  approval 5f0c  by ann  \
             call c-2  request 7\n"
        );
        let taken = r#"{"v":1,"seq":1,"time":"2026-11-22T08:00:00.000000Z","event":"revocation","by":"ann",
            "tool":"a_b","call":"c-2","request":"7","grant":"x","source":"5f0c"}"#;
        assert_eq!(
            line(&taken.replace('\n', "")),
            "2026-11-22T08:00:00.000000Z  revocation  a_b  5f0c  by ann  call c-2  request 7\n"
        );
    }

    #[test]
    fn a_record_is_one_line_whatever_it_says() {
        let line = r#"{"v":1,"seq":1,"time":"2026-11-22T08:00:00.000000Z","event":"call",
            "tenant":"local","principal":"local","call":"c-2","request":"7","parent":"c-1","tool":"a\nb\u001b[2J",
            "outcome":"limit","limit":"wall","took_us":1500,"denied":["a","b"],"denied_more":3,"reason":"\u202ex\ty"}"#;
        let line = line.replace('\n', "");
        let mut text = String::new();
        push(&mut text, &Entry::of(&line).unwrap(), Console::new());
        assert_eq!(
            text,
            "2026-11-22T08:00:00.000000Z  call        local/local  a\\nb\\u{1b}[2J  limit (wall)  \
             1.5 ms  5 denied  call c-2 of c-1  request 7  \\u{202e}x\\ty\n"
        );
    }
}
