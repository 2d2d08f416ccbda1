//! From addresses to a connection.
//!
//! Owns the proof that addresses were checked: a connection is made to [`Checked`] and to nothing
//! else, and one function makes it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::destination::Host;
use crate::error::EgressError;
use crate::resolve::{ANSWERS_MAX, Resolve};
use crate::rules::Leave;

/// Addresses of one host that are tried. Bounds how many connections one request makes.
const ATTEMPTS_MAX: usize = 4;

/// Addresses that may be reached, each of them.
#[derive(Debug)]
pub(crate) struct Checked(Vec<IpAddr>);

impl Checked {
    /// Looks `host` up, once, and checks every answer. One that may not be reached spoils the others:
    /// a name that leads to the internet and to this machine is an attack, or a mistake.
    pub(crate) async fn of(
        host: &Host,
        leave: &Leave,
        resolver: &dyn Resolve,
    ) -> Result<Self, EgressError> {
        let failed = |error| EgressError::Resolve(host.to_string(), error);
        let answers = match (host.address(), host.name()) {
            (Some(address), _) => vec![address],
            (None, Some(name)) => resolver.resolve(name).await.map_err(failed)?,
            (None, None) => Vec::new(),
        };
        if answers.is_empty() {
            return Err(failed(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            )));
        }
        if answers.len() > ANSWERS_MAX {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidData,
                "the name has too many addresses",
            )));
        }
        for answer in &answers {
            leave
                .reaches(*answer)
                .map_err(|class| EgressError::Address {
                    host: host.to_string(),
                    class,
                    advice: leave.advice(*answer),
                })?;
        }
        // A mapped address is connected to as what was checked.
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in answers.iter().map(IpAddr::to_canonical) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(Self(addresses))
    }

    /// The addresses, for whoever connects through sockets of its own and is checked again.
    pub(crate) fn into_addresses(self) -> Vec<IpAddr> {
        self.0
    }

    /// Connects to the first address that answers, each with its share of `time`.
    pub(crate) async fn connect(&self, port: u16, time: Duration) -> io::Result<TcpStream> {
        let deadline = Instant::now() + time;
        let attempts = self.0.len().min(ATTEMPTS_MAX);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for (attempt, address) in self.0.iter().take(attempts).enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(attempts - attempt).unwrap_or(1);
            let target = SocketAddr::new(*address, port);
            match timeout(share, TcpStream::connect(target)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::Error::from(io::ErrorKind::TimedOut),
            }
        }
        Err(last)
    }
}
