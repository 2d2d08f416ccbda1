//! Whom a secured connection trusts.
//!
//! Owns the TLS configuration: one, for everybody. Sessions are not resumed, so that a host cannot
//! tell that two calls came from one place by more than its address.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::destination::Host;
use crate::stream::Counted;

/// The only protocol that is spoken.
const PROTOCOL: &[u8] = b"http/1.1";

/// Certificate authorities, and the ciphers that go with them.
#[derive(Clone)]
pub struct Trust {
    /// Made when a connection is secured for the first time, where nothing can be wrong with it: most
    /// processes never secure one.
    config: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

/// A certificate that cannot be trusted, whatever it says.
#[derive(Debug, Error)]
#[error("failed to set up TLS: expected a certificate of an authority in DER")]
pub struct InvalidTrust(#[from] rustls::Error);

impl Trust {
    /// The authorities that Mozilla trusts.
    pub fn bundled() -> Self {
        Self {
            config: Arc::default(),
        }
    }

    /// The same, and these certificates in DER.
    ///
    /// # Errors
    ///
    /// When one of them is no certificate of an authority.
    pub fn with(authorities: &[Vec<u8>]) -> Result<Self, InvalidTrust> {
        let config = Arc::new(OnceLock::from(config(authorities)?));
        Ok(Self { config })
    }

    /// The configuration.
    fn config(&self) -> Result<Arc<ClientConfig>, InvalidTrust> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let bundled = config(&[])?;
        Ok(Arc::clone(self.config.get_or_init(|| bundled)))
    }

    /// Secures a connection to `host`, which must prove that it is the one that was checked.
    pub(crate) async fn secure(
        &self,
        host: &Host,
        stream: Counted<TcpStream>,
    ) -> io::Result<TlsStream<Counted<TcpStream>>> {
        let name = match (host.address(), host.name()) {
            (Some(address), _) => ServerName::from(address),
            (None, name) => ServerName::try_from(name.unwrap_or_default().to_owned())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
        };
        let config = self.config().map_err(io::Error::other)?;
        TlsConnector::from(config).connect(name, stream).await
    }
}

/// The bundled authorities, and these.
fn config(authorities: &[Vec<u8>]) -> Result<Arc<ClientConfig>, InvalidTrust> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.into(),
    };
    for authority in authorities {
        roots.add(CertificateDer::from(authority.as_slice()))?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}
