//! What the body of a decision says.
//!
//! Owns its members, what each may be, and the words for one that is not.

use std::time::Duration;

use axum::body::Bytes;
use ringfence_state::{Extent, Given};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::echo::echo;
use crate::json::{self, JsonFault};

/// The longest that a yes for a time holds. Longer ones end with the tool instead.
pub const GIVEN_FOR_MAX: Duration = Duration::from_hours(24 * 30);

/// Who is recorded as having decided, where no name is given.
const OPERATOR: &str = "the admin listener";

/// Characters of the name of who decided. Bounds what one decision keeps.
const BY_CHARS_MAX: usize = 128;

/// What a yes can say.
const OF_YES: &[&str] = &["by", "extent", "seconds", "any_arguments"];

/// What a no, or taking one of both back, can say.
const OF_NO: &[&str] = &["by"];

/// A yes.
#[derive(Debug)]
pub(super) struct Decision {
    /// Who decides.
    pub(super) by: String,
    pub(super) given: Given,
}

/// What is wrong with a body.
#[derive(Debug, Error)]
pub(super) enum Unfit {
    /// No JSON.
    #[error("the body must be a JSON object, or empty: {0}")]
    Json(#[from] JsonFault),
    /// JSON, but no object.
    #[error("the body must be a JSON object, or empty")]
    NoObject,
    /// A member that is none.
    #[error("`{name}` is nothing that belongs here: allowed are {}", quoted(.allowed))]
    Unknown {
        name: String,
        allowed: &'static [&'static str],
    },
    /// A member that is something else than it may be.
    #[error("`{name}` must be {must}")]
    Wrong {
        name: &'static str,
        must: &'static str,
    },
}

impl Decision {
    /// A yes, as a body says it. An empty one says: once, with these arguments.
    ///
    /// # Errors
    ///
    /// A member is unknown, or nothing that it may be.
    pub(super) fn read(body: &Bytes) -> Result<Self, Unfit> {
        let members = members(body, OF_YES)?;
        let any_arguments = match members.get("any_arguments") {
            None => false,
            Some(Value::Bool(any)) => *any,
            Some(_) => return Err(wrong("any_arguments", "`true` or `false`")),
        };
        Ok(Self {
            by: by(&members)?,
            given: Given {
                extent: extent(&members)?,
                any_arguments,
            },
        })
    }

    /// Who decides, where there is nothing else to say.
    ///
    /// # Errors
    ///
    /// There is something else, or it is no name.
    pub(super) fn who(body: &Bytes) -> Result<String, Unfit> {
        by(&members(body, OF_NO)?)
    }
}

fn members(body: &Bytes, allowed: &'static [&'static str]) -> Result<Map<String, Value>, Unfit> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let text = std::str::from_utf8(body).map_err(|_| Unfit::NoObject)?;
    let Value::Object(members) = json::parse(text)? else {
        return Err(Unfit::NoObject);
    };
    match members
        .keys()
        .find(|name| !allowed.contains(&name.as_str()))
    {
        Some(name) => Err(Unfit::Unknown {
            name: echo(name),
            allowed,
        }),
        None => Ok(members),
    }
}

fn by(members: &Map<String, Value>) -> Result<String, Unfit> {
    match members.get("by") {
        None => Ok(OPERATOR.to_owned()),
        Some(Value::String(by)) => Ok(by.chars().take(BY_CHARS_MAX).collect()),
        Some(_) => Err(wrong("by", "a string: the name of who decides")),
    }
}

fn extent(members: &Map<String, Value>) -> Result<Extent, Unfit> {
    let word = match members.get("extent") {
        None => "once",
        Some(Value::String(word)) => word,
        Some(_) => "",
    };
    match (word, members.get("seconds")) {
        ("once", None) => Ok(Extent::Once),
        ("until-changed", None) => Ok(Extent::Unchanged),
        ("for", seconds) => seconds
            .and_then(Value::as_u64)
            .filter(|seconds| (1..=GIVEN_FOR_MAX.as_secs()).contains(seconds))
            .map(|seconds| Extent::For(Duration::from_secs(seconds)))
            .ok_or_else(|| {
                wrong(
                    "seconds",
                    "a whole number from 1 to 2592000, which is 30 days, with the extent `for`",
                )
            }),
        ("once" | "until-changed", Some(_)) => {
            Err(wrong("seconds", "left out unless `extent` is `for`"))
        }
        _ => Err(wrong("extent", "`once`, `for` or `until-changed`")),
    }
}

fn wrong(name: &'static str, must: &'static str) -> Unfit {
    Unfit::Wrong { name, must }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(body: &'static str) -> String {
        let unfit = Decision::read(&Bytes::from_static(body.as_bytes()));
        unfit.unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_allowed() {
        for (body, says) in [
            ("{", "must be a JSON object"),
            ("[]", "must be a JSON object"),
            (r#"{"by": 7}"#, "`by` must be a string"),
            (
                r#"{"extent": "forever"}"#,
                "`extent` must be `once`, `for` or `until-changed`",
            ),
            (r#"{"extent": 1}"#, "`extent` must be"),
            (r#"{"extent": "for"}"#, "`seconds` must be a whole number"),
            (
                r#"{"extent": "for", "seconds": -1}"#,
                "`seconds` must be a whole number",
            ),
            (r#"{"seconds": 5}"#, "`seconds` must be left out"),
            (
                r#"{"any_arguments": "no"}"#,
                "`any_arguments` must be `true` or `false`",
            ),
            (
                r#"{"any-arguments": true}"#,
                "`any-arguments` is nothing that belongs here: allowed are `by`, `extent`",
            ),
        ] {
            assert!(why(body).contains(says), "{body}: {}", why(body));
        }
        assert_eq!(GIVEN_FOR_MAX.as_secs(), 2_592_000);
        let who = Decision::who(&Bytes::from_static(br#"{"extent": "once"}"#));
        let says = who.unwrap_err().to_string();
        assert!(says.ends_with("allowed are `by`"), "{says}");
    }
}
