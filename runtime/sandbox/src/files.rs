//! Files of the host, as one call sees them.
//!
//! Owns what is mounted where, and which of it has to be asked about. A directory of which everything is
//! granted alike is handed to the engine as a handle, which is as fast as it gets. Of any other the guest
//! holds a path alone, and each operation asks policy, by that path, before the disk is touched.

mod find;
mod host;
mod kernel;
mod listing;
mod node;
mod opened;
mod path;
mod quota;
mod refused;
mod touched;
mod walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_policy::{
    Effective, FileKind, FileOperation, FileOperations, Grant, GuestPath, Permit,
    Refusal as PolicyRefusal,
};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::ledger::Ledger;

pub(crate) use host::add_to_linker;
pub(crate) use opened::{Hosts, Refusal};

use find::Wanted;
use opened::Opened;
use quota::Quota;
use touched::Touched;

/// What one call sees of the host's files.
#[derive(Debug)]
pub(crate) struct Files {
    effective: Arc<Effective>,
    /// What stands at which guest path.
    mounts: BTreeMap<Box<str>, Opened>,
    /// Directories that are handed out as they are.
    whole: Vec<Whole>,
    /// Directories that the guest is told of and that are asked about.
    judged: Vec<Box<str>>,
    touched: Touched,
    quota: Arc<Quota>,
}

/// A directory of which everything is granted alike.
#[derive(Debug)]
struct Whole {
    host: PathBuf,
    opened: Arc<File>,
    guest: GuestPath,
    perms: FsPerms,
}

impl Files {
    /// What `permit` grants of what was opened. The error is for the log.
    pub(crate) fn of(permit: &Permit, hosts: &Hosts, ledger: Arc<Ledger>) -> Result<Self, String> {
        let effective = permit.effective();
        let mut files = Self {
            effective: Arc::clone(effective),
            mounts: BTreeMap::new(),
            whole: Vec::new(),
            judged: Vec::new(),
            quota: Arc::new(Quota::new(permit.budget(), Arc::clone(&ledger))),
            touched: Touched::new(ledger),
        };
        let mut order = Vec::new();
        for grant in permit.grants() {
            let Grant::Files(granted) = grant else {
                continue;
            };
            // Grants of one guest path name one host path, or policy had not been loaded.
            let at = granted.guest.as_str();
            if files.mounts.contains_key(at) {
                continue;
            }
            let opened = hosts
                .get(&granted.host)
                .ok_or_else(|| format!("nothing was opened for `{}`", granted.host.display()))?;
            files.mounts.insert(at.into(), opened.clone());
            order.push(granted);
        }
        for granted in order {
            files.hand_out(&granted.host, &granted.guest)?;
        }
        Ok(files)
    }

    /// Decides how the guest gets at what stands at `guest`.
    fn hand_out(&mut self, host: &Path, guest: &GuestPath) -> Result<(), String> {
        let at = guest.as_str();
        let told = match self.mounts.get(at) {
            Some(Opened::Directory(opened)) => {
                let alike = self.effective.alike(guest);
                // A handle is not asked about, and nobody would hear what is done with it.
                let alike = alike.filter(|_| !self.effective.is_watched());
                if let Some(perms) = alike.and_then(perms) {
                    self.whole.push(Whole {
                        host: host.to_owned(),
                        opened: Arc::clone(opened),
                        guest: guest.clone(),
                        perms,
                    });
                    return Ok(());
                }
                if !walk::is_possible(opened) {
                    return Err(format!(
                        "`{at}` cannot be looked up without following links"
                    ));
                }
                at
            }
            // A guest holds directories alone: the one that the file is in, as the guest sees it.
            _ => path::parent(at),
        };
        let is_known = (told != at && self.mount(told).is_some())
            || self.judged.iter().any(|known| **known == *told);
        if !is_known {
            self.judged.push(told.into());
        }
        Ok(())
    }

    /// Whether the engine has to be told of any.
    pub(crate) fn hands_out_directories(&self) -> bool {
        !self.whole.is_empty()
    }

    /// Tells the engine of the directories that are handed out whole.
    pub(crate) fn preopen(&self, builder: &mut WasiCtxBuilder) -> wasmtime::Result<()> {
        for whole in &self.whole {
            let host = pinned(&whole.opened, &whole.host);
            builder.preopened_dir(host, whole.guest.as_str(), whole.perms)?;
        }
        Ok(())
    }

    /// The deepest mount that `path` is at or below.
    fn mount(&self, path: &str) -> Option<(&str, &Opened)> {
        let mut above = Some(path);
        while let Some(at) = above {
            if let Some((at, opened)) = self.mounts.get_key_value(at) {
                return Some((at, opened));
            }
            above = (at != "/").then(|| path::parent(at));
        }
        None
    }

    /// Whether `path` is there only because something below it is granted.
    fn is_way(&self, path: &str) -> bool {
        self.mount(path).is_none() && self.below(path).next().is_some()
    }

    /// What is mounted below `directory`, by the path from there.
    fn below<'f>(&'f self, directory: &'f str) -> impl Iterator<Item = (&'f str, &'f Opened)> {
        self.mounts.iter().filter_map(move |(at, opened)| {
            let rest = path::below(at, directory).filter(|rest| !rest.is_empty())?;
            Some((rest, opened))
        })
    }

    /// Whether the guest may do `operation` with `path`.
    fn may(&self, operation: FileOperation, path: &str) -> bool {
        if self.is_way(path) {
            operation == FileOperation::List
        } else {
            self.effective.judge(operation, path).is_ok()
        }
    }

    /// Whether the guest may know of `path`, which is a directory or is none.
    fn shows(&self, path: &str, is_directory: bool) -> bool {
        self.may(FileOperation::List, path)
            && (is_directory || self.is_way(path) || !self.effective.is_only_way(path))
    }

    /// Whether the guest may change anything at `path`.
    fn may_write(&self, path: &str) -> bool {
        use FileOperation::{Change, Create, Delete};
        [Change, Create, Delete]
            .iter()
            .any(|operation| self.may(*operation, path))
    }

    /// Refuses what the guest may not do, and notes that it tried.
    fn ask(&self, operation: FileOperation, path: &str) -> Result<(), ErrorCode> {
        if self.is_way(path) && operation == FileOperation::List {
            return Ok(());
        }
        let granted = self.effective.file(operation, path);
        granted.map(drop).map_err(|refusal| {
            self.touched.deny(refusal.to_string());
            ErrorCode::NotPermitted
        })
    }

    /// Asks for `operation` under each of `names`.
    fn ask_all(&self, operation: FileOperation, names: &[String]) -> Result<(), ErrorCode> {
        names.iter().try_for_each(|name| self.ask(operation, name))
    }

    /// Refuses what `judge` refuses of any of the names that led to one place, and to another one.
    fn allow_each(
        &self,
        [from, to]: [&[String]; 2],
        judge: impl Fn(&Effective, &str, &str) -> Result<(), PolicyRefusal>,
    ) -> Result<(), ErrorCode> {
        let pairs = from
            .iter()
            .flat_map(|from| to.iter().map(move |to| (from, to)));
        for (from, to) in pairs {
            judge(&self.effective, from, to).map_err(|refusal| {
                self.touched.deny(refusal.to_string());
                ErrorCode::NotPermitted
            })?;
        }
        Ok(())
    }

    fn want(&self, wanted: Wanted, path: &str) -> Result<(), ErrorCode> {
        match wanted {
            Wanted::All(operations) => operations
                .iter()
                .try_for_each(|operation| self.ask(*operation, path)),
            Wanted::Any(operations) => {
                if operations
                    .iter()
                    .any(|operation| self.may(*operation, path))
                {
                    return Ok(());
                }
                let first = operations.first().copied();
                self.ask(first.unwrap_or(FileOperation::Read), path)
            }
        }
    }
}

/// What a handle of the engine's gives of `operations`, when it gives exactly these.
fn perms(operations: FileOperations) -> Option<FsPerms> {
    [
        (FileKind::Read, FsPerms::ReadOnly),
        (FileKind::Write, FsPerms::ReadWrite),
    ]
    .into_iter()
    .find_map(|(kind, perms)| (kind.operations() == operations).then_some(perms))
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
