//! Text and numbers as JSON, written into a buffer that is used again.
//!
//! Owns that no text can leave its line, steer a terminal, hide what it says or fill the log: what
//! would is written as an escape of JSON, and the rest is cut. Who parses the line gets the text as it
//! was.

/// The mark of text that was cut.
const CUT: &[u8] = "…".as_bytes();

/// Writes `text` as a JSON string of at most `max` bytes between its quotes, the mark of a cut
/// aside.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str, max: usize) {
    out.push(b'"');
    if text.len() <= max && text.bytes().all(is_plain) {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_escaped(out, text, max);
    }
    out.push(b'"');
}

fn push_escaped(out: &mut Vec<u8>, text: &str, max: usize) {
    let start = out.len();
    for c in text.chars() {
        let before = out.len();
        push_char(out, c);
        if out.len() - start > max {
            out.truncate(before);
            out.extend_from_slice(CUT);
            return;
        }
    }
}

fn push_char(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        c if is_obeyed(c) || is_hidden(c) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(digit((*unit >> shift) & 0xf));
                }
            }
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

fn is_plain(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\'
}

/// What a terminal obeys instead of showing it.
fn is_obeyed(c: char) -> bool {
    let bidirectional = matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || bidirectional || matches!(c, '\u{2028}' | '\u{2029}')
}

/// What nobody sees: two names that look the same must not be read as one.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}'
            | '\u{034f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Writes a number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    // From the last digit to the first.
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        *place = decimal(rest % 10);
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    let (_, text) = digits.split_at(digits.len() - used);
    out.extend_from_slice(text);
}

/// Writes the last `places` digits of a number.
pub(crate) fn push_padded(out: &mut Vec<u8>, number: u64, places: usize) {
    let start = out.len();
    out.resize(start + places, b'0');
    let mut rest = number;
    for place in out.iter_mut().skip(start).rev() {
        *place = decimal(rest % 10);
        rest /= 10;
    }
}

/// Writes bytes as hexadecimal digits.
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [digit(u16::from(byte >> 4)), digit(u16::from(byte & 0xf))]),
    );
}

fn decimal(number: u64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or(0)
}

/// The hexadecimal digit of a number below 16.
fn digit(number: u16) -> u8 {
    let number = u8::try_from(number).unwrap_or(0);
    if number < 10 {
        b'0' + number
    } else {
        b'a' + (number - 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str, max: usize) -> String {
        let mut out = Vec::new();
        push_text(&mut out, text, max);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_text_can_forge_a_line_or_steer_a_terminal() {
        assert_eq!(text("a\"\n\u{1b}[2J", 99), r#""a\"\n\u001b[2J""#);
        assert_eq!(
            text("\u{202e}\u{200b}\u{9b}", 99),
            r#""\u202e\u200b\u009b""#
        );
        assert_eq!(text("\u{e0041}é", 99), r#""\udb40\udc41é""#);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(text("abcdef", 3), "\"abc…\"");
        assert_eq!(text("ééé", 5), "\"éé…\"");
        assert_eq!(text("a\u{1b}b", 6), "\"a…\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_a_parser_reads(original in ".*") {
            let written = text(&original, usize::MAX);
            prop_assert!(!written.contains('\n'));
            prop_assert!(!written.chars().any(is_obeyed));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), original);
        }

        #[test]
        fn what_is_cut_is_a_beginning(original in ".*", max in 0_usize..40) {
            let written = text(&original, max);
            prop_assert!(written.len() <= max + 2 + CUT.len());
            let read = serde_json::from_str::<String>(&written).unwrap();
            let begin = read.strip_suffix('…').unwrap_or(&read);
            prop_assert!(original.starts_with(begin) || original == read);
        }

        #[test]
        fn numbers_are_written_as_ever(number: u64) {
            let mut out = Vec::new();
            push_number(&mut out, number);
            prop_assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }
}
