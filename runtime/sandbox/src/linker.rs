//! What a guest may import.
//!
//! Owns the list. Every WASI 0.2 interface links, because toolchains import far more than a tool
//! uses, and nothing stands behind one until a grant puts it there. What is not on the list does
//! not exist: a component that asks for it is refused before it runs.

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::config;
use crate::files;
use crate::guest::Guest;
use crate::host;
use crate::keyvalue;
use crate::socket;
use crate::watch;

/// Every interface that a guest can import. A test holds this list against the linker, so that a
/// new release of the engine cannot widen it unseen.
pub const IMPORTS: &[&str] = &[
    "ringfence:tool/announce@0.1.0",
    "ringfence:tool/client@0.1.0",
    "ringfence:tool/host@0.1.0",
    "ringfence:tool/tools@0.1.0",
    "ringfence:tool/types@0.1.0",
    "wasi:cli/environment@0.2.12",
    "wasi:cli/exit@0.2.12",
    "wasi:cli/stderr@0.2.12",
    "wasi:cli/stdin@0.2.12",
    "wasi:cli/stdout@0.2.12",
    "wasi:cli/terminal-input@0.2.12",
    "wasi:cli/terminal-output@0.2.12",
    "wasi:cli/terminal-stderr@0.2.12",
    "wasi:cli/terminal-stdin@0.2.12",
    "wasi:cli/terminal-stdout@0.2.12",
    "wasi:clocks/monotonic-clock@0.2.12",
    "wasi:clocks/wall-clock@0.2.12",
    "wasi:config/store@0.2.0-rc.1",
    "wasi:filesystem/preopens@0.2.12",
    "wasi:filesystem/types@0.2.12",
    "wasi:http/outgoing-handler@0.2.12",
    "wasi:http/types@0.2.12",
    "wasi:io/error@0.2.12",
    "wasi:io/poll@0.2.12",
    "wasi:io/streams@0.2.12",
    "wasi:keyvalue/atomics@0.2.0-draft",
    "wasi:keyvalue/batch@0.2.0-draft",
    "wasi:keyvalue/store@0.2.0-draft",
    "wasi:random/insecure-seed@0.2.12",
    "wasi:random/insecure@0.2.12",
    "wasi:random/random@0.2.12",
    "wasi:sockets/instance-network@0.2.12",
    "wasi:sockets/ip-name-lookup@0.2.12",
    "wasi:sockets/network@0.2.12",
    "wasi:sockets/tcp-create-socket@0.2.12",
    "wasi:sockets/tcp@0.2.12",
    "wasi:sockets/udp-create-socket@0.2.12",
    "wasi:sockets/udp@0.2.12",
];

/// The linker of one engine.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    files::add_to_linker(&mut linker)?;
    socket::add_to_linker(&mut linker)?;
    keyvalue::add_to_linker(&mut linker)?;
    config::add_to_linker(&mut linker)?;
    watch::add_to_linker(&mut linker)?;
    host::add_to_linker(&mut linker)?;
    Ok(linker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Profile, engine};

    /// What other hosts offer and this one does not.
    const ABSENT: &[&str] = &[
        "ringfence:tool/completion@0.1.0",
        "ringfence:tool/prompts@0.1.0",
        "ringfence:tool/provider@0.1.0",
        "ringfence:tool/resources@0.1.0",
        "wasi:cli/command@0.2.12",
        "wasi:cli/run@0.2.12",
        "wasi:clocks/timezone@0.2.12",
        "wasi:config/runtime@0.2.0-draft",
        "wasi:filesystem/types@0.3.0",
        "wasi:http/handler@0.3.0",
        "wasi:http/incoming-handler@0.2.12",
        "wasi:http/proxy@0.2.12",
        "wasi:keyvalue/watcher@0.2.0-draft",
        "wasi:sockets/types@0.3.0",
        "wasi:threads/thread-spawn@0.1.0",
        "wasi:tls/types@0.2.0-draft",
        "wasi_snapshot_preview1",
    ];

    /// Whether a name is taken: what is defined cannot be defined again.
    fn is_defined(linker: &mut Linker<Guest>, name: &str) -> bool {
        linker.root().func_wrap(name, |_, (): ()| Ok(())).is_err()
    }

    #[test]
    fn what_a_guest_can_import_is_the_list() {
        let engine = engine(Profile::Small, 1).unwrap();
        let mut linker = linker(&engine).unwrap();
        for name in IMPORTS {
            assert!(
                is_defined(&mut linker, name),
                "`{name}` is on the list and does not link"
            );
        }
        for name in ABSENT {
            assert!(
                !is_defined(&mut linker, name),
                "`{name}` links and is not on the list"
            );
        }
    }
}
