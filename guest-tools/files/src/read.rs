//! Reading lines of a file.

use crate::disk::{Disk, Kind};
use crate::error::Error;
use crate::list::within;
use crate::path::Place;

/// The most lines returned by one call.
pub const MAX_LINES: u32 = 10_000;

/// The most text returned by one call; the host would cut a larger result.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// The longest line that is returned whole. Minified files are one line of megabytes.
pub const MAX_LINE_BYTES: usize = 8 * 1024;

/// How far into a file one call looks for its lines.
pub const MAX_SCAN_BYTES: u64 = 32 * 1024 * 1024;

/// How much is read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Lines returned when the caller does not say.
const DEFAULT_LINES: u32 = 2_000;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The lines.
    pub text: String,
    /// The first line, from 1.
    pub first_line: u32,
    /// The last line; one less than the first when there is none.
    pub last_line: u32,
    /// Where to go on.
    pub next_line: Option<u32>,
    /// Lines that were cut.
    pub cut_lines: u32,
    /// The size of the file.
    pub file_size: u64,
}

/// Reads `lines` lines of the file `path` from `first_line` on.
///
/// # Errors
/// When the file cannot be read, is not text, or the lines lie too far into it.
pub fn read(
    disk: &impl Disk,
    path: &str,
    first_line: Option<u32>,
    lines: Option<u32>,
) -> Result<Excerpt, Error> {
    let first_line = within("first-line", first_line.unwrap_or(1), u32::MAX)?;
    let lines = within("lines", lines.unwrap_or(DEFAULT_LINES), MAX_LINES)?;
    let place = Place::find(path, disk)?;
    let stat = disk
        .stat(&place)
        .map_err(|fault| place.fault(fault, false, disk))?;
    if stat.kind == Kind::Directory {
        return Err(place.fault(crate::disk::Fault::IsDirectory, false, disk));
    }

    let mut gather = Gather {
        first: first_line,
        last: first_line.saturating_add(lines),
        ..Gather::default()
    };
    let mut offset = 0;
    while !gather.full && offset < stat.size.max(1) {
        if offset >= MAX_SCAN_BYTES {
            if gather.bytes.is_empty() {
                return Err(Error::Far {
                    path: place.display(disk),
                    line: first_line,
                });
            }
            gather.next = Some(gather.line);
            break;
        }
        let chunk = disk
            .read(&place, offset, CHUNK_BYTES)
            .map_err(|fault| place.fault(fault, false, disk))?;
        if chunk.is_empty() {
            break;
        }
        offset += chunk.len() as u64;
        gather.take(&chunk);
    }
    let (text, last_line) = gather
        .text()
        .ok_or_else(|| Error::Binary(place.display(disk)))?;
    Ok(Excerpt {
        text,
        first_line,
        last_line,
        next_line: gather.next,
        cut_lines: gather.cut,
        file_size: stat.size,
    })
}

/// Picks lines out of bytes that come in pieces.
struct Gather {
    /// The first line wanted, and the one after the last.
    first: u32,
    last: u32,
    /// The line that the next byte belongs to.
    line: u32,
    /// How much of it was kept.
    kept: usize,
    bytes: Vec<u8>,
    cut: u32,
    next: Option<u32>,
    full: bool,
}

impl Default for Gather {
    fn default() -> Self {
        Self {
            first: 1,
            last: 1,
            line: 1,
            kept: 0,
            bytes: Vec::new(),
            cut: 0,
            next: None,
            full: false,
        }
    }
}

impl Gather {
    fn take(&mut self, chunk: &[u8]) {
        for piece in chunk.split_inclusive(|&byte| byte == b'\n') {
            let begins = self.kept == 0;
            if self.line >= self.last || (begins && self.bytes.len() >= MAX_TEXT_BYTES) {
                self.next = Some(self.line);
                self.full = true;
                return;
            }
            if self.line >= self.first {
                self.keep(piece);
            }
            if piece.ends_with(b"\n") {
                self.line = self.line.saturating_add(1);
                self.kept = 0;
            }
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = MAX_LINE_BYTES.saturating_sub(self.kept);
        let (content, newline) = match piece.strip_suffix(b"\n") {
            Some(content) => (content, true),
            None => (piece, false),
        };
        let taken = content.get(..room.min(content.len())).unwrap_or_default();
        self.bytes.extend_from_slice(taken);
        if content.len() > room && self.kept <= MAX_LINE_BYTES {
            self.cut += 1;
            // Not in the middle of a character.
            let end = self.bytes.len();
            self.bytes.truncate(end - incomplete(&self.bytes));
            self.bytes.extend_from_slice("…".as_bytes());
            self.kept = MAX_LINE_BYTES + 1;
        } else {
            self.kept += content.len().max(1);
        }
        if newline {
            self.bytes.push(b'\n');
        }
    }

    /// The text and its last line; nothing when it is not text.
    fn text(&mut self) -> Option<(String, u32)> {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.contains(&0) {
            return None;
        }
        let text = String::from_utf8(bytes).ok()?;
        let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        let last = (self.first - 1).saturating_add(lines);
        Some((text, last))
    }
}

/// How many bytes at the end of `bytes` begin a character without ending it.
fn incomplete(bytes: &[u8]) -> usize {
    const CONTINUES: std::ops::Range<u8> = 0x80..0xc0;
    for (byte, count) in bytes.iter().rev().zip(1..4) {
        if !CONTINUES.contains(byte) {
            let width = match byte {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            };
            return if width > count { count } else { 0 };
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn disk(text: &[u8]) -> Memory {
        Memory::new(&["/d"]).with(&[("f", text)])
    }

    #[test]
    fn reads_ranges() {
        let disk = disk(b"1\n2\n3\n4");
        let read = |first, lines| {
            let excerpt = read(&disk, "/d/f", first, lines).unwrap();
            (
                excerpt.text,
                excerpt.first_line,
                excerpt.last_line,
                excerpt.next_line,
            )
        };
        assert_eq!(read(None, None), ("1\n2\n3\n4".into(), 1, 4, None));
        assert_eq!(read(Some(2), Some(2)), ("2\n3\n".into(), 2, 3, Some(4)));
        assert_eq!(read(Some(4), Some(1)), ("4".into(), 4, 4, None));
        assert_eq!(read(Some(9), None), (String::new(), 9, 8, None));
    }

    #[test]
    fn goes_on_where_it_stopped() {
        let lines: Vec<String> = (1..=60_000)
            .map(|line| format!("line {line} ä\n"))
            .collect();
        let text = lines.concat();
        let disk = disk(text.as_bytes());
        let (mut whole, mut next) = (String::new(), Some(1));
        while let Some(line) = next {
            let excerpt = read(&disk, "f", Some(line), Some(MAX_LINES)).unwrap();
            assert!(excerpt.text.len() < MAX_TEXT_BYTES + MAX_LINE_BYTES + 4);
            whole.push_str(&excerpt.text);
            next = excerpt.next_line;
        }
        assert_eq!(whole, text);
    }

    #[test]
    fn cuts_long_lines_between_characters() {
        for lead in ["", "a", "aa", "aaa"] {
            let long = format!("{lead}{}\nshort\n", "😀".repeat(200_000));
            let excerpt = read(&disk(long.as_bytes()), "f", None, None).unwrap();
            let mut lines = excerpt.text.lines();
            let first = lines.next().unwrap();
            assert!(
                first.ends_with("😀…") && first.len() <= MAX_LINE_BYTES + 3,
                "{}",
                first.len()
            );
            assert_eq!((lines.next(), excerpt.cut_lines), (Some("short"), 1));
        }
        let two = "ä".repeat(MAX_LINE_BYTES);
        assert!(
            read(&disk(format!("a{two}").as_bytes()), "f", None, None)
                .unwrap()
                .text
                .ends_with("ä…")
        );
    }

    #[test]
    fn says_what_is_wrong() {
        let message = |bytes: &[u8], path, first| {
            read(&disk(bytes), path, first, None)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(message(b"\xff", "/d/f", None), "`/d/f` is not UTF-8 text");
        assert_eq!(message(b"a\0b", "/d/f", None), "`/d/f` is not UTF-8 text");
        assert!(message(b"", "/d", None).contains("is a directory"));
        assert!(message(b"", "/d/g", None).contains("does not exist"));
        assert!(message(b"", "/d/f", Some(0)).contains("first-line"));
    }
}
