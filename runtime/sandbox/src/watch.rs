//! What a guest wants where nothing asks a policy for it.
//!
//! Owns four places: the environment, which a guest reads whole, headers with a placeholder of a secret,
//! clocks, and the standard streams. Tells whoever listens to the policy, and nobody where nobody does.
//! Changes nothing.

use http::{HeaderMap, Uri};
use ringfence_policy::{Access, Capability, Effective, Kind};
use ringfence_secrets::Placeholder;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;
use wasmtime_wasi::cli::WasiCliView as _;
use wasmtime_wasi::p2::bindings::cli::environment::Host as _;

use crate::guest::Guest;

/// The interface of which one function is linked anew.
const ENVIRONMENT: &str = "wasi:cli/environment@0.2.12";

/// Puts an ear to the engine's environment.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker.instance(ENVIRONMENT)?.func_wrap(
        "get-environment",
        |mut store: StoreContextMut<'_, Guest>, (): ()| {
            let guest = store.data_mut();
            environment(guest.granted.effective());
            Ok((guest.cli().get_environment()?,))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// A guest read its variables. Which of them it looked at nobody sees: those that it asks for by name.
fn environment(effective: &Effective) {
    if !effective.is_watched() {
        return;
    }
    let requests = effective.reach().requests().unwrap_or_default();
    let mut is_named = false;
    for request in requests {
        if let Capability::Env(name) = request {
            is_named = true;
            effective.saw(|| Access::Named(Kind::Env, name.to_string()));
        }
    }
    if !is_named {
        effective.saw(|| Access::Any(Kind::Env));
    }
}

/// A guest used something that works without a grant as well, only less well: a clock, or standard output.
/// Whoever asks for nothing there is content with that.
pub(crate) fn used(effective: &Effective, kind: Kind) {
    if !effective.is_watched() {
        return;
    }
    let requests = effective.reach().requests().unwrap_or_default();
    if requests.iter().any(|request| request.kind() == kind) {
        effective.saw(|| Access::Any(kind));
    }
}

/// A guest printed so many bytes.
pub(crate) fn printed(effective: &Effective, bytes: u64) {
    if bytes > 0 {
        used(effective, Kind::Stdout);
    }
}

/// A guest sends these headers to this place.
pub(crate) fn sending(effective: &Effective, headers: &HeaderMap, to: &Uri) {
    let (Some(host), true) = (to.host(), effective.is_watched()) else {
        return;
    };
    let scheme = match to.scheme_str() {
        Some("http") => "http",
        _ => "https",
    };
    let port = to
        .port_u16()
        .unwrap_or(if scheme == "http" { 80 } else { 443 });
    for (header, value) in headers {
        for name in Placeholder::names(value.as_bytes()) {
            effective.saw(|| Access::Secret {
                name: name.to_string(),
                scheme,
                host: host.to_ascii_lowercase(),
                port,
                header: header.to_string(),
            });
        }
    }
}
