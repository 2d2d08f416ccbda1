//! Outgoing HTTP of a guest.
//!
//! Owns the way from `wasi:http` to the one way out, and back: what a guest is told when something
//! fails. Where a call may send secrets, responses are scrubbed before it reads them. Refuses to
//! decide anything: egress asks the permit's grants.

mod response;

use std::sync::Arc;

use http::uri::Scheme;
use http_body_util::BodyExt as _;
use ringfence_egress::{EgressError, Malformed, Outgoing, Part, Stage, Timeouts};
use ringfence_secrets::Scrubber;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

use crate::network::Granted;
use crate::watch;

/// Bytes that a guest may write to a body at once. Bounds what the host copies before anything is
/// sent, and so before any limit on the body is met.
const BODY_WRITE_BYTES_MAX: usize = 64 * 1024;

/// Sends the requests of one call.
#[derive(Debug)]
pub(crate) struct Hooks {
    outgoing: Arc<Outgoing>,
    /// Finds secrets in responses, where this call may send any.
    scrubber: Option<Arc<Scrubber>>,
    granted: Arc<Granted>,
}

impl Hooks {
    pub(crate) fn new(outgoing: Arc<Outgoing>, granted: Arc<Granted>) -> Self {
        Self {
            outgoing,
            scrubber: granted.bound().scrubber(),
            granted,
        }
    }
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(ringfence_egress::is_forbidden)
    }

    fn is_supported_scheme(&mut self, scheme: &Scheme) -> bool {
        *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS
    }

    /// Egress sets it, from the destination that it checked.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_WRITE_BYTES_MAX
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        watch::sending(self.granted.effective(), request.headers(), request.uri());
        let outgoing = Arc::clone(&self.outgoing);
        let scrubber = self.scrubber.clone();
        let options = options.unwrap_or_default();
        let timeouts = Timeouts {
            connect: options.connect_timeout,
            first_byte: options.first_byte_timeout,
            between_bytes: options.between_bytes_timeout,
        };
        Box::new(async move {
            let response = outgoing
                .send(request, timeouts)
                .await
                .map_err(|error| told(&error))?;
            let response = response.map(|body| body.map_err(|error| told(&error)).boxed_unsync());
            let response = match scrubber {
                Some(scrubber) => response::scrub(response, scrubber),
                None => response,
            };
            // The body drives its own connection, and closes it when it is dropped.
            let io: Io = Box::new(std::future::ready(Ok(())));
            Ok((response, io))
        })
    }
}

/// What a guest is told. Every place that is denied is one answer: which of a name, an address or a rule
/// stood in the way would tell what the inside of the house looks like. What a request carries to a place
/// that is granted is the guest's own, so there it hears what is missing.
fn told(error: &EgressError) -> Error {
    tracing::debug!(error = error as &dyn std::error::Error, "a request failed");
    match error {
        EgressError::Denied(denied) if denied.told().is_some() => {
            Error::InternalError(denied.told().map(str::to_owned))
        }
        EgressError::Address { .. } | EgressError::Denied(_) => Error::HttpRequestDenied,
        EgressError::Connect(..) => Error::ConnectionRefused,
        EgressError::Exhausted(_) => Error::ConnectionLimitReached,
        EgressError::Malformed(Malformed::ContentLength)
        | EgressError::TooLarge(Part::RequestBody) => Error::HttpRequestBodySize(None),
        EgressError::Malformed(Malformed::Method(_)) => Error::HttpRequestMethodInvalid,
        EgressError::Malformed(Malformed::Header(_) | Malformed::Trailers) => {
            Error::HttpRequestHeaderSize {
                field_name: None,
                field_size: None,
            }
        }
        EgressError::Malformed(_) => Error::HttpRequestUriInvalid,
        EgressError::Resolve(..) => Error::DnsError {
            rcode: None,
            info_code: None,
        },
        EgressError::Timeout(_, Stage::Connect) => Error::ConnectionTimeout,
        EgressError::Timeout(_, Stage::FirstByte | Stage::BetweenBytes) => {
            Error::ConnectionReadTimeout
        }
        EgressError::Timeout(_, Stage::Total) => Error::HttpResponseTimeout,
        EgressError::Tls(..) => Error::TlsCertificateError,
        EgressError::TooLarge(Part::RequestHead) => Error::HttpRequestHeaderSectionSize(None),
        EgressError::TooLarge(Part::ResponseHead) => Error::HttpResponseHeaderSectionSize(None),
        EgressError::TooLarge(Part::ResponseBody) => Error::HttpResponseBodySize(None),
        _ => Error::HttpProtocolError,
    }
}
