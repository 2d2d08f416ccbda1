//! Secrets that the host adds to requests.
//!
//! Owns `NAME->[SCHEME://]HOST[:PORT][:HEADER]`: which secret goes to which one host, in which
//! header. Without more it goes over TLS, to port 443, as `authorization`. Refuses to know its value,
//! and patterns of hosts: a secret for `*.example.com` is one for whoever can get a name below it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::host::{Host, authority};
use super::invalid::InvalidGrant;
use super::methods::is_token;
use super::name::SecretName;
use super::net::Scheme;
use super::quantity;

/// Bytes in a header's name.
const HEADER_BYTES_MAX: usize = 128;

/// Headers that decide where a request goes and where it ends. A secret in one of them would break
/// the request, or smuggle a second one.
const STRUCTURAL: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The name of a header, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeaderName(Arc<str>);

impl HeaderName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn authorization() -> Self {
        Self(Arc::from("authorization"))
    }

    fn is_authorization(&self) -> bool {
        &*self.0 == "authorization"
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HeaderName {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let name = text.to_ascii_lowercase();
        let valid = text.len() <= HEADER_BYTES_MAX
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
            && text.bytes().all(is_token)
            && !STRUCTURAL.contains(&name.as_str());
        if valid {
            Ok(Self(Arc::from(name)))
        } else {
            const EXPECTED: &str =
                "the name of a header that a secret may stand in, such as `x-api-key`";
            Err(InvalidGrant::malformed(EXPECTED, text))
        }
    }
}

/// A secret, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretGrant {
    /// Which secret.
    pub name: SecretName,
    /// How the request that carries it goes.
    pub scheme: Scheme,
    /// To which host alone.
    pub host: Host,
    /// To which port of it alone.
    pub port: u16,
    /// In which header.
    pub header: HeaderName,
}

impl SecretGrant {
    /// Whether it goes with requests to this place.
    pub fn covers(&self, scheme: Scheme, host: &Host, port: u16) -> bool {
        self.scheme == scheme && self.port == port && self.host == *host
    }
}

impl fmt::Display for SecretGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}->", self.name)?;
        if self.scheme != Scheme::Https {
            write!(f, "{}://", self.scheme.word())?;
        }
        write!(f, "{}", self.host)?;
        if self.port != self.scheme.port() {
            write!(f, ":{}", self.port)?;
        }
        if !self.header.is_authorization() {
            write!(f, ":{}", self.header)?;
        }
        Ok(())
    }
}

impl FromStr for SecretGrant {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str =
            "NAME->HOST or NAME->HOST:HEADER, such as `secret=TOKEN->api.example.com:x-api-key`";
        let wrong = || InvalidGrant::malformed(EXPECTED, text);
        let (name, rest) = text.split_once("->").ok_or_else(wrong)?;
        let (scheme, place) = match rest.split_once("://") {
            Some((scheme, place)) => (Scheme::parse(scheme)?, place),
            None => (Scheme::Https, rest),
        };
        let (host, after) = authority(place);
        let (port, header) = match after.map(|after| (after, after.split_once(':'))) {
            None => (None, None),
            Some((_, Some((port, header)))) => (Some(port), Some(header)),
            Some((one, None)) if one.bytes().all(|byte| byte.is_ascii_digit()) => (Some(one), None),
            Some((one, None)) => (None, Some(one)),
        };
        let port = match port {
            Some(port) => u16::try_from(quantity::number(port, EXPECTED)?)
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(wrong)?,
            None => scheme.port(),
        };
        Ok(Self {
            name: name.parse()?,
            scheme,
            host: host.parse()?,
            port,
            header: match header {
                Some(header) => header.parse()?,
                None => HeaderName::authorization(),
            },
        })
    }
}
