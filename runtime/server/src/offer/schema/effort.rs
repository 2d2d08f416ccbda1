//! What a schema costs before a value is even looked into.
//!
//! Owns refusing schemas that send a validator round in circles, or twice as far with each line. A
//! component writes the schema, and often the value that is held against it: neither may keep a worker
//! busy. Refuses to know values.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Schemas that one value may be held against at one place, with all that they refer to. Bounds what
/// `allOf` of `allOf` of the same two lines does.
const EVALUATIONS_MAX: u64 = 10_000;

/// References that lead on to references. Bounds our own recursion.
const STEPS_MAX: usize = 256;

/// Members that hold values, not schemas.
const DATA: &[&str] = &["const", "default", "enum", "examples"];

/// Members whose members are schemas under names of the author's.
const NAMED: &[&str] = &[
    "$defs",
    "definitions",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

/// Checks a schema whose JSON was read with a bound on its depth.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut walk = Walk {
        root: schema,
        anchors: HashMap::new(),
        known: HashMap::new(),
        open: HashSet::new(),
    };
    let mut pointers = Vec::new();
    walk.collect(schema, String::new(), false, &mut pointers)?;
    for pointer in pointers {
        walk.cost(&pointer, 0)?;
    }
    Ok(())
}

struct Walk<'s> {
    root: &'s Value,
    /// Where the named places are.
    anchors: HashMap<&'s str, String>,
    /// What was reckoned.
    known: HashMap<String, u64>,
    /// What is being reckoned: whoever comes back here goes in circles.
    open: HashSet<String>,
}

impl<'s> Walk<'s> {
    /// Every place that could be a schema, and what is named. Under `named`, members are schemas whatever
    /// they are called.
    fn collect(
        &mut self,
        value: &'s Value,
        at: String,
        named: bool,
        pointers: &mut Vec<String>,
    ) -> Result<(), String> {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(anchor)) = members.get("$anchor").filter(|_| !named) {
                    self.anchors.insert(anchor, at.clone());
                }
                let moves = ["$dynamicRef", "$dynamicAnchor"];
                if !named
                    && moves
                        .iter()
                        .any(|word| members.get(*word).is_some_and(Value::is_string))
                {
                    return Err("it refers to what is only known while a value is checked".into());
                }
                if !named && !at.is_empty() && members.get("$id").is_some_and(Value::is_string) {
                    return Err("a part of it has an address of its own".into());
                }
                for (key, value) in members {
                    if named || !DATA.contains(&key.as_str()) {
                        let named = !named && NAMED.contains(&key.as_str());
                        self.collect(value, format!("{at}/{}", escaped(key)), named, pointers)?;
                    }
                }
                if !named {
                    pointers.push(at);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(item, format!("{at}/{index}"), false, pointers)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// How many schemas a value is held against by the one at `pointer`.
    fn cost(&mut self, pointer: &str, steps: usize) -> Result<u64, String> {
        if let Some(cost) = self.known.get(pointer) {
            return Ok(*cost);
        }
        if steps > STEPS_MAX {
            return Err("its references lead on and on".into());
        }
        let Some(Value::Object(members)) = self.root.pointer(pointer) else {
            // `true` and `false` cost nothing; the validator says what is wrong with anything else.
            return Ok(1);
        };
        if !self.open.insert(pointer.to_owned()) {
            return Err("it refers to itself without looking into the value".into());
        }
        let mut cost = 1_u64;
        for next in self.applied(pointer, members)? {
            cost = cost.saturating_add(self.cost(&next, steps + 1)?);
        }
        self.open.remove(pointer);
        if cost > EVALUATIONS_MAX {
            return Err(format!(
                "a value would be held against more than {EVALUATIONS_MAX} schemas"
            ));
        }
        self.known.insert(pointer.to_owned(), cost);
        Ok(cost)
    }

    /// The schemas that the same value is held against next.
    fn applied(
        &self,
        pointer: &str,
        members: &serde_json::Map<String, Value>,
    ) -> Result<Vec<String>, String> {
        let mut next = Vec::new();
        for (key, value) in members {
            let here = format!("{pointer}/{}", escaped(key));
            match (key.as_str(), value) {
                ("$ref", Value::String(target)) => next.push(self.resolve(target)?),
                ("allOf" | "anyOf" | "oneOf", Value::Array(all)) => {
                    next.extend((0..all.len()).map(|index| format!("{here}/{index}")));
                }
                ("not" | "if" | "then" | "else", _) => next.push(here),
                ("dependentSchemas", Value::Object(all)) => {
                    next.extend(all.keys().map(|key| format!("{here}/{}", escaped(key))));
                }
                _ => {}
            }
        }
        Ok(next)
    }

    fn resolve(&self, target: &str) -> Result<String, String> {
        let outside = || "it refers to something outside of itself".to_owned();
        let fragment = target.strip_prefix('#').ok_or_else(outside)?;
        if fragment.is_empty() || fragment.starts_with('/') {
            // Nobody needs to write a name of its own another way.
            return if fragment.contains('%') {
                Err(outside())
            } else {
                Ok(fragment.to_owned())
            };
        }
        let missing = || "it refers to a name that it has not".to_owned();
        self.anchors.get(fragment).cloned().ok_or_else(missing)
    }
}

/// A member's name in a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
