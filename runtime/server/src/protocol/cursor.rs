//! Where the next page of a list begins.
//!
//! Owns the text that clients send back. It holds the name after which to go on, so that it stays
//! right when tools come and go; clients are not meant to know that.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ringfence_tool::ToolName;
use rmcp::model::ErrorData;

/// Tells a later form of cursor from this one.
const PREFIX: &str = "after:";

/// Bytes of a cursor. Longer than any that we make.
const CURSOR_BYTES_MAX: usize = 256;

/// The cursor for the page after `last`.
pub(super) fn write(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{PREFIX}{last}"))
}

/// The name after which to go on.
///
/// # Errors
///
/// The cursor is none of ours.
pub(super) fn read(cursor: &str) -> Result<ToolName, ErrorData> {
    let invalid = || ErrorData::invalid_params("`cursor` is not one that this server gave", None);
    if cursor.len() > CURSOR_BYTES_MAX {
        return Err(invalid());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
    let text = String::from_utf8(bytes).map_err(|_| invalid())?;
    text.strip_prefix(PREFIX)
        .and_then(|name| name.parse().ok())
        .ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_cursors_are_read() {
        assert_eq!(read(&write("text_stats")).unwrap().as_str(), "text_stats");
        for cursor in [
            "",
            "1",
            "text_stats",
            &write(""),
            &write("a b"),
            &"A".repeat(1 << 20),
        ] {
            assert!(read(cursor).is_err(), "{cursor}");
        }
    }
}
