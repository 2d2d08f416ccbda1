//! The name of an artifact in a registry.
//!
//! Owns its grammar, that of the distribution specification: nothing in a name can leave its place in a
//! path, and what is accepted prints as it was meant.

use std::fmt;
use std::str::FromStr;

use ringfence_egress::{Destination, Scheme};
use ringfence_tool::Digest;
use thiserror::Error;

/// What a reference begins with.
pub(crate) const PREFIX: &str = "oci://";

/// Bytes of a repository's name, as the specification has it. Bounds the path of a request.
const REPOSITORY_BYTES_MAX: usize = 255;

/// Bytes of a tag, as the specification has it.
const TAG_BYTES_MAX: usize = 128;

/// The tag where neither a tag nor a digest is named.
const LATEST: &str = "latest";

/// `oci://REGISTRY/REPOSITORY`, with `:TAG`, `@DIGEST` or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Text that names no artifact.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected `oci://REGISTRY/REPOSITORY` with `:TAG` or `@sha256:DIGEST`, and {0}")]
pub struct InvalidReference(String);

impl Reference {
    /// The registry: a host, and a port where one is named.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The digest of what is meant, where one is named. A tag beside it is only a remark.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// What the registry is asked for.
    pub(crate) fn wanted(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => LATEST.to_owned(),
        }
    }

    /// The last part of the repository's name.
    pub fn name(&self) -> &str {
        self.repository
            .rsplit('/')
            .next()
            .unwrap_or(&self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let wrong = |why: &str| InvalidReference(why.to_owned());
        let rest = text
            .strip_prefix(PREFIX)
            .ok_or_else(|| wrong("it does not begin with `oci://`"))?;
        let (registry, rest) = rest
            .split_once('/')
            .ok_or_else(|| wrong("there is no `/` behind the registry"))?;
        let destination = Destination::parse(Scheme::Https, registry)
            .map_err(|error| InvalidReference(format!("the registry is none: {error}")))?;
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => {
                let digest = digest.parse::<Digest>();
                let digest = digest.map_err(|error| InvalidReference(error.to_string()))?;
                (rest, Some(digest))
            }
            None => (rest, None),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (rest, None),
        };
        if repository.len() > REPOSITORY_BYTES_MAX || !repository.split('/').all(is_part) {
            return Err(wrong(
                "a repository is lowercase words of letters and digits, parted by `/`, `.`, `_` or `-`",
            ));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong("a tag is letters, digits, `_`, `.` and `-`"));
        }
        // A port that is the scheme's own is one all the same: with plain HTTP it is another.
        let registry = if registry
            .rsplit_once(':')
            .is_some_and(|(_, port)| port == "443")
        {
            format!("{}:443", destination.host())
        } else {
            destination.authority()
        };
        Ok(Self {
            registry,
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_part(part: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_well = |byte: Option<u8>| byte.is_some_and(is_word);
    let separators =
        part.split(|character: char| character.is_ascii_lowercase() || character.is_ascii_digit());
    ends_well(part.bytes().next())
        && ends_well(part.bytes().last())
        && separators.into_iter().all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
fn is_tag(tag: &str) -> bool {
    let first = tag.bytes().next();
    tag.len() <= TAG_BYTES_MAX
        && first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_reference_is_read_and_prints_back() {
        for (text, wanted) in [
            ("oci://registry.example/org/tool", "latest"),
            ("oci://registry.example/org/tool:1.0", "1.0"),
            ("oci://localhost:5000/tool:v1", "v1"),
            ("oci://[::1]:5000/a/b/c-d__e.f:_x", "_x"),
            (&format!("oci://registry.example/org/tool@{DIGEST}"), DIGEST),
            (
                &format!("oci://registry.example/org/tool:1.0@{DIGEST}"),
                DIGEST,
            ),
        ] {
            let read: Reference = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(read.wanted(), wanted);
        }
        let read: Reference = "oci://Registry.EXAMPLE:443/tool".parse().unwrap();
        assert_eq!(read.registry(), "registry.example:443");
        assert_eq!(read.name(), "tool");
    }

    #[test]
    fn what_could_leave_its_place_is_refused() {
        for text in [
            "",
            "oci://",
            "oci://registry.example",
            "oci://registry.example/",
            "oci:///tool",
            "registry.example/tool",
            "oci://user@registry.example/tool",
            "oci://registry.example/../tool",
            "oci://registry.example/a//b",
            "oci://registry.example/a/../b",
            "oci://registry.example/a%2fb",
            "oci://registry.example/Tool",
            "oci://registry.example/-tool",
            "oci://registry.example/tool-",
            "oci://registry.example/to..ol",
            "oci://registry.example/to___ol",
            "oci://registry.example/tool?x",
            "oci://registry.example/tool#x",
            "oci://registry.example/tool:",
            "oci://registry.example/tool:.x",
            "oci://registry.example/tool:a/b",
            "oci://registry.example/tool:a:b",
            "oci://registry.example/tool@",
            "oci://registry.example/tool@sha256:0",
            "oci://registry.example/tool@sha512:00",
            "oci://2130706433/tool",
            "oci://0x7f.1/tool",
            "oci://registry.example:0/tool",
            "oci://registry.example/tool\r\nhost: evil",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text:?}");
        }
        let long = format!("oci://registry.example/{}", "a".repeat(256));
        assert!(long.parse::<Reference>().is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_prints_as_itself(text in "oci://[a-z0-9.:/@_-]{1,40}") {
            if let Ok(read) = text.parse::<Reference>() {
                let again: Reference = read.to_string().parse().unwrap();
                prop_assert_eq!(&again, &read);
                prop_assert!(!read.to_string().contains(".."));
            }
        }
    }
}
