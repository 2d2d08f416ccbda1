//! Whoever decides what may be reached.
//!
//! Owns the questions that are asked, and when: one for each hop of a request, one for each name and
//! each socket. Refuses to know how they are answered.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Method};
use ipnet::IpNet;
use thiserror::Error;

use crate::address::Class;
use crate::destination::{Destination, Host};

/// One request on its way to one destination. A redirect that is followed is another hop.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'a> {
    /// The method.
    pub method: &'a Method,
    /// Where it goes.
    pub destination: &'a Destination,
    /// The path, without the query. Begins with a slash and has no `.` or `..`, encoded or not, so
    /// that a prefix of it means what it says.
    pub path: &'a str,
}

/// What a socket speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A stream.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Transport {
    /// The transport as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Decides what may be reached. Every answer is for one question and is not kept.
pub trait Rules: Send + Sync {
    /// Whether this request may be sent. Asked before the name of its host is looked up, so that a
    /// name that may not be reached is not told to any resolver.
    ///
    /// # Errors
    ///
    /// What to grant.
    fn request(&self, hop: &Hop<'_>) -> Result<Leave, Denied>;

    /// Whether a request that may be sent may carry these headers. Asked before anything is looked up or
    /// connected. Unless overridden: yes.
    ///
    /// # Errors
    ///
    /// What they carry that may not go there.
    fn headers(&self, hop: &Hop<'_>, headers: &HeaderMap) -> Result<(), Denied> {
        let (_, _) = (hop, headers);
        Ok(())
    }

    /// Adds to the headers of a request that may be sent, just before it is: secrets that whoever
    /// made the request must not see. What it adds is not handed on to another hop. Unless
    /// overridden: nothing.
    ///
    /// # Errors
    ///
    /// What is missing; the request is not sent.
    fn inject(&self, hop: &Hop<'_>, headers: &mut HeaderMap) -> Result<(), Denied> {
        let (_, _) = (hop, headers);
        Ok(())
    }

    /// Whether a socket may be connected, or send a datagram, to this port of this host. Unless
    /// overridden: no.
    ///
    /// # Errors
    ///
    /// What to grant.
    fn socket(&self, transport: Transport, host: &Host, port: u16) -> Result<Leave, Denied> {
        Err(Denied::new(format!(
            "no socket is granted for {}:{host}:{port}",
            transport.as_str()
        )))
    }

    /// Whether this name may be looked up, to connect a socket to it. Unless overridden: no.
    ///
    /// # Errors
    ///
    /// What to grant.
    fn lookup(&self, host: &Host) -> Result<Leave, Denied> {
        Err(Denied::new(format!("no socket is granted for `{host}`")))
    }
}

/// Leave to reach a destination, which is asked for each address that it leads to.
#[derive(Clone)]
pub struct Leave {
    reaches: Arc<Reaches>,
    advice: Option<Arc<Advice>>,
}

/// Whether an address of this class may be reached.
type Reaches = dyn Fn(IpAddr, Class) -> bool + Send + Sync;

/// What to say of an address of this class that may not be reached.
type Advice = dyn Fn(IpAddr, Class) -> String + Send + Sync;

impl fmt::Debug for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leave").finish_non_exhaustive()
    }
}

impl Leave {
    /// Leave for every address that `reaches` says yes to. It is asked about public ones, too.
    pub fn by(reaches: impl Fn(IpAddr, Class) -> bool + Send + Sync + 'static) -> Self {
        Self {
            reaches: Arc::new(reaches),
            advice: None,
        }
    }

    /// The same leave, with what to say of an address that it says no to. What is said goes on with a
    /// sentence.
    #[must_use]
    pub fn advising(
        mut self,
        advice: impl Fn(IpAddr, Class) -> String + Send + Sync + 'static,
    ) -> Self {
        self.advice = Some(Arc::new(advice));
        self
    }

    /// What to say of `address`, which may not be reached.
    pub(crate) fn advice(&self, address: IpAddr) -> String {
        let advice = self.advice.as_ref();
        advice.map_or_else(String::new, |advice| {
            advice(address.to_canonical(), Class::of(address))
        })
    }

    /// Leave for what is public.
    pub fn public() -> Self {
        Self::by(|_, class| class.is_public())
    }

    /// Leave for what is public, and for what is in one of `ranges`.
    ///
    /// A form that carries an IPv4 address is not covered by a range of IPv4, unless it is the mapped
    /// one, which every system takes for the address itself. What must be named is not covered by
    /// more than itself.
    pub fn within(ranges: Vec<IpNet>) -> Self {
        Self::by(move |address, class| {
            let covered = |range: &IpNet| {
                range.contains(&address)
                    && (!class.must_be_named() || range.prefix_len() == range.max_prefix_len())
            };
            class.is_public() || ranges.iter().any(covered)
        })
    }

    /// Whether `address` may be reached.
    ///
    /// # Errors
    ///
    /// What kind of address it is.
    pub fn reaches(&self, address: IpAddr) -> Result<(), Class> {
        let class = Class::of(address);
        if (self.reaches)(address.to_canonical(), class) {
            Ok(())
        } else {
            Err(class)
        }
    }
}

/// Not granted. For the log and for whoever decides: a guest sees the reason only where that
/// [tells](Self::telling) it nothing but what it has asked for itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Denied {
    reason: String,
    told: Option<String>,
}

impl Denied {
    /// A denial for this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            told: None,
        }
    }

    /// The same denial, of which the guest is told `what`.
    #[must_use]
    pub fn telling(mut self, what: impl Into<String>) -> Self {
        self.told = Some(what.into());
        self
    }

    /// What the guest is told, where it is told anything.
    pub fn told(&self) -> Option<&str> {
        self.told.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leave(ranges: &[&str]) -> Leave {
        Leave::within(ranges.iter().map(|range| range.parse().unwrap()).collect())
    }

    fn reaches(ranges: &[&str], address: &str) -> Result<(), Class> {
        leave(ranges).reaches(address.parse().unwrap())
    }

    #[test]
    fn a_range_opens_what_it_covers_and_nothing_else() {
        assert_eq!(reaches(&[], "8.8.8.8"), Ok(()));
        assert_eq!(reaches(&[], "10.0.0.1"), Err(Class::Private));
        assert_eq!(reaches(&["10.0.0.0/24"], "10.0.0.1"), Ok(()));
        assert_eq!(reaches(&["10.0.0.0/24"], "10.0.1.1"), Err(Class::Private));
        assert_eq!(reaches(&["10.0.0.0/24"], "127.0.0.1"), Err(Class::Loopback));
        assert_eq!(reaches(&["10.0.0.0/24"], "::ffff:10.0.0.1"), Ok(()));
        assert_eq!(
            reaches(&["10.0.0.0/24"], "64:ff9b::10.0.0.1"),
            Err(Class::Private)
        );
        assert_eq!(reaches(&["::1/128"], "::1"), Ok(()));
        assert_eq!(reaches(&["::/0"], "10.0.0.1"), Err(Class::Private));
    }

    #[test]
    fn credentials_of_the_machine_must_be_named() {
        let metadata = "169.254.169.254";
        for wide in ["169.254.0.0/16", "0.0.0.0/0", "169.254.169.254/31"] {
            assert_eq!(reaches(&[wide], metadata), Err(Class::Metadata), "{wide}");
        }
        assert_eq!(reaches(&["169.254.169.254/32"], metadata), Ok(()));
        assert_eq!(reaches(&["0.0.0.0/0"], "0.0.0.0"), Err(Class::Unspecified));
        assert_eq!(
            reaches(&["fd00::/8"], "fd00:ec2::254"),
            Err(Class::Metadata)
        );
    }
}
