//! Does a manifest fit the component that it is in?
//!
//! Owns the comparison. A manifest that speaks of what is not there, or promises what the types do
//! not allow, is an author's mistake that a model would otherwise make again and again.

use serde_json::Value;

use super::constraints::{Constraints, compare};
use super::{Example, FunctionManifest, Manifest, ManifestError};
use crate::conform::conform;
use crate::interface::{Function, Interface, Payload};
use crate::types::{Field, Type};

/// Compares them.
pub(super) fn check(manifest: &Manifest, interface: &Interface) -> Result<(), ManifestError> {
    for (name, about) in &manifest.functions {
        let function = interface
            .functions
            .iter()
            .find(|function| function.name.as_str() == &**name);
        let Some(function) = function else {
            return Err(missing(about.line, name, interface));
        };
        check_function(about, function)?;
    }
    Ok(())
}

/// Why a function is not among those that can be called.
fn missing(line: usize, name: &str, interface: &Interface) -> ManifestError {
    let mut unavailable = interface.unavailable.iter();
    if let Some(found) = unavailable.find(|found| *found.export.function == *name) {
        return ManifestError::Value {
            line,
            key: name.to_owned(),
            message: format!("cannot be called: {}", found.reason),
        };
    }
    let names = interface
        .functions
        .iter()
        .map(|function| function.name.as_str());
    unknown(line, "function", name, names)
}

fn check_function(about: &FunctionManifest, function: &Function) -> Result<(), ManifestError> {
    for (name, constraints) in &about.params {
        let Some(param) = function.params.iter().find(|param| param.name == *name) else {
            let names = function.params.iter().map(|param| &*param.name);
            return Err(unknown(constraints.line, "parameter", name, names));
        };
        check_param(constraints, param).map_err(|message| ManifestError::Value {
            line: constraints.line,
            key: name.to_string(),
            message,
        })?;
    }
    for example in &about.examples {
        check_example(example, about, function).map_err(|message| ManifestError::Value {
            line: about.line,
            key: "examples".to_owned(),
            message,
        })?;
    }
    Ok(())
}

fn check_param(constraints: &Constraints, param: &Field) -> Result<(), String> {
    let ty = match &param.ty {
        Type::Option(inner) => inner,
        ty => ty,
    };
    let text = matches!(ty, Type::String);
    let list = matches!(ty, Type::List(_));
    let number = matches!(ty, Type::Integer(_) | Type::Float(_));
    let single = text || number || matches!(ty, Type::Char | Type::Enum(_));
    for (given, fits, what) in [
        (
            constraints.min_length.or(constraints.max_length).is_some(),
            text,
            "a length, but is not a string",
        ),
        (
            constraints.pattern.is_some(),
            text,
            "a pattern, but is not a string",
        ),
        (
            constraints.min_items.or(constraints.max_items).is_some(),
            list,
            "a number of items, but is not a list",
        ),
        (
            constraints.minimum.is_some() || constraints.maximum.is_some(),
            number,
            "a range, but is not a number",
        ),
        (
            constraints.choices.is_some(),
            single,
            "an `enum`, but is not a string, character, number or enum",
        ),
    ] {
        if given && !fits {
            return Err(format!("is given {what}"));
        }
    }
    if let (Some(minimum), Some(maximum)) = (&constraints.minimum, &constraints.maximum)
        && compare(minimum, maximum).is_none_or(std::cmp::Ordering::is_gt)
    {
        return Err("has a minimum above its maximum".to_owned());
    }
    // Bounds outside of the type's own would promise more than a call accepts.
    for (name, bound) in [
        ("minimum", &constraints.minimum),
        ("maximum", &constraints.maximum),
    ] {
        if let Some(bound) = bound {
            conform(ty, &Value::Number(bound.clone()))
                .map_err(|fault| format!("has a {name} that {fault}"))?;
        }
    }
    if constraints.choices.as_ref().is_some_and(Vec::is_empty) {
        return Err("has an empty `enum`, which accepts nothing".to_owned());
    }
    let values = constraints
        .choices
        .iter()
        .flatten()
        .chain(&constraints.default)
        .chain(&constraints.examples);
    for value in values {
        conform(ty, value)
            .map_err(|fault| format!("does not accept {value} of its own: it {fault}"))?;
        constraints
            .check(value)
            .map_err(|fault| format!("does not accept {value} of its own: it {fault}"))?;
    }
    Ok(())
}

fn check_example(
    example: &Example,
    about: &FunctionManifest,
    function: &Function,
) -> Result<(), String> {
    for (name, value) in &example.arguments {
        let param = function.params.iter().find(|param| *param.name == **name);
        let param = param.ok_or_else(|| format!("give `{name}`, which is not a parameter"))?;
        conform(&param.ty, value).map_err(|fault| format!("give `{name}`, which {fault}"))?;
        if let Some(constraints) = about.params.get(&**name) {
            constraints
                .check(value)
                .map_err(|fault| format!("give `{name}`, which {fault}"))?;
        }
    }
    for param in &function.params {
        let given = example.arguments.contains_key(&*param.name);
        let filled = about
            .params
            .get(&param.name)
            .is_some_and(|constraints| constraints.default.is_some());
        if !given && !filled && !matches!(param.ty, Type::Option(_)) {
            return Err(format!("leave out `{}`, which is required", param.name));
        }
    }
    match (&example.result, &function.result.ok) {
        (Some(result), Payload::Value(ty)) => {
            conform(ty, result).map_err(|fault| format!("have a result that {fault}"))
        }
        (Some(_), _) => Err("have a result, but the function returns no value".to_owned()),
        (None, _) => Ok(()),
    }
}

fn unknown<'a>(
    line: usize,
    kind: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> ManifestError {
    ManifestError::Unknown {
        line,
        kind,
        name: name.to_owned(),
        nearest: nearest(name, known),
    }
}

/// The name that takes the fewest edits to reach, when that is few enough to be a slip.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // Both are short: a manifest's keys are compared with names of at most 256 bytes.
    let name: String = name.chars().take(64).collect();
    let closest = known.map(|known| (distance(&name, known), known)).min()?;
    (closest.0 <= name.len().div_ceil(3)).then(|| closest.1.to_owned())
}

/// How many insertions, deletions and substitutions lie between two texts.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.chars().enumerate() {
        let mut diagonal = above;
        let mut last = above + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&right) {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = *cell;
            *cell = substituted.min(diagonal + 1).min(last + 1);
            last = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (left, right, edits) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("stats", "stat", 1),
        ] {
            assert_eq!(distance(left, right), edits, "{left} {right}");
        }
    }

    #[test]
    fn only_a_slip_is_suggested() {
        assert_eq!(
            nearest("stat", ["diff", "stats"].into_iter()).as_deref(),
            Some("stats")
        );
        assert_eq!(nearest("frobnicate", ["diff", "stats"].into_iter()), None);
    }
}
