//! What a registry says an artifact is made of.
//!
//! Owns which layouts are understood: that of the CNCF's working group, which `wkg` writes, and the two
//! that came before it. Exactly one layer is the component. Other layers are counted and left alone: what
//! lies beside a tool, a policy for instance, is the word of a stranger.

use ringfence_tool::{COMPONENT_BYTES_MAX, Digest};
use serde::Deserialize;

/// Bytes of a manifest. Bounds what a registry can make us take apart.
pub const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// Layers of an artifact. Bounds one that is nothing but layers.
pub const LAYERS_MAX: usize = 16;

/// As what a manifest may come, and what is asked for.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Lists of manifests: one of them would have to be chosen, and lists lead to lists.
const LISTS: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// As what the configuration may come.
const CONFIGS: [&str; 2] = [
    "application/vnd.wasm.config.v0+json",
    "application/vnd.wasm.config.v1+json",
];

/// As what the component may come.
pub(crate) const LAYERS: [&str; 2] = [
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
];

/// Characters of a media type in a message. Bounds the line that a registry makes.
const SHOWN_CHARACTERS_MAX: usize = 100;

/// What an artifact is made of, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The digest of its bytes: what a tag was resolved to.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The component.
    pub layer: Layer,
    /// How many other layers there are.
    pub left_out: usize,
}

/// One piece of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// What it has to be.
    pub digest: Digest,
    /// How long it has to be.
    pub size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// What every list has, and no manifest.
#[derive(Deserialize)]
struct List {
    #[serde(rename = "manifests")]
    _manifests: Vec<serde::de::IgnoredAny>,
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// Why it is of no use.
    pub fn read(bytes: Vec<u8>) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| {
            if serde_json::from_slice::<List>(&bytes).is_ok() {
                "it is a list of several: name one of them by its digest".to_owned()
            } else {
                format!(
                    "line {}, column {}: it is no manifest",
                    error.line(),
                    error.column()
                )
            }
        })?;
        if document.schema_version != 2 {
            return Err(format!(
                "it has schema version {}, not 2",
                document.schema_version
            ));
        }
        if let Some(kind) = &document.media_type
            && kind != MANIFEST
        {
            return Err(format!("it says that it is `{}`", shown(kind)));
        }
        let config = document.config.media_type.as_str();
        if !CONFIGS.contains(&config) {
            return Err(format!(
                "its configuration is `{}`, and not that of a WebAssembly component; images of \
                 containers are not tools",
                shown(config)
            ));
        }
        if document.layers.len() > LAYERS_MAX {
            return Err(format!("it has more than {LAYERS_MAX} layers"));
        }
        let mut components = document
            .layers
            .iter()
            .filter(|layer| LAYERS.contains(&layer.media_type.as_str()));
        let (layer, another) = (components.next(), components.next());
        let layer = match (layer, another) {
            (Some(layer), None) => layer,
            (None, _) => return Err(format!("none of its layers is `{}`", LAYERS[0])),
            (Some(_), Some(_)) => {
                return Err("more than one of its layers is a component".to_owned());
            }
        };
        let max = COMPONENT_BYTES_MAX as u64;
        if layer.size > max {
            let size = layer.size;
            return Err(format!(
                "its component has {size} bytes, more than the {max} that it may have"
            ));
        }
        let digest = layer.digest.parse::<Digest>();
        let digest =
            digest.map_err(|error| format!("its component is named by no digest: {error}"))?;
        Ok(Self {
            digest: Digest::of(&bytes),
            layer: Layer {
                digest,
                size: layer.size,
            },
            left_out: document.layers.len().saturating_sub(1),
            bytes,
        })
    }
}

/// Whether something came as a list.
pub(crate) fn is_list(media_type: &str) -> bool {
    LISTS.contains(&media_type)
}

/// Text of a registry, for a message.
pub(crate) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
    cut.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn layer(kind: &str, size: u64) -> Value {
        json!({"mediaType": kind, "digest": Digest::of(b"x").to_string(), "size": size})
    }

    fn document(config: &str, layers: &[Value]) -> Value {
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": layer(config, 2), "layers": layers})
    }

    fn read(document: &Value) -> Result<Manifest, String> {
        Manifest::read(document.to_string().into_bytes())
    }

    #[test]
    fn each_layout_is_read() {
        for (config, kind) in [
            (CONFIGS[0], LAYERS[0]),
            (CONFIGS[1], LAYERS[1]),
            (CONFIGS[0], LAYERS[1]),
        ] {
            let manifest = read(&document(config, &[layer(kind, 7)])).unwrap();
            assert_eq!(
                manifest.layer,
                Layer {
                    digest: Digest::of(b"x"),
                    size: 7
                }
            );
            assert_eq!(manifest.digest, Digest::of(&manifest.bytes));
            assert_eq!(manifest.left_out, 0);
        }
        // A policy that came along is counted, and that is all.
        let beside = [layer("application/x-yaml", 9), layer(LAYERS[0], 7)];
        let manifest = read(&document(CONFIGS[0], &beside)).unwrap();
        assert_eq!((manifest.layer.size, manifest.left_out), (7, 1));
    }

    #[test]
    fn h51_anything_else_is_refused_and_says_why() {
        let wasm = layer(LAYERS[0], 7);
        let many = vec![wasm.clone(); 100];
        let list = json!({"schemaVersion": 2, "manifests": [wasm.clone()]});
        let mut other = document(CONFIGS[0], std::slice::from_ref(&wasm));
        other["mediaType"] = json!(LISTS[0]);
        let mut old = document(CONFIGS[0], std::slice::from_ref(&wasm));
        old["schemaVersion"] = json!(1);
        let mut short = document(CONFIGS[0], std::slice::from_ref(&wasm));
        short["layers"][0]["digest"] = json!("sha256:../../etc/passwd");
        let mut negative = document(CONFIGS[0], std::slice::from_ref(&wasm));
        negative["layers"][0]["size"] = json!(-1);
        let image = document(
            "application/vnd.oci.image.config.v1+json",
            std::slice::from_ref(&wasm),
        );
        for (document, why) in [
            (json!({}), "no manifest"),
            (json!([]), "no manifest"),
            (list, "a list of several"),
            (other, "it says that it is"),
            (old, "schema version 1"),
            (short, "named by no digest"),
            (negative, "no manifest"),
            (image, "images of containers"),
            (document(CONFIGS[0], &[]), "none of its layers"),
            (
                document(CONFIGS[0], &[layer("application/gzip", 1)]),
                "none of its layers",
            ),
            (document(CONFIGS[0], &[wasm.clone(), wasm]), "more than one"),
            (document(CONFIGS[0], &many), "more than 16 layers"),
            (
                document(CONFIGS[0], &[layer(LAYERS[0], 10 << 30)]),
                "10737418240 bytes",
            ),
        ] {
            let error = read(&document).unwrap_err();
            assert!(error.contains(why), "{error}: {document}");
        }
    }
}
