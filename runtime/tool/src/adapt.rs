//! Core modules for WASI preview 1 → components.
//!
//! Owns the one call into the encoder. A module says what its interface is in `component-type`
//! sections, which bindings generators write. Refuses plain programs: they have no typed function.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use crate::error::ReadError;
use crate::scan::scan;

/// Makes a component of a module that describes its interface in `interfaces`.
///
/// # Errors
///
/// When there is no such description, or the encoder cannot use it.
pub(crate) fn adapt(module: &[u8], interfaces: &[&[u8]]) -> Result<Vec<u8>, ReadError> {
    if interfaces.is_empty() {
        return Err(ReadError::NoInterface);
    }
    // Each description is a binary of its own, which the encoder decodes by recursion.
    for interface in interfaces {
        scan(interface)?;
    }
    encode(module).map_err(ReadError::Adapt)
}

/// Encodes a module as a component, with the preview-1 adapter where it imports that.
pub(crate) fn encode(module: &[u8]) -> Result<Vec<u8>, String> {
    let encode = || {
        ComponentEncoder::default()
            .validate(true)
            .module(module)?
            .adapter(
                WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
            )?
            .encode()
    };
    // The encoder was written for authors' own builds, and asserts what they would never do. A
    // stranger's module may; that must cost the module, not the process.
    match catch_unwind(AssertUnwindSafe(encode)) {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(_) => Err("the encoder gave up on it".to_owned()),
    }
}
