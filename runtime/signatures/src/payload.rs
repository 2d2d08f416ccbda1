//! What is signed of an artifact of a registry.
//!
//! Owns the document that cosign calls "simple signing": it names the digest of the artifact's manifest, and
//! nothing else in it counts. A name that stands in it is a remark: artifacts are copied between registries.

use ringfence_tool::Digest;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

/// What every such document says that it is.
const TYPE: &str = "cosign container image signature";

/// Text that is no such document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidPayload(&'static str);

/// The artifact that a signature is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// The digest of its manifest.
    pub manifest: Digest,
}

#[derive(Deserialize)]
struct Document {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    r#type: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl Payload {
    /// Writes what is to be signed. `name` is where the artifact is: the registry and the repository.
    pub fn write(self, name: &str) -> Vec<u8> {
        let document = json!({
            "critical": {
                "identity": {"docker-reference": name},
                "image": {"docker-manifest-digest": self.manifest.to_string()},
                "type": TYPE,
            },
            "optional": null,
        });
        document.to_string().into_bytes()
    }

    /// Reads what was signed.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidPayload> {
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|_| InvalidPayload("it does not say of which artifact it is"))?;
        if document.critical.r#type != TYPE {
            return Err(InvalidPayload("it says that it is for something else"));
        }
        let manifest = document.critical.image.digest.parse();
        let manifest = manifest.map_err(|_| InvalidPayload("it names no artifact by a digest"))?;
        Ok(Self { manifest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let manifest = Digest::of(b"x");
        let bytes = Payload { manifest }.write("registry.example/org/tool");
        assert_eq!(Payload::read(&bytes).unwrap(), Payload { manifest });
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            (TYPE, "attestation"),
            ("docker-manifest-digest", "digest"),
            ("sha256:", "sha512:"),
            ("{", "["),
        ] {
            assert!(
                Payload::read(text.replace(from, to).as_bytes()).is_err(),
                "{from}"
            );
        }
    }

    #[test]
    fn a_document_of_cosign_is_read() {
        let text = r#"{"critical":{"identity":{"docker-reference":"registry.example/org/tool"},"image":{"docker-manifest-digest":"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},"type":"cosign container image signature"},"optional":{"creator":"x","timestamp":1}}"#;
        let digest = Digest::of(b"x");
        assert_eq!(Payload::read(text.as_bytes()).unwrap().manifest, digest);
    }
}
