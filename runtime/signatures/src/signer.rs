//! A key that signs.
//!
//! Owns that it is never shown but in the one text that is made to be kept. New ones are Ed25519; one over
//! P-256 that was made elsewhere signs as well.

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use crate::key::{InvalidKey, PublicKey};
use crate::pem;

/// What stands in front of the 32 bytes of a seed in PKCS#8, the form that OpenSSL writes.
const SEED_HEAD: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// Bytes of a seed.
const SEED_BYTES: usize = 32;

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// A private key.
pub struct SigningKey(Pair);

impl SigningKey {
    /// A new one, from a seed that nobody can guess, and the text to keep: PKCS#8 as PEM.
    ///
    /// # Errors
    ///
    /// No seed makes that happen; the library could say so all the same.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Result<(Self, Zeroizing<String>), InvalidKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| InvalidKey("the seed makes no key"))?;
        let mut der = Zeroizing::new(Vec::with_capacity(SEED_HEAD.len() + SEED_BYTES));
        der.extend_from_slice(&SEED_HEAD);
        der.extend_from_slice(seed);
        Ok((Self(Pair::Ed25519(pair)), pem::write("PRIVATE KEY", &der)))
    }

    /// Reads the first key of a file: `-----BEGIN PRIVATE KEY-----`.
    ///
    /// # Errors
    ///
    /// There is none, it is encrypted, or it is of another kind.
    pub fn from_pem(text: &[u8]) -> Result<Self, InvalidKey> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(text).map_err(|_| {
            InvalidKey(
                "it holds no private key that can be read, which begins with `-----BEGIN PRIVATE KEY-----`: \
                 one that is encrypted has to be decrypted first",
            )
        })?;
        let der = der.secret_pkcs8_der();
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Ok(Self(Pair::Ed25519(pair)));
        }
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &random);
        let pair = pair.map_err(|_| {
            InvalidKey(
                "its key is neither Ed25519 nor ECDSA over P-256, and no other kind signs here",
            )
        })?;
        Ok(Self(Pair::P256(pair)))
    }

    /// What others need to know to tell that it signed.
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Pair::Ed25519(pair) => PublicKey::ed25519(pair.public_key().as_ref()),
            Pair::P256(pair) => PublicKey::p256(pair.public_key().as_ref()),
        }
    }

    /// Signs.
    ///
    /// # Errors
    ///
    /// The system has no random bytes to give.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        match &self.0 {
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| InvalidKey("the system has no random bytes to sign with")),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by `openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256`, for this test alone.
    const P256: &str = include_str!("../tests/keys/p256.pem");
    const P256_PUBLIC: &str = include_str!("../tests/keys/p256.pub");
    /// Made by `openssl genpkey -algorithm ed25519`, for this test alone.
    const ED25519: &str = include_str!("../tests/keys/ed25519.pem");
    const ED25519_PUBLIC: &str = include_str!("../tests/keys/ed25519.pub");
    const RSA_PUBLIC: &str = include_str!("../tests/keys/rsa.pub");

    #[test]
    fn keys_of_others_are_read_and_sign() {
        for (private, public, kind) in [
            (P256, P256_PUBLIC, "ecdsa-p256"),
            (ED25519, ED25519_PUBLIC, "ed25519"),
        ] {
            let key = SigningKey::from_pem(private.as_bytes()).unwrap();
            let read = PublicKey::from_pem(public.as_bytes()).unwrap();
            assert_eq!(key.public(), read);
            assert_eq!(read.to_pem(), public);
            assert_eq!(read.algorithm(), kind);
            let signature = key.sign(b"message").unwrap();
            assert!(read.has_signed(b"message", &signature));
            assert!(!read.has_signed(b"massage", &signature));
            assert!(!read.has_signed(b"message", &signature[1..]));
        }
        let other = PublicKey::from_pem(RSA_PUBLIC.as_bytes()).unwrap_err();
        assert!(other.to_string().contains("neither"), "{other}");
        let private = PublicKey::from_pem(ED25519.as_bytes()).unwrap_err();
        assert!(private.to_string().contains("no public key"), "{private}");
        let public = SigningKey::from_pem(ED25519_PUBLIC.as_bytes()).unwrap_err();
        assert!(public.to_string().contains("no private key"), "{public}");
    }

    proptest! {
        #[test]
        fn a_new_key_is_what_its_text_says(seed: [u8; 32], message: Vec<u8>) {
            let (key, text) = SigningKey::from_seed(&seed).unwrap();
            let read = SigningKey::from_pem(text.as_bytes()).unwrap();
            let public = PublicKey::from_pem(key.public().to_pem().as_bytes()).unwrap();
            prop_assert_eq!(&read.public(), &public);
            let signature = read.sign(&message).unwrap();
            prop_assert!(public.has_signed(&message, &signature));
            let mut changed = message;
            changed.push(0);
            prop_assert!(!public.has_signed(&changed, &signature));
        }
    }
}
