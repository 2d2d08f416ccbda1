//! Sockets and names over `wasi:sockets`.

use std::net::IpAddr;

use crate::guest::bindings::Peer;
use crate::guest::bindings::wasi::sockets::instance_network::instance_network;
use crate::guest::bindings::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::guest::bindings::wasi::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::guest::bindings::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::guest::bindings::wasi::sockets::udp::OutgoingDatagram;
use crate::guest::bindings::wasi::sockets::udp_create_socket::create_udp_socket;

/// What is read at once.
const READ_BYTES: u64 = 64 * 1024;

fn code(code: ErrorCode) -> String {
    format!("{code:?}")
}

fn address(peer: &Peer) -> Result<(IpSocketAddress, IpAddressFamily), String> {
    match peer.address.parse().map_err(|_| "no address")? {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
                port: peer.port,
                address: (a, b, c, d),
            });
            Ok((address, IpAddressFamily::Ipv4))
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments();
            let address = IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: peer.port,
                flow_info: 0,
                address: (a, b, c, d, e, f, g, h),
                scope_id: 0,
            });
            Ok((address, IpAddressFamily::Ipv6))
        }
    }
}

pub(crate) fn tcp(to: &Peer, data: &str) -> Result<String, String> {
    let (address, family) = address(to)?;
    let socket = create_tcp_socket(family).map_err(code)?;
    socket
        .start_connect(&instance_network(), address)
        .map_err(code)?;
    let (input, output) = loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            done => break done.map_err(code)?,
        }
    };
    output
        .blocking_write_and_flush(data.as_bytes())
        .map_err(|error| format!("{error:?}"))?;
    let read = input
        .blocking_read(READ_BYTES)
        .map_err(|error| format!("{error:?}"))?;
    Ok(String::from_utf8_lossy(&read).into_owned())
}

pub(crate) fn udp(
    connected: Option<&Peer>,
    to: Option<&Peer>,
    data: String,
) -> Result<u64, String> {
    let (_, family) = address(connected.or(to).ok_or("no peer")?)?;
    let socket = create_udp_socket(family).map_err(code)?;
    let anywhere = match family {
        IpAddressFamily::Ipv4 => "0.0.0.0",
        IpAddressFamily::Ipv6 => "::",
    };
    let (anywhere, _) = address(&Peer {
        address: anywhere.into(),
        port: 0,
    })?;
    socket
        .start_bind(&instance_network(), anywhere)
        .map_err(code)?;
    socket.finish_bind().map_err(code)?;
    let connected = connected.map(address).transpose()?;
    let (_, outgoing) = socket
        .stream(connected.map(|(address, _)| address))
        .map_err(code)?;
    let to = to.map(address).transpose()?;
    outgoing.subscribe().block();
    outgoing.check_send().map_err(code)?;
    outgoing
        .send(&[OutgoingDatagram {
            data: data.into_bytes(),
            remote_address: to.map(|(address, _)| address),
        }])
        .map_err(code)
}

pub(crate) fn lookup(name: &str) -> Result<Vec<String>, String> {
    let stream = resolve_addresses(&instance_network(), name).map_err(code)?;
    let mut found = Vec::new();
    loop {
        match stream.resolve_next_address() {
            Ok(Some(IpAddress::Ipv4((a, b, c, d)))) => found.push(format!("{a}.{b}.{c}.{d}")),
            Ok(Some(IpAddress::Ipv6((a, b, c, d, e, f, g, h)))) => {
                found.push(IpAddr::from([a, b, c, d, e, f, g, h]).to_string());
            }
            Ok(None) => return Ok(found),
            Err(ErrorCode::WouldBlock) => stream.subscribe().block(),
            Err(error) => return Err(code(error)),
        }
    }
}

pub(crate) fn listen(at: &Peer) -> Result<(), String> {
    let (address, family) = address(at)?;
    let socket = create_tcp_socket(family).map_err(code)?;
    socket
        .start_bind(&instance_network(), address)
        .map_err(code)?;
    socket.finish_bind().map_err(code)?;
    socket.start_listen().map_err(code)?;
    socket.finish_listen().map_err(code)
}
