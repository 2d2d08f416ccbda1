//! Listing directories.

use std::ops::ControlFlow;

use crate::disk::{Disk, Kind};
use crate::error::Error;
use crate::path::Place;
use crate::walk::{Filter, MAX_DEPTH, walk};

/// The most entries that are returned.
pub const MAX_LISTED: u32 = 2_000;

/// Entries returned when the caller does not say.
const DEFAULT_LISTED: u32 = 200;

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its whole path.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its size, for a file.
    pub size: Option<u64>,
}

/// What is in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The entries.
    pub entries: Vec<Listed>,
    /// Whether some were left out.
    pub more: bool,
}

/// Lists the directory `path`, `depth` levels down, or the granted directories.
///
/// # Errors
/// When it cannot be read, or a number is out of range.
pub fn list(
    disk: &impl Disk,
    path: Option<&str>,
    depth: Option<u32>,
    filter: &Filter,
    limit: Option<u32>,
) -> Result<Listing, Error> {
    let depth = within("depth", depth.unwrap_or(1), MAX_DEPTH)?;
    let limit = within("limit", limit.unwrap_or(DEFAULT_LISTED), MAX_LISTED)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(path) = path else { return roots(disk) };
    let start = Place::find(path, disk)?;

    let mut entries = Vec::new();
    let missed = walk(disk, &start, depth, filter, &mut |place, kind| {
        if entries.len() == limit {
            return ControlFlow::Break(());
        }
        let size = (kind == Kind::File).then(|| disk.stat(place).ok().map(|stat| stat.size));
        entries.push(Listed {
            path: place.display(disk),
            kind,
            size: size.flatten(),
        });
        ControlFlow::Continue(())
    });
    let missed = missed.map_err(|fault| start.fault(fault, false, disk))?;
    Ok(Listing {
        entries,
        more: missed.more || missed.unreadable > 0,
    })
}

fn roots(disk: &impl Disk) -> Result<Listing, Error> {
    if disk.roots().is_empty() {
        return Err(Error::NoGrant);
    }
    let entries = disk.roots().iter().map(|root| Listed {
        path: root.clone(),
        kind: Kind::Directory,
        size: None,
    });
    Ok(Listing {
        entries: entries.collect(),
        more: false,
    })
}

/// Checks a number that the caller chose.
pub(crate) const fn within(parameter: &'static str, value: u32, most: u32) -> Result<u32, Error> {
    if value == 0 || value > most {
        return Err(Error::Limit {
            parameter,
            value,
            most,
        });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn lists_with_sizes_and_limits() {
        let disk = Memory::new(&["/d"]).with(&[("a/b", b"12"), ("c", b"123")]);
        let all = Filter::default();
        let listing = list(&disk, Some("/d"), None, &all, None).unwrap();
        let file = |path: &str, size| Listed {
            path: path.into(),
            kind: Kind::File,
            size: Some(size),
        };
        let directory = |path: &str| Listed {
            path: path.into(),
            kind: Kind::Directory,
            size: None,
        };
        assert_eq!(
            listing,
            Listing {
                entries: vec![directory("/d/a"), file("/d/c", 3)],
                more: false
            }
        );
        let listing = list(&disk, Some("."), Some(2), &all, Some(2)).unwrap();
        assert_eq!(
            listing,
            Listing {
                entries: vec![directory("/d/a"), file("/d/a/b", 2)],
                more: true
            }
        );
        assert_eq!(
            list(&disk, None, None, &all, None).unwrap().entries,
            [directory("/d")]
        );
    }

    #[test]
    fn says_what_is_wrong() {
        let disk = Memory::new(&["/d"]).with(&[("c", b"")]);
        let message = |path, depth| {
            list(&disk, Some(path), depth, &Filter::default(), None)
                .unwrap_err()
                .to_string()
        };
        assert!(message("/d/x", None).contains("`/d/x` does not exist"));
        assert!(message("/d/c", None).contains("not a directory"));
        assert!(message("/d", Some(99)).contains("from 1 to 32"));
        let nothing = Memory::new(&[]);
        let error = list(&nothing, None, None, &Filter::default(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no directory is granted; ask the operator for fs.read=HOST:GUEST"
        );
    }
}
