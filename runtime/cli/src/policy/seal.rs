//! `ringfence policy seal` and `verify`: a digest of a policy file, at its own end.
//!
//! Owns writing the file anew, whole or not at all. What a seal is, and whether it fits, is the business of
//! `ringfence-policy`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use ringfence_policy::PolicyFile;
use tempfile::NamedTempFile;

use crate::arguments::{SealArguments, VerifySealArguments};
use crate::console::{Console, Style};
use crate::escape::escape;
use crate::failure::Failure;

/// Seals a file.
///
/// # Errors
///
/// It is no policy, or cannot be read or written. It is as it was then.
pub(super) fn run(arguments: &SealArguments, console: Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let text = super::text(path)?;
    let sealed = PolicyFile::seal(&path.display().to_string(), &text)
        .map_err(|error| Failure::Policy(Box::new(error)))?;
    replace(path, &sealed).map_err(|error| Failure::Write {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    let done = console.paint_note(Style::Good, "sealed");
    console.note(&format!("{done} {}", escape(&path.display().to_string())));
    Ok(())
}

/// Says whether a file is as it was sealed.
///
/// # Errors
///
/// It is not, has no seal, is no policy, or cannot be read.
pub(super) fn verify(arguments: &VerifySealArguments, console: Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let file = super::read(path)?;
    if !file.is_sealed() {
        return Err(Failure::Unsealed { path: path.clone() });
    }
    let rules = file.rules().len();
    let said = format!("{}: {rules} rules, sealed and unchanged", path.display());
    console.print(&escape(&said))?;
    Ok(())
}

/// Puts `text` in place of what is at `path`, with its permissions. Whoever reads meanwhile reads the one or
/// the other whole.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Where a link leads, not the link.
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
