//! Values that JSON writes as an array, or as an object with one name.

use ringfence_tool::{Case, Labels, ResultType, Type};
use serde::de::{MapAccess, SeqAccess};
use wasmtime::component::Val;

use super::reading::{Echo, Reading, Step, label_names};
use super::value::Seed;

pub(super) fn list<'de, 't, A: SeqAccess<'de>>(
    item: &'t Type,
    mut items: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let mut values = Vec::new();
    loop {
        reading.path.push(Step::Index(values.len()));
        let next = items.next_element_seed(Seed { ty: item, reading })?;
        reading.path.pop();
        let Some(value) = next else {
            return Ok(Val::List(values));
        };
        values.push(value);
    }
}

pub(super) fn tuple<'de, 't, A: SeqAccess<'de>>(
    whole: &'t Type,
    types: &'t [Type],
    mut items: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let mut values = Vec::with_capacity(types.len());
    for (index, ty) in types.iter().enumerate() {
        reading.path.push(Step::Index(index));
        let item = items.next_element_seed(Seed { ty, reading })?;
        reading.path.pop();
        match item {
            Some(value) => values.push(value),
            None => return Err(reading.mismatch(whole, &format_args!("{index}"))),
        }
    }
    match items.next_element::<serde::de::IgnoredAny>()? {
        None => Ok(Val::Tuple(values)),
        Some(_) => Err(reading.mismatch(whole, &"more")),
    }
}

pub(super) fn flags<'de, 't, A: SeqAccess<'de>>(
    labels: &'t Labels,
    mut items: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let mut values: Vec<String> = Vec::new();
    while let Some(text) = items.next_element::<String>().inspect_err(|_| {
        reading.note(|| format!("expected an array of {}", label_names(labels)));
    })? {
        reading.path.push(Step::Index(values.len()));
        if !labels.labels.iter().any(|label| *label.name == *text) {
            let message = format!(
                "expected one of {}, not {}",
                label_names(labels),
                Echo(&text)
            );
            return Err(reading.fault(message));
        }
        if values.contains(&text) {
            return Err(reading.fault(format!("expected each flag once, not `{text}` again")));
        }
        reading.path.pop();
        values.push(text);
    }
    Ok(Val::Flags(values))
}

/// A variant's case that carries something: an object with that one name.
pub(super) fn case<'de, 't, A: MapAccess<'de>>(
    whole: &'t Type,
    cases: &'t [Case],
    mut entries: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let Some(name) = entries.next_key::<String>()? else {
        return Err(reading.mismatch(whole, &"an empty object"));
    };
    let Some(case) = cases.iter().find(|case| *case.name == *name) else {
        return Err(reading.mismatch(whole, &Echo(&name)));
    };
    let Some(ty) = &case.ty else {
        return Err(reading.fault(format!("expected the string \"{name}\", not an object")));
    };
    reading.path.push(Step::Name(&case.name));
    let value = entries.next_value_seed(Seed { ty, reading })?;
    reading.path.pop();
    only_one(&mut entries, reading)?;
    Ok(Val::Variant(name, Some(Box::new(value))))
}

pub(super) fn nested_result<'de, 't, A: MapAccess<'de>>(
    whole: &'t Type,
    result: &'t ResultType,
    mut entries: A,
    reading: &mut Reading<'t>,
) -> Result<Val, A::Error> {
    let name = entries.next_key::<String>()?;
    let (step, ty) = match name.as_deref() {
        Some("ok") => ("ok", &result.ok),
        Some("err") => ("err", &result.err),
        Some(other) => return Err(reading.mismatch(whole, &Echo(other))),
        None => return Err(reading.mismatch(whole, &"an empty object")),
    };
    reading.path.push(Step::Name(step));
    let value = if let Some(ty) = ty {
        Some(Box::new(entries.next_value_seed(Seed { ty, reading })?))
    } else {
        entries.next_value::<()>().inspect_err(|_| {
            reading.note(|| "expected null: this side carries nothing".into());
        })?;
        None
    };
    reading.path.pop();
    only_one(&mut entries, reading)?;
    Ok(Val::Result(if step == "ok" {
        Ok(value)
    } else {
        Err(value)
    }))
}

pub(super) fn only_one<'de, A: MapAccess<'de>>(
    entries: &mut A,
    reading: &mut Reading<'_>,
) -> Result<(), A::Error> {
    match entries.next_key::<String>()? {
        None => Ok(()),
        Some(more) => Err(reading.fault(format!(
            "expected an object with one name, not also {}",
            Echo(&more)
        ))),
    }
}
