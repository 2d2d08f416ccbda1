//! A range of addresses.
//!
//! Owns `10.0.0.0/8` and `fd00::/8`; one address is the smallest range. An IPv4 address that is
//! written as IPv6 is the IPv4 address, so no spelling slips past a range. Refuses to know which
//! ranges are private: that is egress's business.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

use super::invalid::InvalidGrant;
use super::quantity;

const V4_BITS: u8 = 32;
const V6_BITS: u8 = 128;
/// Where the IPv4 address begins in `::ffff:a.b.c.d`.
const MAPPED_BITS: u8 = V6_BITS - V4_BITS;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The range of one address.
    pub fn one(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self {
            address,
            prefix: bits(address),
        }
    }

    /// The first `prefix` bits of `address`, with zeros after them.
    ///
    /// Nothing when the prefix is longer than the address.
    pub(crate) fn around(address: IpAddr, prefix: u8) -> Option<Self> {
        let address = address.to_canonical();
        (prefix <= bits(address)).then(|| Self {
            address: masked(address, prefix),
            prefix,
        })
    }

    /// The first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits all its addresses share.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether it is a single address.
    pub fn is_one(&self) -> bool {
        self.prefix == bits(self.address)
    }

    /// Whether it holds `address`, in whatever form that is written.
    pub fn contains(&self, address: IpAddr) -> bool {
        Self::around(address, self.prefix) == Some(*self)
            && address.to_canonical().is_ipv4() == self.address.is_ipv4()
    }

    /// Whether some address is in both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }

    /// Reads `ADDRESS` or `ADDRESS/PREFIX`, without brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str =
            "an address such as `10.0.0.5`, or a range with zeros at its end such as `10.0.0.0/8`";
        let wrong = || InvalidGrant::malformed(EXPECTED, text);
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(quantity::number(prefix, EXPECTED)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let Some(prefix) = prefix else {
            return Ok(Self::one(address));
        };
        let prefix = u8::try_from(prefix).map_err(|_| wrong())?;
        let canonical = address.to_canonical();
        let prefix = if canonical == address {
            prefix
        } else {
            prefix.checked_sub(MAPPED_BITS).ok_or_else(wrong)?
        };
        match Self::around(canonical, prefix) {
            Some(network) if network.address == canonical => Ok(network),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_one() {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => V4_BITS,
        IpAddr::V6(_) => V6_BITS,
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let cut = u32::from(bits(address).saturating_sub(prefix));
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(cut).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(cut).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}
