//! The component's exports: translates between WIT's types and the modules', and nothing else.

use crate::pattern::Pattern;
use crate::{diff, lines, stats, wrap};

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "ringfence:text/text" });
}

use bindings::{Difference, Findings, Group, Guest, Occurrence, Replacement, SortKey, TextStats};

struct Text;

impl Guest for Text {
    fn stats(text: String) -> TextStats {
        let stats = stats::Stats::of(&text);
        TextStats {
            bytes: narrow(stats.bytes),
            chars: narrow(stats.chars),
            words: narrow(stats.words),
            lines: narrow(stats.lines),
            blank_lines: narrow(stats.blank_lines),
            longest_line: narrow(stats.longest_line),
        }
    }

    fn diff(
        old: String,
        new: String,
        context: Option<u32>,
        name: Option<String>,
    ) -> Result<Difference, String> {
        let difference = diff::diff(&old, &new, context, name.as_deref()).map_err(explain)?;
        Ok(Difference {
            unified: difference.unified,
            added: narrow(difference.added),
            removed: narrow(difference.removed),
        })
    }

    fn find(
        text: String,
        pattern: String,
        literal: Option<bool>,
        ignore_case: Option<bool>,
        limit: Option<u32>,
    ) -> Result<Findings, String> {
        let findings = compile(&pattern, literal, ignore_case)?
            .find(&text, limit)
            .map_err(explain)?;
        Ok(Findings {
            total: narrow(findings.total),
            matches: findings.matches.into_iter().map(occurrence).collect(),
        })
    }

    fn replace(
        text: String,
        pattern: String,
        replacement: String,
        literal: Option<bool>,
        ignore_case: Option<bool>,
        limit: Option<u32>,
    ) -> Result<Replacement, String> {
        let (text, count) = compile(&pattern, literal, ignore_case)?
            .replace(&text, &replacement, limit)
            .map_err(explain)?;
        Ok(Replacement {
            text,
            count: narrow(count),
        })
    }

    fn sort_lines(
        text: String,
        by: Option<SortKey>,
        descending: Option<bool>,
        unique: Option<bool>,
    ) -> Result<String, String> {
        let key = match by {
            None | Some(SortKey::Text) => lines::Key::Text,
            Some(SortKey::IgnoreCase) => lines::Key::IgnoreCase,
            Some(SortKey::Number) => lines::Key::Number,
            Some(SortKey::Length) => lines::Key::Length,
        };
        lines::sort(
            &text,
            key,
            descending.unwrap_or(false),
            unique.unwrap_or(false),
        )
        .map_err(explain)
    }

    fn wrap(text: String, width: u32, prefix: Option<String>) -> Result<String, String> {
        wrap::wrap(&text, width, &prefix.unwrap_or_default()).map_err(explain)
    }
}

fn compile(
    pattern: &str,
    literal: Option<bool>,
    ignore_case: Option<bool>,
) -> Result<Pattern, String> {
    Pattern::new(
        pattern,
        literal.unwrap_or(false),
        ignore_case.unwrap_or(false),
    )
    .map_err(explain)
}

fn occurrence(found: crate::pattern::Occurrence) -> Occurrence {
    Occurrence {
        line: narrow(found.line),
        column: narrow(found.column),
        text: found.text,
        groups: found
            .groups
            .into_iter()
            .map(|group| Group {
                name: group.name,
                text: group.text,
            })
            .collect(),
    }
}

/// Counts fit: a guest's memory has 32-bit addresses.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn explain(error: impl ToString) -> String {
    error.to_string()
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Text with_types_in super::bindings);
    use super::Text;
}
