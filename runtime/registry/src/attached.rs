//! The signatures that lie beside an artifact.
//!
//! Owns where they are: under the tag that cosign makes of the artifact's digest. Refuses to know whether they
//! are any good: what comes is as long as was said and has the digest that was said, and that is all.

use ringfence_tool::Digest;

use crate::document::{Descriptor, SIMPLE_SIGNING, Signed};
use crate::error::FetchError;
use crate::fetch::{Fetcher, Wanted, check, take};
use crate::location::Location;
use crate::manifest::MANIFEST;
use crate::reference::Reference;

/// Signatures of one artifact that are fetched. Bounds the requests that a pile of them makes.
pub const ATTACHED_MAX: usize = 16;

/// Bytes of what one signature is made over. Bounds what a registry can make us hold.
const PAYLOAD_BYTES_MAX: u64 = 64 << 10;

/// Bytes of the manifest that lists them: certificates may stand in it. Bounds the same.
const LIST_BYTES_MAX: u64 = 1 << 20;

/// Bytes of a signature that lies beside a file. Bounds the same.
const BESIDE_BYTES_MAX: u64 = 16 << 10;

/// Under what a layer of that list has its signature, and whose it says it is.
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
pub(crate) const KEY: &str = "dev.ringfence/key";

/// A signature, and what it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// What was signed.
    pub payload: Vec<u8>,
    /// The signature in Base64.
    pub signature: String,
    /// The fingerprint of the key that it says it is by.
    pub key: Option<String>,
}

impl Fetcher {
    /// The signatures of an artifact. None, where there are none.
    ///
    /// # Errors
    ///
    /// They cannot be had, or are not what their list says.
    pub async fn attached(
        &self,
        reference: &Reference,
        artifact: &Digest,
    ) -> Result<Vec<Attached>, FetchError> {
        let mut attached = Vec::new();
        for layer in self.listed(reference, artifact).await? {
            let signature = layer.annotations.get(SIGNATURE);
            let (Some(signature), true) = (signature, layer.media_type == SIMPLE_SIGNING) else {
                continue;
            };
            if attached.len() == ATTACHED_MAX {
                break;
            }
            attached.push(Attached {
                payload: self.payload(reference, &layer).await?,
                signature: signature.clone(),
                key: layer.annotations.get(KEY).cloned(),
            });
        }
        Ok(attached)
    }

    /// The signature that lies beside a file behind HTTPS: at its address and `.sig`. Nothing, where there is
    /// none.
    ///
    /// # Errors
    ///
    /// It cannot be had, or is no text.
    pub async fn beside(&self, location: &Location) -> Result<Option<String>, FetchError> {
        let authority = location.authority();
        let uri = location.beside();
        let wanted = Wanted {
            what: "signature",
            from: uri.clone(),
            registry: &authority,
            uri,
            accept: "*/*",
            bytes_max: BESIDE_BYTES_MAX,
        };
        let response = match self.get(&wanted).await {
            Ok(response) => response,
            Err(FetchError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        take(&wanted, response, None, &mut bytes).await?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The list of an artifact's signatures. Empty, where there is none.
    pub(crate) async fn listed(
        &self,
        reference: &Reference,
        artifact: &Digest,
    ) -> Result<Vec<Descriptor>, FetchError> {
        let wanted = Wanted {
            what: "list of signatures",
            from: reference.to_string(),
            registry: reference.registry(),
            uri: self.uri(reference, "manifests", &tag(artifact)),
            accept: MANIFEST,
            bytes_max: LIST_BYTES_MAX,
        };
        let response = match self.ask(&wanted, reference).await {
            Ok(response) => response,
            Err(FetchError::Missing(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        take(&wanted, response, None, &mut bytes).await?;
        let signed: Signed = serde_json::from_slice(&bytes).map_err(|_| FetchError::Manifest {
            from: reference.to_string(),
            reason: "what should list its signatures does not".to_owned(),
        })?;
        Ok(signed.layers)
    }

    async fn payload(
        &self,
        reference: &Reference,
        layer: &Descriptor,
    ) -> Result<Vec<u8>, FetchError> {
        let unusable = |reason: String| FetchError::Manifest {
            from: reference.to_string(),
            reason,
        };
        let digest: Digest = layer
            .digest
            .parse()
            .map_err(|error| unusable(format!("a signature is named by no digest: {error}")))?;
        if layer.size > PAYLOAD_BYTES_MAX {
            let size = layer.size;
            return Err(unusable(format!(
                "what was signed has {size} bytes, more than the {PAYLOAD_BYTES_MAX} that it may have"
            )));
        }
        let wanted = Wanted {
            what: "signature",
            from: reference.to_string(),
            registry: reference.registry(),
            uri: self.uri(reference, "blobs", &digest.to_string()),
            accept: "*/*",
            bytes_max: layer.size,
        };
        let response = self.ask(&wanted, reference).await?;
        let mut bytes = Vec::new();
        let found = take(&wanted, response, Some(layer.size), &mut bytes).await?;
        check(&wanted, digest, found)?;
        Ok(bytes)
    }
}

/// The tag under which the signatures of an artifact lie.
pub(crate) fn tag(artifact: &Digest) -> String {
    format!("sha256-{}.sig", artifact.hex())
}
