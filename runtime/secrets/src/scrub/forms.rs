//! The forms in which a value is looked for.
//!
//! Owns the encodings that turn several bytes into one another: base64 and hexadecimal digits. Those
//! that change each byte by itself are undone while a text is read, and need no form here.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::value::VALUE_BYTES_MIN;

/// Every form of a value.
pub(super) fn of(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    for plain in plain(value) {
        forms.insert(hexadecimal(&plain, b"0123456789abcdef"));
        forms.insert(hexadecimal(&plain, b"0123456789ABCDEF"));
        for alignment in 0..3 {
            forms.extend(base64(&plain, alignment));
        }
        forms.insert(plain);
    }
    forms
}

/// The value as it is, and as it looks after what commonly happens to text.
fn plain(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut plain = BTreeSet::from([value.to_vec()]);
    // What wraps a long line breaks a value, too.
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if value.iter().any(is_break) {
        plain.insert(
            value
                .iter()
                .copied()
                .filter(|byte| !is_break(byte))
                .collect(),
        );
        // A key of many lines is logged line by line. Its first and last say nothing.
        let lines = value.split(|byte| is_break(byte));
        plain.extend(
            lines
                .filter(|line| !line.starts_with(b"-----"))
                .map(<[u8]>::to_vec),
        );
    }
    plain.insert(value.trim_ascii().to_vec());
    // Forms on the web write a space as a plus sign.
    if value.contains(&b' ') {
        let plus = |&byte: &u8| if byte == b' ' { b'+' } else { byte };
        plain.insert(value.iter().map(plus).collect());
    }
    plain.retain(|plain| plain.len() >= VALUE_BYTES_MIN);
    plain
}

fn hexadecimal(value: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let digit = |value: u8| digits.get(usize::from(value & 15)).copied().unwrap_or(b'?');
    value
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte)])
        .collect()
}

/// What stands in base64 of anything that has `value` after `alignment` bytes, or three more: the
/// characters that depend on nothing else.
fn base64(value: &[u8], alignment: usize) -> [Vec<u8>; 2] {
    let shifted = [&vec![0; alignment], value].concat();
    let whole = shifted.len() * 8 / 6;
    let first = (alignment * 8).div_ceil(6);
    [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD].map(|engine| {
        let text = engine.encode(&shifted).into_bytes();
        text.get(first..whole).unwrap_or_default().to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_at_any_alignment() {
        let value = b"s3cr3t-value?>";
        for before in 0..9 {
            for after in 0..9 {
                let text = [&vec![0xa7; before], &value[..], &vec![0x5c; after]].concat();
                let [standard, url] =
                    base64(value, before % 3).map(|f| String::from_utf8(f).unwrap());
                assert!(STANDARD_NO_PAD.encode(&text).contains(&standard));
                assert!(URL_SAFE_NO_PAD.encode(&text).contains(&url));
                assert!(standard.len() * 6 > value.len() * 8 - 12);
            }
        }
    }

    #[test]
    fn a_key_of_many_lines_is_found_line_by_line() {
        let forms = of(b"-----BEGIN KEY-----\nMIIEvQIBADAN\nshort\n-----END KEY-----\n");
        assert!(forms.contains(&b"MIIEvQIBADAN"[..]));
        assert!(!forms.contains(&b"short"[..]) && !forms.contains(&b"-----BEGIN KEY-----"[..]));
    }
}
