//! Texts that clients carry for us.
//!
//! Owns making them so that nobody but the caller who got one can use it, and nobody can change it: a
//! keyed hash over whose it is, what it is for, and what it says. The key is this process's own and
//! is forgotten with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ringfence_identity::Caller;

/// Bytes of the hash that is carried along.
const HASH_BYTES: usize = blake3::OUT_LEN;

/// Bytes of a sealed text. Longer than any that we make, which hold an identifier at most; bounds what is decoded for a stranger.
const SEALED_BYTES_MAX: usize = 4096;

/// Makes and checks sealed texts.
pub(crate) struct Seal([u8; 32]);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// With a key of its own.
    pub(crate) fn new() -> Self {
        Self(random())
    }

    /// Seals `content` for `caller`, for one purpose.
    pub(crate) fn close(&self, caller: &Caller, purpose: &[&[u8]], content: &[u8]) -> String {
        let hash = self.hash(caller, purpose, content);
        let mut bytes = hash.as_bytes().to_vec();
        bytes.extend_from_slice(content);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What is in it, when it was sealed for this caller and this purpose.
    pub(crate) fn open(&self, caller: &Caller, purpose: &[&[u8]], text: &str) -> Option<Vec<u8>> {
        if text.len() > SEALED_BYTES_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (hash, content) = bytes.split_first_chunk::<HASH_BYTES>()?;
        // Hashes are compared in a time that says nothing about where they differ.
        (self.hash(caller, purpose, content) == *hash).then(|| content.to_vec())
    }

    fn hash(&self, caller: &Caller, purpose: &[&[u8]], content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        let names = [
            caller.tenant().as_str().as_bytes(),
            caller.principal().as_str().as_bytes(),
        ];
        for part in names.iter().chain(purpose).chain([&content]) {
            // With its length, so that no two lists of parts read the same.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize()
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness nothing here can be kept apart; there is no weaker way to go on.
    if getrandom::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// A name that nobody can guess: 128 bits, as printable ASCII.
pub(crate) fn unguessable() -> String {
    URL_SAFE_NO_PAD.encode(random::<16>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(principal: &str) -> Caller {
        Caller::new("acme".parse().unwrap(), principal.parse().unwrap())
    }

    #[test]
    fn a_sealed_text_is_for_one_caller_and_one_purpose() {
        let seal = Seal::new();
        let (ann, bob) = (caller("ann"), caller("bob"));
        let text = seal.close(&ann, &[b"cursor"], b"tool");
        assert_eq!(seal.open(&ann, &[b"cursor"], &text).unwrap(), b"tool");
        assert_eq!(seal.open(&bob, &[b"cursor"], &text), None);
        assert_eq!(seal.open(&ann, &[b"state"], &text), None);
        assert_eq!(seal.open(&ann, &[b"cur", b"sor"], &text), None);
        assert_eq!(Seal::new().open(&ann, &[b"cursor"], &text), None);
    }

    #[test]
    fn a_sealed_text_cannot_be_changed() {
        let seal = Seal::new();
        let ann = caller("ann");
        let text = seal.close(&ann, &[], b"tool");
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(seal.open(&ann, &[], &changed), None, "{at}");
        }
        for other in [
            "",
            "A",
            "-",
            &format!("{text}-TAMPERED"),
            &"A".repeat(1 << 20),
        ] {
            assert_eq!(seal.open(&ann, &[], other), None, "{other}");
        }
    }
}
