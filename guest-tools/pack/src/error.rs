//! Why the tools cannot be packed or checked.

use std::io;
use std::path::PathBuf;

use ringfence_tool::PackError;
use thiserror::Error;

use crate::COMPONENT_BYTES_MAX;

/// Why the tools cannot be packed or checked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a folder that cannot be read or written.
    #[error("cannot access `{}`", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A tool that does not fit its own manifest or interface.
    #[error("cannot pack `{tool}`")]
    Pack {
        /// Which one.
        tool: &'static str,
        /// Why.
        source: PackError,
    },
    /// A provenance file that says nothing usable.
    #[error("`{}` is not usable: build the tools again", path.display())]
    Provenance {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// A component that grew too large.
    #[error("`{tool}` has {bytes} bytes and the most is {COMPONENT_BYTES_MAX}")]
    Size {
        /// Which one.
        tool: &'static str,
        /// Its size.
        bytes: usize,
    },
}

/// Names the path that an access failed on.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::File {
        path: path.into(),
        source,
    }
}
