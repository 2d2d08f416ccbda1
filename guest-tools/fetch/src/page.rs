//! From a response to text.
//!
//! Owns what counts as text, in which letters it is written, and which part of it is given back.

use crate::error::Error;
use crate::exchange::Response;
use crate::html;
use crate::limits::{CHARACTERS_DEFAULT, CHARACTERS_MAX, TEXT_BYTES_MAX};
use crate::url::Url;

/// What of a page is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// As the host sent it, not made readable.
    pub source: bool,
    /// With the targets of links.
    pub links: bool,
    /// Characters to leave out at the start.
    pub start: u32,
    /// Characters to give back.
    pub limit: Option<u32>,
}

/// A page as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The content type, as the host says it.
    pub content_type: Option<String>,
    /// The title of an HTML page.
    pub title: Option<String>,
    /// The part of the text that was asked for.
    pub text: String,
    /// Where to go on.
    pub next_start: Option<u32>,
}

/// Reads a response as text.
///
/// # Errors
///
/// It is none.
pub fn read(url: &Url, response: &Response, wanted: Wanted) -> Result<Page, Error> {
    let content_type = response.header("content-type").map(str::to_owned);
    let said = content_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let (essence, parameters) = said.split_once(';').unwrap_or((&said, ""));
    let essence = essence.trim();
    if !is_text(essence, &response.body) {
        return Err(Error::Binary {
            url: url.to_string(),
            content_type: if essence.is_empty() {
                "something".into()
            } else {
                essence.to_owned()
            },
        });
    }
    let text = decoded(&response.body, parameters);
    let is_html = matches!(essence, "text/html" | "application/xhtml+xml")
        || (essence.is_empty() && text.trim_start().starts_with('<'));
    let (title, text) = if is_html && !wanted.source {
        let base = wanted.links.then_some(url);
        let readable = html::read(&text, base);
        (readable.title, readable.text)
    } else {
        (None, text)
    };
    let (text, next_start) = part(&text, wanted);
    Ok(Page {
        content_type,
        title,
        text,
        next_start,
    })
}

fn is_text(essence: &str, body: &[u8]) -> bool {
    const ALSO: [&str; 9] = [
        "application/atom+xml",
        "application/javascript",
        "application/json",
        "application/rss+xml",
        "application/toml",
        "application/x-ndjson",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
    ];
    match essence {
        "" | "application/octet-stream" => std::str::from_utf8(body).is_ok() && !body.contains(&0),
        _ => {
            essence.starts_with("text/")
                || essence.ends_with("+json")
                || essence.ends_with("+xml")
                || ALSO.contains(&essence)
        }
    }
}

/// UTF-8 unless the host says one of the old Western encodings; what is neither becomes `�`.
fn decoded(body: &[u8], parameters: &str) -> String {
    let charset = parameters
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("charset="))
        .map(|charset| charset.trim_matches(['"', ' ']));
    let text = match charset {
        Some("iso-8859-1" | "latin1" | "us-ascii" | "windows-1252" | "iso-8859-15")
            if std::str::from_utf8(body).is_err() =>
        {
            body.iter().map(|byte| western(*byte)).collect()
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    text.strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text)
}

/// One byte of `windows-1252`, which browsers take all of these for.
fn western(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let high = byte
        .checked_sub(0x80)
        .and_then(|at| HIGH.get(usize::from(at)));
    high.copied().unwrap_or(char::from(byte))
}

/// The part that is wanted, and where the next one begins.
fn part(text: &str, wanted: Wanted) -> (String, Option<u32>) {
    let limit = wanted
        .limit
        .unwrap_or(CHARACTERS_DEFAULT)
        .clamp(1, CHARACTERS_MAX);
    let mut part = String::new();
    let mut at = wanted.start;
    for (count, character) in (0..limit).zip(text.chars().skip(size(wanted.start))) {
        if part.len() + character.len_utf8() > TEXT_BYTES_MAX {
            break;
        }
        part.push(character);
        at = wanted.start.saturating_add(count).saturating_add(1);
    }
    let more = text.chars().nth(size(at)).is_some();
    (part, more.then_some(at))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(content_type: &str, body: &[u8]) -> Response {
        Response {
            status: 200,
            headers: vec![("Content-Type".into(), content_type.into())],
            body: body.to_vec(),
            cut: false,
        }
    }

    fn page(content_type: &str, body: &[u8], wanted: Wanted) -> Result<Page, Error> {
        let url = Url::parse("https://a.example/x").unwrap();
        read(&url, &response(content_type, body), wanted)
    }

    #[test]
    fn html_is_made_readable_and_the_rest_is_not() {
        let html = b"<title>T</title><p>a<p>b";
        let read = page("text/html; charset=utf-8", html, Wanted::default()).unwrap();
        assert_eq!(
            (read.title.as_deref(), read.text.as_str()),
            (Some("T"), "a\n\nb")
        );
        let source = Wanted {
            source: true,
            ..Wanted::default()
        };
        let read = page("text/html", html, source).unwrap();
        assert_eq!((read.title, read.text.as_bytes()), (None, &html[..]));
        let read = page("application/json", b"{\"a\":\"<p>\"}", Wanted::default()).unwrap();
        assert_eq!(read.text, "{\"a\":\"<p>\"}");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for content_type in [
            "image/png",
            "application/pdf",
            "application/octet-stream",
            "",
        ] {
            let refused = page(content_type, b"\x89PNG\0", Wanted::default());
            assert!(
                matches!(refused, Err(Error::Binary { .. })),
                "{content_type}"
            );
        }
        assert_eq!(page("", b"plain", Wanted::default()).unwrap().text, "plain");
    }

    #[test]
    fn old_letters_are_read() {
        let read = page(
            "text/plain; charset=\"ISO-8859-1\"",
            b"caf\xe9 \x80",
            Wanted::default(),
        );
        assert_eq!(read.unwrap().text, "café €");
        let read = page("text/plain", b"\xef\xbb\xbfcaf\xe9", Wanted::default());
        assert_eq!(read.unwrap().text, "caf\u{fffd}");
    }

    #[test]
    fn a_long_text_comes_in_parts() {
        let mut wanted = Wanted {
            limit: Some(3),
            ..Wanted::default()
        };
        let mut parts = Vec::new();
        loop {
            let read = page("text/plain", "äbcdefgh".as_bytes(), wanted).unwrap();
            parts.push(read.text);
            match read.next_start {
                Some(next) => wanted.start = next,
                None => break,
            }
        }
        assert_eq!(parts, ["äbc", "def", "gh"]);
        wanted.start = 99;
        let read = page("text/plain", b"abc", wanted).unwrap();
        assert_eq!((read.text.as_str(), read.next_start), ("", None));
    }

    #[test]
    fn a_result_has_its_limit() {
        let text = "€".repeat(200_000);
        let wanted = Wanted {
            limit: Some(CHARACTERS_MAX),
            ..Wanted::default()
        };
        let read = page("text/plain", text.as_bytes(), wanted).unwrap();
        assert!(read.text.len() <= TEXT_BYTES_MAX && read.next_start.is_some());
    }
}
