//! Changes of the vault while tools are served.
//!
//! Owns a thread that looks. Calls that run keep the secrets that they began with.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ringfence_secrets::Secrets;

/// How often to look. A look is a look at one file's metadata.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Takes over what the vault holds when it changes, until nobody uses the secrets any more. A vault
/// that does not open is reported once, and what was held is held still.
pub(crate) fn watch(secrets: &Arc<Secrets>) {
    if !secrets.has_vault() {
        return;
    }
    let watched = Arc::downgrade(secrets);
    let look = move || {
        let mut reported = false;
        loop {
            thread::park_timeout(LOOK_INTERVAL);
            let Some(secrets) = watched.upgrade() else {
                return;
            };
            match secrets.refresh() {
                Ok(true) => {
                    reported = false;
                    tracing::info!("the secrets have changed, and are in use");
                }
                Err(error) if !reported => {
                    reported = true;
                    tracing::warn!(%error, "the secrets have changed, and do not open: those from before stay in use");
                }
                // Nothing has changed, or it was said already.
                Ok(false) | Err(_) => {}
            }
        }
    };
    let started = thread::Builder::new()
        .name("ringfence-secrets".into())
        .spawn(look);
    if let Err(error) = started {
        tracing::warn!(%error, "changes of the secrets are not seen");
    }
}
