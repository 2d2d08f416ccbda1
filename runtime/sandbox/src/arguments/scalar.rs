//! Values that JSON writes as a number or a string.

use ringfence_tool::{Float, Integer};
use wasmtime::component::Val;

use super::reading::{Reading, VALUES_MAX};

/// The largest integer up to which a JSON number written as `1.0` is exact.
pub(super) const EXACT_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

pub(super) fn integer(width: Integer, value: i128) -> Option<Val> {
    Some(match width {
        Integer::S8 => Val::S8(value.try_into().ok()?),
        Integer::S16 => Val::S16(value.try_into().ok()?),
        Integer::S32 => Val::S32(value.try_into().ok()?),
        Integer::S64 => Val::S64(value.try_into().ok()?),
        Integer::U8 => Val::U8(value.try_into().ok()?),
        Integer::U16 => Val::U16(value.try_into().ok()?),
        Integer::U32 => Val::U32(value.try_into().ok()?),
        Integer::U64 => Val::U64(value.try_into().ok()?),
    })
}

pub(super) fn float(width: Float, value: f64) -> Option<Val> {
    Some(match width {
        Float::F64 => Val::Float64(value),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding is what f32 means"
        )]
        Float::F32 => {
            let rounded = value as f32;
            // Too large for the type: an infinity that nobody wrote.
            if rounded.is_infinite() {
                return None;
            }
            Val::Float32(rounded)
        }
    })
}

pub(super) fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

pub(super) fn bytes<E: serde::de::Error>(text: &str, reading: &mut Reading<'_>) -> Result<Val, E> {
    use base64::Engine as _;
    if text.len() / 4 * 3 > reading.values_left {
        return Err(reading.fault(format!("expected at most {VALUES_MAX} bytes")));
    }
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(bytes) => {
            reading.values_left = reading.values_left.saturating_sub(bytes.len());
            Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
        }
        Err(error) => Err(reading.fault(format!("expected a base64 string: {error}"))),
    }
}
