//! One scan.
//!
//! Owns the order, and what is counted. Refuses to know how a connection is made.

use std::net::{IpAddr, SocketAddr};

use crate::limits::{AT_ONCE, CONNECTIONS_MAX, TIMEOUT_MS_DEFAULT, TIMEOUT_MS_MAX};
use crate::ports::ports;
use crate::targets::addresses;

/// What became of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Refused.
    Closed,
    /// Not granted.
    Denied,
    /// Answered.
    Open,
    /// Not answered in time.
    Silent,
    /// Failed in another way.
    Unreachable,
}

/// Connects.
pub trait Dial {
    /// What becomes of a connection to each of `peers`, in their order, within the time.
    fn dial(&self, peers: &[SocketAddr], timeout_ms: u32) -> Vec<State>;
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Where somebody answers.
    pub open: Vec<SocketAddr>,
    /// Refused.
    pub closed: u32,
    /// Not answered.
    pub silent: u32,
    /// Failed in another way.
    pub unreachable: u32,
    /// Not granted.
    pub denied: u32,
}

/// Connects to each port of each target.
///
/// # Errors
///
/// What is to be scanned cannot be read, is too much, or is not granted at all.
pub fn scan(
    dial: &impl Dial,
    targets: &[String],
    ranges: &[String],
    timeout_ms: Option<u32>,
) -> Result<Report, String> {
    let (addresses, ports) = (addresses(targets)?, ports(ranges)?);
    let count = addresses.len().saturating_mul(ports.len());
    if count > CONNECTIONS_MAX {
        return Err(format!(
            "{} addresses with {} ports are {count} connections, of {CONNECTIONS_MAX} at most: scan a part of them",
            addresses.len(),
            ports.len()
        ));
    }
    let timeout_ms = timeout_ms
        .unwrap_or(TIMEOUT_MS_DEFAULT)
        .clamp(1, TIMEOUT_MS_MAX);
    let peers: Vec<SocketAddr> = addresses
        .iter()
        .flat_map(|address: &IpAddr| ports.iter().map(|port| SocketAddr::new(*address, *port)))
        .collect();
    let mut report = Report::default();
    for some in peers.chunks(AT_ONCE) {
        for (peer, state) in some.iter().zip(dial.dial(some, timeout_ms)) {
            match state {
                State::Closed => report.closed += 1,
                State::Denied => report.denied += 1,
                State::Open => report.open.push(*peer),
                State::Silent => report.silent += 1,
                State::Unreachable => report.unreachable += 1,
            }
        }
    }
    match peers.first() {
        Some(first) if usize::try_from(report.denied) == Ok(peers.len()) => Err(format!(
            "nothing of this is granted: ask the operator for socket=tcp:{first}, or for a range of both"
        )),
        _ => Ok(report),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Answers by the last digit of the port.
    #[derive(Default)]
    struct Script(RefCell<Vec<usize>>);

    impl Dial for Script {
        fn dial(&self, peers: &[SocketAddr], timeout_ms: u32) -> Vec<State> {
            assert_eq!(timeout_ms, 500);
            self.0.borrow_mut().push(peers.len());
            let states = peers.iter().map(|peer| match peer.port() % 10 {
                0 => State::Open,
                1 => State::Closed,
                2 => State::Silent,
                3 => State::Unreachable,
                _ => State::Denied,
            });
            states.collect()
        }
    }

    fn run(targets: &[&str], ports: &[&str]) -> (Result<Report, String>, Vec<usize>) {
        let own = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let script = Script::default();
        let report = scan(&script, &own(targets), &own(ports), Some(500));
        (report, script.0.into_inner())
    }

    #[test]
    fn every_port_of_every_target_is_counted_once() {
        let (report, batches) = run(&["10.0.0.0/30"], &["10-19"]);
        let report = report.unwrap();
        let open: Vec<_> = report.open.iter().map(ToString::to_string).collect();
        assert_eq!(
            open,
            ["10.0.0.0:10", "10.0.0.1:10", "10.0.0.2:10", "10.0.0.3:10"]
        );
        let counts = (
            report.closed,
            report.silent,
            report.unreachable,
            report.denied,
        );
        assert_eq!(counts, (4, 4, 4, 24));
        assert_eq!(batches, [32, 8]);
    }

    #[test]
    fn what_is_denied_altogether_says_what_to_grant() {
        let (report, _) = run(&["10.0.0.1"], &["4", "5"]);
        assert!(report.unwrap_err().contains("socket=tcp:10.0.0.1:4"));
    }

    #[test]
    fn too_much_is_refused_before_anything_is_connected_to() {
        let (report, batches) = run(&["10.0.0.0/24"], &["1-100"]);
        assert!(report.unwrap_err().contains("25600"));
        assert!(batches.is_empty());
    }
}
