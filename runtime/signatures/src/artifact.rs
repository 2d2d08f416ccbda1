//! What a manifest of a registry says of a component.
//!
//! Owns the step from what is signed, a manifest, to what runs, a component: exactly one layer of the manifest
//! is one. Asked when something is loaded, too, so that the lock alone cannot put another component
//! under a signature.

use ringfence_tool::Digest;
use serde::Deserialize;
use thiserror::Error;

/// As what a component lies in an artifact.
const COMPONENTS: [&str; 2] = [
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
];

/// A manifest that names no component, or several.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the manifest does not name one component")]
pub struct InvalidArtifact(());

#[derive(Deserialize)]
struct Document {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
}

/// The digest of the one component in an artifact.
///
/// # Errors
///
/// There is none, or more than one.
pub fn component_of(manifest: &[u8]) -> Result<Digest, InvalidArtifact> {
    let invalid = || InvalidArtifact(());
    let document: Document = serde_json::from_slice(manifest).map_err(|_| invalid())?;
    let mut components = document
        .layers
        .iter()
        .filter(|layer| COMPONENTS.contains(&layer.media_type.as_str()));
    match (components.next(), components.next()) {
        (Some(layer), None) => layer.digest.parse().map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_layer_is_the_component() {
        let layer = |kind: &str| json!({"mediaType": kind, "digest": Digest::of(b"x").to_string()});
        let of = |layers: &[serde_json::Value]| {
            component_of(json!({"layers": layers}).to_string().as_bytes())
        };
        let (wasm, other) = (layer(COMPONENTS[0]), layer("application/x-yaml"));
        assert_eq!(of(&[other.clone(), wasm.clone()]), Ok(Digest::of(b"x")));
        assert!(of(&[other]).is_err());
        assert!(of(&[wasm.clone(), wasm]).is_err());
        assert!(component_of(b"{}").is_err());
    }
}
