//! The component's exports: translates between WIT's types and the modules', and nothing else.

use crate::scan;
use crate::wasi::Host;

pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: ["../wasi/io.wit", "../wasi/clocks.wit", "../wasi/sockets.wit", "wit"],
        world: "ringfence:netscan/netscan",
        generate_all,
    });
}

use bindings::{Guest, OpenPort, Report};

struct Netscan;

impl Guest for Netscan {
    fn scan(
        targets: Vec<String>,
        ports: Vec<String>,
        timeout_ms: Option<u32>,
    ) -> Result<Report, String> {
        let report = scan::scan(&Host, &targets, &ports, timeout_ms)?;
        let open = report.open.iter().map(|peer| OpenPort {
            address: peer.ip().to_string(),
            port: peer.port(),
        });
        Ok(Report {
            open: open.collect(),
            closed: report.closed,
            silent: report.silent,
            unreachable: report.unreachable,
            denied: report.denied,
        })
    }
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Netscan with_types_in super::bindings);
    use super::Netscan;
}
