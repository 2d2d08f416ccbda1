//! Sizes and times as people write them.
//!
//! Owns `64MiB`, `30s`, `500ms`. What is parsed prints back in its shortest form.

use std::fmt;

use super::invalid::InvalidGrant;

const UNITS: [(&str, u64); 4] = [
    ("GiB", 1024 * 1024 * 1024),
    ("MiB", 1024 * 1024),
    ("KiB", 1024),
    ("B", 1),
];

/// A whole number, without sign, spaces or leading zeros.
pub(crate) fn number(text: &str, expected: &'static str) -> Result<u64, InvalidGrant> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && !text.is_empty() && (text == "0" || !text.starts_with('0'));
    let number = plain.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| InvalidGrant::malformed(expected, text))
}

/// A number of bytes, with a binary unit when wanted.
pub(crate) fn bytes(text: &str) -> Result<u64, InvalidGrant> {
    const EXPECTED: &str = "a size such as `64KiB`, `10MiB` or `1GiB`";
    let unit = UNITS.iter().find(|(unit, _)| text.ends_with(unit));
    let (digits, factor) = match unit {
        Some((unit, factor)) => (text.strip_suffix(unit).unwrap_or(text), *factor),
        None => (text, 1),
    };
    // What was written is quoted, not what is left of it without a unit.
    number(digits, EXPECTED)
        .map_err(|_| InvalidGrant::malformed(EXPECTED, text))?
        .checked_mul(factor)
        .ok_or_else(|| InvalidGrant::malformed(EXPECTED, text))
}

/// A time, in milliseconds.
pub(crate) fn milliseconds(text: &str) -> Result<u64, InvalidGrant> {
    const EXPECTED: &str = "a time such as `500ms`, `30s` or `5m`";
    let (digits, factor) = if let Some(digits) = text.strip_suffix("ms") {
        (digits, 1)
    } else if let Some(digits) = text.strip_suffix('s') {
        (digits, 1000)
    } else if let Some(digits) = text.strip_suffix('m') {
        (digits, 60_000)
    } else {
        return Err(InvalidGrant::malformed(EXPECTED, text));
    };
    number(digits, EXPECTED)
        .map_err(|_| InvalidGrant::malformed(EXPECTED, text))?
        .checked_mul(factor)
        .ok_or_else(|| InvalidGrant::malformed(EXPECTED, text))
}

/// A number of bytes, in the largest unit that divides it.
pub(crate) fn show_bytes(bytes: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut units = UNITS.iter();
    match units.find(|(_, factor)| bytes != 0 && bytes.is_multiple_of(*factor)) {
        Some((unit, factor)) if *factor > 1 => write!(f, "{}{unit}", bytes / factor),
        _ => write!(f, "{bytes}"),
    }
}

/// A time, in seconds where they are whole.
pub(crate) fn show_milliseconds(milliseconds: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if milliseconds != 0 && milliseconds.is_multiple_of(1000) {
        write!(f, "{}s", milliseconds / 1000)
    } else {
        write!(f, "{milliseconds}ms")
    }
}
