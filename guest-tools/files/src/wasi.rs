//! The granted directories of a component.

use crate::disk::{Disk, Entry, Fault, How, Kind, Stat};
use crate::guest::bindings::wasi::filesystem::preopens;
use crate::guest::bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
use crate::path::Place;

/// The most that is asked of the host at once: it copies what it hands over.
const CHUNK_BYTES: usize = 64 * 1024;

/// What the host granted.
pub(crate) struct Granted {
    directories: Vec<Descriptor>,
    names: Vec<String>,
}

impl Granted {
    /// Asks the host.
    pub(crate) fn new() -> Self {
        let (directories, names) = preopens::get_directories().into_iter().unzip();
        Self { directories, names }
    }

    fn root(&self, place: &Place) -> Result<&Descriptor, Fault> {
        self.directories.get(place.root).ok_or(Fault::Missing)
    }

    fn open(
        &self,
        place: &Place,
        open: OpenFlags,
        access: DescriptorFlags,
    ) -> Result<Descriptor, Fault> {
        self.root(place)?
            .open_at(PathFlags::SYMLINK_FOLLOW, relative(place), open, access)
            .map_err(fault)
    }
}

impl Disk for Granted {
    fn roots(&self) -> &[String] {
        &self.names
    }

    fn stat(&self, place: &Place) -> Result<Stat, Fault> {
        let stat = self
            .root(place)?
            .stat_at(PathFlags::SYMLINK_FOLLOW, relative(place));
        let stat = stat.map_err(fault)?;
        Ok(Stat {
            kind: kind(stat.type_),
            size: stat.size,
        })
    }

    fn entries(&self, place: &Place, limit: usize) -> Result<Vec<Entry>, Fault> {
        let directory = self.open(place, OpenFlags::DIRECTORY, DescriptorFlags::READ)?;
        let stream = directory.read_directory().map_err(fault)?;
        let mut entries = Vec::new();
        while entries.len() < limit {
            let Some(entry) = stream.read_directory_entry().map_err(fault)? else {
                break;
            };
            entries.push(Entry {
                name: entry.name,
                kind: kind(entry.type_),
            });
        }
        Ok(entries)
    }

    fn read(&self, place: &Place, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        let file = self.open(place, OpenFlags::empty(), DescriptorFlags::READ)?;
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let wanted = (length - bytes.len()).min(CHUNK_BYTES) as u64;
            let (mut chunk, end) = file
                .read(wanted, offset + bytes.len() as u64)
                .map_err(fault)?;
            bytes.append(&mut chunk);
            if end {
                break;
            }
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// A file that is there is overwritten in place and then cut: it keeps its permissions, and a tool
    /// that is stopped half-way leaves no empty file behind.
    fn write(&self, place: &Place, bytes: &[u8], how: How) -> Result<(), Fault> {
        let open = match how {
            How::Create => OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
            How::Append | How::Replace => OpenFlags::CREATE,
        };
        let file = self.open(place, open, DescriptorFlags::WRITE)?;
        let mut offset = match how {
            How::Append => file.stat().map_err(fault)?.size,
            How::Create | How::Replace => 0,
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let chunk = rest.get(..CHUNK_BYTES).unwrap_or(rest);
            let written = file.write(chunk, offset).map_err(fault)?;
            if written == 0 {
                return Err(Fault::Other("the host wrote nothing"));
            }
            offset += written;
            let written = usize::try_from(written).unwrap_or(usize::MAX);
            rest = rest.get(written..).unwrap_or_default();
        }
        if how == How::Replace {
            file.set_size(offset).map_err(fault)?;
        }
        Ok(())
    }

    fn make_directory(&self, place: &Place) -> Result<(), Fault> {
        self.root(place)?
            .create_directory_at(relative(place))
            .map_err(fault)
    }
}

fn relative(place: &Place) -> &str {
    if place.path.is_empty() {
        "."
    } else {
        &place.path
    }
}

fn kind(kind: DescriptorType) -> Kind {
    match kind {
        DescriptorType::Directory => Kind::Directory,
        DescriptorType::RegularFile => Kind::File,
        DescriptorType::SymbolicLink => Kind::Link,
        _ => Kind::Other,
    }
}

fn fault(code: ErrorCode) -> Fault {
    match code {
        ErrorCode::Access | ErrorCode::NotPermitted | ErrorCode::ReadOnly => Fault::Denied,
        ErrorCode::Exist => Fault::Exists,
        ErrorCode::IsDirectory => Fault::IsDirectory,
        ErrorCode::NoEntry => Fault::Missing,
        ErrorCode::NotDirectory => Fault::NotDirectory,
        other => Fault::Other(other.name()),
    }
}
