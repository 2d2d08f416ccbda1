//! The text form of keys.
//!
//! Owns how it is written. It is read by the library that reads it for TLS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Characters of a line, as RFC 7468 has it.
const LINE: usize = 64;

/// Writes `der` under a label.
pub(crate) fn write(label: &str, der: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(encoded.len() + 2 * LINE));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----");
    for (at, character) in encoded.chars().enumerate() {
        if at.is_multiple_of(LINE) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
