//! Sealing: XChaCha20-Poly1305 with a nonce drawn at random.
//!
//! Owns the one use of the cipher. What is sealed is bound to a context, and opens under no other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::key::Key;

/// Bytes of a nonce. With 24, drawing at random never repeats one.
const NONCE_BYTES: usize = 24;

/// What was sealed does not open: another key, another context, or other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unopened;

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandom;

/// Seals `plain` under `key`, for `context` alone, as base64 text.
pub(crate) fn seal(key: &Key, context: &[u8], plain: &[u8]) -> Result<String, NoRandom> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| NoRandom)?;
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    // The cipher fails only for more bytes than fit into memory.
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| NoRandom)?;
    Ok(STANDARD.encode([&nonce, sealed.as_slice()].concat()))
}

/// Opens what was sealed under `key` for `context`.
pub(crate) fn open(key: &Key, context: &[u8], text: &str) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let bytes = STANDARD.decode(text).map_err(|_| Unopened)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| Unopened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_context_alone() {
        let (key, other) = (Key::draw().unwrap(), Key::draw().unwrap());
        let sealed = seal(&key, b"a", b"plain text").unwrap();
        assert_eq!(*open(&key, b"a", &sealed).unwrap(), b"plain text");
        assert_eq!(open(&key, b"b", &sealed), Err(Unopened));
        assert_eq!(open(&other, b"a", &sealed), Err(Unopened));
        for text in ["", "AAAA", "not base64!", &sealed[4..]] {
            assert_eq!(open(&key, b"a", text), Err(Unopened));
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let key = Key::draw().unwrap();
        assert_ne!(
            seal(&key, b"", b"x").unwrap(),
            seal(&key, b"", b"x").unwrap()
        );
    }
}
