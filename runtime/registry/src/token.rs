//! The token that a registry wants.
//!
//! Owns the exchange: a credential, or nothing, for a token that may pull from one repository. It is sent to
//! where the registry says, over HTTPS, and no redirect is followed with a password in hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ringfence_egress::Limits;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::credential::{Credential, Wiped};
use crate::error::FetchError;
use crate::fetch::Fetcher;
use crate::reach::Aim;

/// Bytes of what a token comes in. Bounds what a host can make us hold.
const TOKEN_BYTES_MAX: u64 = 64 << 10;

/// Who we say we are, where a refresh token asks for that.
const CLIENT: &str = "ringfence";

/// What is left as it is in a form.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Deserialize)]
struct Answer {
    token: Option<Wiped>,
    access_token: Option<Wiped>,
}

/// What a registry asked for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) registry: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) service: Option<&'a str>,
    pub(crate) scope: &'a str,
    pub(crate) aim: Aim,
}

/// Gets a token, as the header that carries it.
pub(crate) async fn get(
    fetcher: &Fetcher,
    asked: &Asked<'_>,
    credential: Option<Credential>,
) -> Result<HeaderValue, FetchError> {
    let challenge = |reason: &str| FetchError::Challenge {
        registry: asked.registry.to_owned(),
        reason: reason.to_owned(),
    };
    let mut realm = Url::parse(asked.realm)
        .map_err(|_| challenge("names no place where that can be proved"))?;
    realm.set_fragment(None);
    let request = match credential {
        Some(Credential::Refresh(token)) => exchange(&realm, asked, &token),
        credential => plain(&mut realm, asked, credential),
    };
    let request = request.ok_or_else(|| challenge("names no place that can be asked"))?;
    let limits = Limits {
        response_bytes: TOKEN_BYTES_MAX,
        ..Limits::default()
    };
    let what = "token";
    let from = asked.registry.to_owned();
    // A token service is often another host, and is told who asks: never a private one of somebody
    // else's choice.
    let outgoing = fetcher.outgoing(asked.registry, limits, asked.aim)?;
    let failed = |source| FetchError::Egress {
        what,
        from: from.clone(),
        source,
    };
    let answered = outgoing.send(request, fetcher.timeouts()).await;
    let response = answered.map_err(failed)?;
    let status = response.status();
    if !status.is_success() {
        return Err(match status.as_u16() {
            401 | 403 => FetchError::Refused(from),
            status => FetchError::Status { what, from, status },
        });
    }
    let bytes = response.into_body().collect().await.map_err(failed)?;
    let bytes = Zeroizing::new(bytes.to_bytes().to_vec());
    let answer: Answer =
        serde_json::from_slice(&bytes).map_err(|_| challenge("what it leads to gives no token"))?;
    let token = answer.token.or(answer.access_token);
    let token = token.map(|Wiped(token)| token);
    let token = token.filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| challenge("what it leads to gives no token"))?;
    bearer(&token).ok_or_else(|| challenge("what it leads to gives a token that is none"))
}

/// Asks for one with a password, or as nobody.
fn plain(
    realm: &mut Url,
    asked: &Asked<'_>,
    credential: Option<Credential>,
) -> Option<Request<Full<Bytes>>> {
    {
        let mut query = realm.query_pairs_mut();
        if let Some(service) = asked.service {
            query.append_pair("service", service);
        }
        query.append_pair("scope", asked.scope);
    }
    let mut request = Request::get(realm.as_str()).header(ACCEPT, "application/json");
    if let Some(Credential::Password { user, password }) = credential {
        request = request.header(AUTHORIZATION, basic(&user, &password)?);
    }
    request.body(Full::default()).ok()
}

/// Buys one for a longer one.
fn exchange(realm: &Url, asked: &Asked<'_>, token: &str) -> Option<Request<Full<Bytes>>> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("service", asked.service.unwrap_or(asked.registry)),
        ("scope", asked.scope),
        ("client_id", CLIENT),
        ("refresh_token", token),
    ];
    let fields = fields.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM)));
    Request::builder()
        .method(Method::POST)
        .uri(realm.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::from(fields.join("&")))
        .ok()
}

/// A name and a password, as a header. No redirect to elsewhere carries it.
pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    secret(&Zeroizing::new(format!("Basic {}", *encoded)))
}

fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&Zeroizing::new(format!("Bearer {token}")))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
