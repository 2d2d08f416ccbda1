//! A guest that reads every value it can name, and all it is offered.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_sandbox::{Answer, Outcome, Output, Settings, Silent, Values};
use serde_json::{Value, json};

use crate::guest::{Guest, component};

const WORLD: &str = "
    use wasi:config/store@0.2.0-rc.1.{error};
    import wasi:config/store@0.2.0-rc.1;
    export get: func(key: string) -> result<option<string>, error>;
    export get-all: func() -> result<list<tuple<string, string>>, error>;";

const MODULE: &str = r#"(module
    (import "wasi:config/store@0.2.0-rc.1" "get" (func $get (param i32 i32 i32)))
    (import "wasi:config/store@0.2.0-rc.1" "get-all" (func $all (param i32)))
    (memory (export "memory") 4)
    (global $free (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func (export "get") (param i32 i32) (result i32)
      (call $get (local.get 0) (local.get 1) (i32.const 64))
      (i32.const 64))
    (func (export "get-all") (result i32) (call $all (i32.const 64)) (i32.const 64)))"#;

fn guest() -> Guest {
    let mut values = Values::default();
    values.set(None, "greeting", "hello");
    values.set(None, "canary", "canary-4f1c9b7e2d");
    values.set(Some("other"), "greeting", "canary of another tenant");
    values.set(Some("acme"), "place", "moon");
    let settings = Settings {
        values: Arc::new(values),
        ..Settings::default()
    };
    Guest::with(component(WORLD, MODULE), settings)
}

async fn call(guest: &Guest, grants: &[&str], function: &str, arguments: Value) -> Answer {
    let caller = Caller::new("acme".parse().unwrap(), "ann".parse().unwrap());
    guest
        .granted(&caller, grants, function, &arguments, Arc::new(Silent))
        .await
}

fn json(answer: &Answer) -> Value {
    match &answer.outcome {
        Outcome::Returned(Output::Json(json)) => serde_json::from_str(json).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_what_is_granted_is_there() {
    let guest = guest();
    let grants = ["config=greeting", "config=place", "config=absent"];
    let all = call(&guest, &grants, "get-all", json!({})).await;
    assert_eq!(
        json(&all),
        json!([["greeting", "hello"], ["place", "moon"]])
    );
    let named = call(&guest, &grants, "get", json!({"key": "greeting"})).await;
    assert_eq!(json(&named), json!("hello"));
    assert_eq!(named.receipt.reached[0].target, "config:greeting");
    assert_eq!(named.receipt.reached[0].received_bytes, 5);
    assert!(named.receipt.denied.is_empty());
    let absent = call(&guest, &grants, "get", json!({"key": "absent"})).await;
    assert_eq!(json(&absent), Value::Null);
}

#[tokio::test]
async fn what_is_not_granted_looks_like_what_is_not_there_and_is_noted() {
    let guest = guest();
    for key in [
        "canary",
        "CANARY",
        "canary ",
        "",
        "*",
        "\u{0}",
        &"c".repeat(10_000),
    ] {
        let answer = call(&guest, &["config=greeting"], "get", json!({"key": key})).await;
        assert_eq!(json(&answer), Value::Null, "{key:?}");
        let noted = answer.receipt.denied.concat();
        assert_eq!(noted.contains("canary"), key == "canary", "{noted}");
    }
    let none = call(&guest, &[], "get-all", json!({})).await;
    assert_eq!(json(&none), json!([]));
}
