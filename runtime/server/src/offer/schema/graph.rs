//! A schema as places that lead to one another.
//!
//! Owns finding them: which keyword holds the same value against another place, and which looks into the
//! value first. Refuses what cannot be known before there is a value, and what lies outside of the
//! schema. Refuses to know what any of it costs.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::pattern;

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

/// Words that lead to where only a value says.
const MOVING: &[&str] = &["$dynamicAnchor", "$dynamicRef", "$recursiveRef"];

/// The number of a place. The whole schema is the first.
pub(super) type At = usize;

/// The whole schema.
pub(super) const WHOLE: At = 0;

/// One place of a schema.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// What it takes to look at its keywords, whatever the value.
    pub(super) weight: u64,
    /// Where `$ref` leads.
    pub(super) reference: Option<At>,
    /// Places that the same value has to fit.
    pub(super) all: Vec<At>,
    /// Places that the same value may fit or not.
    pub(super) some: Vec<At>,
    /// Places for members, by name.
    pub(super) members: HashMap<String, At>,
    /// Places for members whose names fit a pattern. Taken to be all of them.
    pub(super) patterns: Vec<At>,
    /// Steps for each byte of a name that is held against these patterns.
    pub(super) patterns_weight: u64,
    /// The place for other members.
    pub(super) others: Option<At>,
    /// The place for names.
    pub(super) names: Option<At>,
    /// Places for the first items.
    pub(super) first_items: Vec<At>,
    /// The place for other items.
    pub(super) items: Option<At>,
    /// The place for an item that there has to be.
    pub(super) contains: Option<At>,
    /// Places for members and items that nothing else has looked at.
    pub(super) left_over: [Option<At>; 2],
    /// Whether it has to be found out what nothing else has looked at: that looks at all again.
    pub(super) finds_left_over: bool,
    /// Steps for each byte of a text.
    pub(super) text_weight: u64,
    /// Whether items are compared with one another.
    pub(super) compares_items: bool,
}

impl Place {
    /// Places that the same value is held against next.
    pub(super) fn same(&self) -> impl Iterator<Item = At> {
        let listed = self.all.iter().chain(&self.some).copied();
        self.reference.into_iter().chain(listed)
    }
}

/// All places of one schema that a value can come to.
#[derive(Debug)]
pub(super) struct Graph {
    places: Vec<Place>,
}

impl Graph {
    /// Reads `schema`, whose JSON was read with a bound on its depth.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn read(schema: &Value) -> Result<Self, String> {
        let mut reader = Reader {
            root: schema,
            anchors: HashMap::new(),
            known: HashMap::new(),
            pending: Vec::new(),
        };
        reader.collect(schema, "", false)?;
        reader.at(String::new());
        let mut places = Vec::new();
        // A place gets its number when somebody refers to it, and they are read in that order.
        while let Some(pointer) = reader.pending.get(places.len()).cloned() {
            places.push(reader.place(&pointer)?);
        }
        Ok(Self { places })
    }

    /// One place. Every number that there is leads to one.
    pub(super) fn place(&self, at: At) -> Option<&Place> {
        self.places.get(at)
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

struct Reader<'s> {
    root: &'s Value,
    /// Where the named places are.
    anchors: HashMap<&'s str, String>,
    /// The number of each place that was referred to.
    known: HashMap<String, At>,
    /// The places by number.
    pending: Vec<String>,
}

impl<'s> Reader<'s> {
    fn at(&mut self, pointer: String) -> At {
        let next = self.pending.len();
        let at = *self.known.entry(pointer.clone()).or_insert(next);
        if at == next {
            self.pending.push(pointer);
        }
        at
    }

    /// What is named. Under `named`, members are schemas whatever they are called.
    fn collect(&mut self, value: &'s Value, at: &str, named: bool) -> Result<(), String> {
        match value {
            Value::Object(members) => {
                if !named {
                    admit(members, at.is_empty())?;
                    if let Some(Value::String(anchor)) = members.get("$anchor")
                        && self.anchors.insert(anchor, at.to_owned()).is_some()
                    {
                        return Err("two places of it have one name".into());
                    }
                }
                for (key, value) in members {
                    if named || !DATA.contains(&key.as_str()) {
                        let named = !named && NAMED.contains(&key.as_str());
                        self.collect(value, &below(at, key), named)?;
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(item, &format!("{at}/{index}"), false)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn place(&mut self, pointer: &str) -> Result<Place, String> {
        let mut place = Place {
            weight: 1,
            ..Place::default()
        };
        let root = self.root;
        let Some(Value::Object(members)) = root.pointer(pointer) else {
            // `true` and `false` lead nowhere; the validator says what is wrong with anything else.
            return Ok(place);
        };
        // A reference can lead to what is data elsewhere.
        admit(members, pointer.is_empty())?;
        for (key, value) in members {
            let here = below(pointer, key);
            place.weight += match value {
                _ if DATA.contains(&key.as_str()) => nodes(value),
                Value::Array(all) => 1 + all.len() as u64,
                Value::Object(all) => 1 + all.len() as u64,
                _ => 1,
            };
            self.keyword(&mut place, key, value, here)?;
        }
        Ok(place)
    }

    fn keyword(
        &mut self,
        place: &mut Place,
        key: &str,
        value: &Value,
        here: String,
    ) -> Result<(), String> {
        match (key, value) {
            ("$ref", Value::String(target)) => {
                let target = self.resolve(target)?;
                place.reference = Some(self.at(target));
            }
            ("allOf", Value::Array(all)) => place.all.extend(self.each(&here, all.len())),
            ("anyOf" | "oneOf", Value::Array(all)) => {
                place.some.extend(self.each(&here, all.len()));
            }
            ("not" | "if", _) => place.some.push(self.at(here)),
            ("then" | "else", _) => place.all.push(self.at(here)),
            ("dependentSchemas" | "dependencies", Value::Object(all)) => {
                place.all.extend(self.under(&here, all));
            }
            ("properties", Value::Object(all)) => {
                for name in all.keys() {
                    let at = self.at(below(&here, name));
                    place.members.insert(name.clone(), at);
                }
            }
            ("patternProperties", Value::Object(all)) => {
                place.patterns.extend(self.under(&here, all));
                place.patterns_weight = all.keys().map(|text| pattern::weight(text)).sum();
            }
            ("prefixItems", Value::Array(all)) => {
                place.first_items.extend(self.each(&here, all.len()));
            }
            ("unevaluatedProperties", _) => {
                place.finds_left_over = true;
                place.left_over[0] = self.unless_plain(value, here);
            }
            ("unevaluatedItems", _) => {
                place.finds_left_over = true;
                place.left_over[1] = self.unless_plain(value, here);
            }
            ("additionalProperties", _) => place.others = self.unless_plain(value, here),
            ("propertyNames", _) => place.names = self.unless_plain(value, here),
            ("items", _) => place.items = self.unless_plain(value, here),
            ("contains", _) => place.contains = self.unless_plain(value, here),
            ("pattern", Value::String(text)) => place.text_weight = pattern::weight(text),
            ("uniqueItems", Value::Bool(true)) => place.compares_items = true,
            _ => {}
        }
        Ok(())
    }

    /// The place, unless it is `true` or `false`.
    fn unless_plain(&mut self, value: &Value, here: String) -> Option<At> {
        (!value.is_boolean()).then(|| self.at(here))
    }

    fn each(&mut self, here: &str, count: usize) -> Vec<At> {
        let pointers = (0..count).map(|index| format!("{here}/{index}"));
        pointers.map(|pointer| self.at(pointer)).collect()
    }

    fn under(&mut self, here: &str, all: &Map<String, Value>) -> Vec<At> {
        let pointers = all.keys().map(|key| below(here, key));
        pointers.map(|pointer| self.at(pointer)).collect()
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

/// Refuses what moves the meaning of references.
fn admit(members: &Map<String, Value>, whole: bool) -> Result<(), String> {
    let is_text = |word: &str| members.get(word).is_some_and(Value::is_string);
    if MOVING.iter().any(|word| is_text(word)) {
        return Err("it refers to what is only known while a value is checked".into());
    }
    if !whole && is_text("$id") {
        return Err("a part of it has an address of its own".into());
    }
    Ok(())
}

/// The pointer to a member.
fn below(pointer: &str, key: &str) -> String {
    let key = key.replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{key}")
}

/// Values in `value`, itself included.
fn nodes(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(nodes).fold(1, u64::saturating_add),
        Value::Object(members) => members.values().map(nodes).fold(1, u64::saturating_add),
        _ => 1,
    }
}
