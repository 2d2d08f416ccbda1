//! Making what [`crate::Component::read`] reads: a component with its documentation and manifest.
//!
//! Owns `ringfence pack`: for authors and their own builds. Refuses to touch files: it is given
//! bytes and text, and gives back bytes, the same for the same input.

mod sections;
mod wit;

use bytes::Bytes;
use thiserror::Error;
use wasmparser::Encoding;

pub use wit::WitSource;

use crate::adapt::encode;
use crate::component::Component;
use crate::error::ReadError;
use crate::manifest::{Manifest, ManifestError};
use crate::scan::{DOCS_SECTION, INTERFACE_DOCS_SECTION, MANIFEST_SECTION, scan};
use wit::Wit;

/// Why something could not be packed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// The binary is not WebAssembly, or too large.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The manifest is not usable.
    #[error("manifest: {0}")]
    Manifest(#[from] ManifestError),
    /// The WIT sources are not usable.
    #[error("WIT: {0}")]
    Wit(String),
    /// The core module cannot be made into a component.
    #[error("the core module cannot be made into a component: {0}")]
    Componentize(String),
    /// What was packed cannot be read back.
    #[error("what was packed cannot be used: {0}")]
    Verify(#[source] ReadError),
}

/// Packs a component, or a core module that bindings were generated for.
///
/// - A core module becomes a component; the WASI preview-1 adapter is added where it is imported.
///   One that does not describe its interface is given that of `world`.
/// - The doc comments of `wit` are added. Without any, nothing is said about functions but what the
///   manifest says.
/// - The manifest is added as it is.
///
/// Packing again replaces what was packed before. `world` need not be named where the sources have
/// only one.
///
/// # Errors
///
/// When any of them is not usable, or they do not fit each other.
pub fn pack(
    binary: &[u8],
    wit: &[WitSource<'_>],
    world: Option<&str>,
    manifest: &str,
) -> Result<Vec<u8>, PackError> {
    Manifest::parse(manifest)?;
    let wit = if wit.is_empty() {
        None
    } else {
        Some(Wit::parse(wit, world)?)
    };
    let found = scan(binary)?;
    let component = match found.encoding {
        Encoding::Component => binary.to_vec(),
        Encoding::Module => componentize(binary, found.interfaces.is_empty(), wit.as_ref())?,
    };
    let written = [DOCS_SECTION, INTERFACE_DOCS_SECTION, MANIFEST_SECTION];
    let mut packed = sections::without(&component, &written)?;
    if let Some(wit) = wit {
        for (name, data) in wit.docs_of(&packed)? {
            sections::append(&mut packed, name, &data);
        }
    }
    sections::append(&mut packed, MANIFEST_SECTION, manifest.as_bytes());
    let packed = Bytes::from(packed);
    Component::read(packed.clone(), "").map_err(PackError::Verify)?;
    Ok(packed.into())
}

fn componentize(module: &[u8], undescribed: bool, wit: Option<&Wit>) -> Result<Vec<u8>, PackError> {
    match (undescribed, wit) {
        (false, _) => encode(module).map_err(PackError::Componentize),
        (true, Some(wit)) => encode(&wit.describe(module)?).map_err(PackError::Componentize),
        (true, None) => Err(ReadError::NoInterface.into()),
    }
}
