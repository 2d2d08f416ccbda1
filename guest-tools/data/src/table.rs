//! CSV: a list of objects whose keys are the header row.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use serde_json::{Map, Number, Value};

use crate::error::Error;
use crate::format::{Format, Options};
use crate::limits::{Budget, MAX_COLUMNS};

/// Reads a table.
///
/// # Errors
/// When a row has another length than the header, a name repeats, or there is too much.
pub fn read(text: &str, options: Options) -> Result<Value, Error> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(options)?)
        .from_reader(text.as_bytes());
    let invalid = |error: csv::Error| Error::syntax(Format::Csv, &error);
    let header = reader.headers().map_err(invalid)?.clone();
    check(&header)?;

    let mut budget = Budget::default();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(invalid)?;
        budget.take(1 + record.len())?;
        let cells = header.iter().zip(&record).map(|(name, cell)| {
            let value = if options.infer {
                infer(cell)
            } else {
                Value::from(cell)
            };
            (name.to_owned(), value)
        });
        rows.push(Value::Object(cells.collect()));
    }
    Ok(Value::Array(rows))
}

/// Writes a list of objects, a list of lists, or one object as a table.
///
/// # Errors
/// When `value` is anything else, or has too many columns.
pub fn write(value: &Value, options: Options) -> Result<String, Error> {
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter(options)?)
        // A list of lists may be ragged; a list of objects is not, because every key is a column.
        .flexible(true)
        .from_writer(Vec::new());
    let single = std::slice::from_ref(value);
    let rows = match value {
        Value::Array(rows) => rows.as_slice(),
        Value::Object(_) => single,
        _ => return Err(not_a_table("$")),
    };
    let failed = |_| Error::Output;
    if rows.iter().all(Value::is_array) {
        for row in rows.iter().filter_map(Value::as_array) {
            writer.write_record(row.iter().map(cell)).map_err(failed)?;
        }
    } else {
        let columns = columns(rows)?;
        writer.write_record(&columns).map_err(failed)?;
        for row in rows.iter().filter_map(Value::as_object) {
            let cells = columns
                .iter()
                .map(|name| row.get(*name).map_or_else(String::new, cell));
            writer.write_record(cells).map_err(failed)?;
        }
    }
    let bytes = writer.into_inner().map_err(|_| Error::Output)?;
    String::from_utf8(bytes).map_err(|_| Error::Output)
}

fn check(header: &StringRecord) -> Result<(), Error> {
    if header.len() > MAX_COLUMNS {
        return Err(Error::Columns);
    }
    let mut seen = HashSet::with_capacity(header.len());
    match header.iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(Error::syntax(
            Format::Csv,
            &format_args!("the header row names the column `{name}` twice"),
        )),
        None => Ok(()),
    }
}

/// The keys of all rows, in the order in which they first appear.
fn columns(rows: &[Value]) -> Result<Vec<&str>, Error> {
    let mut names = Map::new();
    let mut columns = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Value::Object(fields) = row else {
            return Err(not_a_table(&format!("$[{index}]")));
        };
        for name in fields.keys() {
            if !names.contains_key(name) {
                names.insert(name.clone(), Value::Null);
                columns.push(name.as_str());
            }
        }
        if columns.len() > MAX_COLUMNS {
            return Err(Error::Columns);
        }
    }
    Ok(columns)
}

fn not_a_table(path: &str) -> Error {
    Error::Unrepresentable {
        format: Format::Csv,
        what: "a value that is no row",
        path: path.to_owned(),
        advice: "give it a list of objects or a list of lists, for instance by a query",
    }
}

fn delimiter(options: Options) -> Result<u8, Error> {
    match u8::try_from(options.delimiter) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r' | 0) => Ok(byte),
        _ => Err(Error::Delimiter),
    }
}

/// A cell as a number or a boolean, when it is written as JSON would write one. Leading zeros, plus
/// signs, and integers that do not fit stay text: they are more likely codes than amounts.
fn infer(cell: &str) -> Value {
    match cell {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if cell.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            match serde_json::from_str::<Number>(cell) {
                Ok(number) if !number.is_f64() || cell.contains(['.', 'e', 'E']) => {
                    Value::Number(number)
                }
                _ => Value::from(cell),
            }
        }
        _ => Value::from(cell),
    }
}

/// A value as a cell; what is nested becomes JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_rows_and_guesses_types() {
        let text = "name,zip,n\n\"Ann, B\",01234,-1.5\nBo,true,18446744073709551616\n";
        assert_eq!(
            read(text, Options::default()).unwrap(),
            json!([
                {"name": "Ann, B", "zip": "01234", "n": -1.5},
                {"name": "Bo", "zip": true, "n": "18446744073709551616"},
            ])
        );
        let plain = Options {
            infer: false,
            delimiter: '\t',
            ..Options::default()
        };
        assert_eq!(
            read("a\tb\n1\t2\n", plain).unwrap(),
            json!([{"a": "1", "b": "2"}])
        );
    }

    #[test]
    fn writes_the_union_of_keys() {
        let value = json!([{"a": 1, "b": null}, {"c": "x,\"y\"", "a": [1]}]);
        assert_eq!(
            write(&value, Options::default()).unwrap(),
            "a,b,c\n1,,\n[1],,\"x,\"\"y\"\"\"\n"
        );
        assert_eq!(
            write(&json!([[1, 2], [3]]), Options::default()).unwrap(),
            "1,2\n3\n"
        );
        assert_eq!(
            write(&json!({"a": true}), Options::default()).unwrap(),
            "a\ntrue\n"
        );
    }

    #[test]
    fn says_what_is_no_table() {
        let message = write(&json!([{}, 1]), Options::default())
            .unwrap_err()
            .to_string();
        assert!(message.contains("`$[1]`"), "{message}");
        assert!(read("a,a\n1,2\n", Options::default()).is_err());
        assert!(
            read("a,b\n1\n", Options::default())
                .unwrap_err()
                .to_string()
                .contains("line: 2")
        );
        let odd = Options {
            delimiter: 'ä',
            ..Options::default()
        };
        assert_eq!(read("", odd), Err(Error::Delimiter));
    }
}
