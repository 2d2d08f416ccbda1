//! What kind of place an address is.
//!
//! Owns the table. An IPv6 form that carries an IPv4 address is looked through first: what a packet
//! reaches counts, not how its address is written. Refuses to know what is allowed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where clouds answer whoever is on the machine, credentials included. Some lie in ranges that are
/// otherwise private, one (Azure's wire server) in a public one.
const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// The same over IPv6.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// What kind of place an address is. Only [`Public`](Self::Public) is reached without being named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Kept for measuring devices: `198.18.0.0/15`.
    Benchmarking,
    /// Everybody on the wire: `255.255.255.255`.
    Broadcast,
    /// Kept for examples: `192.0.2.0/24`, `2001:db8::/32` and others.
    Documentation,
    /// This wire only: `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// A cloud's metadata service, which hands out credentials.
    Metadata,
    /// Groups: `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// Private networks: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`, `fec0::/10`, and
    /// the local-use prefix for translation.
    Private,
    /// The internet.
    Public,
    /// Everything that is assigned to nobody, or to a protocol.
    Reserved,
    /// A carrier's own network: `100.64.0.0/10`.
    Shared,
    /// Tunnels whose far end the address hides: 6to4, Teredo, IPv4-compatible.
    Transition,
    /// No place, which systems take for this machine: `0.0.0.0/8`, `::`.
    Unspecified,
}

impl Class {
    /// The class of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    /// Whether anybody may be sent there.
    pub fn is_public(self) -> bool {
        self == Self::Public
    }

    /// Whether a range is not enough to allow it, and the address itself must be named: nobody who
    /// writes `169.254.0.0/16` or `0.0.0.0/0` means the machine's credentials.
    pub fn must_be_named(self) -> bool {
        matches!(
            self,
            Self::Broadcast | Self::Metadata | Self::Multicast | Self::Unspecified
        )
    }

    /// What somebody opens who grants an address of this class: the end of a sentence. Nothing where it is
    /// the internet.
    pub fn opens(self) -> Option<&'static str> {
        match self {
            Self::Public => None,
            Self::Loopback | Self::Unspecified => {
                Some("that opens what listens on this machine itself")
            }
            Self::Metadata => Some(
                "never do: that hands the credentials of this machine to the tool, and to whoever it talks to",
            ),
            Self::LinkLocal => Some("that opens machines and services on the same wire"),
            Self::Private | Self::Shared => Some("that opens a network behind the firewall"),
            Self::Broadcast | Self::Multicast => Some("that speaks to many machines at once"),
            Self::Benchmarking | Self::Documentation | Self::Reserved | Self::Transition => {
                Some("hardly anything meant to be reached is there")
            }
        }
    }

    /// The class in words that follow "is".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Benchmarking => "a benchmarking address",
            Self::Broadcast => "the broadcast address",
            Self::Documentation => "a documentation address",
            Self::LinkLocal => "a link-local address",
            Self::Loopback => "a loopback address",
            Self::Metadata => "a metadata service",
            Self::Multicast => "a multicast address",
            Self::Private => "a private address",
            Self::Public => "a public address",
            Self::Reserved => "a reserved address",
            Self::Shared => "a carrier's shared address",
            Self::Transition => "a tunnel's address",
            Self::Unspecified => "the unspecified address",
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        if METADATA_V4.contains(&address) {
            return Self::Metadata;
        }
        match address.octets() {
            [0, ..] => Self::Unspecified,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Self::Private,
            [100, 64..=127, ..] => Self::Shared,
            [127, ..] => Self::Loopback,
            [169, 254, ..] => Self::LinkLocal,
            [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Self::Documentation,
            [192, 88, 99, _] => Self::Transition,
            [198, 18 | 19, ..] => Self::Benchmarking,
            [224..=239, ..] => Self::Multicast,
            [255, 255, 255, 255] => Self::Broadcast,
            [192, 0, 0, _] | [240..=255, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if METADATA_V6.contains(&address) {
            return Self::Metadata;
        }
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Self::Unspecified,
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            // Mapped, and the well-known prefix for translation: the address in them is the place.
            [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                Self::of_v4(carried(high, low))
            }
            // Compatible, translated, 6to4: long out of use, so what is not worse is a tunnel.
            [0, 0, 0, 0, 0 | 0xffff, 0, high, low] | [0x2002, high, low, ..] => {
                Self::of_v4(carried(high, low)).or(Self::Transition)
            }
            // A network's own translator. Where the address stands depends on how long its prefix
            // is; the usual place is the end.
            [0x64, 0xff9b, 1, .., high, low] => Self::of_v4(carried(high, low)).or(Self::Private),
            // Teredo: a server, and a client behind it that is written inverted.
            [0x2001, 0, high, low, _, _, client_high, client_low] => {
                Self::of_v4(carried(!client_high, !client_low))
                    .or(Self::of_v4(carried(high, low)))
                    .or(Self::Transition)
            }
            // ISATAP carries an address below any prefix.
            [first, second, _, _, 0 | 0x200, 0x5efe, high, low] => {
                Self::of_v4(carried(high, low)).or(Self::of_prefix(first, second, address))
            }
            [first, second, ..] => Self::of_prefix(first, second, address),
        }
    }

    fn of_prefix(first: u16, second: u16, address: Ipv6Addr) -> Self {
        match (first, second) {
            (0xfc00..=0xfdff | 0xfec0..=0xfeff, _) => Self::Private,
            (0xfe80..=0xfebf, _) => Self::LinkLocal,
            (0xff00..=0xffff, _) => Self::Multicast,
            (0x2001, 0xdb8) | (0x3fff, 0..=0xfff) => Self::Documentation,
            (0x2001, 2) if address.segments().get(2) == Some(&0) => Self::Benchmarking,
            (0x2001, 0..=0x1ff) => Self::Reserved,
            // All that was ever assigned. Whatever else is out there is not the internet yet.
            (0x2000..=0x3fff, _) => Self::Public,
            _ => Self::Reserved,
        }
    }

    /// This class, or `other` where this one is public.
    fn or(self, other: Self) -> Self {
        if self.is_public() { other } else { self }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn carried(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}
