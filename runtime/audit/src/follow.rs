//! The end of a log, and what comes after it.
//!
//! Owns reading from behind, and going on where the last look ended, from file to file. Whole lines
//! alone are shown.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::folder::{ReadError, name, numbers_of_log};
use crate::lines::Lines;

/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;

/// The most lines that are shown of the end. Bounds what is held of them.
const LINES_MAX: usize = 10_000;

/// Goes on where the last look ended.
#[derive(Debug)]
pub struct Follower {
    folder: PathBuf,
    number: u64,
    offset: u64,
}

/// The last `count` records of the log in `folder`, oldest first, and what shows those that follow.
///
/// # Errors
///
/// There is no log, or it cannot be read.
pub fn last(folder: &Path, count: usize) -> Result<(Vec<String>, Follower), ReadError> {
    let count = count.min(LINES_MAX);
    let numbers = numbers_of_log(folder)?;
    let number = numbers.last().copied().unwrap_or(1);
    let mut follower = Follower {
        folder: folder.to_owned(),
        number,
        offset: 0,
    };
    let mut lines = VecDeque::new();
    for number in numbers.iter().rev() {
        let path = folder.join(name(*number));
        let (found, end) = tail(&path, count - lines.len()).map_err(ReadError::io(&path))?;
        if *number == follower.number {
            follower.offset = end;
        }
        for line in found.into_iter().rev() {
            lines.push_front(line);
        }
        if lines.len() >= count {
            break;
        }
    }
    Ok((lines.into(), follower))
}

impl Follower {
    /// Shows `found` every record that was added since the last look.
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub fn look(&mut self, mut found: impl FnMut(&str)) -> Result<(), ReadError> {
        loop {
            let path = self.folder.join(name(self.number));
            let next = numbers_of_log(&self.folder)?
                .into_iter()
                .find(|number| *number > self.number);
            let read = self.read(&path, &mut found);
            match read {
                // It was moved away after it had been continued elsewhere.
                Err(error) if error.kind() == io::ErrorKind::NotFound && next.is_some() => {}
                other => other.map_err(ReadError::io(&path))?,
            }
            let Some(next) = next else {
                return Ok(());
            };
            (self.number, self.offset) = (next, 0);
        }
    }

    fn read(&mut self, path: &Path, found: &mut impl FnMut(&str)) -> io::Result<()> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut lines = Lines::new(BufReader::with_capacity(READ_BYTES, file));
        while let Some(line) = lines.next()?.filter(|line| line.ended) {
            self.offset = self.offset.saturating_add(line.length);
            found(&String::from_utf8_lossy(line.bytes));
        }
        Ok(())
    }
}

/// The last `count` whole lines of a file, and where they end.
fn tail(path: &Path, count: usize) -> io::Result<(Vec<String>, u64)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut start = length;
    let mut newlines = 0;
    let mut block = Vec::with_capacity(READ_BYTES);
    // Back to the newline before the first line that is wanted.
    while start > 0 && newlines <= count {
        let size = start.min(READ_BYTES as u64);
        start -= size;
        block.clear();
        file.seek(SeekFrom::Start(start))?;
        Read::by_ref(&mut file).take(size).read_to_end(&mut block)?;
        newlines += block.split(|byte| *byte == b'\n').count() - 1;
    }
    file.seek(SeekFrom::Start(start))?;
    let mut lines = Lines::new(BufReader::with_capacity(
        READ_BYTES,
        file.take(length - start),
    ));
    let mut found = VecDeque::new();
    let mut end = start;
    while let Some(line) = lines.next()?.filter(|line| line.ended) {
        end += line.length;
        found.push_back(String::from_utf8_lossy(line.bytes).into_owned());
        if found.len() > count {
            found.pop_front();
        }
    }
    // Where the walk back stopped within a line, that one is not among the last.
    Ok((found.into(), end))
}
