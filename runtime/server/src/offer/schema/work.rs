//! What it takes to hold one value against a schema.
//!
//! Owns counting it before it is done: a few lines that refer to themselves twice take twice as long with
//! each level of the value, and no clock stops a validator. Counts what could happen at worst, so what is
//! let through ends in time. Refuses to judge the value.

use serde_json::Value;
use thiserror::Error;

use super::graph::{At, Graph, WHOLE};

/// Steps to check one value. Each takes some ten nanoseconds, so this bounds how long a schema and a
/// value that were made for each other keep a worker from everybody else.
const STEPS_MAX: u64 = 4_000_000;

/// Faults that are kept to say what is wrong with one value. Bounds the memory that alternatives of
/// alternatives take, of which each is wrong in its own way.
const FAULTS_MAX: u64 = 10_000;

/// Places of the schema on one way into the value. Bounds how deep the validator recurses, and with it
/// the stack.
const DEPTH_MAX: usize = 256;

/// Bytes of a text that count as one step, whatever is looked for in it.
const TEXT_BYTES_PER_STEP: u64 = 256;

/// Items up to which the validator compares each with each.
const COMPARED_IN_PAIRS_MAX: u64 = 15;

/// A value that is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Beyond {
    #[error(
        "to check it against this schema would take more than {STEPS_MAX} steps; send less at once"
    )]
    Steps,
    #[error("it comes to more than {DEPTH_MAX} places of this schema one in another")]
    Depth,
}

/// What can be done with a value in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// To check it, and to say what is wrong.
    Explaining,
    /// To check it.
    Checking,
}

/// Counts what it takes to hold `value` against the whole schema.
///
/// # Errors
///
/// Too much.
pub(super) fn of(graph: &Graph, value: &Value) -> Result<Within, Beyond> {
    let work = measure(graph, value)?;
    if work.checking > STEPS_MAX {
        return Err(Beyond::Steps);
    }
    let explains = work.explaining <= STEPS_MAX && work.kept <= FAULTS_MAX;
    Ok(if explains {
        Within::Explaining
    } else {
        Within::Checking
    })
}

fn measure(graph: &Graph, value: &Value) -> Result<Work, Beyond> {
    let mut walk = Walk { graph, visits: 0 };
    walk.at(WHOLE, value, 0)
}

/// What one place takes with one value, and all that it leads to.
#[derive(Debug, Clone, Copy)]
struct Work {
    /// Steps to say whether the value fits.
    checking: u64,
    /// Steps to look again at what says which parts nothing has looked at.
    again: u64,
    /// Steps to say what is wrong.
    explaining: u64,
    /// Faults that there can be.
    faults: u64,
    /// Faults of alternatives, which are kept until one of them is chosen.
    kept: u64,
}

impl Work {
    fn of(steps: u64) -> Self {
        Self {
            checking: steps,
            again: 0,
            explaining: steps,
            faults: 1,
            kept: 0,
        }
    }

    /// Adds what the value has to fit.
    fn all(&mut self, next: Self) {
        add(&mut self.checking, next.checking);
        add(&mut self.explaining, next.explaining);
        add(&mut self.faults, next.faults);
        add(&mut self.kept, next.kept);
    }

    /// Adds what the value may fit or not: it is found out first, and explained only then.
    fn some(&mut self, next: Self) {
        add(&mut self.checking, next.checking);
        add(&mut self.explaining, next.checking.saturating_mul(2));
        add(&mut self.explaining, next.explaining);
        add(&mut self.faults, next.faults);
        add(&mut self.kept, next.faults);
    }

    /// The same value was looked at by `next`, which has to be found out again.
    fn looked(&mut self, next: Self) {
        add(&mut self.again, next.checking);
        add(&mut self.again, next.again);
    }
}

fn add(to: &mut u64, steps: u64) {
    *to = to.saturating_add(steps);
}

struct Walk<'g> {
    graph: &'g Graph,
    visits: u64,
}

impl Walk<'_> {
    fn at(&mut self, at: At, value: &Value, depth: usize) -> Result<Work, Beyond> {
        self.visits += 1;
        if self.visits > STEPS_MAX {
            return Err(Beyond::Steps);
        }
        if depth > DEPTH_MAX {
            return Err(Beyond::Depth);
        }
        let Some(place) = self.graph.place(at) else {
            return Ok(Work::of(1));
        };
        let mut work = Work::of(place.weight);
        for next in place.reference.into_iter().chain(place.all.iter().copied()) {
            let next = self.at(next, value, depth + 1)?;
            work.all(next);
            work.looked(next);
        }
        for next in &place.some {
            let next = self.at(*next, value, depth + 1)?;
            work.some(next);
            work.looked(next);
        }
        match value {
            Value::String(text) => {
                let bytes = text.len() as u64;
                let steps = bytes / TEXT_BYTES_PER_STEP;
                work.all(Work::of(steps + bytes.saturating_mul(place.text_weight)));
            }
            Value::Array(items) => self.items(at, items, depth + 1, &mut work)?,
            Value::Object(members) => {
                for (name, value) in members {
                    self.member(at, name, value, depth + 1, &mut work)?;
                }
            }
            _ => {}
        }
        if place.finds_left_over {
            let again = work.again;
            add(&mut work.checking, again);
            add(&mut work.explaining, again.saturating_mul(2));
        }
        Ok(work)
    }

    fn items(
        &mut self,
        at: At,
        items: &[Value],
        depth: usize,
        work: &mut Work,
    ) -> Result<(), Beyond> {
        let Some(place) = self.graph.place(at) else {
            return Ok(());
        };
        for (index, item) in items.iter().enumerate() {
            add(&mut work.again, 1);
            if let Some(next) = place.first_items.get(index).copied().or(place.items) {
                work.all(self.at(next, item, depth)?);
            }
            if let Some(next) = place.contains {
                let next = self.at(next, item, depth)?;
                work.some(next);
                work.looked(next);
            }
            if let Some(next) = place.left_over[1] {
                let next = self.at(next, item, depth)?;
                work.all(next);
                work.looked(next);
            }
        }
        if place.compares_items {
            let others = (items.len() as u64).clamp(2, COMPARED_IN_PAIRS_MAX);
            let all = items.iter().map(size).fold(0, u64::saturating_add);
            work.all(Work::of(all.saturating_mul(others)));
        }
        Ok(())
    }

    fn member(
        &mut self,
        at: At,
        name: &str,
        value: &Value,
        depth: usize,
        work: &mut Work,
    ) -> Result<(), Beyond> {
        let Some(place) = self.graph.place(at) else {
            return Ok(());
        };
        let patterns = place.patterns_weight.saturating_mul(name.len() as u64);
        // Once for the members that fit one, once for those that fit none.
        work.all(Work::of(patterns.saturating_mul(2)));
        add(&mut work.again, 1 + patterns);
        if let Some(next) = place.members.get(name).copied().or(place.others) {
            work.all(self.at(next, value, depth)?);
        }
        for next in &place.patterns {
            work.all(self.at(*next, value, depth)?);
        }
        if let Some(next) = place.names {
            work.some(self.at(next, &Value::String(name.to_owned()), depth)?);
        }
        if let Some(next) = place.left_over[0] {
            let next = self.at(next, value, depth)?;
            work.all(next);
            work.looked(next);
        }
        Ok(())
    }
}

/// What it takes to compare `value`.
fn size(value: &Value) -> u64 {
    let text = |value: &Value| match value {
        Value::String(text) => text.len() as u64 / TEXT_BYTES_PER_STEP,
        _ => 0,
    };
    let names = |members: &serde_json::Map<String, Value>| {
        members.keys().map(|name| name.len() as u64).sum::<u64>() / TEXT_BYTES_PER_STEP
    };
    let inner = match value {
        Value::Array(items) => items.iter().map(size).fold(0, u64::saturating_add),
        Value::Object(members) => members
            .values()
            .map(size)
            .fold(names(members), u64::saturating_add),
        value => text(value),
    };
    inner.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use jsonschema::{Draft, Keyword, ValidationError, Validator};
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::{effort, pattern};
    use super::*;

    /// A keyword that fits everything, and is counted each time that it is looked at.
    struct Counted(Arc<AtomicU64>);

    impl<'i> Keyword<'i> for Counted {
        fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn is_valid(&self, _: &'i Value) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            true
        }
    }

    fn counting(schema: &Value) -> (Validator, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(pattern::options())
            .with_keyword("x-counted", move |_, _, _| {
                Ok(Box::new(Counted(Arc::clone(&counted))))
            })
            .build(schema)
            .unwrap();
        (validator, count)
    }

    /// Schemas in which everything leads to everything.
    fn schemas() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!({"x-counted": true})),
            Just(json!({"x-counted": true, "type": "object"})),
            Just(json!({"x-counted": true, "type": "integer"})),
            Just(json!({"x-counted": true, "minProperties": 1, "maxItems": 1})),
            Just(json!({"x-counted": true, "$ref": "#/$defs/r"})),
            Just(json!({"x-counted": true, "$ref": "#/$defs/s"})),
            Just(json!(true)),
            Just(json!(false)),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            let word = prop::sample::select(vec![
                "additionalProperties",
                "allOf",
                "anyOf",
                "contains",
                "else",
                "if",
                "items",
                "not",
                "oneOf",
                "patternProperties",
                "prefixItems",
                "properties",
                "propertyNames",
                "then",
                "unevaluatedItems",
                "unevaluatedProperties",
                "dependentSchemas",
            ]);
            let members = prop::collection::vec((word, inner.clone(), inner), 1..4);
            members.prop_map(|members| {
                let mut schema = json!({"x-counted": true});
                for (word, one, other) in members {
                    schema[word] = match word {
                        "allOf" | "anyOf" | "oneOf" | "prefixItems" => json!([one, other]),
                        "properties" | "dependentSchemas" => json!({"a": one, "b": other}),
                        "patternProperties" => json!({"a": one, "^b": other}),
                        _ => one,
                    };
                }
                schema
            })
        })
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(1)),
            Just(json!("a")),
            Just(json!({})),
            Just(json!([]))
        ];
        leaf.prop_recursive(5, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..3)
                    .prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// The law: no validator takes more steps than were counted.
        #[test]
        fn h56_nothing_takes_more_steps_than_were_counted(
            mut schema in schemas(),
            (r, s) in (schemas(), schemas()),
            value in values(),
        ) {
            if !schema.is_object() {
                schema = json!({"allOf": [schema]});
            }
            schema["$defs"] = json!({"r": r, "s": s});
            let Ok(graph) = Graph::read(&schema) else {
                return Err(TestCaseError::fail("no schema"));
            };
            prop_assume!(effort::check(&graph).is_ok());
            let Ok(work) = measure(&graph, &value) else {
                return Ok(());
            };
            prop_assume!(work.explaining < 100_000);
            let (validator, count) = counting(&schema);
            let fits = validator.is_valid(&value);
            let checked = count.swap(0, Ordering::Relaxed);
            prop_assert!(checked <= work.checking, "{checked} of {}", work.checking);
            prop_assert_eq!(validator.validate(&value).is_ok(), fits);
            let explained = count.load(Ordering::Relaxed);
            prop_assert!(explained <= work.explaining, "{explained} of {}", work.explaining);
        }
    }
}
