//! The text of a manifest, as TOML has it.
//!
//! Owns keys, lengths and line numbers. Refuses to know the component.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::constraints::Constraints;
use super::pattern::Pattern;
use super::{Example, FunctionManifest, Manifest, ManifestError, Request};
use crate::text::find_hidden;

/// Bytes in a title. Shown in lists and approvals, which a long one would push out of sight.
const TITLE_BYTES_MAX: usize = 200;
/// Bytes in a description. Read by every model on every list of tools.
const DESCRIPTION_BYTES_MAX: usize = 4096;
/// Bytes in a parameter's description.
const PARAM_DESCRIPTION_BYTES_MAX: usize = 1024;
/// Bytes in any other line of text: names, licenses, tags, reasons.
const LINE_BYTES_MAX: usize = 500;
/// Bytes in a request's capability, which may be a whole grant.
const CAPABILITY_BYTES_MAX: usize = 1024;
/// Entries in a list of authors, tags or requests.
const ENTRIES_MAX: usize = 32;
/// Functions, and parameters of a function, that a manifest may speak of.
const TABLES_MAX: usize = 256;
/// Patterns in a manifest. Each compiles to up to a megabyte.
const PATTERNS_MAX: usize = 64;
/// Values in an `enum`.
const CHOICES_MAX: usize = 256;
/// Examples of a function or a parameter. They reach every model.
const EXAMPLES_MAX: usize = 8;
/// Bytes of a default, an example or a choice, as JSON.
const VALUE_BYTES_MAX: usize = 4096;
/// Milliseconds in a timeout: ten minutes, the most that a host allows.
const TIMEOUT_MS_MAX: u64 = 600_000;

type Text = Option<Spanned<String>>;
type Texts = Option<Spanned<Vec<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawManifest {
    name: Spanned<String>,
    version: Text,
    title: Text,
    description: Text,
    authors: Texts,
    license: Text,
    category: Text,
    tags: Texts,
    deprecated: Text,
    timeout_ms: Option<Spanned<u64>>,
    #[serde(default)]
    requests: Vec<RawRequest>,
    #[serde(default)]
    functions: BTreeMap<Spanned<String>, RawFunction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawRequest {
    capability: Spanned<String>,
    reason: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFunction {
    title: Text,
    description: Text,
    timeout_ms: Option<Spanned<u64>>,
    examples: Option<Spanned<Vec<RawExample>>>,
    #[serde(default)]
    params: BTreeMap<Spanned<String>, RawConstraints>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawExample {
    #[serde(default)]
    arguments: toml::Table,
    result: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawConstraints {
    description: Text,
    min_length: Option<u64>,
    max_length: Option<u64>,
    pattern: Text,
    minimum: Option<Spanned<toml::Value>>,
    maximum: Option<Spanned<toml::Value>>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    #[serde(rename = "enum")]
    choices: Option<Spanned<Vec<toml::Value>>>,
    default: Option<Spanned<toml::Value>>,
    examples: Option<Spanned<Vec<toml::Value>>>,
}

/// Reads a manifest.
pub(super) fn parse(text: &str) -> Result<Manifest, ManifestError> {
    let source = Source(text);
    let raw: RawManifest = toml::from_str(text).map_err(|error| {
        let (line, column) = source.position(error.span().unwrap_or_default().start);
        ManifestError::Syntax {
            line,
            column,
            message: error.message().to_owned(),
        }
    })?;
    source.manifest(raw)
}

/// The text, to find lines in.
struct Source<'a>(&'a str);

impl Source<'_> {
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.0.get(..offset).unwrap_or(self.0);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }

    fn line(&self, span: &Range<usize>) -> usize {
        self.position(span.start).0
    }

    fn error(&self, span: &Range<usize>, key: &str, message: impl Into<String>) -> ManifestError {
        ManifestError::Value {
            line: self.line(span),
            key: key.to_owned(),
            message: message.into(),
        }
    }

    fn manifest(&self, raw: RawManifest) -> Result<Manifest, ManifestError> {
        let name = raw.name.get_ref().parse();
        let name = name.map_err(|error| {
            self.error(&raw.name.span(), "name", format!("is not usable: {error}"))
        })?;
        let version = raw.version.map(|version| {
            semver::Version::parse(version.get_ref()).map_err(|error| {
                self.error(
                    &version.span(),
                    "version",
                    format!("is not a semantic version: {error}"),
                )
            })
        });
        if raw.requests.len() > ENTRIES_MAX || raw.functions.len() > TABLES_MAX {
            return Err(self.error(&(0..0), "functions", "or `requests` has too many entries"));
        }
        let params = raw
            .functions
            .values()
            .flat_map(|function| function.params.values());
        let mut patterns = params.filter_map(|param| param.pattern.as_ref());
        if let Some(pattern) = patterns.nth(PATTERNS_MAX) {
            let message = format!("is one of more than {PATTERNS_MAX} in the manifest");
            return Err(self.error(&pattern.span(), "pattern", message));
        }
        let requests = raw
            .requests
            .into_iter()
            .map(|request| self.request(&request));
        let functions = raw.functions.into_iter().map(|(name, function)| {
            let line = self.line(&name.span());
            Ok((name.into_inner().into(), self.function(line, function)?))
        });
        Ok(Manifest {
            name: Some(name),
            version: version.transpose()?,
            title: self.text("title", raw.title, TITLE_BYTES_MAX)?,
            description: self.text("description", raw.description, DESCRIPTION_BYTES_MAX)?,
            authors: self.texts("authors", raw.authors)?,
            license: self.text("license", raw.license, LINE_BYTES_MAX)?,
            category: self.text("category", raw.category, LINE_BYTES_MAX)?,
            tags: self.texts("tags", raw.tags)?,
            deprecated: self.text("deprecated", raw.deprecated, LINE_BYTES_MAX)?,
            timeout: self.timeout(raw.timeout_ms)?,
            requests: requests.collect::<Result<_, _>>()?,
            functions: functions.collect::<Result<_, ManifestError>>()?,
        })
    }

    fn request(&self, raw: &RawRequest) -> Result<Request, ManifestError> {
        let capability = &raw.capability;
        Ok(Request {
            capability: self.line_of_text(
                "capability",
                capability.get_ref(),
                &capability.span(),
                CAPABILITY_BYTES_MAX,
            )?,
            reason: self.line_of_text(
                "reason",
                raw.reason.get_ref(),
                &raw.reason.span(),
                LINE_BYTES_MAX,
            )?,
        })
    }

    fn function(&self, line: usize, raw: RawFunction) -> Result<FunctionManifest, ManifestError> {
        let examples = match raw.examples {
            Some(examples) => {
                let span = examples.span();
                self.count("examples", examples.get_ref().len(), EXAMPLES_MAX, &span)?;
                let examples = examples.into_inner().into_iter();
                examples
                    .map(|example| self.example(example, &span))
                    .collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        let params = raw.params.into_iter().map(|(name, constraints)| {
            let span = name.span();
            Ok((
                name.into_inner().into(),
                self.constraints(constraints, &span)?,
            ))
        });
        Ok(FunctionManifest {
            title: self.text("title", raw.title, TITLE_BYTES_MAX)?,
            description: self.text("description", raw.description, DESCRIPTION_BYTES_MAX)?,
            timeout: self.timeout(raw.timeout_ms)?,
            examples,
            params: params.collect::<Result<_, ManifestError>>()?,
            line,
        })
    }

    fn example(&self, raw: RawExample, span: &Range<usize>) -> Result<Example, ManifestError> {
        let arguments = self.value("examples", toml::Value::Table(raw.arguments), span)?;
        let result = raw
            .result
            .map(|result| self.value("examples", result, span))
            .transpose()?;
        match arguments {
            Value::Object(arguments) => Ok(Example { arguments, result }),
            _ => Ok(Example {
                arguments: Map::new(),
                result,
            }),
        }
    }

    fn constraints(
        &self,
        raw: RawConstraints,
        span: &Range<usize>,
    ) -> Result<Constraints, ManifestError> {
        let values = |key: &str, values: Option<Spanned<Vec<toml::Value>>>, max: usize| {
            let Some(values) = values else {
                return Ok(None);
            };
            let span = values.span();
            self.count(key, values.get_ref().len(), max, &span)?;
            let values = values
                .into_inner()
                .into_iter()
                .map(|value| self.value(key, value, &span));
            values.collect::<Result<Vec<_>, _>>().map(Some)
        };
        let value = |key: &str, value: Option<Spanned<toml::Value>>| {
            let Some(value) = value else { return Ok(None) };
            let span = value.span();
            self.value(key, value.into_inner(), &span).map(Some)
        };
        let number = |key: &str, given: Option<Spanned<toml::Value>>| match value(key, given)? {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number)),
            Some(_) => Err(self.error(span, key, "must be a number")),
        };
        let pattern = raw.pattern.map(|pattern| {
            pattern
                .get_ref()
                .parse::<Pattern>()
                .map_err(|message| self.error(&pattern.span(), "pattern", message))
        });
        let ordered = |low: Option<u64>, high: Option<u64>| {
            low.zip(high).is_none_or(|(low, high)| low <= high)
        };
        if !ordered(raw.min_length, raw.max_length) || !ordered(raw.min_items, raw.max_items) {
            return Err(self.error(
                span,
                "min-length",
                "and `min-items` must not exceed their maximum",
            ));
        }
        Ok(Constraints {
            description: self.text("description", raw.description, PARAM_DESCRIPTION_BYTES_MAX)?,
            min_length: raw.min_length,
            max_length: raw.max_length,
            pattern: pattern.transpose()?,
            minimum: number("minimum", raw.minimum)?,
            maximum: number("maximum", raw.maximum)?,
            min_items: raw.min_items,
            max_items: raw.max_items,
            choices: values("enum", raw.choices, CHOICES_MAX)?,
            default: value("default", raw.default)?,
            examples: values("examples", raw.examples, EXAMPLES_MAX)?.unwrap_or_default(),
            line: self.line(span),
        })
    }

    fn text(&self, key: &str, text: Text, max: usize) -> Result<Option<Arc<str>>, ManifestError> {
        text.map(|text| self.line_of_text(key, text.get_ref(), &text.span(), max))
            .transpose()
    }

    fn texts(&self, key: &str, texts: Texts) -> Result<Vec<Arc<str>>, ManifestError> {
        let Some(texts) = texts else {
            return Ok(Vec::new());
        };
        let span = texts.span();
        self.count(key, texts.get_ref().len(), ENTRIES_MAX, &span)?;
        texts
            .get_ref()
            .iter()
            .map(|text| self.line_of_text(key, text, &span, LINE_BYTES_MAX))
            .collect()
    }

    fn line_of_text(
        &self,
        key: &str,
        text: &str,
        span: &Range<usize>,
        max: usize,
    ) -> Result<Arc<str>, ManifestError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(self.error(span, key, "is empty; leave it out instead"));
        }
        if text.len() > max {
            return Err(self.error(
                span,
                key,
                format!("has {} bytes, more than {max}", text.len()),
            ));
        }
        self.refuse_hidden(key, text, span)?;
        Ok(text.into())
    }

    fn timeout(&self, timeout: Option<Spanned<u64>>) -> Result<Option<Duration>, ManifestError> {
        let Some(timeout) = timeout else {
            return Ok(None);
        };
        let milliseconds = *timeout.get_ref();
        if !(1..=TIMEOUT_MS_MAX).contains(&milliseconds) {
            let message = format!("must lie between 1 and {TIMEOUT_MS_MAX}");
            return Err(self.error(&timeout.span(), "timeout-ms", message));
        }
        Ok(Some(Duration::from_millis(milliseconds)))
    }

    fn count(
        &self,
        key: &str,
        found: usize,
        max: usize,
        span: &Range<usize>,
    ) -> Result<(), ManifestError> {
        if found > max {
            return Err(self.error(span, key, format!("has {found} entries, more than {max}")));
        }
        Ok(())
    }

    fn value(
        &self,
        key: &str,
        value: toml::Value,
        span: &Range<usize>,
    ) -> Result<Value, ManifestError> {
        let value = json(value).map_err(|message| self.error(span, key, message))?;
        let text = value.to_string();
        if text.len() > VALUE_BYTES_MAX {
            return Err(self.error(
                span,
                key,
                format!("has a value of more than {VALUE_BYTES_MAX} bytes"),
            ));
        }
        self.refuse_hidden(key, &text, span)?;
        Ok(value)
    }

    fn refuse_hidden(
        &self,
        key: &str,
        text: &str,
        span: &Range<usize>,
    ) -> Result<(), ManifestError> {
        match find_hidden(text) {
            Some(hidden) => {
                let message = format!(
                    "holds the hidden character U+{:04X}; remove it",
                    u32::from(hidden)
                );
                Err(self.error(span, key, message))
            }
            None => Ok(()),
        }
    }
}

fn json(value: toml::Value) -> Result<Value, &'static str> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::Number(number.into()),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Float(number) => {
            Value::Number(serde_json::Number::from_f64(number).ok_or("must be a finite number")?)
        }
        toml::Value::Datetime(_) => return Err("is a date, which JSON has not; write it as text"),
        toml::Value::Array(values) => {
            Value::Array(values.into_iter().map(json).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let entries = table
                .into_iter()
                .map(|(key, value)| Ok((key, json(value)?)));
            Value::Object(entries.collect::<Result<_, &'static str>>()?)
        }
    })
}
