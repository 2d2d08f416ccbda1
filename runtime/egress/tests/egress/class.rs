//! The classes of addresses against a table that is read another way: by longest prefix.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use ringfence_egress::{Class, IpNet};

use Class::{
    Benchmarking, Broadcast, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private,
    Public, Reserved, Shared, Transition, Unspecified,
};

/// The registries of special addresses, as ranges. The longest that holds an address is its own.
const V4: &[(&str, Class)] = &[
    ("0.0.0.0/0", Public),
    ("0.0.0.0/8", Unspecified),
    ("10.0.0.0/8", Private),
    ("100.64.0.0/10", Shared),
    ("100.100.100.200/32", Metadata),
    ("127.0.0.0/8", Loopback),
    ("168.63.129.16/32", Metadata),
    ("169.254.0.0/16", LinkLocal),
    ("169.254.169.254/32", Metadata),
    ("169.254.170.2/32", Metadata),
    ("169.254.170.23/32", Metadata),
    ("172.16.0.0/12", Private),
    ("192.0.0.0/24", Reserved),
    ("192.0.0.192/32", Metadata),
    ("192.0.2.0/24", Documentation),
    ("192.88.99.0/24", Transition),
    ("192.168.0.0/16", Private),
    ("198.18.0.0/15", Benchmarking),
    ("198.51.100.0/24", Documentation),
    ("203.0.113.0/24", Documentation),
    ("224.0.0.0/4", Multicast),
    ("240.0.0.0/4", Reserved),
    ("255.255.255.255/32", Broadcast),
];

/// Those of IPv6 that carry no other address.
const V6: &[(&str, Class)] = &[
    ("::/0", Reserved),
    ("::/128", Unspecified),
    ("::1/128", Loopback),
    ("100::/64", Reserved),
    ("2000::/3", Public),
    ("2001::/23", Reserved),
    ("2001:2::/48", Benchmarking),
    ("2001:db8::/32", Documentation),
    ("3fff::/20", Documentation),
    ("5f00::/16", Reserved),
    ("fc00::/7", Private),
    ("fd00:ec2::23/128", Metadata),
    ("fd00:ec2::254/128", Metadata),
    ("fd20:ce::254/128", Metadata),
    ("fe80::/10", LinkLocal),
    ("fec0::/10", Private),
    ("ff00::/8", Multicast),
];

/// Ranges of IPv6 whose addresses carry another one: the table above does not speak of them.
const CARRIERS: &[&str] = &[
    "::/96",
    "::ffff:0:0/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2001::/32",
    "2002::/16",
];

fn by_prefix(table: &[(&str, Class)], address: IpAddr) -> Class {
    let ranges = table
        .iter()
        .map(|(range, class)| (range.parse::<IpNet>().unwrap(), *class));
    let holds = ranges.filter(|(range, _)| range.contains(&address));
    holds.max_by_key(|(range, _)| range.prefix_len()).unwrap().1
}

fn carries(address: Ipv6Addr) -> bool {
    let in_range = CARRIERS.iter().any(|range| {
        range
            .parse::<IpNet>()
            .unwrap()
            .contains(&IpAddr::V6(address))
    });
    let text = address
        .segments()
        .map(|part| format!("{part:04x}"))
        .join(":");
    let isatap = text.contains(":0000:5efe:") || text.contains(":0200:5efe:");
    let plain = address.is_unspecified() || address.is_loopback();
    (in_range && !plain) || isatap
}

/// Every way to write `inside` as IPv6, and what it is when `inside` is public.
fn forms(inside: Ipv4Addr) -> Vec<(Ipv6Addr, Class)> {
    let [a, b, c, d] = inside.octets();
    let (high, low) = (format!("{a:02x}{b:02x}"), format!("{c:02x}{d:02x}"));
    let (not_high, not_low) = (
        format!("{:02x}{:02x}", !a, !b),
        format!("{:02x}{:02x}", !c, !d),
    );
    [
        (format!("::ffff:{inside}"), Public),
        (format!("64:ff9b::{inside}"), Public),
        (format!("64:ff9b:1::{inside}"), Private),
        (format!("64:ff9b:1:2:3:4:{high}:{low}"), Private),
        (format!("::ffff:0:{inside}"), Transition),
        (format!("2002:{high}:{low}::1"), Transition),
        // Teredo, with the address as the server, and as the client behind it.
        (
            format!("2001:0:{high}:{low}:8000:63bf:f7f7:f7f7"),
            Transition,
        ),
        (
            format!("2001:0:808:808:8000:63bf:{not_high}:{not_low}"),
            Transition,
        ),
        (format!("2a00:1450:4001:80b:0:5efe:{high}:{low}"), Public),
        (format!("2a00:1450:4001:80b:200:5efe:{high}:{low}"), Public),
        (format!("fe80::5efe:{high}:{low}"), LinkLocal),
        (format!("fd00::200:5efe:{high}:{low}"), Private),
    ]
    .into_iter()
    .map(|(text, class)| (text.parse().unwrap(), class))
    .collect()
}

/// An address near the edge of some range, or anywhere.
fn near_an_edge(bits: u128, width: u32, table: &[(&str, Class)], choice: usize, off: i128) -> u128 {
    let ranges: Vec<IpNet> = table
        .iter()
        .map(|(range, _)| range.parse().unwrap())
        .collect();
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let mask = if width == 32 {
        u128::from(u32::MAX)
    } else {
        u128::MAX
    };
    let edges: Vec<u128> = ranges
        .iter()
        .flat_map(|range| [number(range.network()), number(range.broadcast())])
        .collect();
    match edges.get(choice) {
        Some(edge) => edge.wrapping_add_signed(off) & mask,
        None => bits & mask,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn four_bytes_are_of_the_class_of_their_longest_prefix(
        bits: u128,
        choice in 0..60_usize,
        off in -2..=2_i128,
    ) {
        let bits = near_an_edge(bits, 32, V4, choice, off);
        let address = IpAddr::from(Ipv4Addr::from_bits(u32::try_from(bits).unwrap()));
        prop_assert_eq!(Class::of(address), by_prefix(V4, address), "{}", address);
    }

    #[test]
    fn sixteen_bytes_are_of_the_class_of_their_longest_prefix(
        bits: u128,
        choice in 0..50_usize,
        off in -2..=2_i128,
    ) {
        let address = Ipv6Addr::from_bits(near_an_edge(bits, 128, V6, choice, off));
        prop_assume!(!carries(address));
        let address = IpAddr::V6(address);
        prop_assert_eq!(Class::of(address), by_prefix(V6, address), "{}", address);
    }

    #[test]
    fn no_form_hides_an_address(bits: u128, choice in 0..60_usize, off in -2..=2_i128) {
        let bits = near_an_edge(bits, 32, V4, choice, off);
        let inside = Ipv4Addr::from_bits(u32::try_from(bits).unwrap());
        let class = by_prefix(V4, IpAddr::V4(inside));
        for (form, when_public) in forms(inside) {
            let expected = if class == Public { when_public } else { class };
            prop_assert_eq!(Class::of(IpAddr::V6(form)), expected, "{} in {}", inside, form);
        }
    }
}

/// What the words of a policy and of a denial depend on.
#[test]
fn the_addresses_that_attacks_name_are_of_these_classes() {
    for (address, class) in [
        ("0.0.0.0", Unspecified),
        ("10.1.2.3", Private),
        ("100.100.100.200", Metadata),
        ("100.64.0.1", Shared),
        ("127.0.0.1", Loopback),
        ("127.255.255.254", Loopback),
        ("168.63.129.16", Metadata),
        ("169.254.1.1", LinkLocal),
        ("169.254.169.254", Metadata),
        ("172.31.255.255", Private),
        ("172.32.0.0", Public),
        ("192.0.0.192", Metadata),
        ("192.168.1.1", Private),
        ("224.0.0.1", Multicast),
        ("255.255.255.255", Broadcast),
        ("8.8.8.8", Public),
        ("::", Unspecified),
        ("::1", Loopback),
        ("::127.0.0.1", Loopback),
        ("::8.8.8.8", Transition),
        ("::ffff:127.0.0.1", Loopback),
        ("::ffff:169.254.169.254", Metadata),
        ("64:ff9b::127.0.0.1", Loopback),
        ("64:ff9b::169.254.169.254", Metadata),
        ("64:ff9b::8.8.8.8", Public),
        ("64:ff9b:1::169.254.169.254", Metadata),
        ("64:ff9b:1::8.8.8.8", Private),
        ("2001:0:7f00:1::f7f7:f7f7", Loopback),
        ("2001:4860:4860::8888", Public),
        ("2001:db8::1", Documentation),
        ("2002:7f00:1::", Loopback),
        ("2002:808:808::", Transition),
        ("fd00:ec2::254", Metadata),
        ("fd12:3456::1", Private),
        ("fe80::1", LinkLocal),
        ("fe80::5efe:10.0.0.1", Private),
        ("ff02::1", Multicast),
    ] {
        assert_eq!(Class::of(address.parse().unwrap()), class, "{address}");
    }
}
