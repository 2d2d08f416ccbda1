//! Paths as a guest writes them.
//!
//! Owns the arithmetic: a path below a directory that the guest holds becomes one absolute path without
//! `.`, `..` and doubled slashes. Refuses to touch a file, and so to know what a link is.

use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// Bytes of a path. Bounds the work of reading and judging one, as the system does.
const PATH_BYTES_MAX: usize = 4096;

/// Bytes of a name in it.
const NAME_BYTES_MAX: usize = 255;

/// A path from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    /// Absolute and normal.
    pub(super) path: String,
    /// Whether it was written as only a directory's path can be.
    pub(super) directory: bool,
}

/// The path that `path` is from `base`, which is absolute and normal. Never leads out of `base`.
pub(super) fn join(base: &str, path: &str) -> Result<Joined, ErrorCode> {
    if path.is_empty() {
        return Err(ErrorCode::NoEntry);
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(ErrorCode::NameTooLong);
    }
    if path.starts_with('/') {
        return Err(ErrorCode::NotPermitted);
    }
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop().ok_or(ErrorCode::NotPermitted)?;
            }
            name if name.len() > NAME_BYTES_MAX => return Err(ErrorCode::NameTooLong),
            name => names.push(name),
        }
    }
    let mut joined = base.to_owned();
    for name in names {
        joined = child(&joined, name);
    }
    if joined.len() > PATH_BYTES_MAX {
        return Err(ErrorCode::NameTooLong);
    }
    Ok(Joined {
        path: joined,
        directory: matches!(path.rsplit('/').next(), Some("" | "." | "..")),
    })
}

/// Whether `path` leads out of wherever it begins.
pub(super) fn leads_out(path: &str) -> bool {
    let mut depth = 0_usize;
    path.starts_with('/')
        || path.split('/').any(|name| {
            match name {
                "" | "." => {}
                ".." => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return true,
                },
                _ => depth = depth.saturating_add(1),
            }
            false
        })
}

/// The path of `name` in `directory`.
pub(super) fn child(directory: &str, name: &str) -> String {
    match directory {
        "/" => format!("/{name}"),
        _ => format!("{directory}/{name}"),
    }
}

/// What of `path` is below `base`, without a slash at its beginning; empty where they are the same.
pub(super) fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    if base == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(base)?;
    match rest.strip_prefix('/') {
        Some(below) => Some(below),
        None => rest.is_empty().then_some(rest),
    }
}

/// The directory that `path` is in; the root is in itself.
pub(super) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_what_is_not_joined() {
        for (path, leads) in [
            ("a", false),
            ("a/../b", false),
            ("..", true),
            ("a/../../b", true),
            ("/a", true),
            ("..a/b..", false),
        ] {
            assert_eq!(leads_out(path), leads, "{path}");
            assert_eq!(join("/d", path).is_err(), leads, "{path}");
        }
    }

    fn joined(base: &str, path: &str) -> Result<String, ErrorCode> {
        join(base, path).map(|joined| joined.path)
    }

    #[test]
    fn a_path_is_one_spelling_of_itself() {
        for path in ["a/b", "a//b", "./a/./b", "x/../a/b", "a/b/c/.."] {
            assert_eq!(joined("/w", path).unwrap(), "/w/a/b", "{path}");
        }
        assert_eq!(joined("/", "a").unwrap(), "/a");
        assert_eq!(joined("/", ".").unwrap(), "/");
        assert_eq!(joined("/w", "a/..").unwrap(), "/w");
        assert!(join("/w", "a/").unwrap().directory);
        assert!(join("/w", "a/.").unwrap().directory);
        assert!(!join("/w", "a/.b").unwrap().directory);
    }

    #[test]
    fn no_path_leads_out() {
        for path in ["..", "a/../..", "/etc", "//w/a", "a/../../w/a", "./.."] {
            assert!(
                matches!(join("/w", path), Err(ErrorCode::NotPermitted)),
                "{path}"
            );
        }
        assert!(matches!(join("/w", ""), Err(ErrorCode::NoEntry)));
        for path in ["a/".repeat(3000), "b".repeat(256)] {
            assert!(matches!(join("/w", &path), Err(ErrorCode::NameTooLong)));
        }
    }

    #[test]
    fn parts_are_compared_whole() {
        assert_eq!(below("/docs/a", "/docs"), Some("a"));
        assert_eq!(below("/docs", "/docs"), Some(""));
        assert_eq!(below("/docsx", "/docs"), None);
        assert_eq!(below("/docs", "/"), Some("docs"));
        assert_eq!(parent("/docs/a"), "/docs");
        assert_eq!(parent("/docs"), "/");
    }
}
