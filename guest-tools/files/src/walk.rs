//! Going through a tree of directories, in the order of names and within bounds.

use std::ops::ControlFlow;

use crate::disk::{Disk, Fault, Kind};
use crate::glob;
use crate::path::Place;

/// The deepest level. Links are not followed, so a tree is finite, but it may be made to be deep.
pub const MAX_DEPTH: u32 = 32;

/// The most entries that one call looks at. A directory may hold millions.
pub const MAX_ENTRIES: usize = 20_000;

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only files whose name matches.
    pub glob: Option<String>,
    /// Also names that begin with a dot.
    pub hidden: bool,
}

impl Filter {
    fn takes(&self, name: &str, kind: Kind) -> bool {
        let shown = self.hidden || !name.starts_with('.');
        let named = self
            .glob
            .as_deref()
            .is_none_or(|glob| glob::matches(glob, name));
        shown && (kind == Kind::Directory || named)
    }
}

/// What a walk did not see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missed {
    /// Whether a limit stopped it, or `visit` did.
    pub more: bool,
    /// Directories below the first that could not be read.
    pub unreadable: u32,
}

/// Calls `visit` with each entry below `start` that `filter` takes, `depth` levels down.
///
/// # Errors
/// When `start` cannot be read.
pub fn walk(
    disk: &impl Disk,
    start: &Place,
    depth: u32,
    filter: &Filter,
    visit: &mut dyn FnMut(&Place, Kind) -> ControlFlow<()>,
) -> Result<Missed, Fault> {
    let mut missed = Missed::default();
    let mut seen = 0;
    let mut stack = vec![children(disk, start, filter, &mut seen, &mut missed)?];
    while let Some(level) = stack.last_mut() {
        let Some((place, kind)) = level.pop() else {
            stack.pop();
            continue;
        };
        if visit(&place, kind).is_break() {
            missed.more = true;
            break;
        }
        let deeper = u32::try_from(stack.len()).unwrap_or(u32::MAX) < depth.min(MAX_DEPTH);
        if kind == Kind::Directory && deeper {
            match children(disk, &place, filter, &mut seen, &mut missed) {
                Ok(children) => stack.push(children),
                Err(_) => missed.unreadable += 1,
            }
        }
    }
    Ok(missed)
}

/// The entries of a directory, last name first.
fn children(
    disk: &impl Disk,
    place: &Place,
    filter: &Filter,
    seen: &mut usize,
    missed: &mut Missed,
) -> Result<Vec<(Place, Kind)>, Fault> {
    let room = MAX_ENTRIES.saturating_sub(*seen);
    let mut entries = disk.entries(place, room + 1)?;
    if entries.len() > room {
        missed.more = true;
        entries.truncate(room);
    }
    *seen += entries.len();
    entries.retain(|entry| filter.takes(&entry.name, entry.kind));
    entries.sort_unstable_by(|a, b| b.name.cmp(&a.name));
    Ok(entries
        .into_iter()
        .map(|entry| (place.join(&entry.name), entry.kind))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn names(disk: &Memory, depth: u32, filter: &Filter) -> (Vec<String>, Missed) {
        let mut names = Vec::new();
        let missed = walk(disk, &Place::root(0), depth, filter, &mut |place, _| {
            names.push(place.path.clone());
            ControlFlow::Continue(())
        });
        (names, missed.unwrap())
    }

    #[test]
    fn goes_down_in_order() {
        let disk = Memory::new(&["/d"]).with(&[
            ("b.md", b""),
            ("a/x.rs", b""),
            ("a/deep/y.rs", b""),
            (".git/config", b""),
        ]);
        let all = Filter {
            hidden: true,
            ..Filter::default()
        };
        assert_eq!(
            names(&disk, 9, &all).0,
            [
                ".git",
                ".git/config",
                "a",
                "a/deep",
                "a/deep/y.rs",
                "a/x.rs",
                "b.md"
            ]
        );
        assert_eq!(names(&disk, 1, &Filter::default()).0, ["a", "b.md"]);
        let rust = Filter {
            glob: Some("*.rs".into()),
            hidden: false,
        };
        assert_eq!(names(&disk, 2, &rust).0, ["a", "a/deep", "a/x.rs"]);
    }

    #[test]
    fn stops_at_the_limit() {
        let files: Vec<String> = (0..=MAX_ENTRIES).map(|index| format!("f{index}")).collect();
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let disk = Memory::new(&["/d"]).with(&files);
        let (names, missed) = names(&disk, 1, &Filter::default());
        assert_eq!((names.len(), missed.more), (MAX_ENTRIES, true));
    }
}
