//! Constraints on parameters that WIT types cannot say, from the component's manifest.
//!
//! Owns their check against values that are already of the right type. The same constraints stand in
//! the input schema, so that a client can hold them before it calls.

use ringfence_tool::{Field, Function, Manifest};
use wasmtime::component::Val;

use crate::arguments::ArgumentError;
