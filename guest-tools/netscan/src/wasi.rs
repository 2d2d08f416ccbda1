//! Connections over `wasi:sockets`.

use std::net::{IpAddr, SocketAddr};

use crate::guest::bindings::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::guest::bindings::wasi::io::poll::{Pollable, poll};
use crate::guest::bindings::wasi::sockets::instance_network::instance_network;
use crate::guest::bindings::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::guest::bindings::wasi::sockets::tcp::TcpSocket;
use crate::guest::bindings::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::scan::{Dial, State};

/// The host of this call.
#[derive(Debug)]
pub(crate) struct Host;

/// A connection that is being made. The socket comes last: what belongs to it must be gone first.
struct Attempt {
    state: Option<State>,
    pollable: Option<Pollable>,
    socket: Option<TcpSocket>,
}

impl Dial for Host {
    fn dial(&self, peers: &[SocketAddr], timeout_ms: u32) -> Vec<State> {
        let time = subscribe_duration(u64::from(timeout_ms).saturating_mul(1_000_000));
        let mut attempts: Vec<_> = peers.iter().map(Attempt::begin).collect();
        loop {
            for attempt in &mut attempts {
                attempt.go_on();
            }
            let waiting = attempts.iter().filter(|attempt| attempt.state.is_none());
            let mut pollables: Vec<&Pollable> = waiting
                .filter_map(|attempt| attempt.pollable.as_ref())
                .collect();
            if pollables.is_empty() || time.ready() {
                break;
            }
            pollables.push(&time);
            poll(&pollables);
        }
        let states = attempts
            .iter()
            .map(|attempt| attempt.state.unwrap_or(State::Silent));
        states.collect()
    }
}

impl Attempt {
    fn begin(peer: &SocketAddr) -> Self {
        let (address, family) = address(peer);
        let begun = create_tcp_socket(family).and_then(|socket| {
            socket.start_connect(&instance_network(), address)?;
            Ok(socket)
        });
        match begun {
            Ok(socket) => Self {
                state: None,
                pollable: Some(socket.subscribe()),
                socket: Some(socket),
            },
            Err(code) => Self {
                state: Some(state(code)),
                pollable: None,
                socket: None,
            },
        }
    }

    /// Looks whether the connection is there, and lets go of it.
    fn go_on(&mut self) {
        let Some(socket) = self.socket.as_ref().filter(|_| self.state.is_none()) else {
            return;
        };
        self.state = match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => None,
            Err(code) => Some(state(code)),
            Ok(streams) => {
                drop(streams);
                Some(State::Open)
            }
        };
        if self.state.is_some() {
            self.pollable = None;
            self.socket = None;
        }
    }
}

fn state(code: ErrorCode) -> State {
    match code {
        ErrorCode::AccessDenied => State::Denied,
        ErrorCode::ConnectionRefused | ErrorCode::ConnectionReset => State::Closed,
        ErrorCode::Timeout => State::Silent,
        _ => State::Unreachable,
    }
}

fn address(peer: &SocketAddr) -> (IpSocketAddress, IpAddressFamily) {
    let port = peer.port();
    match peer.ip() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
                port,
                address: (a, b, c, d),
            });
            (address, IpAddressFamily::Ipv4)
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments();
            let address = IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port,
                flow_info: 0,
                address: (a, b, c, d, e, f, g, h),
                scope_id: 0,
            });
            (address, IpAddressFamily::Ipv6)
        }
    }
}
