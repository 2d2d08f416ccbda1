//! The signatures that came with an artifact, as they are kept.
//!
//! Owns the document: it lies in the store beside the component, so that a signature is judged again
//! whenever the component is loaded, by the rules of that day.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bytes of what one signature is made over. Bounds what a registry can make us take apart.
pub const PAYLOAD_BYTES_MAX: u64 = 64 << 10;

/// Signatures that are looked at. Bounds the time that a pile of wrong ones takes.
pub const SIGNATURES_MAX: usize = 16;

/// Bytes of the document. Bounds what whoever may write to the store can make each start read.
pub const EVIDENCE_BYTES_MAX: u64 = 4 << 20;

/// Bytes of one signature, encoded. Bounds a line that only looks like one.
const SIGNATURE_BYTES_MAX: usize = 4 << 10;

/// What readers understand.
const VERSION: u32 = 1;

/// All signatures that came with one artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    signatures: Vec<Signature>,
}

/// One signature. Nothing about it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Over the bytes of the component.
    Bare {
        /// It.
        signature: Vec<u8>,
    },
    /// Over a document that names an artifact.
    Simple {
        /// The document.
        payload: Vec<u8>,
        /// The signature.
        signature: Vec<u8>,
        /// The fingerprint of the key that it says it is by, for the message alone.
        key: Option<String>,
    },
}

/// Bytes that are no such document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidEvidence(&'static str);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    signatures: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
enum Kept {
    Bare {
        signature: String,
    },
    Simple {
        payload: String,
        signature: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
}

impl Signature {
    /// One over the bytes of a component, as `cosign sign-blob` writes it: Base64.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn bare(text: &str) -> Result<Self, InvalidEvidence> {
        Ok(Self::Bare {
            signature: decoded(text.trim())?,
        })
    }

    /// One over a document, as a registry has it.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn simple(
        payload: Vec<u8>,
        signature: &str,
        key: Option<&str>,
    ) -> Result<Self, InvalidEvidence> {
        if payload.len() as u64 > PAYLOAD_BYTES_MAX {
            return Err(InvalidEvidence("what was signed is too long"));
        }
        Ok(Self::Simple {
            payload,
            signature: decoded(signature.trim())?,
            key: key.map(str::to_owned),
        })
    }
}

impl Evidence {
    /// These signatures, as many of them as are looked at.
    pub fn new(signatures: impl IntoIterator<Item = Signature>) -> Self {
        Self {
            signatures: signatures.into_iter().take(SIGNATURES_MAX).collect(),
        }
    }

    /// Whether nobody signed.
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// Each of them.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// It as it is kept.
    pub fn write(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().map(|signature| match signature {
            Signature::Bare { signature } => Kept::Bare {
                signature: STANDARD.encode(signature),
            },
            Signature::Simple {
                payload,
                signature,
                key,
            } => Kept::Simple {
                payload: STANDARD.encode(payload),
                signature: STANDARD.encode(signature),
                key: key.clone(),
            },
        });
        let document = Document {
            version: VERSION,
            signatures: signatures.collect(),
        };
        // Text and lists of text are always written.
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// Reads what was kept.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidEvidence> {
        const NONE: InvalidEvidence =
            InvalidEvidence("what is kept of its signatures is no such document");
        if bytes.len() as u64 > EVIDENCE_BYTES_MAX {
            return Err(NONE);
        }
        let document: Document = serde_json::from_slice(bytes).map_err(|_| NONE)?;
        if document.version != VERSION || document.signatures.len() > SIGNATURES_MAX {
            return Err(NONE);
        }
        let signatures = document.signatures.into_iter().map(|kept| match kept {
            Kept::Bare { signature } => Signature::bare(&signature),
            Kept::Simple {
                payload,
                signature,
                key,
            } => {
                let payload = STANDARD.decode(payload).map_err(|_| NONE)?;
                Signature::simple(payload, &signature, key.as_deref())
            }
        });
        Ok(Self {
            signatures: signatures.collect::<Result<_, _>>()?,
        })
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, InvalidEvidence> {
    let is_short = text.len() <= SIGNATURE_BYTES_MAX;
    let decoded = is_short.then(|| STANDARD.decode(text).ok()).flatten();
    decoded
        .filter(|signature| !signature.is_empty())
        .ok_or(InvalidEvidence(
            "the signature is not a short text of Base64",
        ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_comes_back(
            payload: Vec<u8>, signature in proptest::collection::vec(any::<u8>(), 1..80), key: Option<String>,
            cut: proptest::sample::Index,
        ) {
            let kept = Evidence::new([
                Signature::Bare { signature: signature.clone() },
                Signature::Simple { payload, signature, key },
            ]);
            let bytes = kept.write();
            prop_assert_eq!(Evidence::read(&bytes).unwrap(), kept);
            prop_assert!(Evidence::read(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }

    #[test]
    fn a_pile_is_cut_and_a_kept_pile_is_refused() {
        let one = Signature::bare("AAAA").unwrap();
        let many = Evidence::new(vec![one.clone(); 100]);
        assert_eq!(many.signatures().len(), SIGNATURES_MAX);
        let pile = Evidence {
            signatures: vec![one; SIGNATURES_MAX + 1],
        };
        assert!(Evidence::read(&pile.write()).is_err());
        assert!(Signature::bare("").is_err());
        assert!(Signature::bare("not Base64!").is_err());
        assert!(Signature::bare(&"A".repeat(8 << 10)).is_err());
    }
}
