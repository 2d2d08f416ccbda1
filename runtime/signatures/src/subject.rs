//! What a signature has to be of.
//!
//! Owns how a source is written when rules are held against it: without its tag and digest, which
//! whoever asks chooses, and not whoever signs.

use ringfence_tool::Digest;

/// One component, and where it is from.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Where it is from: `oci://…`, `https://…` or `file:…`.
    pub source: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The digest of its bytes, by which they were read.
    pub digest: Digest,
    /// The manifest that a registry's name led to, and its digest, by which it was read.
    pub manifest: Option<(Digest, &'a [u8])>,
}

impl Subject<'_> {
    /// What rules are held against.
    pub(crate) fn place(&self) -> &str {
        place(self.source)
    }
}

/// A source without tag and digest.
pub(crate) fn place(source: &str) -> &str {
    if !source.starts_with("oci://") {
        return source.split('#').next().unwrap_or(source);
    }
    let named = source.split('@').next().unwrap_or(source);
    match named.rsplit_once(':') {
        // A colon in front of a slash is that of a port.
        Some((place, tag)) if !tag.contains('/') => place,
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_and_a_digest_are_no_part_of_a_place() {
        let place_of = "oci://registry.example:5000/org/tool";
        for rest in ["", ":1.0", "@sha256:00", ":1.0@sha256:00"] {
            assert_eq!(place(&format!("{place_of}{rest}")), place_of);
        }
        assert_eq!(
            place("https://example.com/t.wasm#sha256=00"),
            "https://example.com/t.wasm"
        );
        assert_eq!(place("file:/srv/t.wasm"), "file:/srv/t.wasm");
    }
}
