//! Bytes written as text.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use thiserror::Error;

use crate::limits::{self, MAX_CODED_BYTES, TooLarge};

/// A way to write bytes as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// With padding.
    Base64,
    /// The alphabet for URLs, without padding.
    Base64Url,
    /// Lower case.
    Hex,
    /// Percent-encoding of all but RFC 3986's unreserved characters.
    Url,
}

/// Text that is not in its encoding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Not base64.
    #[error("`text` is not base64: {0}; for the alphabet with `-` and `_` use `base64-url`")]
    Base64(String),
    /// Not base64 for URLs.
    #[error("`text` is not base64-url: {0}; for the alphabet with `+` and `/` use `base64`")]
    Base64Url(String),
    /// A character that is no hexadecimal digit.
    #[error("`text` is not hexadecimal: `{0}` is no digit")]
    Digit(char),
    /// Half a byte.
    #[error("`text` is not hexadecimal: it has an odd number of digits")]
    Odd,
    /// Half an escape.
    #[error("`text` is not percent-encoded: `%` at byte {0} is not followed by two digits")]
    Percent(usize),
    /// Too much.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

/// Writes `bytes` as text.
///
/// # Errors
/// When there are too many.
pub fn encode(bytes: &[u8], encoding: Encoding) -> Result<String, TooLarge> {
    limits::check("data", bytes.len(), MAX_CODED_BYTES)?;
    Ok(match encoding {
        Encoding::Base64 => BASE64.encode(bytes),
        Encoding::Base64Url => BASE64_URL.encode(bytes),
        Encoding::Hex => hex(bytes),
        Encoding::Url => percent_encoding::percent_encode(bytes, UNRESERVED).to_string(),
    })
}

/// Reads the bytes that `text` stands for.
///
/// # Errors
/// When the text is too large or not in this encoding.
pub fn decode(text: &str, encoding: Encoding) -> Result<Vec<u8>, Error> {
    limits::check("text", text.len(), MAX_CODED_BYTES)?;
    let dense = || {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
    };
    match encoding {
        Encoding::Base64 => BASE64
            .decode(dense())
            .map_err(|error| Error::Base64(lowercase(&error.to_string()))),
        Encoding::Base64Url => BASE64_URL
            .decode(dense())
            .map_err(|error| Error::Base64Url(lowercase(&error.to_string()))),
        Encoding::Hex => from_hex(&dense()),
        Encoding::Url => from_percent(text),
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn from_hex(text: &str) -> Result<Vec<u8>, Error> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits = text
        .chars()
        .map(|c| {
            c.to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
                .ok_or(Error::Digit(c))
        })
        .collect::<Result<Vec<u8>, _>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return Err(Error::Odd);
    };
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn from_percent(text: &str) -> Result<Vec<u8>, Error> {
    // The library passes a lone `%` through; here it is a mistake to point at.
    for (index, _) in text.match_indices('%') {
        let digits = text
            .as_bytes()
            .get(index + 1..index + 3)
            .unwrap_or_default();
        if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(Error::Percent(index));
        }
    }
    Ok(percent_encoding::percent_decode_str(text).collect())
}

/// Our messages go on in lower case; the library's begin a sentence.
fn lowercase(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Encoding; 4] = [
        Encoding::Base64,
        Encoding::Base64Url,
        Encoding::Hex,
        Encoding::Url,
    ];

    #[test]
    fn encodes() {
        let encoded = ALL.map(|encoding| encode(b"\xfb\xffa b~", encoding).unwrap());
        assert_eq!(
            encoded,
            ["+/9hIGJ+", "-_9hIGJ-", "fbff6120627e", "%FB%FFa%20b~"]
        );
        assert_eq!(encode(b"a", Encoding::Base64).unwrap(), "YQ==");
        assert_eq!(encode(b"a", Encoding::Base64Url).unwrap(), "YQ");
    }

    #[test]
    fn decodes_what_it_encodes() {
        let bytes: Vec<u8> = (0..=255).collect();
        for encoding in ALL {
            let text = encode(&bytes, encoding).unwrap();
            assert_eq!(decode(&text, encoding).unwrap(), bytes, "{encoding:?}");
        }
    }

    #[test]
    fn is_lenient_where_it_is_safe() {
        assert_eq!(decode("Y W\nJj", Encoding::Base64).unwrap(), b"abc");
        assert_eq!(decode("YQ", Encoding::Base64).unwrap(), b"a");
        assert_eq!(decode("YQ==", Encoding::Base64Url).unwrap(), b"a");
        assert_eq!(decode("0xDE AD", Encoding::Hex).unwrap(), [0xde, 0xad]);
        assert_eq!(decode("a+b", Encoding::Url).unwrap(), b"a+b");
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(matches!(
            decode("a-b_", Encoding::Base64),
            Err(Error::Base64(_))
        ));
        assert!(matches!(
            decode("a+b/", Encoding::Base64Url),
            Err(Error::Base64Url(_))
        ));
        assert_eq!(decode("abc", Encoding::Hex), Err(Error::Odd));
        assert_eq!(decode("zz", Encoding::Hex), Err(Error::Digit('z')));
        assert_eq!(decode("a%2", Encoding::Url), Err(Error::Percent(1)));
        assert_eq!(decode("%20%zz", Encoding::Url), Err(Error::Percent(3)));
        let large = "a".repeat(MAX_CODED_BYTES + 1);
        assert!(matches!(
            decode(&large, Encoding::Hex),
            Err(Error::TooLarge(_))
        ));
        assert!(encode(large.as_bytes(), Encoding::Hex).is_err());
    }
}
