//! Operations on what is asked about.
//!
//! Owns each operation by a guest's path: find it, ask, and have the engine do it with one name in one
//! directory, following nothing. Refuses to know how guests call it.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ringfence_policy::FileOperation;
use rustix::fs::FileType;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode,
    HostDescriptor as _, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsResult, ReaddirIterator};
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi::{FsPerms, OpenMode};

use super::Files;
use super::find::{Found, Spot, Wanted};
use super::listing::Listing;
use super::walk;

/// How often an open begins anew when a file appears or goes while it is opened. Bounds what two
/// guests that race can make the host do.
const TRIES_MAX: usize = 4;

const CHANGE: Wanted = Wanted::All(&[FileOperation::Change]);
const CREATE: Wanted = Wanted::All(&[FileOperation::Create]);
const DELETE: Wanted = Wanted::All(&[FileOperation::Delete]);
const LIST: Wanted = Wanted::All(&[FileOperation::List]);
const READ: Wanted = Wanted::All(&[FileOperation::Read]);
const REPLACE: Wanted = Wanted::All(&[FileOperation::Create, FileOperation::Delete]);

/// A directory that a guest holds: its path and nothing else. What is at that path is looked up each
/// time, so a directory that was moved takes no rights along.
#[derive(Debug, Clone)]
pub(super) struct Node(pub(super) Arc<str>);

/// What a guest calls files with.
pub(super) struct View<'a> {
    pub(super) files: Arc<Files>,
    pub(super) wasi: WasiFilesystemCtxView<'a>,
}

/// How a file is to be opened.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    pub(super) open: OpenFlags,
    pub(super) flags: DescriptorFlags,
}

impl Opening {
    pub(super) fn writes(self) -> bool {
        self.flags.contains(DescriptorFlags::WRITE) || self.open.contains(OpenFlags::TRUNCATE)
    }

    /// Whether the guest can read by it: the engine opens what is not for writing for reading.
    fn reads(self) -> bool {
        self.flags.contains(DescriptorFlags::READ) || !self.flags.contains(DescriptorFlags::WRITE)
    }

    pub(super) fn creates(self) -> bool {
        self.open.contains(OpenFlags::CREATE)
    }

    fn only_creates(self) -> bool {
        self.creates() && self.open.contains(OpenFlags::EXCLUSIVE)
    }

    fn wanted(self) -> Wanted {
        use FileOperation::{Change, Create, List, Read};
        if self.open.contains(OpenFlags::DIRECTORY) {
            LIST
        } else if self.creates() {
            Wanted::Any(&[Create, Change])
        } else if self.writes() {
            Wanted::Any(&[Change])
        } else {
            Wanted::Any(&[Read, List])
        }
    }
}

impl View<'_> {
    async fn find(
        &mut self,
        base: &Node,
        path: &str,
        follow: bool,
        wanted: Wanted,
    ) -> Result<Found, ErrorCode> {
        let (files, base, path) = (Arc::clone(&self.files), base.clone(), path.to_owned());
        spawn_blocking(move || files.find(&base.0, &path, follow, wanted)).await
    }

    /// Has the engine hold `directory` for one operation.
    fn lend(&mut self, directory: OwnedFd, perms: FsPerms) -> FsResult<Resource<Descriptor>> {
        let mode = OpenMode::READ | OpenMode::WRITE;
        let directory = Dir::new(File::from(directory), perms, mode, false);
        Ok(self.wasi.table.push(Descriptor::Dir(directory))?)
    }

    fn give_back(&mut self, lent: Resource<Descriptor>) -> FsResult<()> {
        self.wasi.table.delete(lent)?;
        Ok(())
    }

    fn hold(&mut self, path: &str) -> FsResult<Resource<Descriptor>> {
        let node = self.wasi.table.push(Node(path.into()))?;
        Ok(Resource::new_own(node.rep()))
    }

    pub(super) async fn open(
        &mut self,
        base: &Node,
        path: &str,
        follow: bool,
        opening: Opening,
    ) -> FsResult<Resource<Descriptor>> {
        let directory = opening.open.contains(OpenFlags::DIRECTORY);
        if directory && (opening.creates() || opening.writes()) {
            return Err(ErrorCode::Invalid.into());
        }
        for _ in 0..TRIES_MAX {
            let found = self.find(base, path, follow, opening.wanted()).await?;
            let directory = directory || found.directory;
            let is_directory = match &found.spot {
                Spot::Way | Spot::Root(_) => true,
                Spot::Name { is, .. } => *is == Some(FileType::Directory),
            };
            if is_directory {
                return self.open_directory(&found, opening);
            }
            let Spot::Name { parent, name, is } = found.spot else {
                return Err(ErrorCode::Io.into());
            };
            let was_there = is.is_some();
            let now = self.may_open(&found.names, is, directory, opening)?;
            if now.creates() {
                self.files.quota.file().map_err(ErrorCode::from)?;
            }
            let opened = self.open_file(parent, name, &found.names, now).await;
            if now.creates() && opened.is_err() {
                self.files.quota.unmade();
            }
            match opened {
                // It appeared, or it went, since it was looked at.
                Err(error) if again(&error, was_there, opening) => {}
                done => return done,
            }
        }
        Err(ErrorCode::Busy.into())
    }

    fn open_directory(
        &mut self,
        found: &Found,
        opening: Opening,
    ) -> FsResult<Resource<Descriptor>> {
        self.files.ask_all(FileOperation::List, &found.names)?;
        if opening.only_creates() {
            return Err(ErrorCode::Exist.into());
        }
        if opening.creates() || opening.writes() {
            return Err(ErrorCode::IsDirectory.into());
        }
        let path = found.path().to_owned();
        self.hold(&path)
    }

    /// How a file may be opened that is there, or is not.
    fn may_open(
        &self,
        names: &[String],
        is: Option<FileType>,
        directory: bool,
        mut opening: Opening,
    ) -> FsResult<Opening> {
        let files = &self.files;
        match is {
            Some(FileType::Symlink) => return Err(ErrorCode::Loop.into()),
            // To open a pipe or a device can wait for ever, and does more than to read.
            Some(FileType::RegularFile) | None => {}
            Some(_) => return Err(ErrorCode::NotPermitted.into()),
        }
        if opening.reads() {
            files.ask_all(FileOperation::Read, names)?;
        }
        if is.is_some() {
            if opening.only_creates() {
                files.ask_all(FileOperation::Create, names)?;
                return Err(ErrorCode::Exist.into());
            }
            if opening.writes() {
                files.ask_all(FileOperation::Change, names)?;
            }
            if directory {
                return Err(ErrorCode::NotDirectory.into());
            }
            opening.open &= !OpenFlags::CREATE;
        } else if opening.creates() {
            files.ask_all(FileOperation::Create, names)?;
            if directory {
                return Err(ErrorCode::IsDirectory.into());
            }
            // What somebody else makes in between is not new, and not for who may only create.
            opening.open |= OpenFlags::EXCLUSIVE;
        } else {
            if opening.writes() {
                files.ask_all(FileOperation::Change, names)?;
            }
            return Err(ErrorCode::NoEntry.into());
        }
        Ok(opening)
    }

    async fn open_file(
        &mut self,
        parent: OwnedFd,
        name: String,
        names: &[String],
        opening: Opening,
    ) -> FsResult<Resource<Descriptor>> {
        let changes = names
            .iter()
            .all(|name| self.files.may(FileOperation::Change, name));
        let perms = if changes || opening.creates() {
            FsPerms::ReadWrite
        } else {
            FsPerms::ReadOnly
        };
        let lent = self.lend(parent, perms)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let nothing = PathFlags::empty();
        let opened = self
            .wasi
            .open_at(borrowed, nothing, name, opening.open, opening.flags)
            .await;
        self.give_back(lent)?;
        let opened = opened?;
        // A directory took the file's place: a handle of it would reach all that is below.
        if matches!(self.wasi.table.get(&opened)?, Descriptor::Dir(_)) {
            self.wasi.table.delete(opened)?;
            return Err(ErrorCode::IsDirectory.into());
        }
        Ok(opened)
    }

    /// Hides what may be listed only as a directory, and is none, as if it were not there.
    fn shown(&self, found: &Found) -> Result<(), ErrorCode> {
        let Spot::Name { is: Some(is), .. } = &found.spot else {
            return Ok(());
        };
        let is_directory = *is == FileType::Directory;
        // The names before the last one were links.
        let (path, links) = found.names.split_last().ok_or(ErrorCode::NoEntry)?;
        let shown = self.files.shows(path, is_directory)
            && links
                .iter()
                .all(|name| self.files.shows(name, is_directory));
        shown.then_some(()).ok_or(ErrorCode::NoEntry)
    }

    pub(super) async fn stat(
        &mut self,
        base: &Node,
        path: &str,
        follow: bool,
    ) -> FsResult<DescriptorStat> {
        let found = self.find(base, path, follow, LIST).await?;
        self.shown(&found)?;
        let Some((parent, name)) = entry(found.spot)? else {
            return Ok(way());
        };
        let lent = self.lend(parent, FsPerms::ReadOnly)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let stat = self.wasi.stat_at(borrowed, PathFlags::empty(), name).await;
        self.give_back(lent)?;
        stat.and_then(|stat| match (found.directory, stat.type_) {
            (true, DescriptorType::Directory) | (false, _) => Ok(stat),
            (true, _) => Err(ErrorCode::NotDirectory.into()),
        })
    }

    pub(super) async fn metadata_hash(
        &mut self,
        base: &Node,
        path: &str,
        follow: bool,
    ) -> FsResult<MetadataHashValue> {
        let found = self.find(base, path, follow, LIST).await?;
        self.shown(&found)?;
        let at = found.path().to_owned();
        let Some((parent, name)) = entry(found.spot)? else {
            let digest = blake3::hash(at.as_bytes());
            let lower = digest.as_bytes().first_chunk().copied();
            let lower = u64::from_le_bytes(lower.unwrap_or_default());
            return Ok(MetadataHashValue {
                lower,
                upper: lower.rotate_left(32),
            });
        };
        let lent = self.lend(parent, FsPerms::ReadOnly)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let nothing = PathFlags::empty();
        let hash = self.wasi.metadata_hash_at(borrowed, nothing, name).await;
        self.give_back(lent)?;
        hash
    }

    pub(super) async fn set_times(
        &mut self,
        base: &Node,
        path: &str,
        follow: bool,
        [accessed, modified]: [NewTimestamp; 2],
    ) -> FsResult<()> {
        let found = self.find(base, path, follow, CHANGE).await?;
        let Some((parent, name)) = entry(found.spot)? else {
            return Err(ErrorCode::NotPermitted.into());
        };
        let lent = self.lend(parent, FsPerms::ReadWrite)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let nothing = PathFlags::empty();
        let set = self
            .wasi
            .set_times_at(borrowed, nothing, name, accessed, modified)
            .await;
        self.give_back(lent)?;
        set
    }

    pub(super) async fn read_link(&mut self, base: &Node, path: &str) -> FsResult<String> {
        let found = self.find(base, path, false, READ).await?;
        let Spot::Name { parent, name, .. } = found.spot else {
            return Err(ErrorCode::Invalid.into());
        };
        let lent = self.lend(parent, FsPerms::ReadOnly)?;
        let target = self
            .wasi
            .readlink_at(Resource::new_borrow(lent.rep()), name);
        let target = target.await;
        self.give_back(lent)?;
        target
    }

    pub(super) async fn create_directory(&mut self, base: &Node, path: &str) -> FsResult<()> {
        let found = self
            .find(base, path.trim_end_matches('/'), false, CREATE)
            .await?;
        let (parent, name) = named(found.spot, ErrorCode::Exist)?;
        let lent = self.lend(parent, FsPerms::ReadWrite)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let done = self.wasi.create_directory_at(borrowed, name).await;
        self.give_back(lent)?;
        done
    }

    pub(super) async fn symlink(
        &mut self,
        base: &Node,
        target: String,
        path: &str,
    ) -> FsResult<()> {
        let found = self.find(base, path, false, CREATE).await?;
        let (parent, name) = named(found.spot, ErrorCode::Exist)?;
        let lent = self.lend(parent, FsPerms::ReadWrite)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let done = self.wasi.symlink_at(borrowed, target, name).await;
        self.give_back(lent)?;
        done
    }

    pub(super) async fn remove_directory(&mut self, base: &Node, path: &str) -> FsResult<()> {
        let found = self
            .find(base, path.trim_end_matches('/'), false, DELETE)
            .await?;
        let (parent, name) = named(found.spot, ErrorCode::Busy)?;
        let lent = self.lend(parent, FsPerms::ReadWrite)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let done = self.wasi.remove_directory_at(borrowed, name).await;
        self.give_back(lent)?;
        done
    }

    pub(super) async fn unlink(&mut self, base: &Node, path: &str) -> FsResult<()> {
        let found = self.find(base, path, false, DELETE).await?;
        if found.directory {
            return Err(ErrorCode::NotDirectory.into());
        }
        let (parent, name) = named(found.spot, ErrorCode::IsDirectory)?;
        let lent = self.lend(parent, FsPerms::ReadWrite)?;
        let borrowed = Resource::new_borrow(lent.rep());
        let done = self.wasi.unlink_file_at(borrowed, name).await;
        self.give_back(lent)?;
        done
    }

    pub(super) async fn rename(&mut self, [from, to]: [(&Node, &str); 2]) -> FsResult<()> {
        let bare = |path: &'_ str| path.trim_end_matches('/').to_owned();
        let was_directory = [from.1, to.1].iter().any(|path| path.ends_with('/'));
        let old = self.find(from.0, &bare(from.1), false, DELETE).await?;
        let new = self.find(to.0, &bare(to.1), false, REPLACE).await?;
        let is = match &old.spot {
            Spot::Name { is, .. } => is.ok_or(ErrorCode::NoEntry)?,
            Spot::Way | Spot::Root(_) => return Err(ErrorCode::Busy.into()),
        };
        let is_directory = is == FileType::Directory;
        if was_directory && !is_directory {
            return Err(ErrorCode::NotDirectory.into());
        }
        self.files
            .allow_each([&old.names, &new.names], |policy, from, to| {
                policy.rename(from, to, is_directory).map(drop)
            })?;
        let (old_parent, old_name) = named(old.spot, ErrorCode::Busy)?;
        let (new_parent, new_name) = named(new.spot, ErrorCode::Busy)?;
        let lent = self.lend(old_parent, FsPerms::ReadWrite)?;
        let other = self.lend(new_parent, FsPerms::ReadWrite)?;
        let (one, two) = (
            Resource::new_borrow(lent.rep()),
            Resource::new_borrow(other.rep()),
        );
        let done = self.wasi.rename_at(one, old_name, two, new_name).await;
        self.give_back(lent)?;
        self.give_back(other)?;
        done
    }

    pub(super) async fn link(&mut self, [from, to]: [(&Node, &str); 2]) -> FsResult<()> {
        let old = self.find(from.0, from.1, false, READ).await?;
        let new = self.find(to.0, to.1, false, CREATE).await?;
        if old.directory || new.directory {
            return Err(ErrorCode::NotDirectory.into());
        }
        self.files
            .allow_each([&old.names, &new.names], |policy, from, to| {
                policy.link(from, to).map(drop)
            })?;
        let (old_parent, old_name) = named(old.spot, ErrorCode::NotPermitted)?;
        let (new_parent, new_name) = named(new.spot, ErrorCode::Exist)?;
        let lent = self.lend(old_parent, FsPerms::ReadWrite)?;
        let other = self.lend(new_parent, FsPerms::ReadWrite)?;
        let (one, two) = (
            Resource::new_borrow(lent.rep()),
            Resource::new_borrow(other.rep()),
        );
        let nothing = PathFlags::empty();
        let done = self
            .wasi
            .link_at(one, nothing, old_name, two, new_name)
            .await;
        self.give_back(lent)?;
        self.give_back(other)?;
        done
    }

    pub(super) async fn read_directory(
        &mut self,
        node: &Node,
    ) -> FsResult<Resource<DirectoryEntryStream>> {
        let found = self.find(node, ".", false, LIST).await?;
        let path = found.path().to_owned();
        let listing = match entry(found.spot)? {
            None => Listing::on_the_way(&self.files, &path),
            Some((parent, name)) => {
                let directory = spawn_blocking(move || walk::readable(parent, &name)).await?;
                let lent = self.lend(directory, FsPerms::ReadOnly)?;
                let borrowed = Resource::new_borrow(lent.rep());
                let entries = self.wasi.read_directory(borrowed).await;
                self.give_back(lent)?;
                let entries: ReaddirIterator = self.wasi.table.delete(entries?)?;
                Listing::of(&self.files, path, entries)
            }
        };
        let listing = self.wasi.table.push(listing)?;
        Ok(Resource::new_own(listing.rep()))
    }

    /// Has everything of a directory written to its disk.
    pub(super) async fn sync(&mut self, node: &Node) -> FsResult<()> {
        let found = self.find(node, ".", false, LIST).await?;
        let Some((parent, name)) = entry(found.spot)? else {
            return Ok(());
        };
        let directory = spawn_blocking(move || walk::readable(parent, &name)).await?;
        let lent = self.lend(directory, FsPerms::ReadOnly)?;
        let done = self.wasi.sync(Resource::new_borrow(lent.rep())).await;
        self.give_back(lent)?;
        done
    }
}

/// Whether an open has to begin anew: what was there is not, or the other way round.
fn again(error: &wasmtime_wasi::p2::FsError, was_there: bool, opening: Opening) -> bool {
    match error.downcast_ref() {
        Some(ErrorCode::Exist) => !was_there && !opening.only_creates(),
        Some(ErrorCode::NoEntry) => was_there,
        _ => false,
    }
}

/// The directory and the name in it to do something with, which for the directory of a grant is itself.
/// Nothing for what is on no disk.
fn entry(spot: Spot) -> Result<Option<(OwnedFd, String)>, ErrorCode> {
    match spot {
        Spot::Way => Ok(None),
        Spot::Root(root) => Ok(Some((root.try_clone()?.into(), ".".to_owned()))),
        Spot::Name { parent, name, .. } => Ok(Some((parent, name))),
    }
}

/// The directory and the name in it, or `otherwise` for what is not a name that a guest can change.
fn named(spot: Spot, otherwise: ErrorCode) -> Result<(OwnedFd, String), ErrorCode> {
    match spot {
        Spot::Name { parent, name, .. } => Ok((parent, name)),
        Spot::Way | Spot::Root(_) => Err(otherwise),
    }
}

/// What is told of a directory that is on no disk.
fn way() -> DescriptorStat {
    DescriptorStat {
        type_: DescriptorType::Directory,
        link_count: 1,
        size: 0,
        data_access_timestamp: None,
        data_modification_timestamp: None,
        status_change_timestamp: None,
    }
}
