//! The WIT files of a folder.
//!
//! Owns which files count: those directly in the folder, and those of its `deps`, each a package.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The largest WIT file. Bounds what a folder that was named by mistake makes us read.
pub(super) const SOURCE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The most WIT files. As above.
const SOURCES_MAX: usize = 1000;

/// A WIT file: its path with slashes, and its text.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

/// Reads the files of `folder`, its own first.
///
/// # Errors
///
/// One cannot be read, or there are none, or too many.
pub(super) fn read(folder: &Path) -> Result<Vec<Source>, Failure> {
    let mut paths = wit_files(folder)?;
    let dependencies = folder.join("deps");
    if dependencies.is_dir() {
        paths.extend(wit_files(&dependencies)?);
        for package in entries(&dependencies)? {
            if package.is_dir() {
                paths.extend(wit_files(&package)?);
            }
        }
    }
    let fault = |reason: String| Failure::Read {
        path: folder.to_path_buf(),
        reason,
    };
    if paths.is_empty() {
        return Err(fault("there is no `.wit` file in it".into()));
    }
    if paths.len() > SOURCES_MAX {
        return Err(fault(format!(
            "there are more than {SOURCES_MAX} `.wit` files in it"
        )));
    }
    paths.into_iter().map(|path| source(&path)).collect()
}

fn source(path: &Path) -> Result<Source, Failure> {
    let text = super::text(path, SOURCE_BYTES_MAX)?;
    let parts: Vec<_> = path.iter().map(OsStr::to_string_lossy).collect();
    Ok(Source {
        path: parts.join("/"),
        text,
    })
}

/// In the order of their names, so that the same folder gives the same tool.
fn wit_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = entries(folder)?;
    files.retain(|path| path.is_file() && path.extension() == Some(OsStr::new("wit")));
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
    });
    let mut paths = listed.map_err(|error| Failure::Read {
        path: folder.to_path_buf(),
        reason: error.to_string(),
    })?;
    paths.sort();
    Ok(paths)
}
