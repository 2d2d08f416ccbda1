//! Redirects, for parts of the host.
//!
//! Owns what is sent again, and what is not: each hop is asked for anew, and what was meant for one
//! origin does not reach another. A guest gets the redirect itself.

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN,
    REFERER,
};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use url::Url;

use crate::body::ResponseBody;
use crate::destination::{Destination, Scheme, shown};
use crate::error::{EgressError, Malformed};
use crate::outgoing::{Outgoing, Timeouts};
use crate::target::Target;

impl Outgoing {
    /// Sends one request, and follows where its responses lead. Every hop is one more request: it is
    /// asked for, looked up, classified and counted like the first. From HTTPS nothing leads to HTTP.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and when a redirect leads nowhere, down to HTTP, or too far.
    pub async fn follow(
        &self,
        request: Request<Bytes>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, EgressError> {
        let (mut parts, mut body) = request.into_parts();
        let mut left = self.limits().redirects;
        loop {
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = parts.method.clone();
            *request.uri_mut() = parts.uri.clone();
            *request.headers_mut() = parts.headers.clone();
            let response = self.send(request, timeouts).await?;
            let Some(next) = leads_to(&parts.uri, &response)? else {
                return Ok(response);
            };
            left = left
                .checked_sub(1)
                .ok_or(EgressError::Exhausted("redirects"))?;
            let crosses = origin(&parts.uri)? != origin(&next)?;
            if becomes_get(&parts.method, response.status()) {
                parts.method = Method::GET;
                body = Bytes::new();
                forget(&mut parts.headers, |name| {
                    [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE].contains(name)
                });
            }
            if crosses {
                let secret: Vec<_> = parts
                    .headers
                    .iter()
                    .filter(|(_, value)| value.is_sensitive())
                    .map(|(name, _)| name.clone())
                    .collect();
                forget(&mut parts.headers, |name| {
                    [AUTHORIZATION, COOKIE, ORIGIN, REFERER].contains(name) || secret.contains(name)
                });
            }
            parts.uri = next;
        }
    }
}

/// Where a response leads, if it does.
fn leads_to<B>(from: &Uri, response: &Response<B>) -> Result<Option<Uri>, EgressError> {
    const REDIRECTS: [StatusCode; 5] = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    if !REDIRECTS.contains(&response.status()) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(location.as_bytes());
    let refused = || EgressError::Redirect(shown(&text));
    let to = Url::parse(&from.to_string())
        .and_then(|base| base.join(&text))
        .map_err(|_| refused())?;
    let to = Target::uri(&to).map_err(|_| refused())?;
    let (before, after) = (origin(from)?, origin(&to).map_err(|_| refused())?);
    if before.scheme() == Scheme::Https && after.scheme() == Scheme::Http {
        return Err(refused());
    }
    Ok(Some(to))
}

fn origin(uri: &Uri) -> Result<Destination, Malformed> {
    let scheme = uri.scheme_str().unwrap_or_default().parse()?;
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    Ok(Destination::parse(scheme, authority)?)
}

/// Whether the next request has no body, as browsers have it.
fn becomes_get(method: &Method, status: StatusCode) -> bool {
    match status {
        StatusCode::SEE_OTHER => !matches!(*method, Method::GET | Method::HEAD),
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}

fn forget(headers: &mut HeaderMap, is_meant: impl Fn(&http::HeaderName) -> bool) {
    let names: Vec<_> = headers
        .keys()
        .filter(|name| is_meant(name))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(from: &str, status: u16, to: &str) -> Result<Option<String>, String> {
        let response = Response::builder().status(status).header(LOCATION, to);
        let led = leads_to(&from.parse().unwrap(), &response.body(()).unwrap());
        match led {
            Ok(uri) => Ok(uri.map(|uri| uri.to_string())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn nothing_leads_from_https_to_http() {
        for (from, to, may) in [
            ("https://a.example/", "http://a.example/", false),
            ("https://a.example/", "HTTP://b.example/", false),
            ("https://a.example/", "https://b.example/", true),
            ("http://a.example/", "https://a.example/", true),
            ("http://a.example/", "http://b.example/", true),
        ] {
            let led = next(from, 302, to);
            assert_eq!(led.is_ok(), may, "{from} to {to}: {led:?}");
        }
        assert_eq!(
            next("https://a.example/", 302, "http://b.example/x").unwrap_err(),
            "the redirect to `http://b.example/x` cannot be followed"
        );
    }

    #[test]
    fn some_statuses_lead_somewhere() {
        for status in 200..400 {
            let led = next("https://a.example/b/c", status, "d?e#f").unwrap();
            let leads = [301, 302, 303, 307, 308].contains(&status);
            let expected = leads.then(|| "https://a.example/b/d?e".to_owned());
            assert_eq!(led, expected, "{status}");
        }
    }
}
