//! The addresses that are listened on.
//!
//! Owns binding them before anything else happens, and saying where they are.

use std::net::SocketAddr;

use ringfence_server::admin::AdminKey;
use ringfence_server::http::{AllowedHosts, Drain, check_bind};
use ringfence_server::{HttpOptions, Server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::key;
use crate::arguments::{Access, Listen};
use crate::environment;
use crate::failure::Failure;

/// The addresses that are listened on.
pub(super) struct Listeners {
    mcp: Option<TcpListener>,
    admin: Option<TcpListener>,
    key: Option<AdminKey>,
    options: HttpOptions,
}

impl Listeners {
    /// Binds what `listen` asks for.
    ///
    /// # Errors
    ///
    /// An address is taken, is not this machine's, or must not be listened on without authentication; a
    /// host is none.
    pub(super) async fn bind(listen: &Listen, access: &Access) -> Result<Self, Failure> {
        let mut hosts = AllowedHosts::loopback();
        for host in &listen.hosts {
            hosts = hosts
                .and(host)
                .map_err(|error| Failure::AllowedHost(error.to_string()))?;
        }
        let options = HttpOptions {
            hosts,
            websocket: !listen.no_websocket,
            ..HttpOptions::default()
        };
        let state = access.vault.state_dir.clone();
        let key = match listen.admin {
            Some(_) => {
                let state = state.or_else(environment::state_folder);
                Some(key::open(listen.admin_key.as_deref(), state)?)
            }
            None => None,
        };
        let unauthenticated = listen.allow_unauthenticated;
        Ok(Self {
            mcp: bind(listen.http, unauthenticated, "mcp").await?,
            admin: bind(listen.admin, unauthenticated, "admin").await?,
            key,
            options,
        })
    }

    /// Serves until `drain` ends it. Health is served a little longer, so that whoever asks hears that
    /// the server is draining.
    pub(super) async fn serve(self, server: &Server, drain: &Drain) {
        let drained = CancellationToken::new();
        let mcp = async {
            if let Some(listener) = self.mcp {
                server.serve_http(listener, &self.options, drain).await;
            }
            drained.cancel();
        };
        let admin = async {
            if let Some(listener) = self.admin {
                let after = Drain::new(drained.clone(), drained.clone());
                let (options, key) = (&self.options, self.key);
                server.serve_admin(listener, options, key, &after).await;
            }
        };
        let telling = async {
            tokio::select! {
                () = drain.closing().cancelled() => server.draining(),
                () = drained.cancelled() => {}
            }
        };
        tokio::join!(mcp, admin, telling);
    }
}

async fn bind(
    address: Option<SocketAddr>,
    unauthenticated: bool,
    what: &str,
) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = address else {
        return Ok(None);
    };
    check_bind(address, unauthenticated).map_err(|refused| Failure::Bind {
        address,
        reason: refused.to_string(),
    })?;
    let failed = |error: std::io::Error| Failure::Bind {
        address,
        reason: error.to_string(),
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tracing::info!(%address, what, "listening");
    Ok(Some(listener))
}
