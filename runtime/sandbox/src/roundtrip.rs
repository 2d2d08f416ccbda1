//! Values to JSON and back, for types that nobody thought of.

use std::sync::Arc;

use proptest::prelude::*;
use ringfence_tool::{
    Case, Field, Float, Integer, Label, Labels, Record, ResultType, Type, Variant,
};
use wasmtime::component::Val;

use crate::{arguments, result};

const JSON_BYTES_MAX: usize = 1 << 20;

fn name(index: usize) -> Arc<str> {
    Arc::from(format!("n{index}"))
}

fn fields(types: Vec<Type>) -> Vec<Field> {
    let field = |(index, ty)| Field {
        name: name(index),
        docs: None,
        ty,
    };
    types.into_iter().enumerate().map(field).collect()
}

fn labels(count: usize) -> Arc<Labels> {
    let labels = (0..count)
        .map(|index| Label {
            name: name(index),
            docs: None,
        })
        .collect();
    Arc::new(Labels {
        name: None,
        docs: None,
        labels,
    })
}

fn any_type() -> impl Strategy<Value = Type> {
    let integer = prop::sample::select(vec![
        Integer::S8,
        Integer::S16,
        Integer::S32,
        Integer::S64,
        Integer::U8,
        Integer::U16,
        Integer::U32,
        Integer::U64,
    ]);
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Char),
        Just(Type::String),
        Just(Type::Bytes),
        Just(Type::Float(Float::F32)),
        Just(Type::Float(Float::F64)),
        integer.prop_map(Type::Integer),
        (1_usize..5).prop_map(|count| Type::Enum(labels(count))),
        (1_usize..5).prop_map(|count| Type::Flags(labels(count))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        let maybe = prop::option::of(inner.clone());
        prop_oneof![
            // A list of bytes is a type of its own.
            inner.clone().prop_map(|ty| match ty {
                Type::Integer(Integer::U8) => Type::Bytes,
                ty => Type::List(Arc::new(ty)),
            }),
            several.clone().prop_map(|types| Type::Tuple(types.into())),
            several.prop_map(|types| {
                Type::Record(Arc::new(Record {
                    name: None,
                    docs: None,
                    fields: fields(types),
                }))
            }),
            prop::collection::vec(maybe.clone(), 1..4).prop_map(|payloads| {
                let case = |(index, ty)| Case {
                    name: name(index),
                    docs: None,
                    ty,
                };
                let cases = payloads.into_iter().enumerate().map(case).collect();
                Type::Variant(Arc::new(Variant {
                    name: None,
                    docs: None,
                    cases,
                }))
            }),
            inner.prop_map(|ty| Type::Option(Arc::new(ty))),
            (maybe.clone(), maybe)
                .prop_map(|(ok, err)| Type::Result(Arc::new(ResultType { ok, err }))),
        ]
    })
}

fn boxed(ty: Option<&Type>) -> BoxedStrategy<Option<Box<Val>>> {
    match ty {
        None => Just(None).boxed(),
        Some(ty) => any_value(ty)
            .prop_map(|value| Some(Box::new(value)))
            .boxed(),
    }
}

fn all<'t>(types: impl Iterator<Item = &'t Type>) -> BoxedStrategy<Vec<Val>> {
    types.map(any_value).collect::<Vec<_>>().boxed()
}

/// A value of a type. Floats are finite: JSON has no others.
#[expect(clippy::too_many_lines, reason = "one arm for each type")]
fn any_value(ty: &Type) -> BoxedStrategy<Val> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Val::Bool).boxed(),
        Type::Char => any::<char>().prop_map(Val::Char).boxed(),
        Type::String => any::<String>().prop_map(Val::String).boxed(),
        Type::Bytes => {
            let byte = any::<u8>().prop_map(Val::U8);
            prop::collection::vec(byte, 0..8)
                .prop_map(Val::List)
                .boxed()
        }
        Type::Float(Float::F32) => any::<f32>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(Val::Float32)
            .boxed(),
        Type::Float(Float::F64) => any::<f64>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(Val::Float64)
            .boxed(),
        Type::Integer(width) => match width {
            Integer::S8 => any::<i8>().prop_map(Val::S8).boxed(),
            Integer::S16 => any::<i16>().prop_map(Val::S16).boxed(),
            Integer::S32 => any::<i32>().prop_map(Val::S32).boxed(),
            Integer::S64 => any::<i64>().prop_map(Val::S64).boxed(),
            Integer::U8 => any::<u8>().prop_map(Val::U8).boxed(),
            Integer::U16 => any::<u16>().prop_map(Val::U16).boxed(),
            Integer::U32 => any::<u32>().prop_map(Val::U32).boxed(),
            Integer::U64 => any::<u64>().prop_map(Val::U64).boxed(),
        },
        Type::List(item) => prop::collection::vec(any_value(item), 0..4)
            .prop_map(Val::List)
            .boxed(),
        Type::Tuple(types) => all(types.iter()).prop_map(Val::Tuple).boxed(),
        Type::Record(record) => {
            let names: Vec<_> = record
                .fields
                .iter()
                .map(|field| field.name.to_string())
                .collect();
            all(record.fields.iter().map(|field| &field.ty))
                .prop_map(move |values| Val::Record(names.iter().cloned().zip(values).collect()))
                .boxed()
        }
        Type::Enum(labels) => {
            let names: Vec<_> = labels
                .labels
                .iter()
                .map(|label| label.name.to_string())
                .collect();
            prop::sample::select(names).prop_map(Val::Enum).boxed()
        }
        Type::Flags(labels) => {
            let names: Vec<_> = labels
                .labels
                .iter()
                .map(|label| label.name.to_string())
                .collect();
            prop::sample::subsequence(names.clone(), 0..=names.len())
                .prop_map(Val::Flags)
                .boxed()
        }
        Type::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| {
                let name = case.name.to_string();
                boxed(case.ty.as_ref())
                    .prop_map(move |payload| Val::Variant(name.clone(), payload))
                    .boxed()
            });
            prop::strategy::Union::new(cases).boxed()
        }
        Type::Option(inner) => prop::option::of(any_value(inner).prop_map(Box::new))
            .prop_map(Val::Option)
            .boxed(),
        Type::Result(result) => prop_oneof![
            boxed(result.ok.as_ref()).prop_map(|payload| Val::Result(Ok(payload))),
            boxed(result.err.as_ref()).prop_map(|payload| Val::Result(Err(payload))),
        ]
        .boxed(),
    }
}

fn typed_value() -> impl Strategy<Value = (Type, Val)> {
    any_type().prop_flat_map(|ty| {
        let values = any_value(&ty);
        (Just(ty), values)
    })
}

fn read_text(ty: &Type, json: &str) -> Result<Val, arguments::ArgumentError> {
    let params = fields(vec![ty.clone()]);
    let text = format!("{{\"n0\":{json}}}");
    let mut values = arguments::read(&params, &mut serde_json::Deserializer::from_str(&text))?;
    Ok(values.remove(0))
}

proptest! {
    #[test]
    fn what_is_written_reads_back((ty, value) in typed_value()) {
        let json = result::write(&value, &ty, JSON_BYTES_MAX).unwrap();
        prop_assert_eq!(read_text(&ty, &json).unwrap(), value.clone());
        // Parsed JSON reads the same.
        let tree: serde_json::Value = serde_json::from_str(&json).unwrap();
        let map = serde_json::Map::from_iter([("n0".to_owned(), tree)]);
        let read = arguments::read(&fields(vec![ty]), &map).unwrap();
        prop_assert_eq!(read, vec![value]);
    }

    #[test]
    fn a_result_never_passes_its_limit((ty, value) in typed_value(), bytes_max in 0_usize..64) {
        let whole = result::write(&value, &ty, JSON_BYTES_MAX).unwrap();
        match result::write(&value, &ty, bytes_max) {
            Ok(json) => prop_assert!(json == whole && json.len() <= bytes_max),
            Err(unwritable) => {
                prop_assert_eq!(unwritable, result::Unwritable::TooLong);
                prop_assert!(whole.len() > bytes_max);
            }
        }
    }

    #[test]
    fn json_of_another_type_is_an_error_with_a_path(ty in any_type(), (_, other) in typed_value()) {
        // Whatever was written for one type: reading it as another gives that type's value, or says
        // where it does not fit. It never panics and never gives something else.
        let json = serde_json::to_string(&format!("{other:?}")).unwrap();
        match read_text(&ty, &json) {
            Ok(value) => prop_assert!(result::write(&value, &ty, JSON_BYTES_MAX).is_ok()),
            Err(error) => prop_assert!(error.path.starts_with("/n0"), "{}", error),
        }
    }
}

#[test]
fn errors_name_the_place() {
    let point = Type::Record(Arc::new(Record {
        name: None,
        docs: None,
        fields: fields(vec![
            Type::Integer(Integer::U8),
            Type::Option(Arc::new(Type::String)),
        ]),
    }));
    let list = Type::List(Arc::new(point));
    let cases = [
        (
            r#"[{"n0":1},{"n0":300}]"#,
            "/n0/1/n0",
            "an integer from 0 to 255, not 300",
        ),
        (
            r#"[{"n0":1,"n1":2}]"#,
            "/n0/0/n1",
            "expected a string, not 2",
        ),
        (r#"[{"n1":"x"}]"#, "/n0/0/n0", "missing"),
        (
            r#"[{"n0":1,"more":2}]"#,
            "/n0/0/more",
            "unknown field: expected `n0`, `n1`",
        ),
        (
            r#"[{"n0":1,"n11":2}]"#,
            "/n0/0/n11",
            "unknown field: did you mean `n1`? expected `n0`, `n1`",
        ),
        (r#"[{"a/b~\u001b":2}]"#, "/n0/0/a~1b~0\\u{1b}", "unknown"),
        (r#"[{"n0":1,"n0":2}]"#, "/n0/0/n0", "once"),
        (r#"[{"n0":-1}]"#, "/n0/0/n0", "not -1"),
        (r#"[{"n0":1.5}]"#, "/n0/0/n0", "not 1.5"),
        (r#"{"n0":1}"#, "/n0", "expected an array"),
        ("1e400", "/n0", "not valid JSON"),
        ("[", "/n0/0", "not valid JSON"),
        ("\"\\u0000\\u001b[31m\"", "/n0", "\\u{1b}"),
    ];
    for (json, path, message) in cases {
        let error = read_text(&list, json).unwrap_err();
        assert_eq!(error.path, path, "{json}: {error}");
        assert!(error.message.contains(message), "{json}: {error}");
    }
    let whole = read_text(&list, r#"[{"n0":2.0,"n1":null}]"#).unwrap();
    let expected = Val::Record(vec![
        ("n0".into(), Val::U8(2)),
        ("n1".into(), Val::Option(None)),
    ]);
    assert_eq!(whole, Val::List(vec![expected]));
}

#[test]
fn integers_are_exact_to_the_last_bit() {
    for (width, text) in [
        (Integer::U64, "18446744073709551615"),
        (Integer::S64, "-9223372036854775808"),
        (Integer::U64, "9007199254740993"),
    ] {
        let value = read_text(&Type::Integer(width), text).unwrap();
        let ty = Type::Integer(width);
        assert_eq!(result::write(&value, &ty, JSON_BYTES_MAX).unwrap(), text);
    }
    assert!(read_text(&Type::Integer(Integer::U64), "18446744073709551616").is_err());
}

#[test]
fn a_number_that_is_none_becomes_null() {
    let ty = Type::Float(Float::F64);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(
            result::write(&Val::Float64(value), &ty, 64).unwrap(),
            "null"
        );
    }
    assert!(read_text(&Type::Float(Float::F32), "1e39").is_err());
}
