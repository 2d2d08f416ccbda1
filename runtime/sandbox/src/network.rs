//! Policy's answers for whatever goes out.
//!
//! Owns the translation: a request, a socket and a name as egress asks about them, and as policy
//! answers. Refuses to connect, and to know which addresses are private: that is egress's business.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use ringfence_egress::{Class, Denied, Hop, Leave, Rules, Scheme, Transport};
use ringfence_policy::{
    Effective, Grant, Host, HostPattern, OutgoingRequest, Permit, Protocol, Refusal,
};
use ringfence_secrets::TenantSecrets;

use crate::bound::Bound;

/// What one call may reach.
#[derive(Debug)]
pub(crate) struct Granted {
    effective: Arc<Effective>,
    bound: Bound,
}

impl Granted {
    /// What `permit` grants, with the secrets of its caller's tenant.
    pub(crate) fn of(permit: &Permit, secrets: Arc<TenantSecrets>) -> Self {
        Self {
            effective: Arc::clone(permit.effective()),
            bound: Bound::of(permit, secrets),
        }
    }

    /// What is asked about each thing.
    pub(crate) fn effective(&self) -> &Effective {
        &self.effective
    }

    /// The secrets that go out with requests.
    pub(crate) fn bound(&self) -> &Bound {
        &self.bound
    }
}

impl Rules for Granted {
    fn request(&self, hop: &Hop<'_>) -> Result<Leave, Denied> {
        let request = Request {
            method: hop.method.to_string(),
            scheme: scheme(hop.destination.scheme()),
            host: host(hop.destination.host())?,
            port: hop.destination.port(),
            path: hop.path.to_owned(),
        };
        self.effective
            .request(&request.asked())
            .map_err(|refusal| denied(&refusal))?;
        let effective = Arc::clone(&self.effective);
        Ok(Leave::by(move |address, class| {
            is_named(&effective, address, class)
                && effective
                    .request(&request.asked())
                    .is_ok_and(|leads| leads.allows(address, class.is_public()))
        }))
    }

    fn inject(&self, hop: &Hop<'_>, headers: &mut HeaderMap) -> Result<(), Denied> {
        let destination = hop.destination;
        let (scheme, host) = (scheme(destination.scheme()), host(destination.host())?);
        self.bound
            .fill(headers, |grant| {
                grant.covers(scheme, &host, destination.port())
            })
            .map_err(|error| Denied::new(error.to_string()))
    }

    fn socket(
        &self,
        transport: Transport,
        peer: &ringfence_egress::Host,
        port: u16,
    ) -> Result<Leave, Denied> {
        let protocol = match transport {
            Transport::Tcp => Protocol::Tcp,
            Transport::Udp => Protocol::Udp,
        };
        let host = host(peer)?;
        self.effective
            .socket(protocol, &host, port)
            .map_err(|refusal| denied(&refusal))?;
        let effective = Arc::clone(&self.effective);
        Ok(Leave::by(move |address, class| {
            is_named(&effective, address, class)
                && effective
                    .socket(protocol, &host, port)
                    .is_ok_and(|peer| peer.allows(address, class.is_public()))
        }))
    }

    /// A name that leads to what no socket may reach is not told where. Which port is meant is not
    /// known yet: its addresses are asked for again when one of them is connected to.
    fn lookup(&self, name: &ringfence_egress::Host) -> Result<Leave, Denied> {
        let Host::Name(name) = host(name)? else {
            return Err(Denied::new("an address is not looked up"));
        };
        self.effective
            .resolve(&name)
            .map_err(|refusal| denied(&refusal))?;
        let effective = Arc::clone(&self.effective);
        Ok(Leave::by(move |address, class| {
            let within = |grant: &Grant| match grant {
                Grant::Socket(socket) => socket
                    .host
                    .network()
                    .is_some_and(|range| range.contains(address)),
                _ => false,
            };
            is_named(&effective, address, class)
                && (class.is_public() || effective.grants().iter().any(within))
        }))
    }
}

/// A request that outlives the question.
#[derive(Debug)]
struct Request {
    method: String,
    scheme: ringfence_policy::Scheme,
    host: Host,
    port: u16,
    path: String,
}

impl Request {
    fn asked(&self) -> OutgoingRequest<'_> {
        OutgoingRequest {
            method: &self.method,
            scheme: self.scheme,
            host: &self.host,
            port: self.port,
            path: &self.path,
        }
    }
}

/// Whether an address that no range may cover is granted by itself. Any other needs no name.
fn is_named(effective: &Effective, address: IpAddr, class: Class) -> bool {
    let names = |host: &HostPattern| {
        host.network()
            .is_some_and(|range| range.is_one() && range.contains(address))
    };
    !class.must_be_named()
        || effective.grants().iter().any(|grant| match grant {
            Grant::Net(net) => names(&net.host),
            Grant::Socket(socket) => names(&socket.host),
            _ => false,
        })
}

/// The same scheme as policy writes it.
fn scheme(scheme: Scheme) -> ringfence_policy::Scheme {
    match scheme {
        Scheme::Http => ringfence_policy::Scheme::Http,
        Scheme::Https => ringfence_policy::Scheme::Https,
    }
}

/// The same host as policy writes it.
fn host(host: &ringfence_egress::Host) -> Result<Host, Denied> {
    if let Some(address) = host.address() {
        return Ok(Host::Address(address));
    }
    let name = host.name().unwrap_or_default();
    name.parse()
        .map(Host::Name)
        .map_err(|_| Denied::new(format!("`{host}` is no name that can be granted")))
}

fn denied(refusal: &Refusal) -> Denied {
    Denied::new(refusal.to_string())
}
