//! Questions at the effect.
//!
//! Owns the answers, each with the line that decides. Every question is answered from the index and
//! touches nothing. Refuses to resolve a name or to open a file, and to know which addresses are
//! public: that it is told.

use core::net::IpAddr;
use std::borrow::Cow;

use super::hosts::Sought;
use super::{Effective, Granted, Refusal, RefusalReason};
use crate::grant::{
    Capability, Grant, Host, HostName, HostPattern, Kind, OutgoingRequest, Protocol, Scheme,
    SecretGrant,
};
use crate::witness::Access;

impl Effective {
    /// Whether the tool may send `request`, and where its host may be connected to.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn request<'e, 'r>(
        &'e self,
        request: &OutgoingRequest<'r>,
    ) -> Result<Destination<'e, 'r>, Refusal> {
        self.saw(|| Access::of(request));
        let refuse = |reason| refuse_request(request, reason);
        if let Some(place) = self.denies_request(request, None) {
            return Err(refuse(self.denied_at(place)));
        }
        let sought = Sought {
            path: &lowercase(request.path),
            every_path: false,
        };
        let (mut first, mut public) = (None, false);
        self.index
            .granted
            .net
            .visit(request.host, &sought, |place| {
                if let Some(Grant::Net(net)) = self.grants.get(*place)
                    && net.covers(request)
                {
                    first = Some(first.map_or(*place, |first: usize| first.min(*place)));
                    public |= !matches!(net.host, HostPattern::Network(_));
                }
            });
        let granted = self.first(first.into_iter());
        // What a tool does not ask for no grant gives it.
        if !self.reach.asks_request(request) {
            return Err(refuse(RefusalReason::NotRequested));
        }
        let granted = granted.ok_or_else(|| refuse(RefusalReason::NotGranted))?;
        Ok(Destination {
            effective: self,
            request: *request,
            granted,
            public,
        })
    }

    /// Whether the tool may speak to this peer, and where a name may lead.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn socket<'e, 'r>(
        &'e self,
        protocol: Protocol,
        host: &'r Host,
        port: u16,
    ) -> Result<Peer<'e, 'r>, Refusal> {
        self.saw(|| Access::Socket {
            protocol,
            host: host.to_string(),
            port,
        });
        let refuse = |reason| {
            let wanted = format!("{} {host}:{port}", protocol.word());
            let hosts = std::iter::once(host.to_string()).chain(loopback(host));
            let grants = hosts.map(|host| format!("socket={}:{host}:{port}", protocol.word()));
            Refusal::new(wanted, grants, reason)
        };
        if let Some(place) = self.denies_socket(protocol, host, port) {
            return Err(refuse(self.denied_at(place)));
        }
        let (mut first, mut public) = (None, false);
        self.index
            .granted
            .sockets
            .visit(host, &EVERY_PATH, |place| {
                if let Some(Grant::Socket(socket)) = self.grants.get(*place)
                    && socket.covers(protocol, host, port)
                {
                    first = Some(first.map_or(*place, |first: usize| first.min(*place)));
                    public |= !matches!(socket.host, HostPattern::Network(_));
                }
            });
        let granted = self.first(first.into_iter());
        if !self.reach.asks_socket(protocol, host, port) {
            return Err(refuse(RefusalReason::NotRequested));
        }
        let granted = granted.ok_or_else(|| refuse(RefusalReason::NotGranted))?;
        Ok(Peer {
            effective: self,
            protocol,
            host,
            port,
            granted,
            public,
        })
    }

    /// Whether the tool may learn the addresses of `name`: only when it may speak to some port there.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn resolve(&self, name: &HostName) -> Result<&Granted, Refusal> {
        self.saw(|| Access::Lookup(name.to_string()));
        let host = Host::Name(name.clone());
        let mut first = None;
        self.index
            .granted
            .sockets
            .visit(&host, &EVERY_PATH, |place| {
                let Some(Grant::Socket(socket)) = self.grants.get(*place) else {
                    return;
                };
                let mut denied = self.index.denied.kind(Kind::Socket).is_some();
                self.index.denied.sockets.visit(&host, &EVERY_PATH, |place| {
                denied |= matches!(
                    self.denied.get(*place).map(|denied| &denied.capability),
                    Some(Capability::Socket(denied))
                        if denied.protocol == socket.protocol && denied.ports.holds(socket.ports)
                );
            });
                if !denied {
                    first = Some(first.map_or(*place, |first: usize| first.min(*place)));
                }
            });
        self.first(first.into_iter()).ok_or_else(|| {
            // To learn where the name of this machine leads without leave to go there helps nobody.
            let hosts = std::iter::once(name.to_string()).chain(loopback(&host));
            let grants = hosts.map(|host| format!("socket=tcp:{host}:PORT"));
            Refusal::new(format!("resolve {name}"), grants, RefusalReason::NotGranted)
        })
    }

    /// Why `name`, which may be resolved, may not lead to `address`, and what to grant. Where everybody has
    /// `known` that it leads there, it is said.
    pub fn leads(&self, name: &HostName, address: IpAddr, known: bool) -> Refusal {
        let place = place_of(&Host::Name(name.clone()), address, known);
        let wanted = format!("{name} at {place}");
        let place = if place == "[RANGE]" { "RANGE" } else { &place };
        let grant = format!("socket=tcp:{place}:PORT");
        Refusal::new(wanted, [grant], RefusalReason::NotGranted)
    }

    /// The secrets that the host adds to requests to this place.
    pub fn secrets(
        &self,
        scheme: Scheme,
        host: &Host,
        port: u16,
    ) -> impl Iterator<Item = (&SecretGrant, &Granted)> {
        let places = self.index.secrets.get(host).into_iter().flatten();
        places
            .filter_map(|place| self.granted.get(*place))
            .filter_map(move |granted| match &granted.grant {
                Grant::Secret(secret) if secret.covers(scheme, host, port) => {
                    Some((secret, granted))
                }
                _ => None,
            })
    }

    /// Whether the host puts the secret `name` into `header` of a request to this place.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn secret(
        &self,
        name: &str,
        scheme: Scheme,
        host: &Host,
        port: u16,
        header: &str,
    ) -> Result<&Granted, Refusal> {
        let header = header.to_ascii_lowercase();
        let bound = self
            .secrets(scheme, host, port)
            .find(|(secret, _)| secret.name.as_str() == name && secret.header.as_str() == header);
        if let Some((_, granted)) = bound {
            return Ok(granted);
        }
        let grant = format!("secret={name}->{}://{host}:{port}:{header}", scheme.word());
        // In its shortest form.
        let grant = grant.parse::<Grant>();
        let wanted = format!("send the secret {name} to {host} in {header}");
        let taken = self
            .secrets(scheme, host, port)
            .find(|(secret, _)| secret.header.as_str() == header);
        // A second grant would contradict the first.
        if let (Some((other, _)), None) = (taken, self.index.denied.named(Kind::Secret, name)) {
            let reason = RefusalReason::Taken(other.name.clone());
            return Err(Refusal::new(wanted, [], reason));
        }
        let reason = match (self.index.denied.named(Kind::Secret, name), &grant) {
            (Some(place), _) => self.denied_at(place),
            (None, Ok(grant)) if self.reach.narrow(grant).is_empty() => RefusalReason::NotRequested,
            _ => RefusalReason::NotGranted,
        };
        Err(Refusal::new(
            wanted,
            grant.ok().map(|grant| grant.to_string()),
            reason,
        ))
    }

    /// How many bytes the bucket `name` may hold.
    ///
    /// # Errors
    ///
    /// The tool may not open it.
    pub fn bucket(&self, name: &str) -> Result<(u64, &Granted), Refusal> {
        let granted = self.named(Kind::Kv, name)?;
        match &granted.grant {
            Grant::Kv(bucket) => Ok((bucket.quota, granted)),
            _ => Err(missing(Kind::Kv, name, RefusalReason::NotGranted)),
        }
    }

    /// Whether the tool may read the environment variable `name`.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn variable(&self, name: &str) -> Result<&Granted, Refusal> {
        self.named(Kind::Env, name)
    }

    /// Whether the tool may read the configuration value `key`.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn configuration(&self, key: &str) -> Result<&Granted, Refusal> {
        self.named(Kind::Config, key)
    }

    /// Whether the tool may call `tool`, by the name under which it is offered.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn tool(&self, tool: &str) -> Result<&Granted, Refusal> {
        self.saw(|| Access::Named(Kind::Tools, tool.to_owned()));
        self.calls(tool)
    }

    /// Whether the tool may know that there is `tool`: it may call it. Nobody hears that this was asked: what
    /// a tool looks at it has not wanted yet.
    pub fn lists_tool(&self, tool: &str) -> bool {
        self.calls(tool).is_ok()
    }

    fn calls(&self, tool: &str) -> Result<&Granted, Refusal> {
        let refuse = |reason| missing(Kind::Tools, tool, reason);
        let denied = &self.index.denied;
        let places = [denied.kind(Kind::Tools), denied.tools.first(tool)];
        if let Some(place) = places.into_iter().flatten().min() {
            return Err(refuse(self.denied_at(place)));
        }
        let granted = self.first(self.index.granted.tools.first(tool).into_iter());
        if self.reach.asks_tool(tool) {
            granted.ok_or_else(|| refuse(RefusalReason::NotGranted))
        } else {
            Err(refuse(RefusalReason::NotRequested))
        }
    }

    /// Whether clocks are not coarsened.
    pub fn precise_clock(&self) -> bool {
        self.has(Kind::ClockPrecise)
    }

    /// Whether the tool may draw random bytes: every tool may, unless a rule denies it.
    pub fn random(&self) -> bool {
        self.index.denied.kind(Kind::Random).is_none()
    }

    /// Whether the tool may read what is piped into the call.
    pub fn standard_input(&self) -> bool {
        self.has(Kind::Stdin)
    }

    /// Whether what the tool writes is shown as it comes.
    pub fn standard_output(&self) -> bool {
        self.has(Kind::Stdout)
    }

    fn has(&self, kind: Kind) -> bool {
        self.index.denied.kind(kind).is_none() && self.index.granted.kind(kind).is_some()
    }

    fn named(&self, kind: Kind, name: &str) -> Result<&Granted, Refusal> {
        self.saw(|| Access::Named(kind, name.to_owned()));
        if let Some(place) = self.index.denied.named(kind, name) {
            return Err(missing(kind, name, self.denied_at(place)));
        }
        let place = self.index.granted.named(kind, name);
        self.first(place.into_iter()).ok_or_else(|| {
            let asks = match format!("{kind}={name}").parse() {
                Ok(grant) => !self.reach.narrow(&grant).is_empty(),
                Err(_) => true,
            };
            let reason = if asks {
                RefusalReason::NotGranted
            } else {
                RefusalReason::NotRequested
            };
            missing(kind, name, reason)
        })
    }

    /// The first grant of `places`, in the order in which grants were written.
    pub(super) fn first(&self, places: impl Iterator<Item = usize>) -> Option<&Granted> {
        places.min().and_then(|place| self.granted.get(place))
    }

    pub(super) fn denied_at(&self, place: usize) -> RefusalReason {
        match self.denied.get(place) {
            Some(denied) => RefusalReason::Denied(denied.origin.clone()),
            None => RefusalReason::NotGranted,
        }
    }

    /// The first denial of `request`; with an address, of one that is about that address.
    fn denies_request(
        &self,
        request: &OutgoingRequest<'_>,
        address: Option<IpAddr>,
    ) -> Option<usize> {
        let at = address.map(Host::Address);
        let request = OutgoingRequest {
            host: at.as_ref().unwrap_or(request.host),
            ..*request
        };
        let sought = Sought {
            path: &lowercase(request.path),
            every_path: crate::grant::could_be_any(request.path),
        };
        let mut first = self.index.denied.kind(Kind::Net);
        let visit = |place: &usize| {
            if let Some(Capability::Net(net)) = self.denied.get(*place).map(|one| &one.capability)
                && net.reaches(&request)
                && net.path.maybe_covers(request.path)
            {
                first = Some(first.map_or(*place, |first: usize| first.min(*place)));
            }
        };
        match address {
            Some(address) => {
                let rules = &self.index.denied.net;
                rules.visit_networks(address, &sought, visit);
            }
            None => self.index.denied.net.visit(request.host, &sought, visit),
        }
        first
    }

    fn denies_socket(&self, protocol: Protocol, host: &Host, port: u16) -> Option<usize> {
        let mut first = self.index.denied.kind(Kind::Socket);
        self.index.denied.sockets.visit(host, &EVERY_PATH, |place| {
            if let Some(Capability::Socket(socket)) =
                self.denied.get(*place).map(|one| &one.capability)
                && socket.covers(protocol, host, port)
            {
                first = Some(first.map_or(*place, |first: usize| first.min(*place)));
            }
        });
        first
    }
}

const EVERY_PATH: Sought<'static> = Sought {
    path: "/",
    every_path: true,
};

/// Whether `host` is an address, and another one.
fn is_elsewhere(host: &Host, address: IpAddr) -> bool {
    matches!(host, Host::Address(named) if named.to_canonical() != address.to_canonical())
}

fn lowercase(path: &str) -> Cow<'_, str> {
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(path.to_ascii_lowercase())
    } else {
        Cow::Borrowed(path)
    }
}

fn missing(kind: Kind, name: &str, reason: RefusalReason) -> Refusal {
    Refusal::new(format!("{kind} {name}"), [format!("{kind}={name}")], reason)
}

fn refuse_request(request: &OutgoingRequest<'_>, reason: RefusalReason) -> Refusal {
    let (method, port) = (request.method, shown_port(request));
    let place = format!("{}://{}", request.scheme.word(), request.host);
    let wanted = format!("{method} {place}{port}{}", request.path);
    let hosts = std::iter::once(request.host.to_string()).chain(loopback(request.host));
    let grants = hosts.map(|host| narrowest(request, &host));
    Refusal::new(wanted, grants, reason)
}

/// The narrowest grant for `request`, with `host` for its host. A path that rules cannot compare is left out.
fn narrowest(request: &OutgoingRequest<'_>, host: &str) -> String {
    let (method, scheme) = (request.method, request.scheme.word());
    let all = format!("net={method} {scheme}://{host}{}", shown_port(request));
    let one = format!("{all}{}", request.path);
    let covers = |net: &crate::grant::NetGrant| net.path.surely_covers(request.path);
    match one.replace("[RANGE]", "[::1]").parse() {
        Ok(Grant::Net(net)) if request.path != "/" && covers(&net) => one,
        _ => all,
    }
}

fn shown_port(request: &OutgoingRequest<'_>) -> String {
    if request.port == request.scheme.port() {
        String::new()
    } else {
        format!(":{}", request.port)
    }
}

/// What a name that every system knows leads to. A grant of the name alone leads to public addresses.
fn loopback(host: &Host) -> impl Iterator<Item = String> + use<> {
    let is_local = matches!(host, Host::Name(name)
        if name.as_str() == "localhost" || name.as_str().ends_with(".localhost"));
    let addresses = ["127.0.0.1", "[::1]"].map(str::to_owned);
    addresses.into_iter().filter(move |_| is_local)
}

/// What stands for where a name leads: the address where everybody knows it anyway, and otherwise a word,
/// as whoever called must not learn it.
fn place_of(host: &Host, address: IpAddr, known: bool) -> String {
    match host {
        Host::Name(_) if !known => "[RANGE]".to_owned(),
        _ => Host::Address(address.to_canonical()).to_string(),
    }
}

fn grant_at(granted: &[Granted], place: usize) -> Option<&Grant> {
    granted.get(place).map(|granted| &granted.grant)
}

/// Where an allowed request may be connected to.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'e, 'r> {
    effective: &'e Effective,
    request: OutgoingRequest<'r>,
    granted: &'e Granted,
    public: bool,
}

impl<'e> Destination<'e, '_> {
    /// The grant that decided.
    pub fn granted(&self) -> &'e Granted {
        self.granted
    }

    /// Why the request may not be sent to `address`, and what to grant. Where everybody has `known` that
    /// the host leads there, it is said.
    pub fn refusal(&self, address: IpAddr, known: bool) -> Refusal {
        let request = &self.request;
        let place = place_of(request.host, address, known);
        let wanted = format!("{} at {place}", request.host);
        let denied = self.effective.denies_request(request, Some(address));
        let reason = denied.map_or(RefusalReason::NotGranted, |at| self.effective.denied_at(at));
        Refusal::new(wanted, [narrowest(request, &place)], reason)
    }

    /// Whether the request may be sent to `address`, which its host's name led to or which it named.
    ///
    /// A grant of a name leads to public addresses alone; a private one has to be within a range that
    /// is granted for the same scheme, port, method and path. What is public, the caller says.
    pub fn allows(&self, address: IpAddr, public: bool) -> bool {
        if is_elsewhere(self.request.host, address) {
            return false;
        }
        let effective = self.effective;
        if effective
            .denies_request(&self.request, Some(address))
            .is_some()
        {
            return false;
        }
        if self.public && public {
            return true;
        }
        let host = Host::Address(address.to_canonical());
        let request = OutgoingRequest {
            host: &host,
            ..self.request
        };
        let sought = Sought {
            path: &lowercase(request.path),
            every_path: false,
        };
        let mut within = false;
        let rules = &effective.index.ranges.net;
        rules.visit_networks(address, &sought, |place| {
            within |= matches!(grant_at(&effective.ranges, *place), Some(Grant::Net(net))
                if net.covers(&request));
        });
        within
    }
}

/// Where an allowed connection may lead.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'e, 'r> {
    effective: &'e Effective,
    protocol: Protocol,
    host: &'r Host,
    port: u16,
    granted: &'e Granted,
    public: bool,
}

impl<'e> Peer<'e, '_> {
    /// The grant that decided.
    pub fn granted(&self) -> &'e Granted {
        self.granted
    }

    /// Why `address` may not be connected to, and what to grant. Where everybody has `known` that the host
    /// leads there, it is said.
    pub fn refusal(&self, address: IpAddr, known: bool) -> Refusal {
        let place = place_of(self.host, address, known);
        let wanted = format!("{} at {place}", self.host);
        let host = Host::Address(address.to_canonical());
        let denied = self.denied(&host, address);
        let reason = denied.map_or(RefusalReason::NotGranted, |at| self.effective.denied_at(at));
        let place = if place == "[RANGE]" { "RANGE" } else { &place };
        let grant = format!("socket={}:{place}:{}", self.protocol.word(), self.port);
        Refusal::new(wanted, [grant], reason)
    }

    /// The first denial that is about `address`.
    fn denied(&self, host: &Host, address: IpAddr) -> Option<usize> {
        let mut first = None;
        let effective = self.effective;
        let rules = &effective.index.denied.sockets;
        rules.visit_networks(address, &EVERY_PATH, |place| {
            let covers = matches!(
                effective.denied.get(*place).map(|one| &one.capability),
                Some(Capability::Socket(socket)) if socket.covers(self.protocol, host, self.port)
            );
            if covers {
                first = Some(first.map_or(*place, |first: usize| first.min(*place)));
            }
        });
        first
    }

    /// Whether `address` may be connected to, which the peer's name led to or which it was.
    pub fn allows(&self, address: IpAddr, public: bool) -> bool {
        if is_elsewhere(self.host, address) {
            return false;
        }
        let effective = self.effective;
        let host = Host::Address(address.to_canonical());
        if self.denied(&host, address).is_some() {
            return false;
        }
        if self.public && public {
            return true;
        }
        let mut within = false;
        let rules = &effective.index.ranges.sockets;
        rules.visit_networks(address, &EVERY_PATH, |place| {
            within |= matches!(grant_at(&effective.ranges, *place), Some(Grant::Socket(socket))
                if socket.covers(self.protocol, &host, self.port));
        });
        within
    }
}
