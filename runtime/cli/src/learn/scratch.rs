//! The files of a learning run.
//!
//! Owns the copies, and which path on the host each stands for. Refuses to let a run touch what it was
//! copied from.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ringfence_policy::{FileGrant, FileKind, Grant, GuestPath};
use tempfile::TempDir;

use crate::arguments::Scratched;
use crate::failure::Failure;

/// Bytes that are copied. Bounds what naming a home directory would do to a disk.
const COPY_BYTES_MAX: u64 = 1 << 30;

/// Files and folders that are copied.
const COPY_ENTRIES_MAX: usize = 50_000;

/// What stands for the host's path of a folder that was made up.
pub(super) const MADE_UP: &str = "/change/me";

/// Copies of folders. Gone when it is dropped.
#[derive(Debug)]
pub(super) struct Scratch {
    _folder: TempDir,
    places: Vec<Place>,
}

/// One folder.
#[derive(Debug)]
pub(super) struct Place {
    /// Where the tool sees it.
    pub(super) guest: GuestPath,
    /// What it was copied from; nothing for an empty folder.
    pub(super) host: Option<PathBuf>,
    copy: PathBuf,
    /// What was copied, by its path below the folder. Nothing is there twice, and nothing is looked up on
    /// the host later: a link in the middle of a path would lead out of the folder.
    entries: HashMap<String, Before>,
}

/// What of a folder there was before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Directory,
    File,
    /// A link, or something else that a grant cannot name.
    Other,
    Missing,
}

impl Before {
    fn of(kind: fs::FileType) -> Self {
        if kind.is_dir() {
            Self::Directory
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Other
        }
    }
}

impl Scratch {
    /// Copies each of `named`, and makes an empty folder for all else: what the tool looks for beside them
    /// is wanted, too.
    pub(super) fn copy(named: &[Scratched]) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::Runtime)?;
        let mut left = Left {
            bytes: COPY_BYTES_MAX,
            entries: COPY_ENTRIES_MAX,
        };
        let mut places = Vec::new();
        for (number, Scratched(files)) in named.iter().enumerate() {
            let copy = folder.path().join(number.to_string());
            let failed = |error: io::Error| Failure::Scratch {
                path: files.host.clone(),
                source: error,
            };
            let host = fs::canonicalize(&files.host).map_err(failed)?;
            let mut entries = HashMap::new();
            left.directory(&host, &copy, "", &mut entries)
                .map_err(failed)?;
            places.push(Place {
                guest: files.guest.clone(),
                host: Some(host),
                copy,
                entries,
            });
        }
        if places.iter().all(|place| place.guest.as_str() != "/") {
            let copy = folder.path().join("empty");
            fs::create_dir(&copy).map_err(Failure::Runtime)?;
            places.extend("/".parse().ok().map(|guest| Place {
                guest,
                host: None,
                copy,
                entries: HashMap::new(),
            }));
        }
        Ok(Self {
            _folder: folder,
            places,
        })
    }

    /// Everything may be done with the copies.
    pub(super) fn grants(&self) -> Vec<Grant> {
        let grant = |place: &Place| {
            Grant::Files(FileGrant {
                kind: FileKind::Write,
                host: place.copy.clone(),
                guest: place.guest.clone(),
                glob: None,
            })
        };
        self.places.iter().map(grant).collect()
    }

    /// The folder that `path` is in, as the tool sees it, and what of it is below that.
    pub(super) fn place<'p>(&self, path: &'p str) -> Option<(&Place, &'p str)> {
        let below = self
            .places
            .iter()
            .filter_map(|place| Some((place, place.guest.below(path)?)));
        below.min_by_key(|(_, rest)| rest.len())
    }
}

impl Place {
    /// The host's path of what is at `rest` below it.
    pub(super) fn host(&self, rest: &str) -> PathBuf {
        let host = self.host.as_deref().unwrap_or_else(|| Path::new(MADE_UP));
        if rest.is_empty() {
            host.to_path_buf()
        } else {
            host.join(rest)
        }
    }

    /// What was at `rest` before the run. What is behind a link is missing: it was not copied.
    pub(super) fn before(&self, rest: &str) -> Before {
        match rest {
            "" => Before::Directory,
            _ => self.entries.get(rest).copied().unwrap_or(Before::Missing),
        }
    }
}

/// What may still be copied.
struct Left {
    bytes: u64,
    entries: usize,
}

impl Left {
    fn directory(
        &mut self,
        from: &Path,
        to: &Path,
        below: &str,
        entries: &mut HashMap<String, Before>,
    ) -> io::Result<()> {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            self.entries = self.entries.checked_sub(1).ok_or_else(too_much)?;
            let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
            // A name that is no text is none that a tool could ask for.
            let name = entry.file_name().into_string().ok();
            let rest = name.map(|name| match below {
                "" => name,
                _ => format!("{below}/{name}"),
            });
            if let Some(rest) = &rest {
                entries.insert(rest.clone(), Before::of(kind));
            }
            if kind.is_dir() {
                // Nothing below a name that is no text has one that is.
                match &rest {
                    Some(rest) => self.directory(&entry.path(), &to, rest, entries)?,
                    None => self.directory(&entry.path(), &to, "", &mut HashMap::new())?,
                }
            } else if kind.is_symlink() {
                link(&fs::read_link(entry.path())?, &to)?;
            } else if kind.is_file() {
                let bytes = entry.metadata()?.len();
                self.bytes = self.bytes.checked_sub(bytes).ok_or_else(too_much)?;
                fs::copy(entry.path(), &to)?;
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn link(_target: &Path, _at: &Path) -> io::Result<()> {
    Ok(())
}

fn too_much() -> io::Error {
    let reason = "it is too large to be copied; name a folder with less in it";
    io::Error::new(io::ErrorKind::FileTooLarge, reason)
}
