//! Escapes: what stands for one byte, or one character.
//!
//! Owns how each kind of escape is read. Refuses to know what is done with the bytes.

/// A way to write characters as others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `\"`, `\n`, `\x41`, `\u0041`, `\u{41}`: JSON and most languages.
    Backslash,
    /// `&amp;`, `&#65;`, `&#x41;`: HTML and XML.
    Entity,
    /// None: only line breaks disappear.
    Line,
    /// `%41`: the web.
    Percent,
}

/// All of them.
pub(super) const KINDS: [Kind; 4] = [Kind::Line, Kind::Backslash, Kind::Percent, Kind::Entity];

/// Whether any view of a text begins to differ from the text at `byte`.
pub(super) fn differs(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\\' | b'%' | b'&')
}

/// The longest escape: a surrogate pair, `\ud83d\ude00`.
pub(super) const ESCAPE_BYTES_MAX: usize = 12;

/// What the beginning of an escape turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// It stands for these bytes.
    Whole(Character),
    /// It is none.
    Broken,
    /// It goes on.
    Partial,
}

/// The UTF-8 bytes of a character, or one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Character {
    bytes: [u8; 4],
    length: usize,
}

impl Character {
    fn byte(byte: u8) -> Self {
        Self {
            bytes: [byte, 0, 0, 0],
            length: 1,
        }
    }

    fn scalar(code: u32) -> Option<Self> {
        let mut bytes = [0; 4];
        let length = char::from_u32(code)?.encode_utf8(&mut bytes).len();
        Some(Self { bytes, length })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Kind {
    /// Whether `byte` begins an escape.
    pub(super) fn begins(self, byte: u8) -> bool {
        match self {
            Self::Backslash => byte == b'\\',
            Self::Entity => byte == b'&',
            Self::Line => false,
            Self::Percent => byte == b'%',
        }
    }

    /// Whether this view of a text begins to differ from the text at `byte`.
    pub(super) fn differs(self, byte: u8) -> bool {
        match self {
            Self::Line => matches!(byte, b'\r' | b'\n'),
            _ => self.begins(byte),
        }
    }

    /// Reads what begins as an escape of this kind does.
    pub(super) fn read(self, text: &[u8]) -> Escape {
        match self {
            Self::Backslash => backslash(text),
            Self::Entity => entity(text),
            Self::Line => Escape::Broken,
            Self::Percent => match text {
                [_, digits @ ..] => fixed(digits, 2, byte),
                [] => Escape::Broken,
            },
        }
    }
}

fn byte(code: u32) -> Option<Character> {
    u8::try_from(code).ok().map(Character::byte)
}

/// Exactly `count` hexadecimal digits.
fn fixed(digits: &[u8], count: usize, character: fn(u32) -> Option<Character>) -> Escape {
    match number(digits, 16) {
        Some(_) if digits.len() < count => Escape::Partial,
        Some(code) => character(code).map_or(Escape::Broken, Escape::Whole),
        None => Escape::Broken,
    }
}

/// Digits up to `end`.
fn ended(text: &[u8], end: u8, radix: u32) -> Escape {
    match text {
        [digits @ .., last] if *last == end && !digits.is_empty() => number(digits, radix)
            .and_then(Character::scalar)
            .map_or(Escape::Broken, Escape::Whole),
        digits if digits.len() < 8 && number(digits, radix).is_some() => Escape::Partial,
        _ => Escape::Broken,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| {
        let digit = char::from(digit).to_digit(radix)?;
        number.checked_mul(radix)?.checked_add(digit)
    })
}

fn backslash(text: &[u8]) -> Escape {
    let short = |byte| Escape::Whole(Character::byte(byte));
    match text {
        [_] => Escape::Partial,
        [_, byte @ (b'"' | b'\'' | b'/' | b'\\')] => short(*byte),
        [_, b'b'] => short(8),
        [_, b't'] => short(b'\t'),
        [_, b'n'] => short(b'\n'),
        [_, b'f'] => short(12),
        [_, b'r'] => short(b'\r'),
        [_, b'0'] => short(0),
        [_, b'x', digits @ ..] => fixed(digits, 2, byte),
        [_, b'u', b'{', rest @ ..] => ended(rest, b'}', 16),
        [_, b'u', rest @ ..] => surrogates(rest),
        _ => Escape::Broken,
    }
}

/// Four hexadecimal digits, and another four where the first are half of a pair.
fn surrogates(text: &[u8]) -> Escape {
    let Some((digits, rest)) = text.split_at_checked(4) else {
        return fixed(text, 4, Character::scalar);
    };
    match (number(digits, 16), rest) {
        (Some(high @ 0xd800..0xdc00), [] | [b'\\'] | [b'\\', b'u', ..]) => {
            let Some(low) = rest.get(2..).filter(|low| low.len() == 4) else {
                let low = rest.get(2..).unwrap_or_default();
                return fixed(low, 4, |_| None);
            };
            match number(low, 16) {
                Some(low @ 0xdc00..0xe000) => {
                    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    Character::scalar(code).map_or(Escape::Broken, Escape::Whole)
                }
                _ => Escape::Broken,
            }
        }
        (Some(code), []) => Character::scalar(code).map_or(Escape::Broken, Escape::Whole),
        _ => Escape::Broken,
    }
}

const ENTITIES: [(&[u8], u8); 6] = [
    (b"&amp;", b'&'),
    (b"&apos;", b'\''),
    (b"&gt;", b'>'),
    (b"&lt;", b'<'),
    (b"&quot;", b'"'),
    (b"&sol;", b'/'),
];

fn entity(text: &[u8]) -> Escape {
    match text {
        [_] | [_, b'#'] | [_, b'#', b'x' | b'X'] => return Escape::Partial,
        [_, b'#', b'x' | b'X', rest @ ..] => return ended(rest, b';', 16),
        [_, b'#', rest @ ..] => return ended(rest, b';', 10),
        _ => {}
    }
    for (name, byte) in ENTITIES {
        if name == text {
            return Escape::Whole(Character::byte(byte));
        }
        if name.starts_with(text) {
            return Escape::Partial;
        }
    }
    Escape::Broken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text byte by byte, as a scanner does.
    fn read(kind: Kind, text: &str) -> Option<String> {
        for end in 1..=text.len() {
            match kind.read(&text.as_bytes()[..end]) {
                Escape::Partial => assert!(end < text.len(), "{text} goes on"),
                Escape::Broken => return None,
                Escape::Whole(character) => {
                    assert_eq!(end, text.len(), "{text} ends early");
                    assert!(end <= ESCAPE_BYTES_MAX);
                    return Some(String::from_utf8_lossy(character.bytes()).into_owned());
                }
            }
        }
        None
    }

    #[test]
    fn escapes_stand_for_characters() {
        for (kind, text, character) in [
            (Kind::Backslash, "\\\"", "\""),
            (Kind::Backslash, "\\n", "\n"),
            (Kind::Backslash, "\\x41", "A"),
            (Kind::Backslash, "\\u0041", "A"),
            (Kind::Backslash, "\\u00e9", "é"),
            (Kind::Backslash, "\\ud83d\\ude00", "😀"),
            (Kind::Backslash, "\\u{1F600}", "😀"),
            (Kind::Percent, "%2b", "+"),
            (Kind::Percent, "%2B", "+"),
            (Kind::Entity, "&amp;", "&"),
            (Kind::Entity, "&#65;", "A"),
            (Kind::Entity, "&#x41;", "A"),
            (Kind::Entity, "&#X1f600;", "😀"),
        ] {
            assert_eq!(read(kind, text).as_deref(), Some(character), "{text}");
        }
    }

    #[test]
    fn no_kind_is_forgotten() {
        for byte in 0..=u8::MAX {
            assert_eq!(
                differs(byte),
                KINDS.iter().any(|kind| kind.differs(byte)),
                "{byte:#x}"
            );
        }
    }

    #[test]
    fn what_is_no_escape_is_left_alone() {
        for (kind, text) in [
            (Kind::Backslash, "\\q"),
            (Kind::Backslash, "\\u00g"),
            (Kind::Backslash, "\\ud83dx"),
            (Kind::Backslash, "\\ud83d\\n"),
            (Kind::Backslash, "\\ud83d\\u0041"),
            (Kind::Backslash, "\\ude00"),
            (Kind::Backslash, "\\u{110000}"),
            (Kind::Backslash, "\\u{}"),
            (Kind::Backslash, "\\u{000000000"),
            (Kind::Percent, "%4x"),
            (Kind::Percent, "%%"),
            (Kind::Entity, "&nbsp"),
            (Kind::Entity, "&#;"),
            (Kind::Entity, "&#12345678"),
            (Kind::Entity, "&#x;"),
        ] {
            assert_eq!(read(kind, text), None, "{text}");
        }
    }
}
