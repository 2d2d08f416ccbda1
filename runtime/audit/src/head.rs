//! The head: where the chain ends.
//!
//! Owns a small file beside the log that says which record is the last, authenticated with the key.
//! Without it, records that are cut off at the end would leave a log that looks whole. The file is
//! also the lock that processes which share a log take turns by.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::folder::open_private;
use crate::key::Key;
use crate::link::{Mark, hex};
use crate::text::push_padded;

/// The name of the head's file.
pub(crate) const HEAD_FILE: &str = "head";

const TITLE: &str = "ringfence-audit-head 1";

/// The longest head that is read. Bounds what a planted file makes us hold.
const BYTES_MAX: u64 = 1024;

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The number of the file that is written to.
    pub(crate) file: u64,
    /// When that file was begun, in seconds since 1970.
    pub(crate) since: u64,
    /// How long that file is.
    pub(crate) offset: u64,
    /// The last record.
    pub(crate) mark: Mark,
}

/// What the head's file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: it is new.
    Empty,
    /// Something that this installation did not write.
    Foreign,
    /// Where the chain ends.
    Valid(Head),
}

impl Head {
    /// Writes it over the one before, in one go.
    pub(crate) fn write(&self, file: &mut File, key: &Key) -> io::Result<()> {
        write_at_start(file, &self.text(key))
    }

    /// Always of the same length, so that no part of a head stands behind another.
    fn text(&self, key: &Key) -> Vec<u8> {
        let mut text = Vec::with_capacity(320);
        text.extend_from_slice(TITLE.as_bytes());
        for (name, number) in [
            ("\nfile ", self.file),
            ("\nsince ", self.since),
            ("\noffset ", self.offset),
            ("\nseq ", self.mark.seq),
        ] {
            text.extend_from_slice(name.as_bytes());
            push_padded(&mut text, number, 20);
        }
        text.extend_from_slice(b"\nhash ");
        text.extend_from_slice(&self.mark.hash);
        text.extend_from_slice(b"\nmac ");
        let mac = key.hash(&text);
        text.extend_from_slice(&mac);
        text.push(b'\n');
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut field = |name| lines.next()?.strip_prefix(name);
        field(TITLE)?;
        Some(Self {
            file: field("file ")?.parse().ok()?,
            since: field("since ")?.parse().ok()?,
            offset: field("offset ")?.parse().ok()?,
            mark: Mark {
                seq: field("seq ")?.parse().ok()?,
                hash: hex(field("hash ")?.as_bytes())?,
            },
        })
    }
}

/// Opens the head's file, which is empty when it is new.
pub(crate) fn open(folder: &Path) -> io::Result<File> {
    open_private(&folder.join(HEAD_FILE))
}

/// Reads it.
pub(crate) fn read(file: &mut File, key: &Key) -> io::Result<Found> {
    let mut text = Vec::with_capacity(320);
    file.seek(SeekFrom::Start(0))?;
    file.take(BYTES_MAX).read_to_end(&mut text)?;
    if text.is_empty() {
        return Ok(Found::Empty);
    }
    let parsed = std::str::from_utf8(&text).ok().and_then(Head::parse);
    // What it says is written again: it is ours when that gives the same bytes, keyed hash included.
    let valid = parsed.filter(|head| head.text(key) == text);
    Ok(valid.map_or(Found::Foreign, Found::Valid))
}

#[cfg(unix)]
fn write_at_start(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, 0)
}

#[cfg(not(unix))]
fn write_at_start(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)
}
