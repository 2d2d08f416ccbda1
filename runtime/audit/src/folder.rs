//! The folder of a log: what its files are called, and that they are nobody else's.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

const PREFIX: &str = "audit-";
const SUFFIX: &str = ".jsonl";

/// A log that cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There is none.
    #[error("there is no audit log in `{}`", .0.display())]
    Absent(PathBuf),
    /// The system does not let us.
    #[error("failed to read `{}`", .path.display())]
    Io {
        /// What cannot be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key is gone: nothing can be verified without it.
    #[error("there is no key in `{}`: nothing can be verified without it", .0.display())]
    KeyAbsent(PathBuf),
}

impl ReadError {
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// The name of a file of the log.
pub(crate) fn name(number: u64) -> String {
    format!("{PREFIX}{number:08}{SUFFIX}")
}

/// The numbers of the log's files, in order.
pub(crate) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let digits = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        numbers.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Whether nothing was ever written.
pub(crate) fn is_unused(folder: &Path) -> io::Result<bool> {
    for number in numbers(folder)? {
        if fs::metadata(folder.join(name(number)))?.len() > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The numbers of the log's files, in order; at least one.
pub(crate) fn numbers_of_log(folder: &Path) -> Result<Vec<u64>, ReadError> {
    let numbers = match numbers(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(ReadError::io(folder))?,
    };
    if numbers.is_empty() {
        return Err(ReadError::Absent(folder.to_owned()));
    }
    Ok(numbers)
}

/// Makes the folder where it is missing, and sees to it that nobody else can enter it.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = fs::symlink_metadata(folder)?;
        if !metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::NotADirectory,
                format!("`{}` is not a folder of its own", folder.display()),
            ));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// A new file that nobody else can read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// A file to read and write that nobody else can, made where it is missing.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    private(
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false),
    )
    .open(path)
}

/// A file that is only written at its end.
pub(crate) fn append_private(path: &Path, create: bool) -> io::Result<File> {
    private(OpenOptions::new().read(true).append(true).create(create)).open(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Whether the file has no name any more: somebody deleted it while it was open.
#[cfg(unix)]
pub(crate) fn is_deleted(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) == 0
}

/// Where a file that is open cannot be deleted, it has its name.
#[cfg(not(unix))]
pub(crate) fn is_deleted(_: &fs::Metadata) -> bool {
    false
}
