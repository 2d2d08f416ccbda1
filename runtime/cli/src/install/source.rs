//! What a person, or the lock, names as a source.
//!
//! Owns the rule that tells them apart: `oci://`, `https://`, a path, and everything else is a name, which
//! leads nowhere by itself.

use std::fmt;
use std::path::{Path, PathBuf};

use ringfence_registry::{Location, Reference};

use crate::failure::Failure;
use crate::load;

/// Somewhere that a tool can be had from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A file of this machine.
    File(PathBuf),
    /// An artifact of a registry.
    Registry(Reference),
    /// A file behind HTTPS.
    Web(Location),
}

impl Wanted {
    /// Reads one. Names lead to `registry`, where there is one.
    pub(super) fn read(text: &str, registry: Option<&str>) -> Result<Self, Failure> {
        let wrong = |reason: String| Failure::Source {
            text: text.to_owned(),
            reason,
        };
        let reference = |text: &str| text.parse().map(Self::Registry);
        if text.starts_with("oci://") {
            return reference(text).map_err(|error| wrong(error.to_string()));
        }
        if text.starts_with("https://") {
            let location = text.parse().map(Self::Web);
            return location.map_err(|error| wrong(error.to_string()));
        }
        if text.contains("://") {
            let reason = "a source is `oci://…`, `https://…#sha256=…` or a path".to_owned();
            return Err(wrong(reason));
        }
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(path.into()));
        }
        if load::is_path(text) {
            let path = std::path::absolute(Path::new(text));
            return Ok(Self::File(path.map_err(|error| wrong(error.to_string()))?));
        }
        match registry {
            Some(registry) => {
                let text = format!("oci://{}/{text}", registry.trim_end_matches('/'));
                reference(&text).map_err(|error| wrong(error.to_string()))
            }
            None => Err(wrong(
                "a name leads nowhere by itself: name its registry with `--registry HOST/PATH`, or its path with a `/`"
                    .to_owned(),
            )),
        }
    }

    /// Whether it is the same for ever.
    pub(super) fn is_fixed(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Registry(reference) => reference.digest().is_some(),
            Self::Web(_) => true,
        }
    }

    /// What a tool from there is called when it does not say so itself.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::File(path) => {
                let stem = path.file_stem().unwrap_or_default();
                stem.to_string_lossy().into_owned()
            }
            Self::Registry(reference) => reference.name().to_owned(),
            Self::Web(location) => location.name().to_owned(),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Registry(reference) => reference.fmt(f),
            Self::Web(location) => location.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, registry: Option<&str>) -> String {
        Wanted::read(text, registry).map_or_else(|_| "none".to_owned(), |wanted| wanted.to_string())
    }

    #[test]
    fn a_name_leads_nowhere_by_itself() {
        assert_eq!(said("tool", None), "none");
        assert_eq!(
            said("tool:1.0", Some("registry.example/org/")),
            "oci://registry.example/org/tool:1.0"
        );
        assert_eq!(
            said("oci://a.example/t", Some("registry.example/org")),
            "oci://a.example/t"
        );
        assert_eq!(
            said("/srv/t.wasm", Some("registry.example/org")),
            "file:/srv/t.wasm"
        );
        assert_eq!(said("file:/srv/t.wasm", None), "file:/srv/t.wasm");
    }

    #[test]
    fn what_is_in_the_clear_or_could_be_anything_is_no_source() {
        let digest = "#sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in [
            "http://a.example/t.wasm",
            "ftp://a.example/t",
            "https://a.example/t.wasm",
            "oci://a.example",
        ] {
            assert_eq!(said(text, Some("registry.example")), "none", "{text}");
            assert_eq!(
                said(&format!("http://a.example/t.wasm{digest}"), None),
                "none"
            );
        }
        assert!(
            Wanted::read(&format!("https://a.example/t.wasm{digest}"), None)
                .unwrap()
                .is_fixed()
        );
    }
}
