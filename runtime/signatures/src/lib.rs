//! Who signed an artifact, and who has to have.
//!
//! Owns keys, what is signed and how, the file that says whose signature which source needs, and the one
//! decision that follows from them. Refuses to fetch, to open a file and to look at a clock: signatures are
//! bytes that somebody brought, and the same bytes are judged the same tomorrow.
//!
//! The layout is that of cosign: its "simple signing" for artifacts of a registry, and a bare signature over
//! the bytes for a file. The ciphers are those of the library that TLS uses.

#![forbid(unsafe_code)]

mod artifact;
mod evidence;
mod key;
mod payload;
mod pem;
mod refusal;
mod signer;
mod subject;
mod trust;

pub use artifact::{InvalidArtifact, component_of};
pub use evidence::{
    EVIDENCE_BYTES_MAX, Evidence, InvalidEvidence, PAYLOAD_BYTES_MAX, SIGNATURES_MAX, Signature,
};
pub use key::{InvalidKey, KEY_BYTES_MAX, PublicKey};
pub use payload::{InvalidPayload, Payload};
pub use refusal::Refusal;
pub use signer::SigningKey;
pub use subject::Subject;
pub use trust::{TRUST_BYTES_MAX, Trust, TrustError};
