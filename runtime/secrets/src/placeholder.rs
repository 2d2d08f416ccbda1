//! What a guest has in place of a secret.
//!
//! Owns the form `{{secret:NAME}}`, and the one place where it becomes a value: the value of a header
//! that policy bound the secret to, in a request to the host that it is bound to. In any other header a
//! request with it is not sent, which is the sandbox's business; anywhere else a placeholder is ordinary
//! text, and harmless.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::name::{NAME_BYTES_MAX, SecretName};
use crate::secrets::{TenantSecrets, Unusable};

const OPEN: &str = "{{secret:";
const CLOSE: &str = "}}";

/// The most placeholders in one header. A guest could otherwise have a long value repeated until the
/// request fills the host's memory.
const PLACEHOLDERS_MAX: usize = 4;

/// The placeholder of a secret: what its guests find in the environment variable of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholder<'n>(pub &'n SecretName);

impl fmt::Display for Placeholder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OPEN}{}{CLOSE}", self.0)
    }
}

/// Why a header cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unfilled {
    /// There are too many placeholders.
    #[error("a header has at most {PLACEHOLDERS_MAX} placeholders of secrets")]
    TooMany,
    /// A secret that is bound to this header cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

impl Placeholder<'_> {
    /// The names of the secrets that `text` has placeholders of, in their order. No more than any header
    /// may have, and one more than that.
    pub fn names(text: &[u8]) -> Vec<SecretName> {
        let mut names = Vec::new();
        let mut rest = text;
        while let Some(Found { name, after, .. }) = next(rest) {
            names.extend(name);
            if names.len() > PLACEHOLDERS_MAX {
                break;
            }
            rest = after;
        }
        names
    }

    /// Puts values in place of placeholders in the value of a header, for those secrets that are
    /// `bound` to this header of this request. Others stay as they are.
    ///
    /// Nothing is returned when there is nothing to do.
    ///
    /// # Errors
    ///
    /// A secret that is bound is not there, or cannot be in a header.
    pub fn fill(
        header: &[u8],
        secrets: &TenantSecrets,
        bound: impl Fn(&SecretName) -> bool,
    ) -> Result<Option<Filled>, Unfilled> {
        let mut pieces: Vec<&[u8]> = Vec::new();
        let mut names = Vec::new();
        let mut rest = header;
        while let Some(Found {
            before,
            name,
            after,
        }) = next(rest)
        {
            if let Some(name) = name.filter(|name| bound(name)) {
                if names.len() >= PLACEHOLDERS_MAX {
                    return Err(Unfilled::TooMany);
                }
                pieces.push(before);
                pieces.push(secrets.header_for(&name)?.expose());
                names.push(name);
            } else {
                let passed = rest.len() - after.len();
                pieces.extend(rest.get(..passed));
            }
            rest = after;
        }
        if names.is_empty() {
            return Ok(None);
        }
        pieces.push(rest);
        // In one piece of memory: one that grows would leave its start behind.
        let value = Zeroizing::new(pieces.concat());
        Ok(Some(Filled { value, names }))
    }
}

/// The value of a header with secrets in it. Wiped when dropped.
pub struct Filled {
    value: Zeroizing<Vec<u8>>,
    names: Vec<SecretName>,
}

impl Filled {
    /// The bytes of the header's value.
    pub fn expose(&self) -> &[u8] {
        &self.value
    }

    /// Which secrets are in it, for the receipt.
    pub fn names(&self) -> &[SecretName] {
        &self.names
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filled")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

struct Found<'h> {
    before: &'h [u8],
    /// Nothing when what stands there is no name.
    name: Option<SecretName>,
    after: &'h [u8],
}

/// The first thing in `text` that begins as a placeholder does.
fn next(text: &[u8]) -> Option<Found<'_>> {
    let at = find(text, OPEN.as_bytes())?;
    let (before, rest) = text.split_at_checked(at)?;
    let rest = rest.get(OPEN.len()..)?;
    // No further than a name can reach: looking to the end each time would take for ever.
    let near = rest.get(..NAME_BYTES_MAX + CLOSE.len()).unwrap_or(rest);
    let ends = find(near, CLOSE.as_bytes());
    let name = ends
        .and_then(|end| rest.get(..end))
        .and_then(|name| std::str::from_utf8(name).ok())
        .and_then(|name| name.parse().ok());
    let after = match (&name, ends) {
        (Some(_), Some(end)) => rest.get(end + CLOSE.len()..)?,
        // Only the opening is passed over: a placeholder may begin within what is none.
        _ => rest,
    };
    Some(Found {
        before,
        name,
        after,
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SecretValue;

    fn fill(header: &str) -> Result<Option<String>, Unfilled> {
        let value = |text: &str| SecretValue::new(text.into()).unwrap();
        let secrets = TenantSecrets::new(
            [
                ("A".parse().unwrap(), value("value-of-a")),
                ("B".parse().unwrap(), value("value-of-b")),
            ]
            .into(),
        );
        let filled = Placeholder::fill(header.as_bytes(), &secrets, |name| name.as_str() != "B")?;
        Ok(filled.map(|filled| String::from_utf8(filled.expose().to_vec()).unwrap()))
    }

    #[test]
    fn only_what_is_bound_is_filled_in() {
        let filled = |header: &str| fill(header).unwrap();
        assert_eq!(filled("Bearer {{secret:A}}").unwrap(), "Bearer value-of-a");
        assert_eq!(
            filled("{{secret:B}}{{secret:A}}, {{secret:A}};").unwrap(),
            "{{secret:B}}value-of-a, value-of-a;"
        );
        assert_eq!(
            filled("{{secret:{{secret:A}}").unwrap(),
            "{{secret:value-of-a"
        );
        for header in [
            "",
            "Bearer x",
            "{{secret:B}}",
            "{{secret:A}",
            "{{secret:}}",
            "{{secret:a b}}",
        ] {
            assert_eq!(filled(header), None, "{header}");
        }
        assert_eq!(
            Placeholder(&"A".parse().unwrap()).to_string(),
            "{{secret:A}}"
        );
    }

    #[test]
    fn the_names_in_a_text_are_found_up_to_a_number() {
        let names = |text: &str| -> Vec<String> {
            let names = Placeholder::names(text.as_bytes()).into_iter();
            names.map(|name| name.to_string()).collect()
        };
        assert_eq!(names("{{secret:A}}x{{secret:{{secret:B}}"), ["A", "B"]);
        assert!(names("Bearer {{secret:}} {{secret:a b}} {{secret:A}").is_empty());
        let many = names(&"{{secret:A}}".repeat(1000));
        assert_eq!(many.len(), PLACEHOLDERS_MAX + 1);
    }

    #[test]
    fn what_is_bound_and_not_there_is_an_error() {
        let error = fill("Bearer {{secret:C}}").unwrap_err();
        assert_eq!(
            error,
            Unfilled::Unusable(Unusable::Unknown("C".parse().unwrap()))
        );
        assert_eq!(fill(&"{{secret:A}}".repeat(5)), Err(Unfilled::TooMany));
        assert!(fill(&"{{secret:A}}".repeat(4)).is_ok());
    }
}
