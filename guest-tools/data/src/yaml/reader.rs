//! From YAML's events to the model.
//!
//! Aliases are copied, so a few lines can stand for billions of values; each copy is counted before
//! it is made.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::scalar;
use crate::error::Error;
use crate::format::Format;
use crate::limits::{Budget, MAX_DEPTH};

/// Reads the documents of `text`: none is null, one is itself, several are a list.
///
/// # Errors
/// When the text is not YAML, or nests or expands too far.
pub fn read(text: &str) -> Result<Value, Error> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Error::syntax(Format::Yaml, &error))?;
        builder.event(event, span)?;
    }
    let mut documents = builder.documents;
    Ok(match documents.len() {
        0 => Value::Null,
        1 => documents.swap_remove(0),
        _ => Value::Array(documents),
    })
}

#[derive(Default)]
struct Builder {
    documents: Vec<Value>,
    /// What is open, outermost first.
    open: Vec<Node>,
    /// Anchored values with the number of values in each.
    anchors: HashMap<usize, (Value, usize)>,
    budget: Budget,
}

/// A list or an object that has begun.
struct Node {
    anchor: usize,
    /// How many values it holds so far, itself included.
    count: usize,
    kind: Kind,
}

enum Kind {
    Array(Vec<Value>),
    Object {
        fields: Map<String, Value>,
        merged: Vec<Value>,
        key: Option<Key>,
    },
}

enum Key {
    Name(String),
    Merge,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = interpret(&text, style, tag.as_deref())
                    .ok_or_else(|| wrong(span, "infinity and NaN have no place here"))?;
                let plain = style == ScalarStyle::Plain;
                self.add(value, 1, anchor, plain.then_some(&*text), span)
            }
            Event::Alias(anchor) => {
                let (value, count) = self
                    .anchors
                    .get(&anchor)
                    .ok_or_else(|| wrong(span, "an alias to itself"))?;
                self.budget.take(*count)?;
                let (value, count) = (value.clone(), *count);
                self.add(value, count, 0, None, span)
            }
            Event::SequenceStart(anchor, _) => self.start(anchor, Kind::Array(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let kind = Kind::Object {
                    fields: Map::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.start(anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(&mut self, anchor: usize, kind: Kind) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::Depth);
        }
        self.open.push(Node {
            anchor,
            count: 1,
            kind,
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Error> {
        let Some(node) = self.open.pop() else {
            return Ok(());
        };
        let value = match node.kind {
            Kind::Array(items) => Value::Array(items),
            Kind::Object {
                mut fields, merged, ..
            } => {
                for source in merged {
                    merge(&mut fields, source, span)?;
                }
                Value::Object(fields)
            }
        };
        self.add(value, node.count, node.anchor, None, span)
    }

    /// Puts a finished value of `count` values where it belongs. `plain` is its text, when it is a
    /// scalar without quotes.
    fn add(
        &mut self,
        value: Value,
        count: usize,
        anchor: usize,
        plain: Option<&str>,
        span: Span,
    ) -> Result<(), Error> {
        self.budget.take(1)?;
        if anchor > 0 {
            // Kept apart from the tree, so it costs its size once more.
            self.budget.take(count)?;
            self.anchors.insert(anchor, (value.clone(), count));
        }
        let Some(node) = self.open.last_mut() else {
            self.documents.push(value);
            return Ok(());
        };
        node.count = node.count.saturating_add(count);
        match &mut node.kind {
            Kind::Array(items) => items.push(value),
            Kind::Object {
                fields,
                merged,
                key,
            } => match key.take() {
                None if plain == Some("<<") => *key = Some(Key::Merge),
                None => *key = Some(Key::Name(name(value, plain, span)?)),
                Some(Key::Merge) => merged.push(value),
                Some(Key::Name(name)) => {
                    if fields.contains_key(&name) {
                        return Err(wrong(span, format_args!("the key `{name}` appears twice")));
                    }
                    fields.insert(name, value);
                }
            },
        }
        Ok(())
    }
}

/// The value of a scalar; nothing when the model cannot hold it.
fn interpret(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Value> {
    let core = tag
        .filter(|tag| tag.is_yaml_core_schema())
        .map(|tag| tag.suffix.as_str());
    match core {
        Some("str") => Some(Value::from(text)),
        // `!!int "3"` and the like: the tag asks for what the text looks like.
        Some(_) => scalar::resolve(text),
        None if style == ScalarStyle::Plain => scalar::resolve(text),
        None => Some(Value::from(text)),
    }
}

/// A key as text: what was written, for a scalar.
fn name(value: Value, plain: Option<&str>, span: Span) -> Result<String, Error> {
    match (plain, value) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Value::String(text)) => Ok(text),
        (None, Value::Array(_) | Value::Object(_)) => {
            Err(wrong(span, "a list or an object cannot be a key"))
        }
        (None, other) => Ok(other.to_string()),
    }
}

/// `<<`: fields of another object, for keys that are not there yet.
fn merge(fields: &mut Map<String, Value>, source: Value, span: Span) -> Result<(), Error> {
    match source {
        Value::Object(source) => {
            for (key, value) in source {
                fields.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::Array(sources) if sources.iter().all(Value::is_object) => sources
            .into_iter()
            .try_for_each(|source| merge(fields, source, span)),
        _ => Err(wrong(span, "`<<` takes an object or a list of objects")),
    }
}

fn wrong(span: Span, reason: impl std::fmt::Display) -> Error {
    let start = span.start;
    Error::syntax(
        Format::Yaml,
        &format_args!(
            "{reason} (line {}, column {})",
            start.line(),
            start.col() + 1
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        let text = "# c\nname: Ann\ntags: [a, 'b', \"c\\n\"]\nnested:\n  - x: 1\n    y: ~\n  - |\n    two\n    lines\n1: one\n";
        assert_eq!(
            read(text).unwrap(),
            json!({"name": "Ann", "tags": ["a", "b", "c\n"],
                   "nested": [{"x": 1, "y": null}, "two\nlines\n"], "1": "one"})
        );
        assert_eq!(read("").unwrap(), json!(null));
        assert_eq!(read("--- 1\n--- 2\n").unwrap(), json!([1, 2]));
        assert_eq!(
            read("a: !!str 12\nb: '12'\nc: !!int '12'\n").unwrap(),
            json!({"a": "12", "b": "12", "c": 12})
        );
    }

    #[test]
    fn follows_anchors_and_merges() {
        let text =
            "base: &b {x: 1, y: 2}\nthis:\n  <<: *b\n  y: 3\nthat: *b\nboth: {<<: [*b, {z: 4}]}\n";
        assert_eq!(
            read(text).unwrap(),
            json!({"base": {"x": 1, "y": 2}, "this": {"y": 3, "x": 1}, "that": {"x": 1, "y": 2},
                   "both": {"x": 1, "y": 2, "z": 4}})
        );
    }

    #[test]
    fn survives_a_billion_laughs() {
        let mut text = "l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
        for level in 1..10 {
            let previous = format!("*l{}", level - 1);
            let line = format!(
                "l{level}: &l{level} [{}]\n",
                [previous.as_str(); 10].join(", ")
            );
            text.push_str(&line);
        }
        assert_eq!(read(&text), Err(Error::Values));
    }

    #[test]
    fn says_where_it_is_wrong() {
        let message = |text| read(text).unwrap_err().to_string();
        assert!(message("a: 1\na: 2\n").contains("`a` appears twice (line 2"));
        assert!(message("a: .inf\n").contains("line 1"));
        assert!(message("a: [1\n").contains("not valid YAML"));
        assert!(message("? [1]\n: 2\n").contains("key"));
        assert!(message("a: *x\n").contains("not valid YAML"));
        assert!(message("a: &x [*x]\n").contains("alias"));
    }
}
