//! Paths, as a caller writes them, and the places they name.
//!
//! `..` is resolved here, by the letters of the path, and refused where it leads out. What links do is
//! the host's to confine.

use crate::disk::{Disk, Fault};
use crate::error::Error;

/// The longest path.
pub const MAX_PATH_BYTES: usize = 4_096;

/// A place in a granted directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which granted directory, by its index.
    pub root: usize,
    /// The path in it, without `.` and `..`; empty for the directory itself.
    pub path: String,
}

impl Place {
    /// The granted directory `root` itself.
    pub const fn root(root: usize) -> Self {
        Self {
            root,
            path: String::new(),
        }
    }

    /// The place that `path` names.
    ///
    /// # Errors
    /// When it is no path, or lies in no granted directory.
    pub fn find(path: &str, disk: &impl Disk) -> Result<Self, Error> {
        if path.is_empty() || path.len() > MAX_PATH_BYTES || path.contains('\0') {
            return Err(Error::Path);
        }
        let roots = disk.roots();
        if roots.is_empty() {
            return Err(Error::NoGrant);
        }
        let outside = || Error::Outside {
            path: path.to_owned(),
            granted: roots
                .iter()
                .map(|root| format!("`{root}`"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let parts = normalise(path).ok_or_else(outside)?;
        let best = roots
            .iter()
            .enumerate()
            .filter_map(|(index, root)| {
                // A relative name of a directory, such as `.`, is one of paths without a slash.
                if root.starts_with('/') != path.starts_with('/') {
                    return None;
                }
                let root = normalise(root)?;
                let rest = parts.strip_prefix(root.as_slice())?;
                Some((
                    root.len(),
                    Self {
                        root: index,
                        path: rest.join("/"),
                    },
                ))
            })
            .max_by_key(|(length, _)| *length);
        match best {
            Some((_, place)) => Ok(place),
            None if roots.len() == 1 && !path.starts_with('/') => Ok(Self {
                root: 0,
                path: parts.join("/"),
            }),
            None => Err(outside()),
        }
    }

    /// The place called `name` in this directory.
    pub fn join(&self, name: &str) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.path)
        };
        Self {
            root: self.root,
            path,
        }
    }

    /// The directories on the way to this place, outermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        self.path.match_indices('/').map(|(end, _)| Self {
            root: self.root,
            path: self.path.get(..end).unwrap_or_default().to_owned(),
        })
    }

    /// The last part of the path; empty for a granted directory itself.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The whole path, as the caller may write it.
    pub fn display(&self, disk: &impl Disk) -> String {
        let root = disk
            .roots()
            .get(self.root)
            .map_or("", |root| root.trim_end_matches('/'));
        match (root, self.path.as_str()) {
            ("", "") => "/".to_owned(),
            (root, "") => root.to_owned(),
            (root, path) => format!("{root}/{path}"),
        }
    }

    /// What to say when the file system refuses this place.
    pub(crate) fn fault(&self, fault: Fault, writing: bool, disk: &impl Disk) -> Error {
        let root = disk.roots().get(self.root).cloned().unwrap_or_default();
        Error::Fault {
            path: self.display(disk),
            root,
            fault,
            writing,
        }
    }
}

/// The parts of a path; nothing when `..` leads above where it begins.
fn normalise(path: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn find(path: &str, roots: &[&str]) -> Result<(usize, String), Error> {
        let disk = Memory::new(roots);
        Place::find(path, &disk).map(|place| (place.root, place.path))
    }

    #[test]
    fn the_longest_directory_wins() {
        let roots = ["/docs", "/docs/private", "/"];
        assert_eq!(find("/docs/a.md", &roots), Ok((0, "a.md".into())));
        assert_eq!(find("/docs/private/./x/../b", &roots), Ok((1, "b".into())));
        assert_eq!(find("/docsy", &roots), Ok((2, "docsy".into())));
        assert_eq!(find("/docs/", &roots), Ok((0, String::new())));
    }

    #[test]
    fn relative_paths_need_one_directory() {
        assert_eq!(find("a//b", &["/docs"]), Ok((0, "a/b".into())));
        assert_eq!(find("a", &["."]), Ok((0, "a".into())));
        assert_eq!(find("work/a", &["work", "/docs"]), Ok((0, "a".into())));
        assert!(matches!(
            find("a", &["/docs", "/notes"]),
            Err(Error::Outside { .. })
        ));
    }

    #[test]
    fn nothing_leads_out() {
        for path in [
            "/etc/passwd",
            "/docs/../etc",
            "..",
            "../docs",
            "a/../../b",
            "/..",
        ] {
            assert!(
                matches!(find(path, &["/docs"]), Err(Error::Outside { .. })),
                "{path}"
            );
        }
        assert_eq!(find("/docs", &[]), Err(Error::NoGrant));
        assert_eq!(find("", &["/docs"]), Err(Error::Path));
        assert_eq!(find("a\0", &["/docs"]), Err(Error::Path));
        assert_eq!(find(&"a".repeat(5_000), &["/docs"]), Err(Error::Path));
    }

    #[test]
    fn shows_whole_paths() {
        let disk = Memory::new(&["/docs", "/"]);
        assert_eq!(
            Place::root(0).join("a").join("b").display(&disk),
            "/docs/a/b"
        );
        assert_eq!(Place::root(1).display(&disk), "/");
        assert_eq!(Place::root(1).join("a").display(&disk), "/a");
    }
}
