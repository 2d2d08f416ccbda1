//! Writing files.

use crate::disk::{Disk, Fault, How, Kind};
use crate::error::Error;
use crate::path::Place;

/// The most text written by one call.
pub const MAX_WRITE_BYTES: usize = 1024 * 1024;

/// Writes `text` to the file `path` and returns its whole path; `parents` makes missing directories.
///
/// # Errors
/// When there is too much text, or the file cannot be written.
pub fn write(
    disk: &impl Disk,
    path: &str,
    text: &str,
    how: How,
    parents: bool,
) -> Result<String, Error> {
    if text.len() > MAX_WRITE_BYTES {
        return Err(Error::Long(text.len()));
    }
    let place = Place::find(path, disk)?;
    if place.path.is_empty() {
        return Err(place.fault(Fault::IsDirectory, true, disk));
    }
    if parents {
        for directory in place.ancestors() {
            if matches!(disk.stat(&directory), Ok(stat) if stat.kind == Kind::Directory) {
                continue;
            }
            disk.make_directory(&directory).map_err(|fault| {
                let fault = if fault == Fault::Exists {
                    Fault::NotDirectory
                } else {
                    fault
                };
                directory.fault(fault, true, disk)
            })?;
        }
    }
    disk.write(&place, text.as_bytes(), how)
        .map_err(|fault| place.fault(fault, true, disk))?;
    Ok(place.display(disk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn creates_replaces_and_appends() {
        let disk = Memory::new(&["/d"]);
        assert_eq!(
            write(&disk, "a", "1", How::Create, false),
            Ok("/d/a".into())
        );
        let error = write(&disk, "/d/a", "2", How::Create, false)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`/d/a` exists") && error.contains("replace"),
            "{error}"
        );
        write(&disk, "a", "2", How::Replace, false).unwrap();
        write(&disk, "a", "3", How::Append, false).unwrap();
        assert_eq!(disk.text("a"), "23");
    }

    #[test]
    fn makes_directories_when_asked() {
        let disk = Memory::new(&["/d"]);
        let error = write(&disk, "x/y/z", "1", How::Create, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("parents"), "{error}");
        write(&disk, "x/y/z", "1", How::Create, true).unwrap();
        write(&disk, "x/y/w", "2", How::Create, true).unwrap();
        assert_eq!(disk.text("x/y/z"), "1");
        assert!(write(&disk, "x/y/z/v", "", How::Create, true).is_err());
    }

    #[test]
    fn names_the_grant_that_is_missing() {
        let disk = Memory::new(&["/d"]).read_only();
        let error = write(&disk, "/d/a", "1", How::Create, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("fs.write=HOST:/d"), "{error}");
        assert!(write(&disk, "/d", "1", How::Replace, false).is_err());
        assert!(matches!(
            write(
                &disk,
                "a",
                &"x".repeat(MAX_WRITE_BYTES + 1),
                How::Create,
                false
            ),
            Err(Error::Long(_))
        ));
    }
}
