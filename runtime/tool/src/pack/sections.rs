//! Custom sections of a component: taking them out, putting them in.
//!
//! Owns the outermost level of the binary format. Refuses to know what the sections say.

use std::borrow::Cow;

use wasm_encoder::{CustomSection, Encode as _, Section as _};
use wasmparser::BinaryReader;

use crate::error::ReadError;

/// Bytes of `\0asm` and the version.
const HEADER_BYTES: usize = 8;
const CUSTOM: u8 = 0;

/// A copy of `component` without the custom sections called `names`.
pub(super) fn without(component: &[u8], names: &[&str]) -> Result<Vec<u8>, ReadError> {
    let mut reader = BinaryReader::new(component, 0);
    let mut copy = Vec::with_capacity(component.len());
    copy.extend_from_slice(reader.read_bytes(HEADER_BYTES)?);
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8()?;
        let mut body = reader.read_reader()?;
        let end = reader.original_position();
        if id == CUSTOM && names.contains(&body.read_string()?) {
            continue;
        }
        copy.extend_from_slice(component.get(start..end).unwrap_or_default());
    }
    Ok(copy)
}

/// Appends a custom section.
pub(super) fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection {
        name: Cow::Borrowed(name),
        data: Cow::Borrowed(data),
    };
    component.push(section.id());
    section.encode(component);
}
