//! HTTP requests.
//!
//! Owns `[METHODS ]SCHEME://HOST[:PORT][/PATH]`. Without methods a grant is for those that only ask,
//! without a port for the scheme's, without a path for all. Refuses user names and queries.

use std::fmt;

use super::host::{Host, HostPattern, authority};
use super::invalid::InvalidGrant;
use super::methods::Methods;
use super::ports::Ports;
use super::url_path::UrlPath;

/// How a request is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port when none is named.
    pub const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGrant> {
        match text {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err(InvalidGrant::malformed(EXPECTED, text)),
        }
    }
}

const EXPECTED: &str =
    "SCHEME://HOST with `http` or `https`, such as `net=https://api.example.com`";

/// Which HTTP requests are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetGrant {
    /// With which methods.
    pub methods: Methods,
    /// How.
    pub scheme: Scheme,
    /// To which hosts.
    pub host: HostPattern,
    /// To which ports of them.
    pub ports: Ports,
    /// To which paths.
    pub path: UrlPath,
}

impl NetGrant {
    pub(crate) fn parse(value: &str) -> Result<Self, InvalidGrant> {
        let parts = Parts::parse(value)?;
        let scheme = Scheme::parse(parts.scheme)?;
        Ok(Self {
            methods: parts.methods.unwrap_or(Methods::SAFE),
            scheme,
            host: parts.host,
            ports: parts.ports.unwrap_or_else(|| Ports::one(scheme.port())),
            path: parts.path,
        })
    }

    /// Whether it is about this request.
    pub fn covers(&self, request: &OutgoingRequest<'_>) -> bool {
        self.scheme == request.scheme
            && self.ports.contains(request.port)
            && self.methods.contains(request.method)
            && self.host.covers(request.host)
            && self.path.surely_covers(request.path)
    }
}

impl fmt::Display for NetGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.methods != Methods::SAFE {
            write!(f, "{} ", self.methods)?;
        }
        write!(f, "{}://{}", self.scheme.word(), self.host)?;
        if self.ports != Ports::one(self.scheme.port()) {
            write!(f, ":{}", self.ports)?;
        }
        if !self.path.is_root() {
            write!(f, "{}", self.path)?;
        }
        Ok(())
    }
}

/// A request that is about to go out.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingRequest<'a> {
    /// Its method, spelled as it goes out.
    pub method: &'a str,
    /// How it goes.
    pub scheme: Scheme,
    /// To which host.
    pub host: &'a Host,
    /// To which port.
    pub port: u16,
    /// To which path, without a query.
    pub path: &'a str,
}

/// What the value is made of, before what is left out is filled in.
pub(crate) struct Parts<'a> {
    pub(crate) methods: Option<Methods>,
    pub(crate) scheme: &'a str,
    pub(crate) host: HostPattern,
    pub(crate) ports: Option<Ports>,
    pub(crate) path: UrlPath,
}

impl<'a> Parts<'a> {
    pub(crate) fn parse(value: &'a str) -> Result<Self, InvalidGrant> {
        let (methods, url) = match value.split_once(' ') {
            Some((methods, url)) => (Some(Methods::parse(methods)?), url),
            None => (None, value),
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(InvalidGrant::malformed(EXPECTED, value));
        };
        let bracket = rest.starts_with('[').then(|| rest.find(']')).flatten();
        let after = bracket.unwrap_or(0);
        let slash = rest.get(after..).and_then(|tail| tail.find('/'));
        let (place, path) = match slash {
            Some(at) => rest.split_at(after + at),
            None => (rest, "/"),
        };
        let (host, port) = authority(place);
        let host = HostPattern::parse(host)?;
        if host.network().is_some() && bracket.is_none() && looks_like_prefix(path) {
            const RANGE: &str = "brackets around a range, such as `net=http://[10.0.0.0/8]:8080`";
            return Err(InvalidGrant::malformed(RANGE, url));
        }
        Ok(Self {
            methods,
            scheme,
            host,
            ports: port.map(Ports::parse).transpose()?,
            path: path.parse()?,
        })
    }
}

/// Whether a path after an address was probably meant as the length of a range: `10.0.0.0/8:80`.
fn looks_like_prefix(path: &str) -> bool {
    let head = path.trim_start_matches('/').split([':', '/']).next();
    head.is_some_and(|head| !head.is_empty() && head.bytes().all(|byte| byte.is_ascii_digit()))
}
