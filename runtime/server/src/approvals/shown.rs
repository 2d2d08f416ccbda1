//! The arguments of a call, as a person may read them.
//!
//! Owns what is left of them: no secrets of the tenant, what hides in them made visible, and not endless. What
//! was cut says so, and how long it was. Refuses to cut what the answer is bound to: that is a digest of all.

use std::fmt::Write as _;

use ringfence_policy::ApprovalNeeded;
use ringfence_sandbox::Sandbox;
use serde_json::{Map, Value};

use super::form;
use crate::call::Maker;

/// Bytes that a person is shown. More is read by nobody, and would be kept.
const SHOWN_BYTES_MAX: usize = 4 * 1024;

/// Bytes of one text among them. A long one would otherwise push what stands behind it out of sight.
const TEXT_BYTES_MAX: usize = 1024;

/// `arguments`, and `maker`, the tool that makes the call, where a tool does.
pub(crate) fn shown(
    sandbox: &Sandbox,
    needed: &ApprovalNeeded,
    arguments: &Map<String, Value>,
    maker: Option<&Maker>,
) -> String {
    let text = Value::Object(arguments.clone()).to_string();
    // Before anything is cut: what is left of half a secret could not be found.
    let mut shown = cut(&form::visible(&sandbox.without_secrets(needed, text)));
    if let Some(maker) = maker {
        shown.push_str("\nThe tool `");
        shown.push_str(&form::visible(&maker.tool));
        shown.push_str("` makes this call.");
    }
    shown
}

/// JSON of which no text is long, and that is not long itself.
fn cut(json: &str) -> String {
    let mut out = String::new();
    let mut rest = json;
    while let Some(quote) = rest.find('"') {
        let (before, text) = rest.split_at(quote + 1);
        out.push_str(before);
        let (text, after) = text.split_at(end_of_text(text));
        push_cut(&mut out, text, TEXT_BYTES_MAX);
        let (quote, after) = after.split_at(usize::from(!after.is_empty()));
        out.push_str(quote);
        rest = after;
    }
    out.push_str(rest);
    if out.len() <= SHOWN_BYTES_MAX {
        return out;
    }
    let end = out.floor_char_boundary(SHOWN_BYTES_MAX);
    out.truncate(end);
    // Writing to a string cannot fail.
    let _ = write!(out, "… (cut here; all arguments are {} bytes)", json.len());
    out
}

/// Where the text ends that `json` is in the middle of.
fn end_of_text(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(json.len())
}

fn push_cut(out: &mut String, text: &str, bytes_max: usize) {
    let end = text.floor_char_boundary(bytes_max);
    match text.get(..end) {
        Some(begin) if end < text.len() => {
            out.push_str(begin);
            let _ = write!(out, "… (cut here; it is {} bytes)", text.len());
        }
        _ => out.push_str(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_text_hides_nothing_behind_it_and_says_how_long_it_was() {
        let long = "\\\"é".repeat(5_000);
        let shown = cut(&serde_json::json!({"a": long, "path": "/etc"}).to_string());
        assert!(shown.len() < SHOWN_BYTES_MAX, "{shown}");
        assert!(
            shown.contains("… (cut here; it is 30000 bytes)\""),
            "{shown}"
        );
        assert!(shown.ends_with("\"path\":\"/etc\"}"), "{shown}");

        let many: Vec<u32> = (0..5_000).collect();
        let json = serde_json::json!({ "a": many }).to_string();
        let shown = cut(&json);
        let says = format!("… (cut here; all arguments are {} bytes)", json.len());
        assert!(shown.ends_with(&says), "{shown}");
    }

    proptest! {
        #[test]
        fn what_is_short_is_shown_as_it_is(text in ".{0,80}", other in ".{0,80}") {
            let json = serde_json::json!({ text: other }).to_string();
            prop_assert_eq!(cut(&json), json);
        }

        #[test]
        fn nothing_is_too_long_or_breaks(json in ".{0,200}") {
            let long = json.repeat(60);
            prop_assert!(cut(&long).len() < SHOWN_BYTES_MAX + 100);
        }
    }
}
