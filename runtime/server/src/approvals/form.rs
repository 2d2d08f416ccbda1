//! The question to a client's user, and the answer.
//!
//! Owns the words. What comes from callers and tools is quoted, and what hides in it made visible: a
//! question must not be able to ask for something else than it is about.

use std::fmt::Write as _;
use std::time::Duration;

use ringfence_sandbox::{Question, QuestionKind};
use ringfence_state::{ApprovalQuestion, Extent, Given};
use serde_json::{Map, Value, json};

use super::{Wanted, touched};

/// Capabilities that a question names. A person reads no more, and is told how many there are.
const NAMED_MAX: usize = 12;

/// How long a yes for a time holds.
const A_WHILE: Duration = Duration::from_mins(10);

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    No,
    Once,
    ForAWhile,
    UntilChanged,
}

impl Said {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::No, "deny", "No"),
        (Self::Once, "once", "Yes, this once"),
        (
            Self::ForAWhile,
            "ten-minutes",
            "Yes, for ten minutes, with these arguments",
        ),
        (
            Self::UntilChanged,
            "until-changed",
            "Yes, until the tool changes, with these arguments",
        ),
    ];

    /// What that gives. Never for other arguments than the person has seen.
    pub(super) fn given(self) -> Option<Given> {
        let extent = match self {
            Self::No => return None,
            Self::Once => Extent::Once,
            Self::ForAWhile => Extent::For(A_WHILE),
            Self::UntilChanged => Extent::Unchanged,
        };
        Some(Given {
            extent,
            any_arguments: false,
        })
    }
}

/// The question, under a key that nobody can have answered before it was asked.
pub(super) fn question(id: &str, wanted: &Wanted<'_>, asked: &ApprovalQuestion) -> Question {
    let words = Said::ALL.map(|(_, word, _)| word);
    let titles = Said::ALL.map(|(_, _, title)| title);
    let schema = json!({
        "type": "object",
        "properties": {
            "decision": {
                "type": "string",
                "title": "Allow this call?",
                "enum": words,
                "enumNames": titles,
                "default": "deny",
            },
        },
        "required": ["decision"],
    });
    let schema = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    Question {
        key: format!("approval-{id}"),
        request: QuestionKind::Decision {
            message: message(wanted, asked),
            schema,
        },
    }
}

fn message(wanted: &Wanted<'_>, asked: &ApprovalQuestion) -> String {
    let mut text = String::from("ringfence asks: may this call run?\n\n");
    let _ = writeln!(text, "Tool: {} ({})", visible(&asked.tool), asked.digest);
    let _ = write!(text, "Caller: {}", wanted.needed.caller());
    if !asked.key.client.is_empty() {
        let _ = write!(text, ", with {}", visible(&asked.key.client));
    }
    text.push('\n');
    let capabilities = touched(&wanted.needed);
    for (at, (capability, dangerous)) in capabilities.iter().take(NAMED_MAX).enumerate() {
        let lead = if at == 0 {
            "It could touch: "
        } else {
            "  and: "
        };
        let mark = if *dangerous { " (dangerous)" } else { "" };
        let _ = writeln!(text, "{lead}{}{mark}", visible(capability));
    }
    let more = capabilities.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    let _ = write!(text, "Arguments: {}", asked.shown);
    text
}

/// What the person chose. No, when that is nothing of what was asked.
pub(super) fn said(values: &str) -> Said {
    let values: Value = serde_json::from_str(values).unwrap_or_default();
    let word = values.get("decision").and_then(Value::as_str);
    let mut known = Said::ALL.iter();
    known
        .find(|(_, known, _)| Some(*known) == word)
        .map_or(Said::No, |(said, _, _)| *said)
}

/// `text` on one line, with everything visible that a reader would not see.
pub(crate) fn visible(text: &str) -> String {
    // A line of its own would be taken for one of ours.
    ringfence_scrutiny::visible(text)
        .replace('\n', "⟨U+000A⟩")
        .replace('\t', "⟨U+0009⟩")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_what_is_quoted() {
        assert_eq!(visible("{\"a\": 'b'}"), "{\"a\": 'b'}");
        assert_eq!(
            visible("a\u{202e}b\u{200b}c\nd\u{e0041}\u{1b}[2J"),
            "a⟨U+202E⟩b⟨U+200B⟩c⟨U+000A⟩d⟨U+E0041⟩⟨U+001B⟩[2J"
        );
        assert_eq!(visible("née 東京"), "née 東京");
    }

    #[test]
    fn only_an_answer_that_says_yes_gives_anything() {
        for no in [
            "{}",
            "null",
            "[]",
            "{\"decision\": true}",
            "{\"decision\": \"yes\"}",
            "x",
        ] {
            assert_eq!(said(no), Said::No, "{no}");
        }
        assert_eq!(said(r#"{"decision": "deny"}"#).given(), None);
        let once = said(r#"{"decision": "once"}"#).given().unwrap();
        assert_eq!((once.extent, once.any_arguments), (Extent::Once, false));
    }
}
