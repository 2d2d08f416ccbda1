//! Policy's answers for whatever goes out.
//!
//! Owns the translation: a request, a socket and a name as egress asks about them, and as policy
//! answers. Refuses to connect, and to know which addresses are private: that is egress's business.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use ringfence_egress::{Class, Denied, Destination, Hop, Leave, Rules, Scheme, Transport};
use ringfence_policy::{
    Effective, Grant, Host, HostPattern, OutgoingRequest, Permit, Protocol, Refusal, RefusalReason,
};
use ringfence_secrets::{Placeholder, TenantSecrets};

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
            .map_err(|refusal| denied(&refusal, &request.host))?;
        let request = Arc::new(request);
        let (effective, advised) = (Arc::clone(&self.effective), Arc::clone(&self.effective));
        let advising = Arc::clone(&request);
        let leave = Leave::by(move |address, class| {
            is_named(&effective, address, class)
                && effective
                    .request(&request.asked())
                    .is_ok_and(|leads| leads.allows(address, class.is_public()))
        });
        Ok(leave.advising(move |address, class| {
            let asked = advising.asked();
            let leads = advised.request(&asked);
            let known = is_known(&advising.host, class);
            let leads = leads.map(|leads| leads.refusal(address, known));
            advice(&leads.unwrap_or_else(|refusal| refusal), class)
        }))
    }

    fn headers(&self, hop: &Hop<'_>, headers: &HeaderMap) -> Result<(), Denied> {
        let destination = hop.destination;
        let (scheme, host) = (scheme(destination.scheme()), host(destination.host())?);
        for (header, value) in headers {
            for name in Placeholder::names(value.as_bytes()) {
                let (name, header) = (name.as_str(), header.as_str());
                self.effective
                    .secret(name, scheme, &host, destination.port(), header)
                    .map_err(|refusal| {
                        let told = unbound(&refusal, name, destination, header);
                        Denied::new(refusal.to_string()).telling(told)
                    })?;
            }
        }
        Ok(())
    }

    fn inject(&self, hop: &Hop<'_>, headers: &mut HeaderMap) -> Result<(), Denied> {
        let destination = hop.destination;
        let (scheme, host) = (scheme(destination.scheme()), host(destination.host())?);
        self.bound
            .fill(headers, |grant| {
                grant.covers(scheme, &host, destination.port())
            })
            .map_err(|error| Denied::new(error.to_string()).telling(error.to_string()))
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
            .map_err(|refusal| denied(&refusal, &host))?;
        let (effective, advised) = (Arc::clone(&self.effective), Arc::clone(&self.effective));
        let advising = host.clone();
        let leave = Leave::by(move |address, class| {
            is_named(&effective, address, class)
                && effective
                    .socket(protocol, &host, port)
                    .is_ok_and(|peer| peer.allows(address, class.is_public()))
        });
        Ok(leave.advising(move |address, class| {
            let peer = advised.socket(protocol, &advising, port);
            let known = is_known(&advising, class);
            let peer = peer.map(|peer| peer.refusal(address, known));
            advice(&peer.unwrap_or_else(|refusal| refusal), class)
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
            .map_err(|refusal| denied(&refusal, &Host::Name(name.clone())))?;
        let (effective, advised) = (Arc::clone(&self.effective), Arc::clone(&self.effective));
        let leave = Leave::by(move |address, class| {
            let within = |grant: &Grant| match grant {
                Grant::Socket(socket) => socket
                    .host
                    .network()
                    .is_some_and(|range| range.contains(address)),
                _ => false,
            };
            is_named(&effective, address, class)
                && (class.is_public() || effective.grants().iter().any(within))
        });
        Ok(leave.advising(move |address, class| {
            let known = is_known(&Host::Name(name.clone()), class);
            advice(&advised.leads(&name, address, known), class)
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

/// Whether everybody knows where this host leads, so that saying it tells nothing.
fn is_known(host: &Host, class: Class) -> bool {
    let is_here = matches!(class, Class::Loopback | Class::Unspecified);
    match host {
        Host::Address(_) => is_here,
        Host::Name(name) => is_here && name.as_str() == "localhost",
    }
}

/// A refusal, with what its grant would open where that is not the internet.
fn denied(refusal: &Refusal, host: &Host) -> Denied {
    let opens = match host {
        Host::Address(address) => Class::of(*address).opens(),
        Host::Name(name) if name.as_str() == "localhost" => Class::Loopback.opens(),
        Host::Name(_) => None,
    };
    match opens.filter(|_| !refusal.grants().is_empty() && is_advice(refusal)) {
        Some(opens) => Denied::new(format!("{refusal}: {opens}")),
        None => Denied::new(refusal.to_string()),
    }
}

/// Why a secret is not sent, for the guest that wanted to: in its own words, and not where rules stand.
fn unbound(refusal: &Refusal, name: &str, destination: &Destination, header: &str) -> String {
    let why = match (refusal.reason(), refusal.grants()) {
        (RefusalReason::NotGranted, [grant]) => format!("ask the operator for `{grant}`"),
        (RefusalReason::NotRequested, _) => "the tool's manifest does not ask for it".to_owned(),
        (RefusalReason::Taken(other), _) => {
            format!("`{other}` is, and a header has one secret; send it in another header")
        }
        _ => "the operator's policy does not allow it".to_owned(),
    };
    format!("the secret `{name}` is not bound to `{destination}` in the header `{header}`: {why}")
}

/// What to say of an address that a granted host leads to.
fn advice(refusal: &Refusal, class: Class) -> String {
    match refusal.reason() {
        RefusalReason::Denied(origin) => format!("; it is denied by {origin}"),
        // A name that somebody else points there asks for nothing that anybody should give.
        _ if class == Class::Metadata => {
            "; leave it so: a grant would hand the credentials of this \
             machine to the tool, and to whoever it talks to"
                .to_owned()
        }
        _ => match refusal.grants() {
            [] => String::new(),
            grants => {
                let grants = grants.join("`, `");
                let range = if grants.contains("RANGE") {
                    ", where RANGE is what it leads to"
                } else {
                    ""
                };
                let opens = class.opens().map(|opens| format!(": {opens}"));
                format!(
                    "; grant `{grants}` as well{range}{}",
                    opens.unwrap_or_default()
                )
            }
        },
    }
}

fn is_advice(refusal: &Refusal) -> bool {
    *refusal.reason() == RefusalReason::NotGranted
}
