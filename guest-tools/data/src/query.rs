//! `JMESPath` over the model.

use std::collections::BTreeMap;

use jmespath::{Context, DEFAULT_RUNTIME, Rcvar, Variable};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::limits::{Budget, MAX_DEPTH, MAX_EXPRESSION_BYTES};

/// Evaluates `expression` on `value`.
///
/// # Errors
/// When the expression is too long or wrong, or its result too large.
pub fn query(value: Value, expression: &str) -> Result<Value, Error> {
    if expression.len() > MAX_EXPRESSION_BYTES {
        return Err(Error::ExpressionLength(expression.len()));
    }
    if nesting(expression) > MAX_DEPTH {
        return Err(Error::ExpressionDepth);
    }
    let syntax = jmespath::parse(expression).map_err(|error| Error::expression(&error))?;
    // Not `search`: it would copy the data through serde first.
    let mut context = Context::new(expression, &DEFAULT_RUNTIME);
    let data = Rcvar::new(variable(value));
    let found = jmespath::interpret(&data, &syntax, &mut context);
    let found = found.map_err(|error| Error::expression(&error))?;
    model(&found, &mut Budget::default(), 0)
}

/// How deeply the parser recurses, at most. Brackets in quotes count too: nobody needs a hundred.
fn nesting(expression: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for character in expression.chars() {
        match character {
            '(' | '[' | '{' | '!' | '&' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn variable(value: Value) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(value) => Variable::Bool(value),
        Value::Number(value) => Variable::Number(value),
        Value::String(value) => Variable::String(value),
        Value::Array(items) => Variable::Array(
            items
                .into_iter()
                .map(|item| Rcvar::new(variable(item)))
                .collect(),
        ),
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields
                .into_iter()
                .map(|(key, value)| (key, Rcvar::new(variable(value))))
                .collect();
            Variable::Object(fields)
        }
    }
}

/// A result shares its parts: `[@,@]|[@,@]|…` is small there and doubles with each step here.
fn model(found: &Variable, budget: &mut Budget, depth: usize) -> Result<Value, Error> {
    budget.take(1)?;
    if depth > MAX_DEPTH {
        return Err(Error::Depth);
    }
    Ok(match found {
        Variable::Null => Value::Null,
        Variable::Bool(value) => Value::Bool(*value),
        Variable::Number(value) => Value::Number(value.clone()),
        Variable::String(value) => Value::String(value.clone()),
        Variable::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| model(item, budget, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Variable::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| Ok((key.clone(), model(value, budget, depth + 1)?)))
                .collect::<Result<Map<_, _>, Error>>()?,
        ),
        Variable::Expref(_) => {
            return Err(Error::Expression(
                "`&expression` is an argument of functions such as `sort_by`, not a value".into(),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selects_filters_and_reshapes() {
        let people = json!({"people": [{"name": "Ann", "age": 41}, {"name": "Bo", "age": 7}]});
        let ask = |expression| query(people.clone(), expression).unwrap();
        assert_eq!(ask("people[?age > `30`].name"), json!(["Ann"]));
        assert_eq!(ask("sort_by(people, &age)[0].name"), json!("Bo"));
        assert_eq!(ask("length(people)"), json!(2));
        assert_eq!(
            ask("{first: people[0].name, none: nobody}"),
            json!({"first": "Ann", "none": null})
        );
    }

    #[test]
    fn keeps_large_integers() {
        assert_eq!(query(json!([u64::MAX]), "[0]").unwrap(), json!(u64::MAX));
    }

    #[test]
    fn says_what_is_wrong() {
        let message = query(json!({}), "a..b").unwrap_err().to_string();
        assert!(message.starts_with("`expression` failed: "), "{message}");
        assert!(
            query(json!({}), "nonsense(@)")
                .unwrap_err()
                .to_string()
                .contains("nonsense")
        );
        assert!(matches!(query(json!({}), "&a"), Err(Error::Expression(_))));
        let unclosed = "(".repeat(MAX_DEPTH);
        assert!(query(json!({}), &unclosed).unwrap_err().to_string().len() < 500);
        for deep in ["(", "!", "[", "&"] {
            let deep = deep.repeat(MAX_DEPTH + 1);
            assert_eq!(query(json!({}), &deep), Err(Error::ExpressionDepth));
        }
        let long = "a".repeat(MAX_EXPRESSION_BYTES + 1);
        assert_eq!(
            query(json!({}), &long),
            Err(Error::ExpressionLength(long.len()))
        );
    }

    #[test]
    fn bounds_a_result_that_doubles_at_each_step() {
        let doubling = ["[@,@]"; 30].join("|");
        assert_eq!(query(json!(1), &doubling), Err(Error::Values));
        let nesting = ["[@]"; 150].join("|");
        assert_eq!(query(json!(1), &nesting), Err(Error::Depth));
    }
}
