//! From a name to addresses.
//!
//! Owns how long that may take, how many answers are read and how many lookups run at once. Refuses
//! to judge an answer, and to give one twice: what was looked up is used for the connection at hand.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Addresses of one name. A host with more has them for others; bounds what an answer makes us check.
pub(crate) const ANSWERS_MAX: usize = 32;

/// Lookups at once in this process. The system's resolver cannot be stopped: a name whose servers
/// never answer keeps its thread for as long as the system likes, and the pool of threads is shared.
const SYSTEM_LOOKUPS_MAX: usize = 64;

/// The addresses of a name, when they are there.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Looks names up.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// The addresses of `name`, which is in lower case and no address itself.
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a>;
}

/// The resolver of the system: its hosts file, its name servers, its search list.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(SYSTEM_LOOKUPS_MAX)),
        }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let permit = Arc::clone(&self.lookups)
                .acquire_owned()
                .await
                .map_err(io::Error::other)?;
            let name = name.to_owned();
            let lookup = move || {
                // Kept until the thread is free, not until nobody waits any more.
                let _permit = permit;
                let answers = (name.as_str(), 0).to_socket_addrs()?;
                Ok(answers
                    .take(ANSWERS_MAX + 1)
                    .map(|answer| answer.ip())
                    .collect())
            };
            tokio::task::spawn_blocking(lookup)
                .await
                .map_err(io::Error::other)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let resolver = SystemResolver::default();
        let addresses = resolver.resolve("localhost").await.unwrap();
        assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback));
        assert_eq!(resolver.lookups.available_permits(), SYSTEM_LOOKUPS_MAX);
    }
}
