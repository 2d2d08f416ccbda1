//! Outgoing HTTP: none.
//!
//! Many toolchains import `wasi:http` whether the tool uses it or not, so the interface must link.
//! Behind it stands a refusal. Network grants will replace this with the one egress module.

use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Refuses every request.
#[derive(Debug)]
pub(crate) struct Denied;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for Denied {
    fn send_request(
        &mut self,
        _request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
