//! Where a fetch may go.
//!
//! Owns the answer that egress asks for at each hop. Public addresses over HTTPS; and where an operator
//! names ranges, the host that was asked for may be in them. A redirect never leads there: whoever runs a
//! registry would choose what inside the house is asked.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use ringfence_egress::{Class, Denied, Hop, Host, IpNet, Leave, Rules, Scheme};

/// Ranges of private addresses that a registry may be in.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The ranges. None, unless an operator names some.
    pub private: Vec<IpNet>,
    /// Whether registries are spoken to in the clear. Then they may only be in those ranges.
    pub plain: bool,
}

impl Reach {
    /// How registries are spoken to.
    pub(crate) fn scheme(&self) -> Scheme {
        if self.plain {
            Scheme::Http
        } else {
            Scheme::Https
        }
    }

    /// The rules for what is asked of `host`.
    pub(crate) fn rules(&self, host: Host, aim: Aim) -> Arc<dyn Rules> {
        Arc::new(Towards {
            host,
            reach: self.clone(),
            aim,
        })
    }
}

/// What somebody is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To have something.
    Fetch,
    /// To put something there.
    Publish,
}

impl Aim {
    /// The methods that it takes. A token is asked for by `POST`.
    fn methods(self) -> &'static [Method] {
        match self {
            Self::Fetch => &[Method::GET, Method::POST],
            Self::Publish => &[Method::GET, Method::HEAD, Method::POST, Method::PUT],
        }
    }

    /// What a token has to be good for.
    pub(crate) fn actions(self) -> &'static str {
        match self {
            Self::Fetch => "pull",
            Self::Publish => "pull,push",
        }
    }
}

/// The rules for one host, and for where it leads.
#[derive(Debug)]
struct Towards {
    host: Host,
    reach: Reach,
    aim: Aim,
}

impl Rules for Towards {
    fn request(&self, hop: &Hop<'_>) -> Result<Leave, Denied> {
        if !self.aim.methods().contains(hop.method) {
            return Err(Denied::new(format!(
                "`{}` is not needed for this",
                hop.method
            )));
        }
        let is_own = *hop.destination.host() == self.host;
        match hop.destination.scheme() {
            Scheme::Https if is_own => Ok(Leave::within(self.reach.private.clone())),
            Scheme::Https => Ok(Leave::public()),
            Scheme::Http if is_own && self.reach.plain => {
                let ranges = self.reach.private.clone();
                let within = Leave::within(ranges.clone());
                Ok(Leave::by(move |address: IpAddr, _: Class| {
                    ranges.iter().any(|range| range.contains(&address))
                        && within.reaches(address).is_ok()
                }))
            }
            Scheme::Http => Err(Denied::new(format!(
                "`{}` would be spoken to in the clear",
                hop.destination
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringfence_egress::Destination;

    use super::*;

    #[test]
    fn whoever_fetches_changes_nothing() {
        let may = |aim, method| {
            let rules = Reach::default().rules("registry.example".parse().unwrap(), aim);
            let destination = Destination::parse(Scheme::Https, "registry.example").unwrap();
            let hop = Hop {
                method: &method,
                destination: &destination,
                path: "/",
            };
            rules.request(&hop).is_ok()
        };
        assert!(may(Aim::Fetch, Method::GET) && may(Aim::Publish, Method::PUT));
        assert!(!may(Aim::Fetch, Method::PUT));
        for method in [Method::DELETE, Method::PATCH] {
            assert!(!may(Aim::Fetch, method.clone()) && !may(Aim::Publish, method));
        }
    }

    fn allowed(reach: &Reach, scheme: Scheme, host: &str, address: &str) -> bool {
        let rules = reach.rules("registry.example".parse().unwrap(), Aim::Fetch);
        let destination = Destination::parse(scheme, host).unwrap();
        let hop = Hop {
            method: &Method::GET,
            destination: &destination,
            path: "/",
        };
        let address = address.parse().unwrap();
        rules
            .request(&hop)
            .is_ok_and(|leave| leave.reaches(address).is_ok())
    }

    #[test]
    fn h51_only_what_was_asked_for_may_be_private() {
        let own = "registry.example";
        let reach = Reach::default();
        assert!(allowed(&reach, Scheme::Https, own, "8.8.8.8"));
        assert!(!allowed(&reach, Scheme::Https, own, "10.0.0.1"));
        assert!(!allowed(&reach, Scheme::Http, own, "8.8.8.8"));

        let mut reach = Reach {
            private: vec![
                "10.0.0.0/8".parse().unwrap(),
                "169.254.0.0/16".parse().unwrap(),
            ],
            plain: false,
        };
        assert!(allowed(&reach, Scheme::Https, own, "10.0.0.1"));
        assert!(!allowed(&reach, Scheme::Https, own, "127.0.0.1"));
        assert!(!allowed(&reach, Scheme::Https, own, "169.254.169.254"));
        assert!(!allowed(&reach, Scheme::Https, "other.example", "10.0.0.1"));
        assert!(!allowed(&reach, Scheme::Http, own, "10.0.0.1"));

        reach.plain = true;
        assert!(allowed(&reach, Scheme::Http, own, "10.0.0.1"));
        assert!(!allowed(&reach, Scheme::Http, own, "8.8.8.8"));
        assert!(!allowed(&reach, Scheme::Http, own, "169.254.169.254"));
        assert!(!allowed(&reach, Scheme::Http, "other.example", "10.0.0.1"));
    }
}
