//! A guest that reads the clock as fast as it can.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_sandbox::{Outcome, Output, Silent};
use serde_json::json;

use crate::guest::{Guest, component};

const WORLD: &str = "
    import wasi:clocks/monotonic-clock@0.2.12;
    import wasi:clocks/wall-clock@0.2.12;
    /// What is left of the time below a millisecond, all readings together, until the clock has gone on so
    /// many times. Everything, when it went back.
    export since-start: func(changes: u32) -> u64;
    export of-day: func(changes: u32) -> u64;
    export resolution: func() -> u64;";

const MODULE: &str = r#"(module
    (import "wasi:clocks/monotonic-clock@0.2.12" "now" (func $now (result i64)))
    (import "wasi:clocks/monotonic-clock@0.2.12" "resolution" (func $resolution (result i64)))
    (import "wasi:clocks/wall-clock@0.2.12" "now" (func $wall (param i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "resolution") (result i64) (call $resolution))
    (func $day (result i64)
      (call $wall (i32.const 16))
      (i64.add
        (i64.mul (i64.load (i32.const 16)) (i64.const 1000000000))
        (i64.load32_u (i32.const 24))))
    (func $watch (param $left i32) (param $which i32) (result i64)
      (local $last i64) (local $now i64) (local $odd i64)
      (loop $again
        (if (local.get $which)
          (then (local.set $now (call $day)))
          (else (local.set $now (call $now))))
        (if (i64.lt_u (local.get $now) (local.get $last)) (then (return (i64.const -1))))
        (local.set $odd
          (i64.or (local.get $odd) (i64.rem_u (local.get $now) (i64.const 1000000))))
        (if (i64.ne (local.get $now) (local.get $last))
          (then (local.set $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.set $last (local.get $now))
        (br_if $again (i32.gt_s (local.get $left) (i32.const 0))))
      (local.get $odd))
    (func (export "since-start") (param i32) (result i64)
      (call $watch (local.get 0) (i32.const 0)))
    (func (export "of-day") (param i32) (result i64)
      (call $watch (local.get 0) (i32.const 1))))"#;

async fn reads(guest: &Guest, grants: &[&str], function: &str) -> u64 {
    let arguments = match function {
        "resolution" => json!({}),
        _ => json!({"changes": 5}),
    };
    let (caller, events) = (Caller::local(), Arc::new(Silent));
    let answer = guest
        .granted(&caller, grants, function, &arguments, events)
        .await;
    match answer.outcome {
        Outcome::Returned(Output::Json(json)) => json.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_the_grant_no_clock_tells_more_than_milliseconds() {
    let guest = Guest::new(component(WORLD, MODULE));
    assert_eq!(reads(&guest, &[], "since-start").await, 0);
    assert_eq!(reads(&guest, &[], "of-day").await, 0);
    assert_eq!(reads(&guest, &[], "resolution").await, 1_000_000);
}

#[tokio::test]
async fn with_the_grant_clocks_are_the_systems() {
    let guest = Guest::new(component(WORLD, MODULE));
    for function in ["since-start", "of-day"] {
        let odd = reads(&guest, &["clock.precise"], function).await;
        assert!(odd != 0 && odd != u64::MAX, "{function}: {odd}");
    }
    assert!(reads(&guest, &["clock.precise"], "resolution").await < 1_000_000);
}
