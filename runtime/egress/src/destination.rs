//! Where a request goes: scheme, host and port, in the one spelling that everything below uses.
//!
//! Owns the reading of an authority. There is one way to write an address here: what some resolver
//! would take for another spelling of it (`127.1`, `0x7f.1`, `2130706433`) is refused, not read.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// Bytes of a host name. What the name system can carry; bounds what a resolver is handed.
const NAME_BYTES_MAX: usize = 253;

/// Bytes of one part of a host name, for the same reason.
const LABEL_BYTES_MAX: usize = 63;

/// The two schemes that a request can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The scheme as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port where none is named.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Self, InvalidDestination> {
        if text.eq_ignore_ascii_case("http") {
            Ok(Self::Http)
        } else if text.eq_ignore_ascii_case("https") {
            Ok(Self::Https)
        } else {
            Err(InvalidDestination::Scheme(shown(text)))
        }
    }
}

/// A host: a name in lower case without a trailing dot, or an address. An address that is mapped into
/// IPv6 is the IPv4 address that it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(Kind);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Address(IpAddr),
    Name(Arc<str>),
}

impl Host {
    /// The name, where it is one.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Address(_) => None,
            Kind::Name(name) => Some(name),
        }
    }

    /// The address, where it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match &self.0 {
            Kind::Address(address) => Some(*address),
            Kind::Name(_) => None,
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self(Kind::Address(address.to_canonical()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Kind::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Kind::Name(name) => f.write_str(name),
        }
    }
}

/// As a URL writes it: IPv6 in brackets.
impl FromStr for Host {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Self, InvalidDestination> {
        if let Some(inside) = text.strip_prefix('[') {
            let address = inside
                .strip_suffix(']')
                .and_then(|inside| inside.parse::<Ipv6Addr>().ok())
                .ok_or_else(|| InvalidDestination::Address(shown(text)))?;
            return Ok(IpAddr::V6(address).into());
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_number = |part: &str| {
            let digits = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
            match digits {
                Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
                None => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
            }
        };
        if is_number(last) {
            return text
                .parse::<Ipv4Addr>()
                .map(|address| IpAddr::V4(address).into())
                .map_err(|_| InvalidDestination::Address(shown(text)));
        }
        let is_label = |label: &str| {
            (1..=LABEL_BYTES_MAX).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label) {
            Ok(Self(Kind::Name(name.to_ascii_lowercase().into())))
        } else {
            Err(InvalidDestination::Name(shown(text)))
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Destination {
    /// A destination of these parts.
    pub fn new(scheme: Scheme, host: Host, port: u16) -> Self {
        Self { scheme, host, port }
    }

    /// Reads `HOST` or `HOST:PORT`.
    ///
    /// # Errors
    ///
    /// Anything else: names and passwords, other spellings of addresses, zones, an empty port.
    pub fn parse(scheme: Scheme, authority: &str) -> Result<Self, InvalidDestination> {
        if authority.contains('@') {
            return Err(InvalidDestination::Credentials);
        }
        let after_host = match authority.rfind(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, rest) = authority.split_at(after_host);
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => scheme.default_port(),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| InvalidDestination::Port(shown(rest)))?,
            _ => return Err(InvalidDestination::Port(shown(rest))),
        };
        Ok(Self::new(scheme, host.parse()?, port))
    }

    /// How it is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as the `Host` header has them: without the port where it is the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

/// Text that names no destination. The message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidDestination {
    /// Something like an address, but in no spelling that means one place everywhere.
    #[error("expected an address such as `192.0.2.1` or `[2001:db8::1]`, not `{0}`")]
    Address(String),
    /// A name or password before the host.
    #[error("a destination has no name or password: remove what is before the `@`")]
    Credentials,
    /// Not a host name.
    #[error("expected a host name in ASCII such as `api.example.com`, not `{0}`")]
    Name(String),
    /// Not a port.
    #[error("expected a port from 1 to 65535 after the host, not `{0}`")]
    Port(String),
    /// Neither of the two schemes.
    #[error("expected the scheme `http` or `https`, not `{0}`")]
    Scheme(String),
}

/// Text for a message: escaped and cut, because a guest wrote it.
pub(crate) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 100;
    let cut: String = text.chars().take(CHARACTERS_MAX).collect();
    cut.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(authority: &str) -> Result<Destination, InvalidDestination> {
        Destination::parse(Scheme::Https, authority)
    }

    #[test]
    fn one_place_has_one_spelling() {
        for (written, meant) in [
            ("API.Example.com", "https://api.example.com"),
            ("api.example.com.", "https://api.example.com"),
            ("api.example.com:443", "https://api.example.com"),
            ("api.example.com:0443", "https://api.example.com"),
            ("LOCALHOST.:80", "https://localhost:80"),
            ("127.0.0.1", "https://127.0.0.1"),
            ("[::ffff:127.0.0.1]", "https://127.0.0.1"),
            ("[::FFFF:7f00:1]:8443", "https://127.0.0.1:8443"),
            ("[0:0:0:0:0:0:0:1]", "https://[::1]"),
            ("[64:ff9b::7f00:1]", "https://[64:ff9b::7f00:1]"),
            ("my_service", "https://my_service"),
            ("xn--nxasmq6b.example", "https://xn--nxasmq6b.example"),
            ("1.example", "https://1.example"),
        ] {
            assert_eq!(parse(written).unwrap().to_string(), meant, "{written}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for authority in [
            "",
            ".",
            "..",
            ":80",
            "127.1",
            "127.0.0.1.",
            "127.0.0.01",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0X7F.0.0.0X1",
            "0177.0.0.1",
            "0",
            "0x",
            "1.2.3.4.5",
            "example.0",
            "256.0.0.1",
            "①②⑦.0.0.1",
            "127。0。0。1",
            "ok@127.0.0.1",
            "ok:pass@127.0.0.1",
            "127.0.0.1@ok.example",
            "example.com:",
            "example.com:0",
            "example.com:65536",
            "example.com:+80",
            "example.com:80:80",
            "example.com:80@evil",
            "example.com/evil",
            "example.com\\evil",
            "example.com#evil",
            "example.com?evil",
            "exa mple.com",
            "example.com\r\nhost:evil",
            "example.com\0",
            "example%2ecom",
            "ex..ample",
            "-example.com",
            "example-.com",
            "[::1",
            "::1",
            "[::1]x",
            "[::1%lo]",
            "[fe80::1%25eth0]",
            "[127.0.0.1]",
            "[]",
            "[::1]:",
            "bücher.example",
        ] {
            assert!(parse(authority).is_err(), "{authority:?}");
        }
        let long = format!("{}.example", "a".repeat(64));
        assert!(parse(&long).is_err());
        let long = vec!["abcdefg"; 40].join(".");
        assert!(parse(&long).is_err());
    }

    #[test]
    fn a_name_may_be_so_long() {
        let name = |bytes: usize| -> String {
            let letter = |at| if at % 50 == 49 { '.' } else { 'a' };
            (0..bytes).map(letter).collect()
        };
        for (text, may) in [
            (name(253), true),
            (name(254), false),
            (format!("{}.example", "a".repeat(63)), true),
            (format!("{}.example", "a".repeat(64)), false),
        ] {
            assert_eq!(parse(&text).is_ok(), may, "{text}");
        }
        let error = parse(&"-".repeat(500)).unwrap_err().to_string();
        assert!(error.len() < 200, "{error}");
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        let host = |text: &str| text.parse::<Host>().unwrap();
        assert_eq!(host("A.example").name(), Some("a.example"));
        assert_eq!(host("A.example").address(), None);
        assert_eq!(host("[::ffff:10.0.0.1]").name(), None);
        assert_eq!(host("[::ffff:10.0.0.1]").address(), "10.0.0.1".parse().ok());
        assert_eq!(parse("a.example:8443").unwrap().port(), 8443);
        assert_eq!(parse("a.example").unwrap().port(), 443);
        let plain = Destination::parse(Scheme::Http, "a.example").unwrap();
        assert_eq!(
            (plain.port(), plain.authority()),
            (80, "a.example".to_owned())
        );
    }

    #[test]
    fn there_are_two_schemes() {
        assert_eq!("HTTPS".parse(), Ok(Scheme::Https));
        assert_eq!("http".parse(), Ok(Scheme::Http));
        for text in ["", "file", "ftp", "gopher", "https:", "http2"] {
            assert!(text.parse::<Scheme>().is_err(), "{text}");
        }
    }

    proptest! {
        /// What is accepted prints as something that means the same place.
        #[test]
        fn what_is_read_prints_back(text in "[\\[\\]a-zA-Z0-9.:_@x%-]{0,24}") {
            if let Ok(read) = parse(&text) {
                let again = parse(&read.authority()).unwrap();
                prop_assert_eq!(read, again);
            }
        }

        /// No name is an address to anybody: the system's reading of a name as numbers fails.
        #[test]
        fn no_name_is_a_number(text in "[0-9a-fxX.]{1,16}") {
            if let Ok(host) = text.parse::<Host>()
                && let Some(name) = host.name()
            {
                let last = name.rsplit('.').next().unwrap();
                prop_assert!(last.bytes().any(|byte| !byte.is_ascii_digit()));
                let hex = last.strip_prefix("0x").unwrap_or("g");
                prop_assert!(hex.bytes().any(|byte| !byte.is_ascii_hexdigit()));
            }
        }
    }
}
