//! Fingerprints of bytes.

use sha2::Digest as _;

use crate::encoding::hex;
use crate::limits::{self, MAX_INPUT_BYTES, TooLarge};

/// A hash function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// BLAKE3, 256 bits.
    Blake3,
    /// CRC-32 of ISO 3309.
    Crc32,
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The hash of `bytes` in hexadecimal.
///
/// # Errors
/// When there are too many bytes.
pub fn hash(bytes: &[u8], algorithm: Algorithm) -> Result<String, TooLarge> {
    limits::check("data", bytes.len(), MAX_INPUT_BYTES)?;
    Ok(match algorithm {
        Algorithm::Blake3 => hex(blake3::hash(bytes).as_bytes()),
        Algorithm::Crc32 => hex(&crc32fast::hash(bytes).to_be_bytes()),
        Algorithm::Md5 => hex(&md5::Md5::digest(bytes)),
        Algorithm::Sha1 => hex(&sha1::Sha1::digest(bytes)),
        Algorithm::Sha256 => hex(&sha2::Sha256::digest(bytes)),
        Algorithm::Sha512 => hex(&sha2::Sha512::digest(bytes)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_vectors() {
        for (algorithm, expected) in [
            (Algorithm::Crc32, "352441c2"),
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Algorithm::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            (
                Algorithm::Blake3,
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
            ),
        ] {
            assert_eq!(hash(b"abc", algorithm).unwrap(), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn bounds_its_input() {
        assert!(hash(&vec![0; MAX_INPUT_BYTES], Algorithm::Crc32).is_ok());
        assert!(hash(&vec![0; MAX_INPUT_BYTES + 1], Algorithm::Crc32).is_err());
    }
}
