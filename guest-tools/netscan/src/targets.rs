//! Addresses to scan.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::limits::ADDRESSES_MAX;

/// The addresses of all targets, in their order, each once.
///
/// # Errors
///
/// One is neither an address nor a range, or there are too many.
pub fn addresses(targets: &[String]) -> Result<Vec<IpAddr>, String> {
    let mut all = Vec::new();
    for target in targets {
        let (first, count) = range(target).ok_or_else(|| {
            let shown: String = target.chars().take(100).collect();
            format!(
                "expected an address such as `10.0.0.5` or a range such as `10.0.0.0/24`, not `{shown}`"
            )
        })?;
        if count.is_none_or(|count| count.saturating_add(all.len()) > ADDRESSES_MAX) {
            return Err(format!(
                "`{target}` makes it more than {ADDRESSES_MAX} addresses: scan a part of it"
            ));
        }
        for offset in 0..count.unwrap_or(0) {
            let address = after(first, offset);
            if !all.contains(&address) {
                all.push(address);
            }
        }
    }
    Ok(all)
}

/// The first address of a range, and how many it has. No number when they cannot be counted.
fn range(text: &str) -> Option<(IpAddr, Option<usize>)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => bits,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|prefix| *prefix <= bits)?
        }
        Some(_) => return None,
    };
    let free = bits - prefix;
    let first = match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(free).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(free).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    };
    Some((first, 1_usize.checked_shl(free)))
}

fn after(first: IpAddr, offset: usize) -> IpAddr {
    match first {
        IpAddr::V4(first) => {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            IpAddr::V4(Ipv4Addr::from_bits(first.to_bits().saturating_add(offset)))
        }
        IpAddr::V6(first) => IpAddr::V6(Ipv6Addr::from_bits(
            first.to_bits().saturating_add(offset as u128),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(targets: &[&str]) -> Result<Vec<String>, String> {
        let targets: Vec<_> = targets.iter().map(|&target| target.to_owned()).collect();
        let addresses = addresses(&targets)?;
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn ranges_are_counted_from_their_first_address() {
        assert_eq!(read(&["10.0.0.5"]).unwrap(), ["10.0.0.5"]);
        assert_eq!(
            read(&["10.0.0.6/31", "10.0.0.7", "fd00::/127"]).unwrap(),
            ["10.0.0.6", "10.0.0.7", "fd00::", "fd00::1"]
        );
        assert_eq!(read(&["10.0.0.255/22"]).unwrap().len(), 1024);
        assert_eq!(read(&["255.255.255.254/31"]).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_address_or_too_much_is_refused() {
        for target in [
            "",
            "host",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.1",
            "::/129",
            "-oN x",
        ] {
            assert!(
                read(&[target]).unwrap_err().contains("expected"),
                "{target}"
            );
        }
        for target in ["10.0.0.0/21", "0.0.0.0/0", "::/0", "fd00::/64"] {
            assert!(
                read(&[target]).unwrap_err().contains("more than"),
                "{target}"
            );
        }
        assert!(read(&["10.0.0.0/22", "10.9.0.0"]).is_err());
    }
}
