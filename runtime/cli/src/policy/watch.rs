//! A policy file that changes while tools are served.
//!
//! Owns when to look, and that a file which is not whole or not usable changes nothing: what held before
//! holds on, and the log and the audit log say so. Calls that run go on with what they were granted.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ringfence_audit::{Event, PolicyChange, PolicyState, Recorder};
use ringfence_sandbox::Directories;
use ringfence_server::Server;

use super::{Loaded, of};
use crate::access::Opening;
use crate::arguments::Access;
use crate::failure::Failure;

/// How often to look. A look is a look at one file's metadata.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// What tells one version of the file from another, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            changed: metadata.modified().ok(),
            bytes: metadata.len(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(&metadata),
        })
    }
}

/// A policy file that is looked after.
#[derive(Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    access: Access,
    audit: Recorder,
    seen: Option<Stamp>,
}

impl Watched {
    /// Looks after the file that `access` names. Nothing when it names none. To be made before the file is
    /// read, so that no change in between is missed.
    pub(crate) fn new(access: &Access, audit: Recorder) -> Option<Self> {
        let path = access.policy.clone()?;
        Some(Self {
            seen: Stamp::of(&path),
            path,
            access: access.clone(),
            audit,
        })
    }

    /// Has `server` decide by what the file says, whenever that has changed. One that was sealed, as `was_sealed`
    /// says of the first, and is not any more, is not usable: who cut the seal off may have changed the rest. Does
    /// not end.
    pub(crate) async fn follow(mut self, server: &Server, opening: Opening, mut was_sealed: bool) {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let stamp = Stamp::of(&self.path);
            if stamp == self.seen {
                continue;
            }
            self.seen = stamp;
            match self.read(&opening, was_sealed) {
                Ok((loaded, directories)) => {
                    was_sealed = loaded.is_sealed;
                    let policy = loaded.policy;
                    server.enforce(policy, directories).await;
                    tracing::info!(file = %self.path.display(), "the policy has changed, and holds");
                    self.record(PolicyState::Loaded, None);
                }
                Err(failure) => {
                    let reason = failure.chain();
                    tracing::error!(
                        file = %self.path.display(),
                        reason,
                        "the policy has changed, and is not usable: what held before holds on"
                    );
                    self.record(PolicyState::Rejected, Some(&reason));
                }
            }
        }
    }

    fn read(&self, opening: &Opening, was_sealed: bool) -> Result<(Loaded, Directories), Failure> {
        let loaded = of(&self.access)?;
        if was_sealed && !loaded.is_sealed {
            let path = self.path.clone();
            return Err(Failure::SealGone { path });
        }
        let directories = opening.directories(&loaded.policy)?;
        Ok((loaded, directories))
    }

    fn record(&self, state: PolicyState, reason: Option<&str>) {
        drop(self.audit.append(&Event::Policy(PolicyChange {
            state,
            source: &self.path.to_string_lossy(),
            version: None,
            reason,
        })));
    }
}
