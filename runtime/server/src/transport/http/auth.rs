//! Who sends a request, and where anybody may send one without saying so.
//!
//! Owns the place of identity in a request's life, and the rule that stands in for it until
//! credentials exist: only this machine may connect. Refuses to know what a caller may do.

use std::fmt;
use std::net::SocketAddr;

use http::request::Parts;
use ringfence_identity::Caller;
use thiserror::Error;

use super::refusal::Refusal;

/// Says who sends a request.
pub trait Authenticate: fmt::Debug + Send + Sync {
    /// In whose name a request with this head runs.
    ///
    /// # Errors
    ///
    /// With [`Refusal::Unauthenticated`] when the credential is missing or not valid.
    fn authenticate(&self, head: &Parts) -> Result<Caller, Refusal>;
}

/// Everybody who can connect is the person who started the process. [`check_bind`] sees to it that
/// only this machine can.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalOnly;

impl Authenticate for LocalOnly {
    fn authenticate(&self, _head: &Parts) -> Result<Caller, Refusal> {
        Ok(Caller::local())
    }
}

/// An address that must not be listened on without authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "`{0}` can be reached from other machines, and there is no authentication: listen on \
     `127.0.0.1` or `[::1]`, or set `allow_unauthenticated` if everybody who can reach it may \
     run every tool"
)]
pub struct BindRefused(SocketAddr);

/// Whether requests without a credential may be taken at `address`.
///
/// # Errors
///
/// When other machines can reach it and `allow_unauthenticated` is off.
pub fn check_bind(address: SocketAddr, allow_unauthenticated: bool) -> Result<(), BindRefused> {
    if allow_unauthenticated || address.ip().to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(BindRefused(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_connect_without_a_credential() {
        for address in [
            "127.0.0.1:0",
            "127.9.9.9:80",
            "[::1]:80",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert_eq!(check_bind(address.parse().unwrap(), false), Ok(()));
        }
        for address in [
            "0.0.0.0:80",
            "[::]:80",
            "10.0.0.1:80",
            "192.168.1.5:80",
            "[fe80::1]:80",
            "[::ffff:10.0.0.1]:80",
            "[2001:db8::1]:80",
        ] {
            let address = address.parse().unwrap();
            assert_eq!(check_bind(address, false), Err(BindRefused(address)));
            assert_eq!(check_bind(address, true), Ok(()));
        }
    }
}
