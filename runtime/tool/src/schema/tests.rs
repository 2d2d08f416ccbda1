//! Schemas against what they describe, for types and values that nobody thought of.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

use super::*;
use crate::conform::conform;
use crate::types::{Case, Float, Integer, Label, Record, ResultType};

fn name(index: usize) -> Arc<str> {
    format!("n{index}").into()
}

fn labels(count: usize) -> Arc<Labels> {
    let labels = (0..count).map(|index| Label {
        name: name(index),
        docs: None,
    });
    Arc::new(Labels {
        name: None,
        docs: None,
        labels: labels.collect(),
    })
}

fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Char),
        Just(Type::String),
        Just(Type::Integer(Integer::U8)),
        Just(Type::Integer(Integer::S16)),
        Just(Type::Integer(Integer::S64)),
        Just(Type::Integer(Integer::U64)),
        Just(Type::Float(Float::F32)),
        Just(Type::Float(Float::F64)),
        (1_usize..4).prop_map(|count| Type::Enum(labels(count))),
        (1_usize..4).prop_map(|count| Type::Flags(labels(count))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ty| Type::List(Arc::new(ty))),
            inner.clone().prop_map(|ty| Type::Option(Arc::new(ty))),
            vec(inner.clone(), 1..4).prop_map(|types| Type::Tuple(types.into())),
            vec(inner.clone(), 0..4).prop_map(|types| {
                let fields = types.into_iter().enumerate();
                let fields = fields.map(|(index, ty)| Field {
                    name: name(index),
                    docs: None,
                    ty,
                });
                Type::Record(Arc::new(Record {
                    name: None,
                    docs: None,
                    fields: fields.collect(),
                }))
            }),
            vec(proptest::option::of(inner.clone()), 1..4).prop_map(|types| {
                let cases = types.into_iter().enumerate();
                let cases = cases.map(|(index, ty)| Case {
                    name: name(index),
                    docs: None,
                    ty,
                });
                Type::Variant(Arc::new(Variant {
                    name: None,
                    docs: None,
                    cases: cases.collect(),
                }))
            }),
            (
                proptest::option::of(inner.clone()),
                proptest::option::of(inner)
            )
                .prop_map(|(ok, err)| Type::Result(Arc::new(ResultType { ok, err }))),
        ]
    })
}

/// Any JSON that could be confused with a value of some type.
fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0_i64), Just(-1), Just(255), Just(256), Just(i64::MIN)]
            .prop_map(Value::from),
        prop_oneof![Just(u64::MAX), Just(1 << 63)].prop_map(Value::from),
        prop_oneof![Just(0.5), Just(-1e300), Just(1e20)].prop_map(Value::from),
        prop_oneof![
            Just(""),
            Just("a"),
            Just("é"),
            Just("ab"),
            Just("n0"),
            Just("n1"),
            Just("n2")
        ]
        .prop_map(Value::from),
    ];
    let keys = prop_oneof![
        Just("n0"),
        Just("n1"),
        Just("n2"),
        Just("ok"),
        Just("err"),
        Just("some")
    ];
    leaf.prop_recursive(3, 16, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((keys.clone().prop_map(str::to_owned), inner), 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
    .boxed()
}

/// A value that a type accepts, mostly.
fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Type::Char => any::<char>()
            .prop_map(|c| Value::from(c.to_string()))
            .boxed(),
        Type::String => ".{0,3}".prop_map(Value::from).boxed(),
        Type::Bytes => Just(Value::from("AAE=")).boxed(),
        Type::Integer(integer) => {
            let (minimum, maximum) = (
                Value::from(integer.minimum()),
                Value::from(integer.maximum()),
            );
            prop_oneof![Just(minimum), Just(maximum), Just(Value::from(7))].boxed()
        }
        Type::Float(_) => (-1e30..1e30).prop_map(Value::from).boxed(),
        Type::Enum(labels) => {
            let names: Vec<_> = labels
                .labels
                .iter()
                .map(|label| Just(Value::from(&*label.name)))
                .collect();
            Union::new(names).boxed()
        }
        Type::Flags(labels) => {
            let names: Vec<Value> = labels
                .labels
                .iter()
                .map(|label| Value::from(&*label.name))
                .collect();
            proptest::sample::subsequence(names.clone(), 0..=names.len())
                .prop_map(Value::from)
                .boxed()
        }
        Type::List(element) => vec(value_of(element), 0..3).prop_map(Value::from).boxed(),
        Type::Tuple(types) => types
            .iter()
            .map(value_of)
            .collect::<Vec<_>>()
            .prop_map(Value::from)
            .boxed(),
        Type::Option(inner) => prop_oneof![Just(Value::Null), some_of(inner)].boxed(),
        Type::Record(record) => object_of(&record.fields),
        Type::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                None => Just(Value::from(&*case.name)).boxed(),
                Some(ty) => single_of(&case.name, value_of(ty)),
            });
            Union::new(cases.collect::<Vec<_>>()).boxed()
        }
        Type::Result(result) => {
            let side = |name, ty: &Option<Type>| {
                single_of(
                    name,
                    ty.as_ref().map_or(Just(Value::Null).boxed(), value_of),
                )
            };
            prop_oneof![side("ok", &result.ok), side("err", &result.err)].boxed()
        }
    }
}

fn object_of(fields: &[Field]) -> BoxedStrategy<Value> {
    let fields = fields.iter().map(|field| {
        let name = field.name.to_string();
        let value = match &field.ty {
            Type::Option(inner) => proptest::option::of(some_of(inner)).boxed(),
            ty => value_of(ty).prop_map(Some).boxed(),
        };
        (Just(name), value)
    });
    let fields = fields.collect::<Vec<_>>().prop_map(|fields| {
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        Value::Object(given.collect())
    });
    fields.boxed()
}

fn some_of(inner: &Type) -> BoxedStrategy<Value> {
    match inner {
        Type::Option(_) => single_of("some", value_of(inner)),
        inner => value_of(inner),
    }
}

fn single_of(name: &str, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let name = name.to_owned();
    value
        .prop_map(move |value| Value::Object(Object::from_iter([(name.clone(), value)])))
        .boxed()
}

fn schema_of(ty: &Type) -> Value {
    Value::Object(Writer::new(Direction::Input).value(ty).unwrap())
}

/// Whether `null` stands for a field that is left out, anywhere: accepted, but not advertised.
fn is_lenient(ty: &Type, value: &Value) -> bool {
    let all = |types: &[Type], values: &[Value]| {
        types
            .iter()
            .zip(values)
            .any(|(ty, value)| is_lenient(ty, value))
    };
    match (ty, value) {
        (Type::List(element), Value::Array(items)) => {
            items.iter().any(|item| is_lenient(element, item))
        }
        (Type::Tuple(types), Value::Array(items)) => all(types, items),
        (Type::Record(record), Value::Object(object)) => {
            record
                .fields
                .iter()
                .any(|field| match (&field.ty, object.get(&*field.name)) {
                    (Type::Option(_), Some(Value::Null)) => true,
                    (Type::Option(inner), Some(value)) => match &**inner {
                        Type::Option(_) => is_lenient(&field.ty, value),
                        inner => is_lenient(inner, value),
                    },
                    (ty, Some(value)) => is_lenient(ty, value),
                    (_, None) => false,
                })
        }
        (Type::Variant(variant), Value::Object(object)) => variant.cases.iter().any(|case| {
            case.ty
                .as_ref()
                .zip(object.get(&*case.name))
                .is_some_and(|(ty, value)| is_lenient(ty, value))
        }),
        (Type::Option(inner), value) => match (&**inner, value) {
            (Type::Option(_), Value::Object(object)) => object
                .get("some")
                .is_some_and(|value| is_lenient(inner, value)),
            (inner, value) => is_lenient(inner, value),
        },
        (Type::Result(result), Value::Object(object)) => {
            let side = |name: &str, ty: &Option<Type>| {
                ty.as_ref()
                    .zip(object.get(name))
                    .is_some_and(|(ty, value)| is_lenient(ty, value))
            };
            side("ok", &result.ok) || side("err", &result.err)
        }
        _ => false,
    }
}

/// Whether a number is in there that `f32` rounds to infinity, which schemas do not say.
fn is_huge(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_f64()
            .is_some_and(|number| number.abs() > f64::from(f32::MAX)),
        Value::Array(items) => items.iter().any(is_huge),
        Value::Object(object) => object.values().any(is_huge),
        _ => false,
    }
}

/// Whether a number is in there that JSON Schema calls an integer although it is written as a
/// fraction or is larger than any integer type.
fn is_odd_integer(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(is_odd_integer),
        Value::Object(object) => object.values().any(is_odd_integer),
        _ => false,
    }
}

proptest! {
    #[test]
    fn accepted_values_are_valid((ty, value) in any_type().prop_flat_map(|ty| {
        let value = value_of(&ty);
        (Just(ty), value)
    })) {
        prop_assert_eq!(conform(&ty, &value), Ok(()));
        let schema = schema_of(&ty);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        prop_assert!(validator.is_valid(&value), "{} {}", schema, value);
    }

    #[test]
    fn both_judges_agree_on_any_value(ty in any_type(), values in vec(any_json(), 8)) {
        let schema = schema_of(&ty);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for value in values {
            let accepted = conform(&ty, &value);
            if is_lenient(&ty, &value) || is_huge(&value) || is_odd_integer(&value) {
                continue;
            }
            prop_assert_eq!(accepted.is_ok(), validator.is_valid(&value), "{} {} {:?}", schema, value, accepted);
        }
    }

    #[test]
    fn schemas_are_schemas(params in vec(any_type(), 0..4), result in any_type()) {
        let fields = params.into_iter().enumerate();
        let fields: Vec<_> = fields.map(|(index, ty)| Field { name: name(index), docs: None, ty }).collect();
        let input = Value::Object(input(&fields, None).unwrap());
        jsonschema::draft202012::meta::validate(&input).unwrap();
        let result = Returns { ok: Payload::Value(result), err: None };
        let output = Value::Object(output(&result).unwrap().unwrap());
        jsonschema::draft202012::meta::validate(&output).unwrap();
    }
}

#[test]
fn a_type_that_names_itself_often_is_too_large() {
    let mut ty = Type::Bool;
    for _ in 0..20 {
        ty = Type::Tuple([ty.clone(), ty].into());
    }
    assert_eq!(Writer::new(Direction::Input).value(&ty), Err(TooLarge(())));
}

#[test]
fn names_are_not_copied_past_the_limit() {
    let label = |index| Label {
        name: format!("{}{index}", "n".repeat(250)).into(),
        docs: None,
    };
    let labels = (0..10_000).map(label).collect();
    let wide = Type::Enum(Arc::new(Labels {
        name: None,
        docs: None,
        labels,
    }));
    let often = Type::Tuple(vec![wide; 1_900].into());
    assert_eq!(
        Writer::new(Direction::Input).value(&often),
        Err(TooLarge(()))
    );
}

#[test]
fn what_a_field_is_comes_before_what_its_type_is() {
    let mode = Label {
        name: "fast".into(),
        docs: Some("Skips what is hard.".into()),
    };
    let mode = Labels {
        name: None,
        docs: Some("How to look.".into()),
        labels: vec![mode],
    };
    let ty = Type::Enum(Arc::new(mode));
    let field = Field {
        name: "mode".into(),
        docs: Some("For this search.".into()),
        ty,
    };
    assert_eq!(
        input(&[field], None).unwrap()["properties"]["mode"]["description"],
        "For this search.\nHow to look.\n- `fast`: Skips what is hard."
    );
}

#[test]
fn a_schema_of_long_words_is_too_large() {
    let docs: Arc<str> = "x".repeat(1000).into();
    let field = |index| Field {
        name: name(index),
        docs: Some(Arc::clone(&docs)),
        ty: Type::Bool,
    };
    let fields: Vec<_> = (0..100).map(field).collect();
    assert_eq!(input(&fields, None), Err(TooLarge(())));
    assert!(input(&fields[..10], None).is_ok());
}
