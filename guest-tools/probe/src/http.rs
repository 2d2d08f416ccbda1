//! One request over `wasi:http`.

use crate::guest::bindings::wasi::http::outgoing_handler::handle;
use crate::guest::bindings::wasi::http::types::{
    Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions,
    Scheme,
};
use crate::guest::bindings::wasi::io::streams::StreamError;
use crate::guest::bindings::{Answer, Field};

/// What a stream takes in one write that flushes.
const WRITE_BYTES_MAX: usize = 4096;

/// What is read at once.
const READ_BYTES: u64 = 64 * 1024;

/// A request as the test has it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) scheme: Option<String>,
    pub(crate) authority: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) headers: Vec<Field>,
    pub(crate) body: Option<String>,
    pub(crate) trailers: Option<Vec<Field>>,
    pub(crate) timeout_ms: Option<u64>,
}

impl Request {
    pub(crate) fn send(self) -> Result<Answer, String> {
        let request = OutgoingRequest::new(fields(&self.headers)?);
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            _ => Method::Other(self.method),
        };
        let scheme = self.scheme.map(|scheme| match scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => Scheme::Other(scheme),
        });
        let refused = |what: &'static str| move |()| format!("refused: {what}");
        request.set_method(&method).map_err(refused("method"))?;
        request
            .set_scheme(scheme.as_ref())
            .map_err(refused("scheme"))?;
        let authority = self.authority.as_deref();
        request
            .set_authority(authority)
            .map_err(refused("authority"))?;
        let path = self.path.as_deref();
        request.set_path_with_query(path).map_err(refused("path"))?;
        let options = RequestOptions::new();
        let timeout = self.timeout_ms.map(|ms| ms.saturating_mul(1_000_000));
        options
            .set_connect_timeout(timeout)
            .map_err(refused("timeout"))?;
        options
            .set_first_byte_timeout(timeout)
            .map_err(refused("timeout"))?;
        options
            .set_between_bytes_timeout(timeout)
            .map_err(refused("timeout"))?;

        let body = match &self.body {
            Some(_) => Some(request.body().map_err(refused("body"))?),
            None => None,
        };
        let future = handle(request, Some(options)).map_err(|code| format!("{code:?}"))?;
        if let Some(body) = body {
            // What goes wrong with it is said by the response that does not come.
            let written = write(&body, self.body.unwrap_or_default().as_bytes());
            let trailers = self.trailers.as_deref().map(fields).transpose()?;
            match written {
                Ok(()) => drop(OutgoingBody::finish(body, trailers)),
                Err(_) => drop(body),
            }
        }
        future.subscribe().block();
        match future.get() {
            Some(Ok(Ok(response))) => read(&response),
            Some(Ok(Err(code))) => Err(format!("{code:?}")),
            _ => Err("no answer".into()),
        }
    }
}

fn fields(list: &[Field]) -> Result<Fields, String> {
    let fields = Fields::new();
    for Field { name, value } in list {
        fields
            .append(name, value.as_bytes())
            .map_err(|error| format!("refused: header {name}: {error:?}"))?;
    }
    Ok(fields)
}

fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    let stream = body.write().map_err(|()| StreamError::Closed)?;
    for piece in bytes.chunks(WRITE_BYTES_MAX) {
        stream.blocking_write_and_flush(piece)?;
    }
    Ok(())
}

fn read(response: &IncomingResponse) -> Result<Answer, String> {
    let headers = response.headers().entries();
    let headers = headers.into_iter().map(|(name, value)| Field {
        name,
        value: String::from_utf8_lossy(&value).into_owned(),
    });
    let body: IncomingBody = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    let mut bytes = Vec::new();
    let broke = loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(StreamError::Closed) => break None,
            Err(StreamError::LastOperationFailed(error)) => break Some(error.to_debug_string()),
        }
    };
    Ok(Answer {
        status: response.status(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        broke,
    })
}
