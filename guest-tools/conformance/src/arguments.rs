//! The arguments of a call.
//!
//! The host has held them against the input schema already, so the errors here are for hosts that do
//! not.

use serde_json::{Map, Value};

use crate::bindings::ringfence::tool::types::ToolError;

/// The arguments of a call, by name.
#[derive(Debug)]
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(crate) fn read(json: &str) -> Result<Self, ToolError> {
        serde_json::from_str(json).map(Self).map_err(|error| {
            ToolError::InvalidArgument(format!("the arguments are not a JSON object: {error}"))
        })
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, ToolError> {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| ToolError::InvalidArgument(format!("`{name}` must be a text")))
    }

    pub(crate) fn text_or<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.text(name).unwrap_or(default)
    }

    pub(crate) fn number_or(&self, name: &str, default: f64) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or(default)
    }
}
