//! A file behind HTTPS, and what it has to be.

use std::fmt;
use std::str::FromStr;

use ringfence_tool::Digest;
use thiserror::Error;
use url::Url;

/// What stands in front of the digest.
const FRAGMENT: &str = "sha256=";

/// `https://HOST/PATH#sha256=DIGEST`. Without a digest it would be whatever the host says today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    url: Url,
    digest: Digest,
}

/// Text that names no file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected `https://HOST/PATH#sha256=DIGEST`, and {0}")]
pub struct InvalidLocation(&'static str);

impl Location {
    /// Where it is, without the digest.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The host that is asked.
    pub(crate) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Where its signature would be: the same place, with `.sig` behind its path.
    pub(crate) fn beside(&self) -> String {
        let mut url = self.url.clone();
        url.set_path(&format!("{}.sig", self.url.path()));
        url.into()
    }

    /// What it has to be.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The last part of its path, without what follows the first dot.
    pub fn name(&self) -> &str {
        let last = self.url.path().rsplit('/').next().unwrap_or_default();
        last.split('.').next().unwrap_or_default()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{FRAGMENT}{}", self.url, self.digest.hex())
    }
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let mut url = Url::parse(text).map_err(|_| InvalidLocation("it is no URL"))?;
        if url.scheme() != "https" {
            return Err(InvalidLocation("it does not begin with `https://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidLocation("a name or password does not belong in it"));
        }
        let digest = url
            .fragment()
            .and_then(|fragment| fragment.strip_prefix(FRAGMENT))
            .ok_or(InvalidLocation(
                "its digest is missing: it would be whatever the host says",
            ))?;
        let digest = format!("sha256:{digest}").parse();
        let digest = digest
            .map_err(|_| InvalidLocation("its digest is not 64 lowercase hexadecimal digits"))?;
        url.set_fragment(None);
        Ok(Self { url, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_location_has_a_digest() {
        let text = format!("https://example.com/a/tool.wasm?v=1#sha256={HEX}");
        let read: Location = text.parse().unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(read.url(), "https://example.com/a/tool.wasm?v=1");
        assert_eq!(read.name(), "tool");
        assert_eq!(read.beside(), "https://example.com/a/tool.wasm.sig?v=1");
        assert_eq!(read.authority(), "example.com");
        for text in [
            "https://example.com/tool.wasm".to_owned(),
            "https://example.com/tool.wasm#sha256=".to_owned(),
            format!(
                "https://example.com/tool.wasm#sha256={}",
                HEX.to_uppercase()
            ),
            format!("https://example.com/tool.wasm#sha1={HEX}"),
            format!("http://example.com/tool.wasm#sha256={HEX}"),
            format!("https://a:b@example.com/tool.wasm#sha256={HEX}"),
            format!("example.com/tool.wasm#sha256={HEX}"),
        ] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
