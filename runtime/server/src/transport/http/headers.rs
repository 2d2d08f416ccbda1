//! What a request says of itself twice: in its headers and in its body.
//!
//! Owns that both say the same, so that whoever routes by headers and whoever reads the body see one
//! request (SEP-2243). Only the stateless era has these headers.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use rmcp::model::ProtocolVersion;
use serde_json::Value;

use crate::offer::{Backing, Offer};
use crate::protocol::fault::{self, Fault};
use crate::protocol::frame::{self, Notification, Request};
use crate::protocol::versions;

/// The version that a request is of.
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The header of a parameter begins so.
const PARAM_PREFIX: &str = "mcp-param-";

/// Holds the headers against the body.
///
/// # Errors
///
/// One is missing, there twice, or says something else.
pub(super) fn check(
    headers: &HeaderMap,
    request: &Request,
    offer: &Offer,
    visible: impl FnOnce(&Backing) -> bool,
) -> Result<(), Fault> {
    let version = request.version().unwrap_or_default();
    must_say(headers, &VERSION, version, Coding::Plain)?;
    must_say(headers, &METHOD, &request.method, Coding::Plain)?;
    if let Some(name) = named(request) {
        must_say(headers, &NAME, name, Coding::MayBeEncoded)?;
    }
    if request.method == "tools/call" {
        check_params(headers, request, offer, visible)?;
    }
    Ok(())
}

/// The version that the headers say, if any.
///
/// # Errors
///
/// It is not served.
pub(super) fn version(headers: &HeaderMap) -> Result<Option<ProtocolVersion>, Fault> {
    let Some(value) = headers.get(VERSION) else {
        return Ok(None);
    };
    let name = value.to_str().unwrap_or_default().trim();
    let served = versions::served(name);
    served.map(Some).ok_or_else(|| {
        // Also when it is no text: then it is shown as what can be read of it.
        fault::version(&String::from_utf8_lossy(value.as_bytes()))
    })
}

/// Holds the headers of a message without a version against what is served.
///
/// # Errors
///
/// They name a version that is not.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Fault> {
    version(headers).map(drop)
}

/// Holds the headers against a notification, which need not say its version a second time.
///
/// # Errors
///
/// One is missing, there twice, or says something else; or the version is not served.
pub(super) fn check_notification(
    headers: &HeaderMap,
    notification: &Notification,
) -> Result<(), Fault> {
    let said = single(headers, &VERSION)?.ok_or_else(|| missing(&VERSION))?;
    let params = &notification.params;
    if frame::names_version(params) && frame::version(params) != Some(said) {
        return Err(differs(&VERSION));
    }
    check_version(headers)?;
    must_say(headers, &METHOD, &notification.method, Coding::Plain)
}

/// The name, identifier or task that a request is about.
fn named(request: &Request) -> Option<&str> {
    let member = match request.method.as_str() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
        _ => return None,
    };
    request.params.get(member)?.as_str()
}

/// Parameters that the tool's schema wants repeated.
fn check_params(
    headers: &HeaderMap,
    request: &Request,
    offer: &Offer,
    visible: impl FnOnce(&Backing) -> bool,
) -> Result<(), Fault> {
    let tool = named(request).unwrap_or_default();
    for param in offer.tools.headers(tool, visible) {
        let path = param.path.join("/");
        let Ok(header) = HeaderName::try_from(format!("{PARAM_PREFIX}{}", param.name)) else {
            continue;
        };
        let mut value = request.params.get("arguments");
        for member in &param.path {
            value = value.and_then(|value| value.get(member));
        }
        let said = single(headers, &header)?;
        match (value.and_then(text), said) {
            (None, None) => {}
            (None, Some(_)) => {
                let text = format!("`{header}` is there, and `{path}` is not");
                return Err(fault::header(text));
            }
            (Some(_), None) => {
                return Err(fault::header(format!(
                    "`{header}` is missing, which repeats `{path}`"
                )));
            }
            (Some(value), Some(said)) => {
                let said = decode(&header, said)?;
                let same = said == value || same_number(&said, &value);
                if !same {
                    return Err(differs(&header));
                }
            }
        }
    }
    Ok(())
}

/// A value as a header has it; nothing for what is not there.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether both are the same number, however it is written.
fn same_number(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    matches!((number(one), number(other)), (Some(one), Some(other)) if one.total_cmp(&other).is_eq())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Plain,
    MayBeEncoded,
}

fn must_say(
    headers: &HeaderMap,
    header: &HeaderName,
    expected: &str,
    coding: Coding,
) -> Result<(), Fault> {
    let said = single(headers, header)?.ok_or_else(|| missing(header))?;
    let said = match coding {
        Coding::Plain => Cow::Borrowed(said),
        Coding::MayBeEncoded => decode(header, said)?,
    };
    if said == expected {
        Ok(())
    } else {
        Err(differs(header))
    }
}

/// The one value of a header.
fn single<'h>(headers: &'h HeaderMap, header: &HeaderName) -> Result<Option<&'h str>, Fault> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(fault::header(format!(
            "the header `{header}` is there twice"
        )));
    }
    let text = value.to_str().map_err(|_| {
        fault::header(format!(
            "the header `{header}` has characters that no header may have"
        ))
    })?;
    Ok(Some(text.trim()))
}

/// A value that may be wrapped, because headers hold little beyond ASCII: `=?base64?…?=`.
fn decode<'v>(header: &HeaderName, value: &'v str) -> Result<Cow<'v, str>, Fault> {
    let Some(encoded) = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="))
    else {
        return Ok(Cow::Borrowed(value));
    };
    STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Cow::Owned)
        .ok_or_else(|| fault::header(format!("the header `{header}` is not valid base64")))
}

fn missing(header: &HeaderName) -> Fault {
    fault::header(format!("the header `{header}` is missing"))
}

fn differs(header: &HeaderName) -> Fault {
    fault::header(format!(
        "the header `{header}` says something else than the body"
    ))
}
