//! Grants as WASI handles.
//!
//! Owns the directories that grants name, opened once when the policy is loaded, and the context
//! that a permit turns into. This is the one place where a guest gains reach, and together with the
//! command line the only one that touches the host's files and environment for a guest.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use ringfence_policy::{EnvName, Grant, Policy};
use ringfence_secrets::Placeholder;
use thiserror::Error;
use wasmtime_wasi::WasiCtxBuilder;

use crate::coarse;
use crate::files::{Hosts, Refusal};
use crate::socket;
use crate::wasi::Means;

/// What the grants of a policy stand for on this host.
///
/// A directory is opened when the policy is loaded and stays open: replacing the path by a link
/// later does not change what tools see. A variable is read then, too.
#[derive(Debug, Default)]
pub struct Directories {
    hosts: Hosts,
    variables: HashMap<EnvName, String>,
}

/// A grant that names nothing usable.
#[derive(Debug, Error)]
#[error("failed to use grant `{grant}`: {reason}")]
pub struct UnusableGrant {
    grant: String,
    reason: String,
    #[source]
    source: Option<std::io::Error>,
}

impl UnusableGrant {
    /// A grant that cannot be used here, and why.
    pub fn new(grant: &Grant, reason: &str) -> Self {
        Self {
            grant: grant.to_string(),
            reason: reason.to_owned(),
            source: None,
        }
    }
}

impl Directories {
    /// Opens every directory that `policy` grants, and reads every variable through `variable`.
    ///
    /// `private` are our own folders: a tool that could read the key of the artefact cache could
    /// forge machine code.
    ///
    /// # Errors
    ///
    /// A directory that is missing, is none, holds or lies in a private folder, or would give away
    /// the host.
    pub fn open(
        policy: &Policy,
        private: &[PathBuf],
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, UnusableGrant> {
        let mut directories = Self::default();
        for grant in policy.grants() {
            match grant {
                Grant::Env(name) => {
                    if let Some(value) = variable(name.as_str()) {
                        directories.variables.insert(name.clone(), value);
                    }
                }
                Grant::Files(files) => {
                    let opened = directories.hosts.open(files, private);
                    opened.map_err(|refusal| unusable(grant, refusal))?;
                }
                // Nothing to open: the policy has put it into the budget, every tool has it, or
                // it is asked for when a call uses it.
                Grant::Budget(_)
                | Grant::ClockPrecise
                | Grant::Config(_)
                | Grant::Kv(_)
                | Grant::Net(_)
                | Grant::Random
                | Grant::Secret(_)
                | Grant::Socket(_)
                | Grant::Stdin
                | Grant::Stdout
                | Grant::Tools(_) => {}
            }
        }
        // Better no start than a denial that holds nowhere.
        if let Some(denied) = directories.hosts.unkept(policy) {
            let reason = "this host cannot deny a part of what it grants";
            return Err(unusable(denied, Refusal::because(reason)));
        }
        Ok(directories)
    }

    /// What file grants name.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The WASI context of one call without its directories: empty, but for what it is granted.
    pub(crate) fn context(&self, means: &Means) -> WasiCtxBuilder {
        let grants = means.effective.grants();
        let mut builder = WasiCtxBuilder::new();
        means.streams.give(&mut builder);
        builder
            .secure_random(means.drawn.secure())
            .insecure_random(means.drawn.insecure())
            .max_random_size(means.random_bytes);
        socket::guard(&mut builder, &means.outgoing);
        coarse::give(&mut builder, &means.effective, means.started);
        let mut placeholders = BTreeSet::new();
        for grant in grants {
            if let Grant::Secret(secret) = grant
                && let Ok(name) = secret.name.as_str().parse()
                && placeholders.insert(secret.name.as_str())
            {
                builder.env(secret.name.as_str(), Placeholder(&name).to_string());
            }
        }
        for grant in grants {
            match grant {
                // Of a variable and a secret with one name, the tool sees the placeholder.
                Grant::Env(name) if placeholders.contains(name.as_str()) => {}
                Grant::Env(name) => {
                    if let Some(value) = self.variables.get(name) {
                        builder.env(name.as_str(), value);
                    }
                }
                // Nothing was opened for them; what has no handle cannot be reached.
                _ => {}
            }
        }
        builder
    }
}

fn unusable(what: &impl ToString, refusal: Refusal) -> UnusableGrant {
    UnusableGrant {
        grant: what.to_string(),
        reason: refusal.reason.to_owned(),
        source: refusal.source,
    }
}
