//! What a component was built from, as one digest.
//!
//! The digest is that of the text which
//! `cd guest-tools && sha256sum FILES` prints, with FILES sorted by their bytes: for each file a line
//! of its SHA-256, two spaces, and its path with slashes. So a shell can compute it without any
//! toolchain, and `build.sh --check` does.
//!
//! FILES are `Cargo.lock`, `Cargo.toml`, and `build.sh` of `guest-tools`, everything in `wasi/`, and
//! everything in the tool's folder but `README.md`; and everything in `../wit/` where the tool's
//! `wit/world.wit` names `ringfence:tool/`. Names that begin with a dot do not count.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ringfence_tool::Digest;

use crate::error::{Error, at};

/// What every tool depends on besides its own folder.
const SHARED_FILES: [&str; 3] = ["Cargo.lock", "Cargo.toml", "build.sh"];
const SHARED_FOLDER: &str = "wasi";
/// The package `ringfence:tool`, beside the folder of the tools.
pub(crate) const SHARED_WIT: &str = "../wit";
const UNBUILT: &str = "README.md";

/// The digest over the sources of `tool` in the folder `guest_tools`.
///
/// # Errors
/// When a file cannot be read.
pub fn digest(guest_tools: &Path, tool: &str) -> Result<Digest, Error> {
    let mut paths: Vec<String> = SHARED_FILES.map(str::to_owned).to_vec();
    collect(guest_tools, SHARED_FOLDER, &mut paths)?;
    collect(guest_tools, tool, &mut paths)?;
    if uses_shared_wit(guest_tools, tool) {
        collect(guest_tools, SHARED_WIT, &mut paths)?;
    }
    let readme = format!("{tool}/{UNBUILT}");
    paths.retain(|path| *path != readme);
    paths.sort_unstable();

    let mut listing = String::new();
    for path in paths {
        let file = guest_tools.join(&path);
        let bytes = fs::read(&file).map_err(at(file))?;
        // Writing to a string cannot fail.
        let _ = writeln!(listing, "{}  {path}", Digest::of(&bytes).hex());
    }
    Ok(Digest::of(listing.as_bytes()))
}

/// The files in `folder` of `guest_tools`, sorted by their bytes.
pub(crate) fn files(guest_tools: &Path, folder: &str) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    collect(guest_tools, folder, &mut paths)?;
    paths.sort_unstable();
    Ok(paths)
}

fn uses_shared_wit(guest_tools: &Path, tool: &str) -> bool {
    fs::read_to_string(guest_tools.join(tool).join("wit/world.wit"))
        .is_ok_and(|world| world.contains("ringfence:tool/"))
}

fn collect(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), Error> {
    let directory = root.join(folder);
    for entry in fs::read_dir(&directory).map_err(at(&directory))? {
        let entry = entry.map_err(at(&directory))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{folder}/{name}");
        if entry.file_type().map_err(at(&directory))?.is_dir() {
            collect(root, &path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
