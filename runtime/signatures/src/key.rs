//! A key that tells whether somebody signed.
//!
//! Owns which kinds there are: Ed25519, and ECDSA over P-256 with SHA-256, the two that cosign makes and
//! takes. A key is exactly one of two shapes of bytes; nothing in it is searched for.

use std::fmt;

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use ringfence_tool::Digest;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use thiserror::Error;

use crate::pem;

/// Bytes of a file with a key. Bounds what a wrong path makes us read.
pub const KEY_BYTES_MAX: u64 = 16 << 10;

/// What stands in front of the 32 bytes of an Ed25519 key.
const ED25519_HEAD: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// What stands in front of the 65 bytes of a point on P-256 that is not compressed.
const P256_HEAD: [u8; 26] =
    *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// Bytes of each.
const ED25519_BYTES: usize = 32;
const P256_BYTES: usize = 65;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ed25519,
    P256,
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    raw: Vec<u8>,
    der: Vec<u8>,
}

/// Bytes that are no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidKey(pub(crate) &'static str);

impl PublicKey {
    /// Reads the first key of a file: `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    ///
    /// There is none, or it is of another kind.
    pub fn from_pem(text: &[u8]) -> Result<Self, InvalidKey> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text).map_err(|_| {
            InvalidKey("it holds no public key, which begins with `-----BEGIN PUBLIC KEY-----`")
        })?;
        Self::from_der(&der)
    }

    /// Reads one as certificates have it.
    ///
    /// # Errors
    ///
    /// It is of another kind.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidKey> {
        let of = |kind, head: &[u8], bytes| {
            let raw = der.strip_prefix(head)?;
            (raw.len() == bytes).then(|| Self {
                kind,
                raw: raw.to_vec(),
                der: der.to_vec(),
            })
        };
        of(Kind::Ed25519, &ED25519_HEAD, ED25519_BYTES)
            .or_else(|| of(Kind::P256, &P256_HEAD, P256_BYTES))
            .ok_or(InvalidKey(
                "its key is neither Ed25519 nor ECDSA over P-256, and no other kind is understood",
            ))
    }

    pub(crate) fn ed25519(raw: &[u8]) -> Self {
        Self {
            kind: Kind::Ed25519,
            raw: raw.to_vec(),
            der: [&ED25519_HEAD, raw].concat(),
        }
    }

    pub(crate) fn p256(raw: &[u8]) -> Self {
        Self {
            kind: Kind::P256,
            raw: raw.to_vec(),
            der: [&P256_HEAD, raw].concat(),
        }
    }

    /// It as text that others read as well.
    pub fn to_pem(&self) -> String {
        pem::write("PUBLIC KEY", &self.der).to_string()
    }

    /// What kind it is.
    pub fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Ed25519 => "ed25519",
            Kind::P256 => "ecdsa-p256",
        }
    }

    /// The digest of it, by which people tell it from others.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// Whether its owner signed this message.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            Kind::Ed25519 => UnparsedPublicKey::new(&ED25519, &self.raw).verify(message, signature),
            Kind::P256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.raw)
                .verify(message, signature),
        }
        .is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} key {}", self.algorithm(), self.fingerprint())
    }
}
