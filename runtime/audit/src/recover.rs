//! What stands at the end of a log when it is opened.
//!
//! Owns telling the records that a killed process had written, and not yet anchored, from the line
//! that it was writing; and finding the end of a chain whose head is lost.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::folder::{create_private, name, numbers};
use crate::key::Key;
use crate::lines::Lines;
use crate::link::{Mark, unseal};
use crate::text::push_padded;

/// How much of what is cut off is kept. Bounds what somebody who appends to the log makes us copy.
const TORN_BYTES_MAX: u64 = 1024 * 1024;

/// How much of the log is read at once.
const READ_BYTES: usize = 64 * 1024;

/// Where the good part of a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) offset: u64,
    pub(crate) mark: Mark,
}

/// Follows the chain from `end` as far as it goes in `file`.
pub(crate) fn follow(file: &mut File, key: &Key, mut end: End) -> io::Result<End> {
    file.seek(SeekFrom::Start(end.offset))?;
    let mut lines = Lines::new(BufReader::with_capacity(READ_BYTES, file));
    while let Some(line) = lines.next()? {
        match unseal(key, line.bytes).filter(|sealed| line.ended && sealed.follows(&end.mark)) {
            Some(sealed) => {
                end = End {
                    offset: end.offset.saturating_add(line.length),
                    mark: sealed.mark,
                };
            }
            None => break,
        }
    }
    Ok(end)
}

/// The last record of the log that can be proved, where the head does not say.
pub(crate) fn last(folder: &Path, key: &Key) -> io::Result<Mark> {
    for number in numbers(folder)?.into_iter().rev() {
        let file = File::open(folder.join(name(number)))?;
        let mut lines = Lines::new(BufReader::with_capacity(READ_BYTES, file));
        let mut last = None;
        while let Some(line) = lines.next()? {
            last = unseal(key, line.bytes).map(|sealed| sealed.mark).or(last);
        }
        if let Some(mark) = last {
            return Ok(mark);
        }
    }
    Ok(Mark::NONE)
}

/// Keeps what stands behind `offset` in a file of its own, whose name is returned. Nothing when there
/// is no room for it: that must not keep the log from going on.
pub(crate) fn save(folder: &Path, number: u64, file: &mut File, offset: u64) -> Option<String> {
    let mut suffix = Vec::new();
    push_padded(&mut suffix, offset, 12);
    let name = format!("{}.{}.torn", name(number), String::from_utf8_lossy(&suffix));
    let path = folder.join(&name);
    let mut copied = || {
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(TORN_BYTES_MAX).read_to_end(&mut bytes)?;
        create_private(&path)?.write_all(&bytes)
    };
    copied().ok().map(|()| name)
}
