//! JSON to component values, in one pass driven by the type.
//!
//! Owns what a tool's caller may write and the words that say where it went wrong. Works on JSON
//! text and on parsed JSON alike; on text, nothing is parsed twice and duplicate names are seen.

mod compound;
mod fields;
mod reading;
mod scalar;
mod value;

use std::fmt;

use ringfence_tool::{Field, FunctionName};
use serde::de::Deserializer;
use thiserror::Error;
use wasmtime::component::Val;

use self::fields::Fields;
use self::reading::{Reading, VALUES_MAX};

/// The arguments of one call, checked against the types of one function.
#[derive(Debug)]
pub struct Arguments {
    pub(crate) function: FunctionName,
    pub(crate) values: Vec<Val>,
}

/// Arguments that do not fit: where, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid arguments at `{path}`: {message}")]
pub struct ArgumentError {
    /// Where, as a JSON pointer; `/` alone for the arguments as a whole.
    pub path: String,
    /// What was expected, and what was there.
    pub message: String,
}

/// Reads the arguments for `params` from a JSON object.
pub(crate) fn read<'de, D: Deserializer<'de>>(
    params: &[Field],
    json: D,
) -> Result<Vec<Val>, ArgumentError>
where
    D::Error: fmt::Display,
{
    let mut reading = Reading {
        path: Vec::new(),
        fault: None,
        values_left: VALUES_MAX,
    };
    let fields = Fields {
        known: params,
        of: "argument",
        reading: &mut reading,
    };
    json.deserialize_any(fields)
        .map_err(|error| reading.error(&error))
        .map(|fields| fields.into_iter().map(|(_, value)| value).collect())
}
