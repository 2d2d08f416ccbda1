//! Replacing a piece of a file.

use crate::disk::{Disk, Fault, How, Kind};
use crate::error::Error;
use crate::path::Place;

/// The largest file that is edited, before and after.
pub const MAX_EDIT_BYTES: usize = 2 * 1024 * 1024;

/// How many lines a message names.
const NAMED_LINES: usize = 5;

/// What an edit changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edited {
    /// How many places.
    pub count: usize,
    /// The line of the first, from 1.
    pub line: usize,
}

/// Replaces `old` by `new` in the file `path`: the only occurrence, or `all`.
///
/// # Errors
/// When `old` does not occur, or more than once without `all`; when the file is not text, too large, or
/// cannot be written.
pub fn edit(
    disk: &impl Disk,
    path: &str,
    old: &str,
    new: &str,
    all: bool,
) -> Result<Edited, Error> {
    if old.is_empty() || old == new {
        return Err(Error::Nothing);
    }
    let place = Place::find(path, disk)?;
    let text = text(disk, &place)?;
    let count = text.matches(old).count();
    let lines = || {
        text.match_indices(old).map(|(at, _)| {
            1 + text
                .get(..at)
                .unwrap_or_default()
                .bytes()
                .filter(|&byte| byte == b'\n')
                .count()
        })
    };
    let Some(line) = lines().next() else {
        return Err(Error::Missing(place.display(disk)));
    };
    if count > 1 && !all {
        let lines: Vec<_> = lines()
            .take(NAMED_LINES)
            .map(|line| line.to_string())
            .collect();
        return Err(Error::Ambiguous {
            path: place.display(disk),
            count,
            lines: lines.join(", "),
        });
    }
    let kept = text.len() - count * old.len();
    let size = new.len().saturating_mul(count).saturating_add(kept);
    if size > MAX_EDIT_BYTES {
        return Err(Error::Large {
            path: place.display(disk),
            bytes: size as u64,
        });
    }
    let edited = text.replace(old, new);
    disk.write(&place, edited.as_bytes(), How::Replace)
        .map_err(|fault| place.fault(fault, true, disk))?;
    Ok(Edited { count, line })
}

fn text(disk: &impl Disk, place: &Place) -> Result<String, Error> {
    let failed = |fault| place.fault(fault, false, disk);
    let stat = disk.stat(place).map_err(failed)?;
    if stat.kind == Kind::Directory {
        return Err(failed(Fault::IsDirectory));
    }
    if stat.size > MAX_EDIT_BYTES as u64 {
        return Err(Error::Large {
            path: place.display(disk),
            bytes: stat.size,
        });
    }
    let bytes = disk.read(place, 0, MAX_EDIT_BYTES).map_err(failed)?;
    String::from_utf8(bytes).map_err(|_| Error::Binary(place.display(disk)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn changes_the_only_place() {
        let disk = Memory::new(&["/d"]).with(&[("f", b"one\ntwo\nthree\n")]);
        assert_eq!(
            edit(&disk, "f", "two\n", "2\n2\n", false),
            Ok(Edited { count: 1, line: 2 })
        );
        assert_eq!(disk.text("f"), "one\n2\n2\nthree\n");
        assert_eq!(
            edit(&disk, "f", "2", "zwei", true),
            Ok(Edited { count: 2, line: 2 })
        );
        assert_eq!(
            edit(&disk, "f", "zwei\nzwei\n", "", false),
            Ok(Edited { count: 1, line: 2 })
        );
        assert_eq!(disk.text("f"), "one\nthree\n");
    }

    #[test]
    fn refuses_what_is_not_clear_and_leaves_the_file() {
        let disk = Memory::new(&["/d"]).with(&[("f", b"a\nb\na\n"), ("g", b"\xff")]);
        let message = |old, new| edit(&disk, "f", old, new, false).unwrap_err().to_string();
        assert!(message("a", "x").contains("occurs 2 times in `/d/f`, first in lines 1, 3"));
        assert!(message("c", "x").contains("does not occur"));
        assert!(message("", "x").contains("empty"));
        assert!(message("a", "a").contains("differ"));
        assert_eq!(disk.text("f"), "a\nb\na\n");
        assert_eq!(
            edit(&disk, "g", "a", "b", false),
            Err(Error::Binary("/d/g".into()))
        );
        assert!(edit(&disk, "/d", "a", "b", false).is_err());
    }

    #[test]
    fn bounds_what_it_makes() {
        let disk = Memory::new(&["/d"]).with(&[("f", &vec![b'a'; 100_000])]);
        let result = edit(&disk, "f", "a", &"b".repeat(1_000), true);
        assert!(matches!(
            result,
            Err(Error::Large {
                bytes: 100_000_000,
                ..
            })
        ));
    }

    #[test]
    fn names_the_grant_that_is_missing() {
        let disk = Memory::new(&["/d"]).with(&[("f", b"a")]).read_only();
        let error = edit(&disk, "f", "a", "b", false).unwrap_err().to_string();
        assert!(error.contains("fs.write=HOST:/d"), "{error}");
    }
}
