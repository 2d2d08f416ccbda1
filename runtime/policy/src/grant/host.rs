//! Hosts, and patterns of them.
//!
//! Owns what makes two spellings of a host the same one: lower case, IDNA, no dot at the end, no
//! number that some resolver reads as an address. Refuses to resolve a name.

use core::net::IpAddr;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use idna::AsciiDenyList;

use super::invalid::InvalidGrant;
use super::network::Network;

/// Bytes in a name, as DNS has it.
const NAME_BYTES_MAX: usize = 253;
/// Bytes between two dots, as DNS has it.
const LABEL_BYTES_MAX: usize = 63;
/// Bytes of a name before it is normalised. Bounds the work that a guest's host header causes.
const RAW_BYTES_MAX: usize = 1024;

/// A host's name in the one form in which names are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(Arc<str>);

impl HostName {
    /// The name: lower case, ASCII, without a dot at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostName {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        normal_name(text)
            .map(|name| Self(Arc::from(&*name)))
            .ok_or_else(|| InvalidGrant::malformed("a host such as `api.example.com`", text))
    }
}

/// A name in the form in which names are compared. Names that are in it already are not copied.
fn normal_name(text: &str) -> Option<Cow<'_, str>> {
    if text.len() > RAW_BYTES_MAX {
        return None;
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    // The usual case needs no tables; a punycode label needs to be checked by them.
    let name = if text.bytes().all(plain) && !text.contains("xn--") {
        Cow::Borrowed(text)
    } else {
        idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::URL).ok()?
    };
    is_normal(&name).then_some(name)
}

fn is_normal(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            })
    };
    // `127.1`, `2130706433` and `0x7f.1` are addresses to many resolvers, and names to a rule.
    let last = name.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= NAME_BYTES_MAX && !number && name.split('.').all(label)
}

/// One host: a name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name.
    Name(HostName),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address @ IpAddr::V4(_)) => write!(f, "{address}"),
            Self::Address(address @ IpAddr::V6(_)) => write!(f, "[{address}]"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

impl FromStr for Host {
    type Err = InvalidGrant;

    /// Reads a host as it stands in a URL: IPv6 in brackets.
    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        if let Some(inside) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let address: Result<IpAddr, _> = inside.parse();
            return match address {
                Ok(address @ IpAddr::V6(_)) => Ok(Self::Address(address.to_canonical())),
                _ => Err(InvalidGrant::malformed(
                    "an IPv6 address such as `[::1]`",
                    text,
                )),
            };
        }
        match text.parse() {
            Ok(address) => Ok(Self::Address(IpAddr::V4(address))),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}

/// Which hosts a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// `*`: every name, and every public address.
    Any,
    /// `api.example.com`: this name.
    Name(HostName),
    /// `10.0.0.5` or `10.0.0.0/8`: these addresses, be they private or not.
    Network(Network),
    /// `*.example.com`: every name below this one, but not itself.
    Suffix(HostName),
}

/// What an address in a question means to [`HostPattern::Any`]: `*` names no address, so it covers
/// public ones alone. Which are public is for egress to say when it connects.
impl HostPattern {
    /// Reads a pattern as it stands in a URL: ranges and IPv6 in brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGrant> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(suffix) = text.strip_prefix("*.") {
            return suffix.parse().map(Self::Suffix);
        }
        if let Some(inside) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            return Network::parse(inside).map(Self::Network);
        }
        text.parse().map(|host| match host {
            Host::Address(address) => Self::Network(Network::one(address)),
            Host::Name(name) => Self::Name(name),
        })
    }

    /// Whether it is about `host`.
    pub fn covers(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Name(name), Host::Name(host)) => name == host,
            (Self::Network(network), Host::Address(address)) => network.contains(*address),
            (Self::Suffix(suffix), Host::Name(host)) => below(host.as_str(), suffix.as_str()),
            _ => false,
        }
    }

    /// Whether some host is covered by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Name(name), Self::Name(other)) => name == other,
            (Self::Network(network), Self::Network(other)) => network.overlaps(other),
            (Self::Suffix(suffix), Self::Name(name)) | (Self::Name(name), Self::Suffix(suffix)) => {
                below(name.as_str(), suffix.as_str())
            }
            (Self::Suffix(suffix), Self::Suffix(other)) => {
                suffix == other
                    || below(suffix.as_str(), other.as_str())
                    || below(other.as_str(), suffix.as_str())
            }
            _ => false,
        }
    }

    /// The addresses that it names.
    pub fn network(&self) -> Option<&Network> {
        match self {
            Self::Network(network) => Some(network),
            _ => None,
        }
    }
}

/// Whether `name` is a subdomain of `suffix`.
fn below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix)
        .is_some_and(|head| head.ends_with('.'))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Name(name) => write!(f, "{name}"),
            Self::Network(network) if network.is_one() && network.address().is_ipv4() => {
                write!(f, "{network}")
            }
            Self::Network(network) => write!(f, "[{network}]"),
            Self::Suffix(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

/// Parts `HOST[:PORT]`, with a host that may stand in brackets.
pub(crate) fn authority(text: &str) -> (&str, Option<&str>) {
    let after = if text.starts_with('[') {
        text.find(']').map_or(text.len(), |at| at + 1)
    } else {
        0
    };
    let colon = text.get(after..).and_then(|rest| rest.find(':'));
    match colon.and_then(|at| text.split_at_checked(after + at)) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => (text, None),
    }
}
