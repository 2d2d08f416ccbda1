//! Manifests as they are written.
//!
//! Owns the parts that an artifact of a component, and one of signatures, are made of. What is written says
//! nothing of when: the same component is the same artifact, whoever pushes it and whenever.

use std::collections::BTreeMap;

use bytes::Bytes;
use ringfence_tool::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::manifest::{LAYERS, MANIFEST};

/// As what the parts go.
pub(crate) const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
pub(crate) const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// What stands where a time is demanded.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

/// What is said of a component beside its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it imports.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// What people are told: `org.opencontainers.image.…`, and a value.
    pub annotations: BTreeMap<String, String>,
}

/// A part of an artifact, as its manifest names it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes).to_string(),
            size: bytes.len() as u64,
            annotations: BTreeMap::new(),
        }
    }
}

/// The manifest of an artifact of signatures, as far as it matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Signed {
    pub(crate) layers: Vec<Descriptor>,
}

/// An artifact, ready to be put somewhere.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub(crate) blobs: Vec<Bytes>,
    pub(crate) manifest: Bytes,
}

/// The artifact of a component, in the layout of the CNCF's working group.
pub(crate) fn component(component: &Bytes, about: &About) -> Artifact {
    let layer = Descriptor::of(LAYERS[0], component);
    let config = json!({
        "created": NO_TIME,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer.digest],
        "component": {"exports": about.exports, "imports": about.imports},
    });
    let config = Bytes::from(config.to_string());
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": Descriptor::of(WASM_CONFIG, &config),
        "layers": [layer],
    });
    if let Some(fields) = manifest.as_object_mut()
        && !about.annotations.is_empty()
    {
        fields.insert("annotations".to_owned(), json!(about.annotations));
    }
    Artifact {
        blobs: vec![config, component.clone()],
        manifest: manifest.to_string().into(),
    }
}

/// The artifact of these signatures, in the layout of cosign: an image whose layers are what was signed.
pub(crate) fn signatures(layers: &[Descriptor]) -> Artifact {
    let digests: Vec<_> = layers.iter().map(|layer| layer.digest.as_str()).collect();
    let config = json!({
        "architecture": "",
        "created": NO_TIME,
        "os": "",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": digests},
    });
    let config = Bytes::from(config.to_string());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": Descriptor::of(IMAGE_CONFIG, &config),
        "layers": layers,
    });
    Artifact {
        blobs: vec![config],
        manifest: manifest.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    #[test]
    fn what_is_written_is_read() {
        let bytes = Bytes::from_static(b"a component");
        let about = About {
            annotations: [("org.opencontainers.image.title".into(), "x".into())].into(),
            ..About::default()
        };
        let artifact = component(&bytes, &about);
        let manifest = Manifest::read(artifact.manifest.to_vec()).unwrap();
        assert_eq!(manifest.layer.digest, Digest::of(&bytes));
        assert_eq!(artifact.manifest, component(&bytes, &about).manifest);
        // Signatures are no tool.
        let layers = [Descriptor::of(SIMPLE_SIGNING, b"x")];
        let artifact = signatures(&layers);
        let read: Signed = serde_json::from_slice(&artifact.manifest).unwrap();
        assert_eq!(read.layers.len(), 1);
        assert!(Manifest::read(artifact.manifest.to_vec()).is_err());
    }
}
