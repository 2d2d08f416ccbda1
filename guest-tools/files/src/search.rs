//! Finding lines in the files of a tree.

use std::ops::ControlFlow;

use crate::disk::{Disk, Fault, Kind};
use crate::error::Error;
use crate::list::within;
use crate::path::Place;
use crate::pattern::Pattern;
use crate::walk::{Filter, MAX_DEPTH, walk};

/// The most lines returned by one call.
pub const MAX_HITS: u32 = 1_000;

/// The largest file that is searched.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The most text that one call searches. The engine is linear, but not free.
pub const MAX_SEARCHED_BYTES: u64 = 32 * 1024 * 1024;

/// The most of a line that is returned.
pub const MAX_EXCERPT_BYTES: usize = 400;

/// How many bytes decide whether a file is text.
const PROBE_BYTES: usize = 4 * 1024;

/// Lines returned when the caller does not say.
const DEFAULT_HITS: u32 = 100;

/// A line in which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// What it says.
    pub text: String,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The lines.
    pub hits: Vec<Hit>,
    /// Files that were searched.
    pub searched: u32,
    /// Files that were not.
    pub skipped: u32,
    /// Whether a limit ended it.
    pub more: bool,
}

/// Searches `path`, or all granted directories, for lines with `pattern`.
///
/// # Errors
/// When `path` cannot be read, or the limit is out of range.
pub fn search(
    disk: &impl Disk,
    pattern: Pattern,
    path: Option<&str>,
    filter: &Filter,
    limit: Option<u32>,
) -> Result<Findings, Error> {
    let limit = within("limit", limit.unwrap_or(DEFAULT_HITS), MAX_HITS)?;
    let starts = match path {
        Some(path) => vec![Place::find(path, disk)?],
        None if disk.roots().is_empty() => return Err(Error::NoGrant),
        None => (0..disk.roots().len()).map(Place::root).collect(),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut search = Search {
        disk,
        pattern,
        limit,
        bytes: 0,
        findings: Findings::default(),
    };
    for start in starts {
        let failed = |fault| start.fault(fault, false, disk);
        let stat = disk.stat(&start).map_err(failed)?;
        if stat.kind == Kind::File {
            if search.file(&start).is_break() {
                search.findings.more = true;
            }
            continue;
        }
        let mut visit = |place: &Place, kind| match kind {
            Kind::File => search.file(place),
            _ => ControlFlow::Continue(()),
        };
        let missed = walk(disk, &start, MAX_DEPTH, filter, &mut visit).map_err(failed)?;
        search.findings.more |= missed.more;
        search.findings.skipped += missed.unreadable;
    }
    Ok(search.findings)
}

struct Search<'d, D> {
    disk: &'d D,
    pattern: Pattern,
    limit: usize,
    /// How much was searched.
    bytes: u64,
    findings: Findings,
}

impl<D: Disk> Search<'_, D> {
    fn file(&mut self, place: &Place) -> ControlFlow<()> {
        if self.bytes >= MAX_SEARCHED_BYTES {
            return ControlFlow::Break(());
        }
        let Ok(Some(text)) = self.text(place) else {
            self.findings.skipped += 1;
            return ControlFlow::Continue(());
        };
        self.bytes += text.len() as u64;
        self.findings.searched += 1;
        for (line, number) in text.lines().zip(1..) {
            let Some(start) = self.pattern.find(line) else {
                continue;
            };
            if self.findings.hits.len() >= self.limit {
                return ControlFlow::Break(());
            }
            let path = place.display(self.disk);
            self.findings.hits.push(Hit {
                path,
                line: number,
                text: around(line, start),
            });
        }
        ControlFlow::Continue(())
    }

    /// The content of a file; nothing when it is too large or not text.
    fn text(&self, place: &Place) -> Result<Option<String>, Fault> {
        let size = self.disk.stat(place)?.size;
        if size > MAX_FILE_BYTES {
            return Ok(None);
        }
        // A look at the beginning saves reading images and archives.
        if size > PROBE_BYTES as u64 && self.disk.read(place, 0, PROBE_BYTES)?.contains(&0) {
            return Ok(None);
        }
        let bytes = self.disk.read(
            place,
            0,
            usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX),
        )?;
        Ok(String::from_utf8(bytes)
            .ok()
            .filter(|text| !text.contains('\0')))
    }
}

/// The part of `line` around byte `start`, with `…` where it was cut.
fn around(line: &str, start: usize) -> String {
    if line.len() <= MAX_EXCERPT_BYTES {
        return line.to_owned();
    }
    let before = start.saturating_sub(MAX_EXCERPT_BYTES / 4);
    let from = line.floor_char_boundary(before);
    let to = line.floor_char_boundary(from + MAX_EXCERPT_BYTES);
    let mut text = String::with_capacity(MAX_EXCERPT_BYTES + 6);
    if from > 0 {
        text.push('…');
    }
    text.push_str(line.get(from..to).unwrap_or_default());
    if to < line.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn find(disk: &Memory, path: Option<&str>, limit: Option<u32>) -> Result<Findings, Error> {
        search(
            disk,
            Pattern::new("x+", false, false).unwrap(),
            path,
            &Filter::default(),
            limit,
        )
    }

    #[test]
    fn finds_lines_in_order() {
        let disk = Memory::new(&["/d"]).with(&[
            ("b", b"x\r\nno\nxx x"),
            ("a/c", b"ax"),
            ("image", b"x\0x"),
            (".hidden", b"x"),
        ]);
        let findings = find(&disk, None, None).unwrap();
        let hit = |path: &str, line, text: &str| Hit {
            path: path.into(),
            line,
            text: text.into(),
        };
        assert_eq!(
            findings,
            Findings {
                hits: vec![
                    hit("/d/a/c", 1, "ax"),
                    hit("/d/b", 1, "x"),
                    hit("/d/b", 3, "xx x")
                ],
                searched: 2,
                skipped: 1,
                more: false,
            }
        );
        assert_eq!(find(&disk, Some("/d/b"), None).unwrap().hits.len(), 2);
    }

    #[test]
    fn stops_at_its_limits() {
        let disk = Memory::new(&["/d"]).with(&[("a", b"x\nx\nx\n"), ("b", b"x\n")]);
        let findings = find(&disk, None, Some(2)).unwrap();
        assert_eq!((findings.hits.len(), findings.more), (2, true));
        let findings = find(&disk, Some("a"), Some(3)).unwrap();
        assert_eq!((findings.hits.len(), findings.more), (3, false));

        let huge = vec![b'x'; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
        let disk = Memory::new(&["/d"]).with(&[("huge", &huge)]);
        assert_eq!(find(&disk, None, None).unwrap().skipped, 1);
    }

    #[test]
    fn cuts_long_lines_around_the_match() {
        let line = format!("{}x{}", "ä".repeat(1_000), "ö".repeat(1_000));
        let text = around(&line, 2_000);
        assert!(
            text.starts_with("…ä") && text.contains("äxö") && text.ends_with("ö…"),
            "{text}"
        );
        assert!(text.len() <= MAX_EXCERPT_BYTES + 6);
    }

    #[test]
    fn says_what_is_wrong() {
        let disk = Memory::new(&["/d"]);
        assert!(
            find(&disk, Some("/d/no"), None)
                .unwrap_err()
                .to_string()
                .contains("does not exist")
        );
        assert!(find(&disk, None, Some(0)).is_err());
        assert_eq!(find(&Memory::new(&[]), None, None), Err(Error::NoGrant));
    }
}
