//! From TOML to the model.

use serde_json::{Map, Number, Value};
use toml::de::{DeInteger, DeTable, DeValue};

use super::join;
use crate::error::Error;
use crate::format::Format;

/// Reads a TOML document. Dates become text.
///
/// # Errors
/// When the text is not TOML, or holds a number that JSON has no word for.
pub fn read(text: &str) -> Result<Value, Error> {
    let table = DeTable::parse(text).map_err(|error| {
        // Its own text shows the whole line.
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        Error::syntax(
            Format::Toml,
            &format_args!("{} (line {line})", error.message()),
        )
    })?;
    fields(table.get_ref(), &mut Vec::new()).map(Value::Object)
}

fn fields<'t>(
    table: &'t DeTable<'_>,
    path: &mut Vec<&'t str>,
) -> Result<Map<String, Value>, Error> {
    let mut fields = Map::with_capacity(table.len());
    for (key, value) in table {
        path.push(key.get_ref());
        fields.insert(key.get_ref().to_string(), model(value.get_ref(), path)?);
        path.pop();
    }
    Ok(fields)
}

fn model<'t>(value: &'t DeValue<'_>, path: &mut Vec<&'t str>) -> Result<Value, Error> {
    Ok(match value {
        DeValue::String(text) => Value::from(&**text),
        DeValue::Integer(digits) => integer(digits).map(Value::Number).ok_or_else(|| {
            Error::syntax(
                Format::Toml,
                &format_args!("`{}` exceeds 64 bits", join(path)),
            )
        })?,
        DeValue::Float(digits) => {
            let number = digits.as_str().parse().ok().and_then(Number::from_f64);
            Value::Number(number.ok_or_else(|| {
                Error::syntax(
                    Format::Toml,
                    &format_args!("`{}` is infinite or not a number", join(path)),
                )
            })?)
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| model(item.get_ref(), path));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => Value::Object(fields(table, path)?),
    })
}

fn integer(digits: &DeInteger<'_>) -> Option<Number> {
    i64::from_str_radix(digits.as_str(), digits.radix())
        .ok()
        .map(Number::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_tables_numbers_and_dates() {
        assert_eq!(
            read("d = 2024-05-01\nh = 0xff\n[a.b]\nc = [1_000, -2.5, 1e3]\ns = '''x'''\n").unwrap(),
            json!({"d": "2024-05-01", "h": 255, "a": {"b": {"c": [1000, -2.5, 1000.0], "s": "x"}}})
        );
    }

    #[test]
    fn says_where_it_is_wrong() {
        let message = |text| read(text).unwrap_err().to_string();
        assert!(message("a = inf").contains("$.a"));
        assert!(message("a = 9223372036854775808").contains("64 bits"));
        assert!(message("a = 1\na = 2").contains("duplicate key (line 2)"));
        assert!(message(&"[".repeat(100_000)).len() < 500);
    }
}
