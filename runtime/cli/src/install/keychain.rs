//! Credentials for registries, from where `docker login` keeps them.
//!
//! Owns that the file is read when a registry wants to know who asks, and not before: most do not.

use std::fs;
use std::io;
use std::path::PathBuf;

use directories::BaseDirs;
use ringfence_registry::{Credential, Docker, Keychain};

use crate::environment;

/// Bytes of the file. Bounds what whoever may write it makes us hold.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// The file, wherever it is.
#[derive(Debug)]
pub(super) struct File {
    path: Option<PathBuf>,
    is_named: bool,
}

impl File {
    /// The file that was named, or the usual one.
    pub(super) fn new(named: Option<&PathBuf>) -> Self {
        Self {
            path: named.cloned().or_else(usual),
            is_named: named.is_some(),
        }
    }
}

fn usual() -> Option<PathBuf> {
    let folder = environment::variable("DOCKER_CONFIG").filter(|folder| !folder.is_empty());
    let folder = folder.map(PathBuf::from);
    let home = || Some(BaseDirs::new()?.home_dir().join(".docker"));
    Some(folder.or_else(home)?.join("config.json"))
}

impl Keychain for File {
    fn credential(&self, registry: &str) -> Result<Option<Credential>, String> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let failed = |why: String| format!("failed to read `{}`: {why}", path.display());
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.is_named => {
                return Ok(None);
            }
            Err(error) => return Err(failed(error.to_string())),
            Ok(metadata) if !metadata.is_file() || metadata.len() > CONFIG_BYTES_MAX => {
                return Err(failed("it is no file of a sensible size".to_owned()));
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let text = zeroize::Zeroizing::new(text);
        let docker = Docker::parse(&text).map_err(|error| failed(error.to_string()))?;
        docker.credential(registry)
    }
}
