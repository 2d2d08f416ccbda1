//! `prebuilt/provenance.toml`: where each committed component comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use ringfence_tool::Digest;
use serde::{Deserialize, Serialize};

use crate::TOOLS;
use crate::error::{Error, at};
use crate::sources;

/// Where the record is, in the folder of the tools.
pub const PROVENANCE: &str = "prebuilt/provenance.toml";

const HEADER: &str = "# Written by `guest-tools/build.sh`; do not edit. `guest-tools/README.md` says \
                      how `sources` is computed.\n\n";

/// Where the committed components come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// What built them: a program and its version each.
    pub toolchain: BTreeMap<String, String>,
    /// Each component, by the name of its tool.
    pub tools: BTreeMap<String, Built>,
}

/// Where one component comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// The digest of the component.
    pub component: String,
    /// The digest over its sources: [`crate::digest`].
    pub sources: String,
    /// The component's size in bytes.
    pub size: usize,
}

/// A committed component that does not belong to its sources or to its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The component is not the one on record.
    Component(&'static str),
    /// The sources changed after it was built.
    Sources(&'static str),
    /// Nothing is on record.
    Unrecorded(&'static str),
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(tool) => write!(f, "`{tool}`: the component is not the recorded one"),
            Self::Sources(tool) => write!(f, "`{tool}`: its sources changed after it was built"),
            Self::Unrecorded(tool) => write!(f, "`{tool}`: nothing is on record"),
        }?;
        write!(f, "; run `just guests`")
    }
}

impl Provenance {
    /// Reads the record of the folder `guest_tools`.
    ///
    /// # Errors
    /// When it cannot be read or is not usable.
    pub fn read(guest_tools: &Path) -> Result<Self, Error> {
        let path = guest_tools.join(PROVENANCE);
        let text = fs::read_to_string(&path).map_err(at(&path))?;
        toml::from_str(&text).map_err(|source| Error::Provenance { path, source })
    }

    /// Which components do not belong to the sources in `guest_tools`, or to this record.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn stale(&self, guest_tools: &Path) -> Result<Vec<Stale>, Error> {
        let mut stale = Vec::new();
        for tool in TOOLS {
            let Some(built) = self.tools.get(tool) else {
                stale.push(Stale::Unrecorded(tool));
                continue;
            };
            if sources::digest(guest_tools, tool)?.to_string() != built.sources {
                stale.push(Stale::Sources(tool));
            }
            let path = guest_tools
                .join("prebuilt")
                .join(tool)
                .with_extension("wasm");
            let bytes = fs::read(&path).map_err(at(&path))?;
            if Digest::of(&bytes).to_string() != built.component || bytes.len() != built.size {
                stale.push(Stale::Component(tool));
            }
        }
        Ok(stale)
    }

    /// The record as text.
    pub(crate) fn text(&self) -> String {
        // A map of maps of text always has a TOML form.
        HEADER.to_owned() + &toml::to_string(self).unwrap_or_default()
    }
}
