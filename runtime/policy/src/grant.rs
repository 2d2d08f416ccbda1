//! One capability, as text that a person can read.
//!
//! Owns the grammar: `fs.read=HOST:GUEST`, `fs.write=HOST:GUEST`, `env=NAME`. What is parsed prints
//! back the same. Refuses to know whether the directory exists.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// The longest grant, in bytes: no path that Linux accepts is longer than 4,096 bytes, and a grant
/// holds two.
pub(crate) const GRANT_BYTES_MAX: usize = 2 * 4096 + 16;

/// Something a tool is allowed to touch. What no grant names, no tool can reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Grant {
    /// `env=NAME`: the value of one environment variable of the host.
    Env(EnvName),
    /// `fs.read=HOST:GUEST`: to list and read what is below a directory.
    FsRead {
        /// The directory on the host.
        host: PathBuf,
        /// Where the tool sees it.
        guest: GuestPath,
    },
    /// `fs.write=HOST:GUEST`: to read, create, change and delete what is below a directory.
    FsWrite {
        /// The directory on the host.
        host: PathBuf,
        /// Where the tool sees it.
        guest: GuestPath,
    },
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env={name}"),
            Self::FsRead { host, guest } => write!(f, "fs.read={}:{guest}", host.display()),
            Self::FsWrite { host, guest } => write!(f, "fs.write={}:{guest}", host.display()),
        }
    }
}

impl FromStr for Grant {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        if text.len() > GRANT_BYTES_MAX {
            return Err(InvalidGrant::TooLong);
        }
        let Some((kind, value)) = text.split_once('=') else {
            return Err(InvalidGrant::NoValue(text.escape_debug().to_string()));
        };
        match kind {
            "fs.read" => directory(value).map(|(host, guest)| Self::FsRead { host, guest }),
            "fs.write" => directory(value).map(|(host, guest)| Self::FsWrite { host, guest }),
            "env" => value.parse().map(Self::Env),
            _ => Err(InvalidGrant::UnknownKind(kind.escape_debug().to_string())),
        }
    }
}

/// `HOST:GUEST`. The last colon that a slash follows parts them, so a host path may hold colons.
fn directory(value: &str) -> Result<(PathBuf, GuestPath), InvalidGrant> {
    let Some(at) = value.rfind(":/") else {
        return Err(InvalidGrant::NoGuestPath(value.escape_debug().to_string()));
    };
    let (host, guest) = value.split_at(at);
    let guest = guest.trim_start_matches(':');
    if host.is_empty() || host.contains('\0') {
        return Err(InvalidGrant::NoHostPath(value.escape_debug().to_string()));
    }
    Ok((PathBuf::from(host), guest.parse()?))
}

/// An absolute, normal path as the tool sees it: no `.`, `..`, empty part or control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GuestPath(Arc<str>);

impl GuestPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<Path> for GuestPath {
    fn as_ref(&self) -> &Path {
        Path::new(&*self.0)
    }
}

impl FromStr for GuestPath {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let trimmed = text
            .strip_suffix('/')
            .filter(|rest| !rest.is_empty())
            .unwrap_or(text);
        let normal = trimmed == "/"
            || trimmed
                .strip_prefix('/')
                .is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")));
        if normal && !trimmed.chars().any(char::is_control) {
            Ok(Self(Arc::from(trimmed)))
        } else {
            Err(InvalidGrant::GuestPath(text.escape_debug().to_string()))
        }
    }
}

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnvName(Arc<str>);

impl EnvName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EnvName {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let valid = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if valid {
            Ok(Self(Arc::from(text)))
        } else {
            Err(InvalidGrant::EnvName(text.escape_debug().to_string()))
        }
    }
}

/// Text that is not a grant. The message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidGrant {
    /// Not the name of an environment variable.
    #[error("expected the name of an environment variable, such as `env=LANG`, not `{0}`")]
    EnvName(String),
    /// The guest path is relative or not normal.
    #[error("expected an absolute guest path without `.` or `..`, such as `/docs`, not `{0}`")]
    GuestPath(String),
    /// There is no guest path.
    #[error("expected HOST:GUEST with an absolute guest path, such as `./docs:/docs`, not `{0}`")]
    NoGuestPath(String),
    /// There is no host path.
    #[error("expected a host directory before the colon, such as `./docs:/docs`, not `{0}`")]
    NoHostPath(String),
    /// There is no equals sign.
    #[error("expected KIND=VALUE, such as `fs.read=./docs:/docs` or `env=LANG`, not `{0}`")]
    NoValue(String),
    /// It is longer than any path.
    #[error("a grant has at most {GRANT_BYTES_MAX} bytes")]
    TooLong,
    /// There is no such kind.
    #[error("unknown capability `{0}`: expected `fs.read`, `fs.write` or `env`")]
    UnknownKind(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parsed_prints_back() {
        for text in [
            "env=LANG",
            "fs.read=./docs:/docs",
            "fs.write=/srv/a:b/c:/work",
            "fs.read=.:/",
        ] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_half_understood_becomes_a_grant() {
        for text in [
            "",
            "fs",
            "fs.read",
            "fs.read=",
            "fs.read=docs",
            "fs.read=:/docs",
            "fs.read=docs:docs",
            "fs.read=docs:/a/../b",
            "fs.read=docs:/a//b",
            "fs.read=docs:/a\n",
            "fs.Read=a:/b",
            "env=",
            "env=A B",
            "env=A=B",
            "env=*",
            "env=1A",
            "net=https://example.com",
            "*",
        ] {
            assert!(text.parse::<Grant>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_error_names_what_to_write() {
        let error = "net=https://example.com"
            .parse::<Grant>()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`net`") && error.contains("fs.read"),
            "{error}"
        );
    }
}
