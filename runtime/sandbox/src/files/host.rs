//! `wasi:filesystem` as guests call it.
//!
//! Owns which descriptors are asked about: those go to [`super::node`], all others to the engine, which
//! was handed a directory of which everything is granted alike. Refuses to judge and to touch the disk.

use std::sync::Arc;

use ringfence_policy::FileOperation;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use crate::guest::Guest;

use super::listing::Listing;
use super::node::{Node, Opening, View};
use super::path;
use super::quota::{OverQuota, Reach};
use super::refused::Tried;
use super::touched::{How, Place, Target, Touched};
use types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream,
    ErrorCode, Filesize, HostDescriptor as _, MetadataHashValue, NewTimestamp, OpenFlags,
    PathFlags,
};

const CHANGE: Tried = Tried::Change(FileOperation::Change);
const CREATE: Tried = Tried::Change(FileOperation::Create);
const DELETE: Tried = Tried::Change(FileOperation::Delete);

/// Says how the linker gets at what is asked about.
struct HasFiles;

impl HasData for HasFiles {
    type Data<'a> = View<'a>;
}

fn view(guest: &mut Guest) -> View<'_> {
    View {
        files: Arc::clone(&guest.files),
        wasi: guest.filesystem(),
    }
}

/// Puts our files in place of the engine's.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    types::add_to_linker::<Guest, HasFiles>(linker, view)?;
    preopens::add_to_linker::<Guest, HasFiles>(linker, view)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl View<'_> {
    /// The directory that `descriptor` is, when it is one that is asked about.
    fn node(&self, descriptor: &Resource<Descriptor>) -> Option<Node> {
        let node = Resource::<Node>::new_borrow(descriptor.rep());
        self.wasi.table.get(&node).ok().cloned()
    }
}

impl View<'_> {
    /// The grant by which `path` from `descriptor` is reached.
    fn target(&self, descriptor: &Resource<Descriptor>, path: &str) -> Option<Target> {
        let Some(node) = self.node(descriptor) else {
            return self.files.touched.of(descriptor.rep());
        };
        let path = path::join(&node.0, path).ok()?.path;
        let (at, _) = self.files.mount(&path)?;
        Some(Touched::target(at))
    }

    /// The stream into the file `descriptor`, with what goes into it counted.
    fn counted(
        &mut self,
        stream: Resource<DynOutputStream>,
        descriptor: u32,
        position: Option<Filesize>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let inner = self.wasi.table.delete(stream)?;
        let touched = &self.files.touched;
        let (target, reach) = (touched.of(descriptor), touched.reach(descriptor));
        let quota = Arc::clone(&self.files.quota);
        let counted = touched.writing(target, inner, quota, reach, position);
        Ok(self.wasi.table.push(counted)?)
    }

    /// Takes room for something new.
    fn take_file(&self) -> FsResult<()> {
        Ok(self.files.quota.file().map_err(ErrorCode::from)?)
    }

    /// Gives the room back when nothing was made.
    fn made<T>(&self, done: FsResult<T>) -> FsResult<T> {
        if done.is_err() {
            self.files.quota.unmade();
        }
        done
    }

    /// How far a file reaches that was just opened.
    async fn reach(&mut self, opened: u32, opening: Opening) -> FsResult<Reach> {
        if !opening.writes() {
            return Ok(Reach::default());
        }
        let stat = self.wasi.stat(Resource::new_borrow(opened)).await?;
        Ok(Reach::of(stat.size))
    }

    /// Notes what was done, when it was.
    fn noted<T>(&self, done: FsResult<T>, target: Option<Target>, how: How) -> FsResult<T> {
        if let (Ok(_), Some(target)) = (&done, target) {
            self.files.touched.note(&target, how);
        }
        done
    }

    /// Notes what was done between two names, which may be by two grants.
    fn noted_both(&self, done: FsResult<()>, targets: [Option<Target>; 2]) -> FsResult<()> {
        let [from, to] = targets;
        let other = to.filter(|to| from.as_ref() != Some(to));
        let done = self.noted(done, from, How::Write);
        self.noted(done, other, How::Write)
    }

    /// Refuses what can keep a thread of the host for as long as it likes: to open a pipe waits for
    /// its other end, and cannot be stopped. Says whether there is anything.
    async fn is_there(
        &mut self,
        directory: &Resource<Descriptor>,
        flags: PathFlags,
        path: &str,
        open: OpenFlags,
    ) -> FsResult<bool> {
        use DescriptorType::{Directory, RegularFile, SymbolicLink};
        if open.contains(OpenFlags::DIRECTORY) {
            return Ok(true);
        }
        let directory = Resource::new_borrow(directory.rep());
        let stat = self.wasi.stat_at(directory, flags, path.to_owned()).await;
        match stat.map(|stat| stat.type_) {
            Ok(Directory | RegularFile | SymbolicLink) => Ok(true),
            // Whatever cannot be looked at, the engine says why when it opens it.
            Err(_) => Ok(false),
            Ok(_) => Err(ErrorCode::NotPermitted.into()),
        }
    }
}

impl preopens::Host for View<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let mut directories = preopens::Host::get_directories(&mut self.wasi)?;
        for (descriptor, path) in &directories {
            let target = Touched::target(path);
            let place = Place {
                path: Arc::from(&**path),
                writes: self.files.may_write(path),
            };
            let touched = &self.files.touched;
            touched.hold_directory(descriptor.rep(), target, place);
        }
        for path in &self.files.judged {
            let node = self.wasi.table.push(Node(Arc::from(&**path)))?;
            directories.push((Resource::new_own(node.rep()), path.to_string()));
        }
        Ok(directories)
    }
}

impl types::Host for View<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.wasi.convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        if let Some(over) = self.wasi.table.get(&error)?.downcast_ref::<OverQuota>() {
            return Ok(Some((*over).into()));
        }
        self.wasi.filesystem_error_code(error)
    }
}

impl types::HostDirectoryEntryStream for View<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let listing = Resource::<Listing>::new_borrow(stream.rep());
        match self.wasi.table.get_mut(&listing) {
            Ok(listing) => listing.next(),
            Err(_) => self.wasi.read_directory_entry(stream).await,
        }
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        let listing = Resource::<Listing>::new_borrow(stream.rep());
        if self.wasi.table.get(&listing).is_err() {
            return types::HostDirectoryEntryStream::drop(&mut self.wasi, stream);
        }
        let listing = Resource::<Listing>::new_own(stream.rep());
        self.wasi.table.delete(listing)?;
        Ok(())
    }
}

impl types::HostDescriptor for View<'_> {
    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
        len: Filesize,
        advice: Advice,
    ) -> FsResult<()> {
        match self.node(&fd) {
            Some(_) => Err(ErrorCode::BadDescriptor.into()),
            None => self.wasi.advise(fd, offset, len, advice).await,
        }
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        match self.node(&fd) {
            Some(node) => View::sync(self, &node).await,
            None => self.wasi.sync_data(fd).await,
        }
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        let Some(node) = self.node(&fd) else {
            return self.wasi.get_flags(fd).await;
        };
        let mut flags = DescriptorFlags::READ;
        if self.files.may_write(&node.0) {
            flags |= DescriptorFlags::MUTATE_DIRECTORY;
        }
        Ok(flags)
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        match self.node(&fd) {
            Some(_) => Ok(DescriptorType::Directory),
            None => self.wasi.get_type(fd).await,
        }
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        if self.node(&fd).is_some() {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let target = self.target(&fd, ".");
        let reach = self.files.touched.reach(fd.rep());
        let taken = self.files.quota.size(&reach, size);
        taken.map_err(ErrorCode::from)?;
        let done = self.wasi.set_size(fd, size).await;
        self.noted(done, target, How::Write)
    }

    async fn set_times(
        &mut self,
        fd: Resource<Descriptor>,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        if let Some(node) = self.node(&fd) {
            View::set_times(self, &node, ".", false, [accessed, modified]).await
        } else {
            let refused = self.files.refused(fd.rep(), ".", CHANGE);
            let done = self.wasi.set_times(fd, accessed, modified).await;
            self.files.told(done, refused)
        }
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        len: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        if self.node(&fd).is_some() {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let target = self.target(&fd, ".");
        let read = self.wasi.read(fd, len, offset).await;
        if let (Ok((bytes, _)), Some(target)) = (&read, target) {
            self.files.touched.read(&target, bytes.len());
        }
        read
    }

    async fn write(
        &mut self,
        fd: Resource<Descriptor>,
        bytes: Vec<u8>,
        offset: Filesize,
    ) -> FsResult<Filesize> {
        if self.node(&fd).is_some() {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let target = self.target(&fd, ".");
        let reach = self.files.touched.reach(fd.rep());
        let wanted = bytes.len() as u64;
        let taken = self.files.quota.write(&reach, offset, wanted);
        taken.map_err(ErrorCode::from)?;
        let written = self.wasi.write(fd, bytes, offset).await;
        let done = *written.as_ref().unwrap_or(&0);
        self.files.quota.unwritten(wanted.saturating_sub(done));
        if let (Ok(bytes), Some(target)) = (&written, target) {
            let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX);
            self.files.touched.written(&target, bytes);
        }
        written
    }

    async fn read_directory(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<DirectoryEntryStream>> {
        let target = self.target(&fd, ".");
        let done = match self.node(&fd) {
            Some(node) => View::read_directory(self, &node).await,
            None => self.wasi.read_directory(fd).await,
        };
        self.noted(done, target, How::List)
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        match self.node(&fd) {
            Some(node) => View::sync(self, &node).await,
            None => self.wasi.sync(fd).await,
        }
    }

    async fn create_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        let target = self.target(&fd, &path);
        self.take_file()?;
        let done = if let Some(node) = self.node(&fd) {
            self.create_directory(&node, &path).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, CREATE);
            let done = self.wasi.create_directory_at(fd, path).await;
            self.files.told(done, refused)
        };
        let done = self.made(done);
        self.noted(done, target, How::Write)
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        match self.node(&fd) {
            Some(node) => View::stat(self, &node, ".", false).await,
            None => self.wasi.stat(fd).await,
        }
    }

    async fn stat_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        let target = self.target(&fd, &path);
        let done = if let Some(node) = self.node(&fd) {
            View::stat(self, &node, &path, follows(flags)).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, Tried::Look);
            let done = self.wasi.stat_at(fd, flags, path).await;
            self.files.told(done, refused)
        };
        self.noted(done, target, How::List)
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let target = self.target(&fd, &path);
        let done = match self.node(&fd) {
            None => {
                let refused = self.files.refused(fd.rep(), &path, CHANGE);
                let set = self.wasi.set_times_at(fd, flags, path, accessed, modified);
                self.files.told(set.await, refused)
            }
            Some(node) => {
                let times = [accessed, modified];
                View::set_times(self, &node, &path, follows(flags), times).await
            }
        };
        self.noted(done, target, How::Write)
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        other: Resource<Descriptor>,
        new: String,
    ) -> FsResult<()> {
        let targets = [self.target(&fd, &path), self.target(&other, &new)];
        self.take_file()?;
        let done = match (self.node(&fd), self.node(&other)) {
            (None, None) => {
                let from = self.files.refused(fd.rep(), &path, Tried::Look);
                let to = self.files.refused(other.rep(), &new, CREATE);
                let done = self.wasi.link_at(fd, flags, path, other, new).await;
                self.files.told(self.files.told(done, from), to)
            }
            (Some(_), Some(_)) if follows(flags) => Err(ErrorCode::Invalid.into()),
            (Some(from), Some(to)) => self.link([(&from, &path), (&to, &new)]).await,
            // A directory that is asked about and one that is not are as two disks.
            _ => Err(ErrorCode::CrossDevice.into()),
        };
        let done = self.made(done);
        self.noted_both(done, targets)
    }

    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let opening = Opening { open, flags };
        let target = self.target(&fd, &path);
        let is_directory = open.contains(OpenFlags::DIRECTORY);
        let place = is_directory.then(|| self.files.place_below(fd.rep(), &path));
        let opened = if let Some(node) = self.node(&fd) {
            let opened = self.open(&node, &path, follows(path_flags), opening);
            opened.await?
        } else {
            let there = self.is_there(&fd, path_flags, &path, open).await?;
            let creates = opening.creates() && !there;
            if creates {
                self.take_file()?;
            }
            let tried = if creates {
                CREATE
            } else if opening.writes() || opening.creates() {
                CHANGE
            } else {
                Tried::Look
            };
            let refused = self.files.refused(fd.rep(), &path, tried);
            let opened = self.wasi.open_at(fd, path_flags, path, open, flags);
            let opened = self.files.told(opened.await, refused);
            if creates { self.made(opened)? } else { opened? }
        };
        let Some(target) = target else {
            return Ok(opened);
        };
        let how = if opening.writes() || opening.creates() {
            How::Write
        } else if is_directory {
            How::List
        } else {
            How::Read
        };
        self.files.touched.note(&target, how);
        if self.node(&opened).is_some() {
            return Ok(opened);
        }
        if let Some(place) = place.flatten() {
            let touched = &self.files.touched;
            touched.hold_directory(opened.rep(), target, place);
        } else {
            let reach = self.reach(opened.rep(), opening).await?;
            self.files.touched.hold(opened.rep(), target, reach);
        }
        Ok(opened)
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        if self.node(&fd).is_none() {
            self.files.touched.forget(fd.rep());
            return types::HostDescriptor::drop(&mut self.wasi, fd);
        }
        self.wasi
            .table
            .delete(Resource::<Node>::new_own(fd.rep()))?;
        Ok(())
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        let target = self.target(&fd, &path);
        let done = if let Some(node) = self.node(&fd) {
            self.read_link(&node, &path).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, Tried::Look);
            let done = self.wasi.readlink_at(fd, path).await;
            self.files.told(done, refused)
        };
        self.noted(done, target, How::List)
    }

    async fn remove_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        let target = self.target(&fd, &path);
        let done = if let Some(node) = self.node(&fd) {
            self.remove_directory(&node, &path).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, DELETE);
            let done = self.wasi.remove_directory_at(fd, path).await;
            self.files.told(done, refused)
        };
        self.noted(done, target, How::Write)
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
        other: Resource<Descriptor>,
        new: String,
    ) -> FsResult<()> {
        let targets = [self.target(&fd, &path), self.target(&other, &new)];
        let done = match (self.node(&fd), self.node(&other)) {
            (None, None) => {
                let from = self.files.refused(fd.rep(), &path, DELETE);
                let to = self.files.refused(other.rep(), &new, CREATE);
                let done = self.wasi.rename_at(fd, path, other, new).await;
                self.files.told(self.files.told(done, from), to)
            }
            (Some(from), Some(to)) => self.rename([(&from, &path), (&to, &new)]).await,
            _ => Err(ErrorCode::CrossDevice.into()),
        };
        self.noted_both(done, targets)
    }

    async fn symlink_at(
        &mut self,
        fd: Resource<Descriptor>,
        target: String,
        path: String,
    ) -> FsResult<()> {
        let at = self.target(&fd, &path);
        self.take_file()?;
        let done = if let Some(node) = self.node(&fd) {
            self.symlink(&node, target, &path).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, CREATE);
            let done = self.wasi.symlink_at(fd, target, path).await;
            self.files.told(done, refused)
        };
        let done = self.made(done);
        self.noted(done, at, How::Write)
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let target = self.target(&fd, &path);
        let done = if let Some(node) = self.node(&fd) {
            self.unlink(&node, &path).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, DELETE);
            let done = self.wasi.unlink_file_at(fd, path).await;
            self.files.told(done, refused)
        };
        self.noted(done, target, How::Write)
    }

    fn read_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        if self.node(&fd).is_some() {
            return Err(ErrorCode::IsDirectory.into());
        }
        let target = self.target(&fd, ".");
        let stream = self.wasi.read_via_stream(fd, offset)?;
        let Some(target) = target else {
            return Ok(stream);
        };
        let inner = self.wasi.table.delete(stream)?;
        let counted = self.files.touched.reading(target, inner);
        Ok(self.wasi.table.push(counted)?)
    }

    fn write_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        if self.node(&fd).is_some() {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let descriptor = fd.rep();
        let stream = self.wasi.write_via_stream(fd, offset)?;
        self.counted(stream, descriptor, Some(offset))
    }

    fn append_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<DynOutputStream>> {
        if self.node(&fd).is_some() {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let descriptor = fd.rep();
        let stream = self.wasi.append_via_stream(fd)?;
        self.counted(stream, descriptor, None)
    }

    async fn is_same_object(
        &mut self,
        one: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        match (self.node(&one), self.node(&other)) {
            (None, None) => self.wasi.is_same_object(one, other).await,
            (Some(one), Some(other)) => Ok(one.0 == other.0),
            _ => Ok(false),
        }
    }

    async fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        match self.node(&fd) {
            Some(node) => View::metadata_hash(self, &node, ".", false).await,
            None => self.wasi.metadata_hash(fd).await,
        }
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        if let Some(node) = self.node(&fd) {
            View::metadata_hash(self, &node, &path, follows(flags)).await
        } else {
            let refused = self.files.refused(fd.rep(), &path, Tried::Look);
            let done = self.wasi.metadata_hash_at(fd, flags, path).await;
            self.files.told(done, refused)
        }
    }
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}
