//! What a pattern of a schema costs.
//!
//! Owns how large one may become once it is compiled, and what each byte of a text that is held against
//! it counts for. Refuses to match anything itself.

use jsonschema::PatternOptions;
use regex::RegexBuilder;
use serde_json::Value;

/// Bytes of one compiled pattern. Bounds `(a{1000}){1000}`, which is short to write.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// Bytes that the engine keeps to be quicker with one pattern.
const CACHE_BYTES_MAX: usize = 256 * 1024;

/// Patterns of all schemas of one component. Bounds, with the bytes of each, what it makes a host keep.
pub(crate) const PATTERNS_MAX: usize = 200;

/// What a pattern of so many compiled bytes counts for, by each byte of a text. Time is linear in the
/// text, and in the pattern as well: at its worst each byte visits every state.
const WEIGHTS: [(usize, u64); 2] = [(16 * 1024, 2), (128 * 1024, 16)];

/// What the largest count for.
const WEIGHT_MAX: u64 = 128;

/// How the validator is to treat patterns.
pub(super) fn options() -> PatternOptions<jsonschema::Regex> {
    PatternOptions::regex()
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(CACHE_BYTES_MAX)
}

/// Steps for each byte of a text. What this dialect does not know counts as the largest.
pub(super) fn weight(pattern: &str) -> u64 {
    let fits = |bytes: usize| RegexBuilder::new(pattern).size_limit(bytes).build().is_ok();
    let smallest = WEIGHTS.into_iter().find(|(bytes, _)| fits(*bytes));
    smallest.map_or(WEIGHT_MAX, |(_, weight)| weight)
}

/// How many patterns `schema` may hold, wherever they are.
pub(super) fn count(schema: &Value) -> usize {
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| {
                let own = match (key.as_str(), value) {
                    ("pattern", Value::String(_)) => 1,
                    ("patternProperties", Value::Object(all)) => all.len(),
                    _ => 0,
                };
                own + count(value)
            })
            .sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}
