//! TCP connections and UDP datagrams.
//!
//! Owns `PROTOCOL:HOST:PORT[-PORT]`, with IPv6 in brackets. Refuses to listen: no kind grants that.

use std::fmt;

use super::host::{Host, HostPattern};
use super::invalid::InvalidGrant;
use super::network::Network;
use super::ports::Ports;

/// What is spoken below the tool's own protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Protocol {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Whom a tool may speak to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SocketGrant {
    /// How.
    pub protocol: Protocol,
    /// Which hosts.
    pub host: HostPattern,
    /// Which ports of them.
    pub ports: Ports,
}

impl SocketGrant {
    pub(crate) fn parse(value: &str) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str = "PROTOCOL:HOST:PORT with `tcp` or `udp`, such as `socket=tcp:10.0.0.5:5432`, \
             `socket=tcp:10.0.0.0/8:5432` or `socket=udp:[fd00::/8]:53`";
        let wrong = || InvalidGrant::malformed(EXPECTED, value);
        let (protocol, rest) = value.split_once(':').ok_or_else(wrong)?;
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return Err(wrong()),
        };
        let (host, ports) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let host = if host.contains('/') && !host.starts_with('[') {
            HostPattern::Network(Network::parse(host)?)
        } else {
            HostPattern::parse(host)?
        };
        Ok(Self {
            protocol,
            host,
            ports: Ports::parse(ports)?,
        })
    }

    /// Whether it is about this peer.
    pub fn covers(&self, protocol: Protocol, host: &Host, port: u16) -> bool {
        self.protocol == protocol && self.ports.contains(port) && self.host.covers(host)
    }
}

impl fmt::Display for SocketGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.protocol.word())?;
        match &self.host {
            HostPattern::Network(network) if network.address().is_ipv4() => {
                write!(f, "{network}")?;
            }
            host => write!(f, "{host}")?,
        }
        write!(f, ":{}", self.ports)
    }
}
