//! Requests over `wasi:http`.

use crate::error::Error;
use crate::exchange::{Exchange, Method, Request, Response};
use crate::guest::bindings::wasi::http::outgoing_handler::handle;
use crate::guest::bindings::wasi::http::types::{
    self, ErrorCode, Fields, IncomingResponse, OutgoingBody, OutgoingRequest, Scheme,
};
use crate::guest::bindings::wasi::io::streams::StreamError;
use crate::limits::{BODY_BYTES_MAX, WHY_CHARACTERS_MAX};
use crate::url::Url;

/// What a stream takes in one write that flushes.
const WRITE_BYTES: usize = 4096;

/// What is read at once.
const READ_BYTES: u64 = 64 << 10;

/// The host of this call.
#[derive(Debug)]
pub(crate) struct Host;

impl Exchange for Host {
    fn send(&self, request: &Request) -> Result<Response, Error> {
        let url = &request.url;
        let outgoing = outgoing(request)?;
        let body = match &request.body {
            Some(_) => Some(outgoing.body().map_err(|()| failed(url, "takes no body"))?),
            None => None,
        };
        let future = handle(outgoing, None).map_err(|code| told(request, &code))?;
        if let (Some(body), Some(text)) = (body, &request.body)
            && write(&body, text.as_bytes()).is_ok()
        {
            // What goes wrong with it is said by the response that does not come.
            drop(OutgoingBody::finish(body, None));
        }
        future.subscribe().block();
        match future.get() {
            Some(Ok(Ok(response))) => read(request, &response),
            Some(Ok(Err(code))) => Err(told(request, &code)),
            _ => Err(failed(url, "did not answer")),
        }
    }
}

fn outgoing(request: &Request) -> Result<OutgoingRequest, Error> {
    let Request { url, headers, .. } = request;
    let fields = Fields::new();
    for (name, value) in headers {
        fields
            .append(name, value.as_bytes())
            .map_err(|_| Error::Header(name.chars().take(100).collect()))?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let method = match request.method {
        Method::Get => types::Method::Get,
        Method::Head => types::Method::Head,
        Method::Post => types::Method::Post,
    };
    let scheme = if url.secure {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let wrong = |()| Error::Url(url.to_string());
    outgoing.set_method(&method).map_err(wrong)?;
    outgoing.set_scheme(Some(&scheme)).map_err(wrong)?;
    outgoing
        .set_authority(Some(&url.authority))
        .map_err(wrong)?;
    outgoing
        .set_path_with_query(Some(&url.path))
        .map_err(wrong)?;
    Ok(outgoing)
}

fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    let stream = body.write().map_err(|()| StreamError::Closed)?;
    for piece in bytes.chunks(WRITE_BYTES) {
        stream.blocking_write_and_flush(piece)?;
    }
    Ok(())
}

fn read(request: &Request, response: &IncomingResponse) -> Result<Response, Error> {
    let url = &request.url;
    let headers = response.headers().entries();
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect();
    let mut read = Response {
        status: response.status(),
        headers,
        body: Vec::new(),
        cut: false,
    };
    if request.method == Method::Head {
        return Ok(read);
    }
    let body = response
        .consume()
        .map_err(|()| failed(url, "sent no body"))?;
    let stream = body.stream().map_err(|()| failed(url, "sent no body"))?;
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(piece) => {
                let room = BODY_BYTES_MAX.saturating_sub(read.body.len());
                read.body.extend(piece.iter().take(room));
                if piece.len() > room {
                    read.cut = true;
                    return Ok(read);
                }
            }
            Err(StreamError::Closed) => return Ok(read),
            // What came before may still be worth reading.
            Err(StreamError::LastOperationFailed(_)) if !read.body.is_empty() => {
                read.cut = true;
                return Ok(read);
            }
            Err(StreamError::LastOperationFailed(_)) => {
                return Err(failed(url, "broke off its answer"));
            }
        }
    }
}

fn failed(url: &Url, what: &str) -> Error {
    Error::Failed {
        origin: url.origin(),
        what: what.to_owned(),
    }
}

/// What the host of this call said, in words.
fn told(request: &Request, code: &ErrorCode) -> Error {
    let url = &request.url;
    let what = match code {
        ErrorCode::HttpRequestDenied => {
            return Error::Denied {
                method: if request.method == Method::Post {
                    "POST "
                } else {
                    ""
                }
                .to_owned(),
                origin: url.origin(),
            };
        }
        // The host says so where it alone knows what is missing: a grant of a secret, mostly.
        ErrorCode::InternalError(Some(why)) => {
            return Error::NotSent {
                origin: url.origin(),
                why: why.chars().take(WHY_CHARACTERS_MAX).collect(),
            };
        }
        ErrorCode::HttpRequestUriInvalid => return Error::Url(url.to_string()),
        ErrorCode::HttpRequestHeaderSectionSize(_) => "is sent too many header fields",
        ErrorCode::HttpRequestBodySize(_) => "is sent too long a body",
        ErrorCode::HttpResponseHeaderSectionSize(_) => "sent too many header fields",
        ErrorCode::DnsError(_) | ErrorCode::DnsTimeout => {
            "is not known: is the name spelled right?"
        }
        ErrorCode::ConnectionRefused => "cannot be connected to",
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::HttpResponseTimeout => "took too long to answer",
        ErrorCode::ConnectionLimitReached => "was asked too often by this call",
        ErrorCode::TlsCertificateError | ErrorCode::TlsProtocolError => {
            "cannot prove that it is that host, or does not speak TLS"
        }
        _ => "did not answer as a web server does",
    };
    failed(url, what)
}
