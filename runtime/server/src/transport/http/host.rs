//! The names that this server is known by.
//!
//! Owns the strict reading of `Host` and `Origin` values, as pure functions. Refuses to be lenient:
//! a value that two readers could take for two hosts is not allowed, whoever it names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// The longest name that the domain name system has.
const NAME_BYTES_MAX: usize = 253;

/// The hosts in whose name this server may be addressed, each with any port.
///
/// A page in a browser can have its own name lead to this machine and then talk to a server here
/// as if it were its own (DNS rebinding). It cannot choose the `Host` and `Origin` that the browser
/// sends, so these are held against this list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts(Vec<Host>);

/// A name that cannot be a host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a host: give a name or an address without scheme, port and path")]
pub struct InvalidHost(String);

/// One host. Names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(Box<str>),
}

impl AllowedHosts {
    /// The names of this machine for itself: `localhost`, `127.0.0.1` and `[::1]`.
    pub fn loopback() -> Self {
        Self(vec![
            Host::Name("localhost".into()),
            Host::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Host::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ])
    }

    /// These, and `host`.
    ///
    /// # Errors
    ///
    /// When `host` is anything but a name or an address.
    pub fn and(mut self, host: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost(crate::echo::echo(host));
        let bracketed = match host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host.to_owned(),
        };
        let (parsed, port) = parse_authority(bracketed.as_bytes()).ok_or_else(invalid)?;
        if port.is_some() {
            return Err(invalid());
        }
        self.0.push(parsed);
        Ok(self)
    }

    /// Whether a `Host` header may have this value.
    pub fn allows_host(&self, value: &[u8]) -> bool {
        parse_authority(value).is_some_and(|(host, _)| self.0.contains(&host))
    }

    /// Whether an `Origin` header may have this value. `null` may not: every sandboxed frame and
    /// every local file has it.
    pub fn allows_origin(&self, value: &[u8]) -> bool {
        let authority =
            strip_scheme(value, b"http://").or_else(|| strip_scheme(value, b"https://"));
        authority.is_some_and(|authority| self.allows_host(authority))
    }
}

fn strip_scheme<'a>(value: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = value.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// `host`, `host:port`, `[address]` or `[address]:port`, and nothing else: no user, no empty port,
/// no trailing dot, no zone, no space.
fn parse_authority(value: &[u8]) -> Option<(Host, Option<u16>)> {
    let text = std::str::from_utf8(value).ok()?;
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let address = address.parse::<Ipv6Addr>().ok()?;
        let port = match rest {
            "" => None,
            _ => Some(parse_port(rest.strip_prefix(':')?)?),
        };
        return Some((Host::Address(IpAddr::V6(address)), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(parse_port(port)?)),
        None => (text, None),
    };
    Some((parse_name(host)?, port))
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse::<u16>().ok().filter(|_| digits)?;
    (port != 0).then_some(port)
}

fn parse_name(text: &str) -> Option<Host> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(Host::Address(IpAddr::V4(address)));
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // What ends in a number is an address to some readers: `127.1`, `2130706433`, `0x7f000001`.
    let last = text.rsplit('.').next()?;
    let numeric = last.starts_with(|first: char| first.is_ascii_digit());
    (text.len() <= NAME_BYTES_MAX && !numeric && text.split('.').all(is_label))
        .then(|| Host::Name(text.to_ascii_lowercase().into_boxed_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &[
        "localhost",
        "LOCALHOST",
        "LocalHost:8080",
        "localhost:1",
        "localhost:65535",
        "127.0.0.1",
        "127.0.0.1:3000",
        "[::1]",
        "[::1]:3000",
        "[0:0:0:0:0:0:0:1]",
        "mcp.example.com",
        "MCP.Example.com:443",
        "192.168.1.5:8080",
        "[2001:db8::7]:8080",
    ];

    const REFUSED: &[&str] = &[
        "",
        " ",
        ".",
        ":",
        ":80",
        "evil.com",
        "localhost.evil.com",
        "evil.localhost",
        "localhost-evil.com",
        "xlocalhost",
        "127.0.0.1.evil",
        "127.0.0.1.evil.com",
        "127.0.0.1.nip.io",
        "localhost.",
        "localhost..",
        "127.0.0.1.",
        "localhost.:80",
        "localhost:",
        "localhost:0",
        "localhost:99999",
        "localhost:65536",
        "localhost:+80",
        "localhost:-1",
        "localhost:80a",
        "localhost: 80",
        "localhost:80:80",
        "localhost:80@evil",
        "localhost:80@evil.com",
        "localhost@evil.com",
        "evil.com@localhost",
        "user:pass@localhost",
        "localhost#evil.com",
        "localhost?evil.com",
        "localhost/evil.com",
        "localhost\\evil.com",
        "localhost,evil.com",
        "localhost, evil.com",
        "localhost evil.com",
        "evil.com localhost",
        "\tlocalhost",
        "localhost\t",
        " localhost",
        "localhost ",
        "localhost\0",
        "http://localhost",
        "//localhost",
        "*",
        "0.0.0.0",
        "0",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.000.000.001",
        "127.0.0.2",
        "::1",
        "::1:80",
        "[::1",
        "::1]",
        "[::1]80",
        "[::1]:",
        "[::1]:0",
        "[::1]evil.com",
        "[::1].evil.com",
        "[::1]@evil.com",
        "[::1%25x]",
        "[::1%lo]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[127.0.0.1]",
        "[localhost]",
        "[[::1]]",
        "[]",
        "ⓛocalhost",
        "localhost\u{200b}",
        "loc%61lhost",
        "mcp.example.com.evil.com",
        "evil-mcp.example.com",
        "a.mcp.example.com",
    ];

    fn hosts() -> AllowedHosts {
        AllowedHosts::loopback()
            .and("mcp.example.com")
            .and_then(|hosts| hosts.and("192.168.1.5"))
            .and_then(|hosts| hosts.and("2001:db8::7"))
            .unwrap()
    }

    #[test]
    fn hosts_that_are_ours_are_allowed_with_any_port() {
        for value in ALLOWED {
            assert!(hosts().allows_host(value.as_bytes()), "{value:?}");
            for scheme in ["http", "https", "HTTP"] {
                let origin = format!("{scheme}://{value}");
                assert!(hosts().allows_origin(origin.as_bytes()), "{origin:?}");
            }
        }
    }

    #[test]
    fn hosts_that_are_not_ours_or_could_be_read_as_others_are_refused() {
        for value in REFUSED {
            assert!(!hosts().allows_host(value.as_bytes()), "{value:?}");
            for origin in [format!("http://{value}"), format!("https://{value}")] {
                assert!(!hosts().allows_origin(origin.as_bytes()), "{origin:?}");
            }
        }
        assert!(!hosts().allows_host(b"localhost\xff"));
        assert!(!hosts().allows_host("a".repeat(1 << 20).as_bytes()));
    }

    #[test]
    fn origins_that_are_no_page_of_ours_are_refused() {
        for origin in [
            "null",
            "",
            "localhost",
            "//localhost",
            "http:localhost",
            "http:/localhost",
            "http:///localhost",
            "http://localhost/",
            "http://localhost/path",
            "ftp://localhost",
            "file://",
            "file://localhost",
            "ws://localhost",
            "chrome-extension://localhost",
            "http://localhost http://evil.com",
            "http://evil.com http://localhost",
            "http://localhost,http://evil.com",
            " http://localhost",
            "http://http://localhost",
            "httpx://localhost",
        ] {
            assert!(!hosts().allows_origin(origin.as_bytes()), "{origin:?}");
        }
    }

    #[test]
    fn only_a_host_can_be_added() {
        for text in [
            "",
            "*",
            "a b",
            "https://a.com",
            "a.com:80",
            "a.com/",
            "[::1]:80",
            "a.com.",
        ] {
            assert!(AllowedHosts::loopback().and(text).is_err(), "{text:?}");
        }
    }
}
