//! Grants as WASI handles.
//!
//! Owns the directories that grants name, opened once when the policy is loaded, and the context
//! that a permit turns into. This is the one place where a guest gains reach, and together with the
//! command line the only one that touches the host's files and environment for a guest.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use ringfence_policy::{EnvName, Grant, GuestPath, Permit, Policy};
use thiserror::Error;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use crate::output::Capture;
use crate::random::Drawn;

/// Directories that are never granted: each gives away the host itself, whatever is below it.
const FORBIDDEN: [&str; 5] = ["/", "/dev", "/proc", "/run", "/sys"];

/// What the grants of a policy stand for on this host.
///
/// A directory is opened when the policy is loaded and stays open: replacing the path by a link
/// later does not change what tools see. A variable is read then, too.
#[derive(Debug, Default)]
pub struct Directories {
    open: HashMap<PathBuf, File>,
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
                Grant::FsRead { host, .. } | Grant::FsWrite { host, .. } => {
                    let opened =
                        open_directory(host, private).map_err(|refusal| UnusableGrant {
                            grant: grant.to_string(),
                            reason: refusal.reason,
                            source: refusal.source,
                        })?;
                    directories.open.insert(host.clone(), opened);
                }
            }
        }
        Ok(directories)
    }

    /// The WASI context of one call: empty, but for what `permit` grants.
    pub(crate) fn context(
        &self,
        permit: &Permit,
        stdout: &Capture,
        stderr: &Capture,
        drawn: &Drawn,
    ) -> wasmtime::Result<WasiCtx> {
        let mut builder = WasiCtxBuilder::new();
        builder
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .secure_random(drawn.secure())
            .insecure_random(drawn.insecure())
            .max_random_size(permit.budget().random_bytes);
        for grant in permit.grants() {
            match grant {
                Grant::Env(name) => {
                    if let Some(value) = self.variables.get(name) {
                        builder.env(name.as_str(), value);
                    }
                }
                Grant::FsRead { host, guest } => {
                    self.preopen(&mut builder, host, guest, FsPerms::ReadOnly)?;
                }
                Grant::FsWrite { host, guest } => {
                    self.preopen(&mut builder, host, guest, FsPerms::ReadWrite)?;
                }
            }
        }
        Ok(builder.build())
    }

    fn preopen(
        &self,
        builder: &mut WasiCtxBuilder,
        host: &Path,
        guest: &GuestPath,
        perms: FsPerms,
    ) -> wasmtime::Result<()> {
        let opened = self.open.get(host).ok_or_else(|| {
            wasmtime::format_err!("no directory was opened for `{}`", host.display())
        })?;
        builder.preopened_dir(pinned(opened, host), guest.as_str(), perms)?;
        Ok(())
    }
}

/// The open directory by way of its descriptor, where the system can do that.
#[cfg(target_os = "linux")]
fn pinned(opened: &File, _host: &Path) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()))
}

#[cfg(not(target_os = "linux"))]
fn pinned(_opened: &File, host: &Path) -> PathBuf {
    host.to_path_buf()
}

struct Refusal {
    reason: String,
    source: Option<std::io::Error>,
}

fn open_directory(host: &Path, private: &[PathBuf]) -> Result<File, Refusal> {
    let refuse = |reason: &str| Refusal {
        reason: reason.to_owned(),
        source: None,
    };
    let failed = |reason: &str, source: std::io::Error| Refusal {
        reason: format!("{reason}: {source}"),
        source: Some(source),
    };
    let real = std::fs::canonicalize(host)
        .map_err(|error| failed("the host directory cannot be found", error))?;
    let forbidden = FORBIDDEN.iter().map(Path::new).any(|path| {
        // Everything below /proc, /sys and /dev is as bad; `/` and `/run` only themselves.
        real == path
            || (path != Path::new("/") && path != Path::new("/run") && real.starts_with(path))
    });
    if forbidden {
        return Err(refuse(
            "it would give away the host; grant a directory below it",
        ));
    }
    let ours = private
        .iter()
        .filter_map(|path| std::fs::canonicalize(path).ok());
    for own in ours {
        if real.starts_with(&own) || own.starts_with(&real) {
            return Err(refuse(
                "it holds ringfence's own state; grant another directory",
            ));
        }
    }
    if !real.is_dir() {
        return Err(refuse(
            "it is not a directory; grant the directory that holds the file",
        ));
    }
    File::open(&real).map_err(|error| failed("the host directory cannot be opened", error))
}
