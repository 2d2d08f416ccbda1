//! What a parameter must satisfy beyond its type.
//!
//! Owns checking an argument, and saying in a schema what is checked. Refuses to know the type:
//! whether a constraint makes sense for it was settled when the manifest was checked.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::pattern::Pattern;

/// What a parameter must satisfy.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Constraints {
    /// What the parameter is, for the model.
    pub description: Option<Arc<str>>,
    /// Fewest characters of a string.
    pub min_length: Option<u64>,
    /// Most characters of a string.
    pub max_length: Option<u64>,
    /// What a string must match.
    pub pattern: Option<Pattern>,
    /// The smallest number.
    pub minimum: Option<Number>,
    /// The largest number.
    pub maximum: Option<Number>,
    /// Fewest elements of a list.
    pub min_items: Option<u64>,
    /// Most elements of a list.
    pub max_items: Option<u64>,
    /// The only values that are accepted. `enum` in the manifest.
    pub choices: Option<Vec<Value>>,
    /// What a missing argument is taken to be.
    pub default: Option<Value>,
    /// Values to learn from.
    pub examples: Vec<Value>,
    pub(super) line: usize,
}

/// An argument that breaks a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{param}`: {message}")]
pub struct ArgumentError {
    /// Which parameter.
    pub param: String,
    /// What it should have been.
    pub message: String,
}

impl Constraints {
    /// Checks an argument. One of another type than a constraint speaks of passes: the type is
    /// checked on its own.
    ///
    /// # Errors
    ///
    /// A sentence about the first constraint that is broken, such as `must have at least 1
    /// character`.
    pub fn check(&self, argument: &Value) -> Result<(), String> {
        match argument {
            Value::String(text) => self.check_text(text)?,
            Value::Number(number) => self.check_number(number)?,
            Value::Array(items) => self.check_items(items.len() as u64)?,
            _ => {}
        }
        match &self.choices {
            // Nothing stands for an optional parameter that is left out.
            Some(choices) if !argument.is_null() && !choices.contains(argument) => {
                let choices: Vec<_> = choices.iter().map(ToString::to_string).collect();
                Err(format!("must be one of {}", choices.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), String> {
        let bounded = self.min_length.is_some() || self.max_length.is_some();
        // JSON Schema counts characters, which takes a walk.
        let length = if bounded {
            text.chars().count() as u64
        } else {
            0
        };
        check_bounds(length, self.min_length, self.max_length, "character")?;
        match &self.pattern {
            Some(pattern) if !pattern.is_match(text) => {
                Err(format!("must match the pattern `{}`", pattern.as_str()))
            }
            _ => Ok(()),
        }
    }

    fn check_number(&self, number: &Number) -> Result<(), String> {
        if let Some(minimum) = &self.minimum
            && compare(number, minimum) == Some(Ordering::Less)
        {
            return Err(format!("must be at least {minimum}"));
        }
        if let Some(maximum) = &self.maximum
            && compare(number, maximum) == Some(Ordering::Greater)
        {
            return Err(format!("must be at most {maximum}"));
        }
        Ok(())
    }

    fn check_items(&self, items: u64) -> Result<(), String> {
        check_bounds(items, self.min_items, self.max_items, "item")
    }

    /// Adds what is checked to the schema of the parameter.
    pub(crate) fn describe(&self, schema: &mut Map<String, Value>) {
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                schema.insert(key.to_owned(), value);
            }
        };
        put("description", self.description.as_deref().map(Value::from));
        put("minLength", self.min_length.map(Value::from));
        put("maxLength", self.max_length.map(Value::from));
        put(
            "pattern",
            self.pattern.as_ref().map(|pattern| pattern.as_str().into()),
        );
        put("minimum", self.minimum.clone().map(Value::Number));
        put("maximum", self.maximum.clone().map(Value::Number));
        put("minItems", self.min_items.map(Value::from));
        put("maxItems", self.max_items.map(Value::from));
        put("enum", self.choices.clone().map(Value::Array));
        put("default", self.default.clone());
        put(
            "examples",
            (!self.examples.is_empty()).then(|| Value::Array(self.examples.clone())),
        );
    }
}

fn check_bounds(found: u64, min: Option<u64>, max: Option<u64>, unit: &str) -> Result<(), String> {
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    match (min, max) {
        (Some(min), _) if found < min => {
            Err(format!("must have at least {min} {unit}{}", plural(min)))
        }
        (_, Some(max)) if found > max => {
            Err(format!("must have at most {max} {unit}{}", plural(max)))
        }
        _ => Ok(()),
    }
}

/// Compares exactly where both are integers.
pub(super) fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
