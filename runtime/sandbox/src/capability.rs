//! Grants as WASI handles.
//!
//! Owns the directories that grants name, opened once when the policy is loaded, and the context
//! that a permit turns into. This is the one place where a guest gains reach, and together with the
//! command line the only one that touches the host's files and environment for a guest.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_egress::Outgoing;
use ringfence_policy::{Capability, EnvName, FileGrant, FileKind, Grant, Kind, Permit, Policy};
use ringfence_secrets::Placeholder;
use thiserror::Error;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use crate::coarse;
use crate::random::Drawn;
use crate::socket;
use crate::streams::Streams;

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
        // Better no start than a denial that holds nowhere: handles are of whole directories. What
        // goes out is asked about each time.
        let asked = |denied: &&Capability| !matches!(denied.kind(), Kind::Net | Kind::Socket);
        if let Some(denied) = policy.partial_denials().find(asked) {
            return Err(UnusableGrant {
                grant: denied.to_string(),
                reason: "this host cannot deny a part of what it grants".to_owned(),
                source: None,
            });
        }
        let mut directories = Self::default();
        for grant in policy.grants() {
            match grant {
                Grant::Env(name) => {
                    if let Some(value) = variable(name.as_str()) {
                        directories.variables.insert(name.clone(), value);
                    }
                }
                Grant::Files(files) => {
                    let opened = perms(files)
                        .and_then(|_| open_directory(&files.host, private))
                        .map_err(|refusal| refusal.of(grant))?;
                    directories.open.insert(files.host.clone(), opened);
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
                | Grant::Stdout => {}
                // Better no start than a grant that silently gives nothing.
                Grant::Tools(_) => {
                    let reason = "this host has nothing of that kind to give to a tool";
                    return Err(Refusal::because(reason).of(grant));
                }
            }
        }
        Ok(directories)
    }

    /// The WASI context of one call: empty, but for what `permit` grants.
    pub(crate) fn context(
        &self,
        permit: &Permit,
        streams: &Streams,
        drawn: &Drawn,
        outgoing: &Arc<Outgoing>,
    ) -> wasmtime::Result<WasiCtx> {
        let mut builder = WasiCtxBuilder::new();
        streams.give(&mut builder);
        builder
            .secure_random(drawn.secure())
            .insecure_random(drawn.insecure())
            .max_random_size(permit.budget().random_bytes);
        socket::guard(&mut builder, permit, outgoing);
        coarse::give(&mut builder, permit.effective().precise_clock());
        let mut placeholders = BTreeSet::new();
        for grant in permit.grants() {
            if let Grant::Secret(secret) = grant
                && let Ok(name) = secret.name.as_str().parse()
                && placeholders.insert(secret.name.as_str())
            {
                builder.env(secret.name.as_str(), Placeholder(&name).to_string());
            }
        }
        for grant in permit.grants() {
            match grant {
                // Of a variable and a secret with one name, the tool sees the placeholder.
                Grant::Env(name) if placeholders.contains(name.as_str()) => {}
                Grant::Env(name) => {
                    if let Some(value) = self.variables.get(name) {
                        builder.env(name.as_str(), value);
                    }
                }
                Grant::Files(files) => self.preopen(&mut builder, files)?,
                // Nothing was opened for them; what has no handle cannot be reached.
                _ => {}
            }
        }
        Ok(builder.build())
    }

    fn preopen(&self, builder: &mut WasiCtxBuilder, files: &FileGrant) -> wasmtime::Result<()> {
        let host = &files.host;
        let opened = self.open.get(host).ok_or_else(|| {
            wasmtime::format_err!("no directory was opened for `{}`", host.display())
        })?;
        let perms = perms(files).map_err(|refusal| wasmtime::format_err!("{}", refusal.reason))?;
        builder.preopened_dir(pinned(opened, host), files.guest.as_str(), perms)?;
        Ok(())
    }
}

/// What a handle lets a tool do. A grant that says less than a handle can is refused: to hand out
/// the directory would give more than was granted.
fn perms(files: &FileGrant) -> Result<FsPerms, Refusal> {
    match (files.kind, &files.glob) {
        (FileKind::Read, None) => Ok(FsPerms::ReadOnly),
        (FileKind::Write, None) => Ok(FsPerms::ReadWrite),
        _ => Err(Refusal::because(
            "this host can grant whole directories alone, with `fs.read` or `fs.write`",
        )),
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

impl Refusal {
    fn because(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            source: None,
        }
    }

    fn of(self, grant: &Grant) -> UnusableGrant {
        UnusableGrant {
            grant: grant.to_string(),
            reason: self.reason,
            source: self.source,
        }
    }
}

/// Where `path` is, or will be when somebody makes it.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(real) = std::fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent.as_os_str().is_empty() => {
            resolved(Path::new(".")).join(name)
        }
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => path.to_path_buf(),
    }
}

fn open_directory(host: &Path, private: &[PathBuf]) -> Result<File, Refusal> {
    let refuse = Refusal::because;
    // The system's words are the source's, which whoever prints the chain adds.
    let failed = |reason: &str, source: std::io::Error| Refusal {
        reason: reason.to_owned(),
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
    for own in private.iter().map(|path| resolved(path)) {
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
