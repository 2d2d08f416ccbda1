//! Where a guest's path leads.
//!
//! Owns the way from a path to a name in one directory that is held open: each name on it is asked about
//! before anything is touched, links are followed by asking about where they lead as well, and the
//! directory is looked up in one call that follows none. Refuses to do anything with what it finds.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ringfence_policy::FileOperation;
use rustix::fs::FileType;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::Files;
use super::opened::Opened;
use super::path::{self, Joined};
use super::walk::{self, Way};

/// Links that one path may lead through. Bounds what a ring of links costs.
const LINKS_MAX: usize = 16;

/// What a caller wants to do with a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    /// All of these.
    All(&'static [FileOperation]),
    /// One of these: which one depends on what is found, and is asked about then. The first is what a
    /// refusal speaks of.
    Any(&'static [FileOperation]),
}

/// What a path leads to.
pub(super) struct Found {
    /// The names that led there, the guest's own first. What may be done with the last of them has to
    /// hold for all of them.
    pub(super) names: Vec<String>,
    /// What is there.
    pub(super) spot: Spot,
    /// Whether the guest wrote it as only a directory's path can be.
    pub(super) directory: bool,
}

/// What is at the end of a path.
pub(super) enum Spot {
    /// A directory that is there only because something below it is granted.
    Way,
    /// The directory that a grant names.
    Root(Arc<File>),
    /// A name in a directory, and what it is if it is there. Never a link where links are followed.
    Name {
        parent: OwnedFd,
        name: String,
        is: Option<FileType>,
    },
}

impl Found {
    /// The path that the others led to.
    pub(super) fn path(&self) -> &str {
        self.names.last().map_or("/", String::as_str)
    }
}

/// What one step found.
enum Step {
    There(Spot),
    Link { at: String, target: String },
}

impl Files {
    /// Looks `path` up from `base`, a directory that the guest holds. Blocks.
    pub(super) fn find(
        &self,
        base: &str,
        path: &str,
        follow: bool,
        wanted: Wanted,
    ) -> Result<Found, ErrorCode> {
        let joined = path::join(base, path);
        let mut joined = joined.inspect_err(|_| self.noted_out(base, path))?;
        // A link that is written as a directory is followed, as everywhere.
        let follow = follow || joined.directory;
        let mut names = Vec::new();
        for _ in 0..=LINKS_MAX {
            self.want(wanted, &joined.path)?;
            names.push(joined.path.clone());
            let (at, target) = match self.step(&joined.path)? {
                Step::There(Spot::Name {
                    parent,
                    name,
                    is: Some(FileType::Symlink),
                }) if follow => (joined.path.clone(), walk::read_link(parent, &name)?),
                Step::There(spot) => {
                    let directory = joined.directory;
                    return Ok(Found {
                        names,
                        spot,
                        directory,
                    });
                }
                Step::Link { at, target } => (at, target),
            };
            joined = self.follow(base, &joined, &at, &target)?;
        }
        Err(ErrorCode::Loop)
    }

    /// The path that `from` becomes when the link `at`, which is it or on the way to it, is followed.
    fn follow(
        &self,
        base: &str,
        from: &Joined,
        at: &str,
        target: &str,
    ) -> Result<Joined, ErrorCode> {
        // What a grant names was looked up when the policy was loaded. A link in its place is new.
        if self.mounts.contains_key(at) || target.starts_with('/') {
            return Err(ErrorCode::NotPermitted);
        }
        // A directory that the guest holds has become a link: it is not what the guest opened.
        let within = path::below(at, base).filter(|within| !within.is_empty());
        let within = within.ok_or(ErrorCode::Loop)?;
        let rest = path::below(&from.path, at).unwrap_or_default();
        let parent = within.rsplit_once('/').map_or(".", |(parent, _)| parent);
        let mut joined = path::join(base, &format!("{parent}/{target}/{rest}"))?;
        joined.directory = from.directory || (rest.is_empty() && target.ends_with('/'));
        Ok(joined)
    }

    fn step(&self, path: &str) -> Result<Step, ErrorCode> {
        let there = |spot| Ok(Step::There(spot));
        let Some((at, opened)) = self.mount(path) else {
            return if self.is_way(path) {
                there(Spot::Way)
            } else {
                Err(ErrorCode::NoEntry)
            };
        };
        let rest = path::below(path, at).unwrap_or_default();
        let root = match opened {
            Opened::File { parent, name } if rest.is_empty() => {
                return there(Spot::Name {
                    is: walk::kind(parent, name)?,
                    parent: parent.try_clone()?.into(),
                    name: name.to_string(),
                });
            }
            Opened::File { .. } => return Err(ErrorCode::NotDirectory),
            Opened::Directory(root) if rest.is_empty() => {
                return there(Spot::Root(Arc::clone(root)));
            }
            Opened::Directory(root) => root,
        };
        let (parent, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        match walk::directory(root, parent)? {
            Way::Directory(parent) => there(Spot::Name {
                is: walk::kind(&parent, name)?,
                parent,
                name: name.to_owned(),
            }),
            Way::Link { at: link, target } => Ok(Step::Link {
                at: path::child(at, &link),
                target,
            }),
        }
    }
}
