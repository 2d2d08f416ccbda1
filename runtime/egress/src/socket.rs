//! Sockets that a caller holds itself.
//!
//! Owns the check of each address before it is connected or sent to, and the names that led there.
//! Refuses listening: there is no question to ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::timeout;

use crate::connect::Checked;
use crate::destination::Host;
use crate::error::{EgressError, Stage};
use crate::limits::Limits;
use crate::outgoing::Outgoing;
use crate::rules::Transport;

/// What is known of one caller's sockets.
#[derive(Debug)]
pub(crate) struct Sockets(Mutex<Known>);

#[derive(Debug)]
struct Known {
    /// The names whose lookup led to an address.
    names: BTreeMap<IpAddr, BTreeSet<Host>>,
    /// Where datagrams went.
    peers: BTreeSet<SocketAddr>,
    sockets_left: u32,
    lookups_left: u32,
}

impl Sockets {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Mutex::new(Known {
            names: BTreeMap::new(),
            peers: BTreeSet::new(),
            sockets_left: limits.sockets,
            lookups_left: limits.lookups,
        }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As whom an address may be asked for: itself, and the names that led to it.
    fn hosts(&self, address: IpAddr) -> Vec<Host> {
        let known = self.known();
        let names = known.names.get(&address).into_iter().flatten().cloned();
        std::iter::once(Host::from(address)).chain(names).collect()
    }
}

impl Outgoing {
    /// Whether a socket may be connected, or send, to `peer`: by its address, or by a name that was
    /// looked up before.
    ///
    /// # Errors
    ///
    /// When no grant reaches it, or too many were reached.
    pub fn connect_socket(
        &self,
        transport: Transport,
        peer: SocketAddr,
    ) -> Result<(), EgressError> {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let judged = self.judge(transport, peer);
        if let Err(error) = &judged {
            self.deny(error);
        }
        judged?;
        let mut known = self.sockets.known();
        if transport == Transport::Tcp || known.peers.insert(peer) {
            known.sockets_left = known
                .sockets_left
                .checked_sub(1)
                .ok_or(EgressError::Exhausted("sockets"))?;
        }
        drop(known);
        self.ledger
            .count(format!("{}://{peer}", transport.as_str()));
        Ok(())
    }

    /// Whether a datagram from `peer` may be read: the same hosts as may be sent to. Not counted.
    ///
    /// # Errors
    ///
    /// When no grant reaches it.
    pub fn receive_from(&self, peer: SocketAddr) -> Result<(), EgressError> {
        self.judge(
            Transport::Udp,
            SocketAddr::new(peer.ip().to_canonical(), peer.port()),
        )
    }

    fn judge(&self, transport: Transport, peer: SocketAddr) -> Result<(), EgressError> {
        let mut first = None;
        for host in self.sockets.hosts(peer.ip()) {
            let judged = match self.rules().socket(transport, &host, peer.port()) {
                Ok(leave) => leave
                    .reaches(peer.ip())
                    .map_err(|class| EgressError::Address {
                        host: host.to_string(),
                        class,
                        advice: leave.advice(peer.ip()),
                    }),
                Err(denied) => Err(denied.into()),
            };
            match judged {
                Ok(()) => return Ok(()),
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// Looks `name` up for a socket. An address is given back as it is.
    ///
    /// # Errors
    ///
    /// When no grant names it, when one of its addresses may not be reached, or when it has none.
    pub async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, EgressError> {
        let host = match name.parse::<IpAddr>() {
            Ok(address) => return Ok(vec![address.to_canonical()]),
            Err(_) => name.parse::<Host>().map_err(crate::Malformed::from)?,
        };
        let looked_up = self.look_up(&host).await;
        if let Err(error) = &looked_up
            && error.is_denied()
        {
            self.deny(error);
        }
        looked_up
    }

    async fn look_up(&self, host: &Host) -> Result<Vec<IpAddr>, EgressError> {
        let leave = self.rules().lookup(host)?;
        {
            let mut known = self.sockets.known();
            known.lookups_left = known
                .lookups_left
                .checked_sub(1)
                .ok_or(EgressError::Exhausted("names"))?;
        }
        let checked = Checked::of(host, &leave, self.egress().resolver());
        let addresses = timeout(self.limits().connect, checked)
            .await
            .map_err(|_| EgressError::Timeout(host.to_string(), Stage::Connect))??
            .into_addresses();
        let mut known = self.sockets.known();
        for address in &addresses {
            let names = known.names.entry(*address).or_default();
            names.insert(host.clone());
        }
        Ok(addresses)
    }
}
