//! The component's exports.

use crate::{file, http, socket};

pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: [
            "../wasi/io.wit",
            "../wasi/clocks.wit",
            "../wasi/random.wit",
            "../wasi/filesystem.wit",
            "../wasi/sockets.wit",
            "../wasi/cli.wit",
            "../wasi/http.wit",
            "wit",
        ],
        world: "ringfence:probe/probe",
        generate_all,
    });
}

use bindings::{Answer, Field, Guest, Peer, Step};

struct Probe;

impl Guest for Probe {
    fn request(
        method: String,
        scheme: Option<String>,
        authority: Option<String>,
        path: Option<String>,
        headers: Option<Vec<Field>>,
        body: Option<String>,
        trailers: Option<Vec<Field>>,
        timeout_ms: Option<u64>,
    ) -> Result<Answer, String> {
        let request = http::Request {
            method,
            scheme,
            authority,
            path,
            headers: headers.unwrap_or_default(),
            body,
            trailers,
            timeout_ms,
        };
        request.send()
    }

    fn tcp(to: Peer, data: String) -> Result<String, String> {
        socket::tcp(&to, &data)
    }

    fn udp(connected: Option<Peer>, to: Option<Peer>, data: String) -> Result<u64, String> {
        socket::udp(connected.as_ref(), to.as_ref(), data)
    }

    fn lookup(name: String) -> Result<Vec<String>, String> {
        socket::lookup(&name)
    }

    fn listen(at: Peer) -> Result<(), String> {
        socket::listen(&at)
    }

    fn file(steps: Vec<Step>) -> Vec<String> {
        let mut hands = file::Hands::new();
        steps.iter().map(|step| hands.take(step)).collect()
    }
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Probe with_types_in super::bindings);
    use super::Probe;
}
