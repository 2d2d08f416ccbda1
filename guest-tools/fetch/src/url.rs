//! Addresses of the web, as far as this tool needs them.
//!
//! Owns splitting them and following a relative one. Refuses to check a host: whoever connects does.

use std::fmt;

use crate::error::Error;

/// An address, without its fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether it is `https`.
    pub secure: bool,
    /// Host and port, as they were written.
    pub authority: String,
    /// The path with its query. Begins with a slash.
    pub path: String,
}

impl Url {
    /// Reads an absolute address.
    ///
    /// # Errors
    ///
    /// It is no web address.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Url(text.chars().take(200).collect());
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let secure = if scheme.eq_ignore_ascii_case("https") {
            true
        } else if scheme.eq_ignore_ascii_case("http") {
            false
        } else {
            return Err(wrong());
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let at = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let plain = !authority.is_empty()
            && authority
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'@');
        if !plain {
            return Err(wrong());
        }
        Ok(Self {
            secure,
            authority: authority.to_owned(),
            path: normal(path),
        })
    }

    /// Where `reference`, found on this page, leads. Nothing when it is no web address.
    pub fn join(&self, reference: &str) -> Option<Self> {
        let reference = reference.trim();
        let reference = reference.split('#').next().unwrap_or_default();
        if let Some(rest) = reference.strip_prefix("//") {
            let scheme = if self.secure { "https" } else { "http" };
            return Self::parse(&format!("{scheme}://{rest}")).ok();
        }
        let scheme = reference.split(['/', '?']).next().unwrap_or_default();
        if scheme.contains(':') {
            return Self::parse(reference).ok();
        }
        let (base, _) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let path = if reference.is_empty() {
            self.path.clone()
        } else if reference.starts_with('/') {
            reference.to_owned()
        } else if reference.starts_with('?') {
            format!("{base}{reference}")
        } else {
            let folder = base
                .rfind('/')
                .and_then(|at| base.get(..=at))
                .unwrap_or("/");
            format!("{folder}{reference}")
        };
        Some(Self {
            path: normal(&path),
            ..self.clone()
        })
    }

    /// Scheme and host.
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

/// A path that begins with a slash, without `.` and `..`, with what cannot be sent as it is encoded.
fn normal(path: &str) -> String {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    let mut pieces = path
        .strip_prefix('/')
        .unwrap_or(&path)
        .split('/')
        .peekable();
    while let Some(piece) = pieces.next() {
        let dots = matches!(piece, "." | "..");
        if piece == ".." {
            parts.pop();
        } else if !dots {
            parts.push(piece);
        }
        if dots && pieces.peek().is_none() {
            parts.push("");
        }
    }
    let mut text = String::from("/");
    text.push_str(&parts.join("/"));
    if let Some(query) = query {
        text.push('?');
        text.push_str(query);
    }
    encoded(&text)
}

/// With every byte that has no place in a request line encoded.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`' | b'{' | b'}') {
            encoded.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0');
                encoded.push(char::from(digit));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<String> {
        Url::parse(text).ok().map(|url| url.to_string())
    }

    #[test]
    fn an_address_is_read() {
        for (text, read) in [
            ("https://a.example", "https://a.example/"),
            ("HTTP://a.example:8080/x?y#z", "http://a.example:8080/x?y"),
            ("https://a.example?q=1", "https://a.example/?q=1"),
            (
                " https://a.example/a b/ü ",
                "https://a.example/a%20b/%C3%BC",
            ),
            ("https://a.example/a/../b/./c/..", "https://a.example/b/"),
            (
                "https://a.example/%7Ex?a={b}",
                "https://a.example/%7Ex?a=%7Bb%7D",
            ),
            ("https://[::1]:8080/", "https://[::1]:8080/"),
            (
                "https://a.example\\@b.example/",
                "https://a.example/@b.example/",
            ),
        ] {
            assert_eq!(parse(text).as_deref(), Some(read), "{text}");
        }
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://",
            "https:///x",
            "https://u@a.example",
            "https://a b/",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_relative_address_is_followed() {
        let base = Url::parse("https://a.example/x/y?z").unwrap();
        for (reference, leads) in [
            ("w", "https://a.example/x/w"),
            ("../w#part", "https://a.example/w"),
            ("/w", "https://a.example/w"),
            ("?w", "https://a.example/x/y?w"),
            ("", "https://a.example/x/y?z"),
            ("//b.example/w", "https://b.example/w"),
            ("http://b.example", "http://b.example/"),
            ("w:80/x", "-"),
            ("mailto:a@b.example", "-"),
            ("javascript:alert(1)", "-"),
        ] {
            let joined = base
                .join(reference)
                .map_or_else(|| "-".to_owned(), |url| url.to_string());
            assert_eq!(joined, leads, "{reference}");
        }
    }
}
