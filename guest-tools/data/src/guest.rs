//! The component's exports: translates between WIT's types and the modules', and nothing else.

use serde_json::Value;

use crate::error::Error;
use crate::format::{self, Format, Options};
use crate::query;

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "ringfence:data/data" });
}

use bindings::{Answer, CsvOptions, Guest, Kind};

struct Data;

impl Guest for Data {
    fn query(
        text: String,
        from: bindings::Format,
        expression: String,
        to: Option<bindings::Format>,
        csv: Option<CsvOptions>,
    ) -> Result<Answer, String> {
        let options = options(csv, false);
        let to = to.map_or(Format::Json, translate);
        let found = format::read(&text, translate(from), options)
            .and_then(|value| query::query(value, &expression))
            .map_err(explain)?;
        let value = format::write(&found, to, options).map_err(explain)?;
        let (kind, size) = describe(&found);
        Ok(Answer {
            value,
            kind,
            size: u32::try_from(size).unwrap_or(u32::MAX),
        })
    }

    fn convert(
        text: String,
        from: bindings::Format,
        to: bindings::Format,
        compact: Option<bool>,
        csv: Option<CsvOptions>,
    ) -> Result<String, String> {
        let options = options(csv, compact.unwrap_or(false));
        format::read(&text, translate(from), options)
            .and_then(|value| format::write(&value, translate(to), options))
            .map_err(explain)
    }
}

fn translate(format: bindings::Format) -> Format {
    match format {
        bindings::Format::Json => Format::Json,
        bindings::Format::Yaml => Format::Yaml,
        bindings::Format::Toml => Format::Toml,
        bindings::Format::Csv => Format::Csv,
    }
}

fn options(csv: Option<CsvOptions>, compact: bool) -> Options {
    let default = Options::default();
    let csv = csv.unwrap_or(CsvOptions {
        delimiter: None,
        infer: None,
    });
    Options {
        compact,
        delimiter: csv.delimiter.unwrap_or(default.delimiter),
        infer: csv.infer.unwrap_or(default.infer),
    }
}

fn describe(value: &Value) -> (Kind, usize) {
    match value {
        Value::Null => (Kind::Null, 0),
        Value::Bool(_) => (Kind::Boolean, 1),
        Value::Number(_) => (Kind::Number, 1),
        Value::String(text) => (Kind::Text, text.chars().count()),
        Value::Array(items) => (Kind::Array, items.len()),
        Value::Object(fields) => (Kind::Object, fields.len()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn explain(error: Error) -> String {
    error.to_string()
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Data with_types_in super::bindings);
    use super::Data;
}
