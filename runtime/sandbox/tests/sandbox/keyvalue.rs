//! A guest that keeps things, and one that tries to get at what others keep.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_identity::Caller;
use ringfence_sandbox::{Answer, Outcome, Output, Settings, Silent};
use ringfence_state::State;
use serde_json::{Value, json};

use crate::guest::{Guest, component};

const WORLD: &str = "
    use wasi:keyvalue/store@0.2.0-draft.{error};
    import wasi:keyvalue/store@0.2.0-draft;
    import wasi:keyvalue/atomics@0.2.0-draft;
    import wasi:keyvalue/batch@0.2.0-draft;
    export get: func(name: string, key: string) -> result<option<list<u8>>, error>;
    export set: func(name: string, key: string, value: list<u8>) -> result<_, error>;
    export delete: func(name: string, key: string) -> result<_, error>;
    export has: func(name: string, key: string) -> result<bool, error>;
    export keys: func(name: string, cursor: option<u64>) -> result<list<string>, error>;
    export add: func(name: string, key: string, delta: u64) -> result<u64, error>;
    export get-many: func(name: string, keys: list<string>)
      -> result<list<option<tuple<string, list<u8>>>>, error>;
    export set-many: func(name: string, entries: list<tuple<string, list<u8>>>) -> result<_, error>;
    export delete-many: func(name: string, keys: list<string>) -> result<_, error>;
    /// Opens it again and again, and says what came of the last.
    export hammer: func(name: string, times: u32) -> result<_, error>;
    /// Uses a handle that it made up.
    export forge: func(handle: u32) -> result<_, error>;";

/// Results of the imports and of the exports are laid out the same, so most are handed on as they are.
const MODULE: &str = r#"(module
    (import "wasi:keyvalue/store@0.2.0-draft" "open" (func $open (param i32 i32 i32)))
    (import "wasi:keyvalue/store@0.2.0-draft" "[resource-drop]bucket" (func $drop (param i32)))
    (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.get"
      (func $get (param i32 i32 i32 i32)))
    (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.set"
      (func $set (param i32 i32 i32 i32 i32 i32)))
    (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.delete"
      (func $delete (param i32 i32 i32 i32)))
    (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.exists"
      (func $has (param i32 i32 i32 i32)))
    (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.list-keys"
      (func $keys (param i32 i32 i64 i32)))
    (import "wasi:keyvalue/atomics@0.2.0-draft" "increment"
      (func $add (param i32 i32 i32 i64 i32)))
    (import "wasi:keyvalue/batch@0.2.0-draft" "get-many" (func $get_many (param i32 i32 i32 i32)))
    (import "wasi:keyvalue/batch@0.2.0-draft" "set-many" (func $set_many (param i32 i32 i32 i32)))
    (import "wasi:keyvalue/batch@0.2.0-draft" "delete-many"
      (func $delete_many (param i32 i32 i32 i32)))
    (memory (export "memory") 128)
    (global $free (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    ;; The handle is at 68, or the error.
    (func $opened (param i32 i32) (result i32)
      (call $open (local.get 0) (local.get 1) (i32.const 64))
      (i32.eqz (i32.load8_u (i32.const 64))))
    (func (export "get") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $get (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      (i32.const 128))
    (func (export "set") (param i32 i32 i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $set (i32.load (i32.const 68)) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
        (i32.const 128))
      (i32.const 128))
    (func (export "delete") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $delete (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      (i32.const 128))
    (func (export "has") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $has (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      (i32.const 128))
    (func (export "keys") (param i32 i32 i32 i64) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $keys (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      ;; From the places of a record with a number in it to those of a list.
      (i32.store8 (i32.const 192) (i32.load8_u (i32.const 128)))
      (i64.store align=4 (i32.const 196) (i64.load (i32.const 136)))
      (i32.store (i32.const 204) (i32.load (i32.const 144)))
      (i32.const 192))
    (func (export "add") (param i32 i32 i32 i32 i64) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1)))
        (then
          (i32.store8 (i32.const 128) (i32.const 1))
          (i64.store (i32.const 136) (i64.load align=4 (i32.const 68)))
          (i32.store (i32.const 144) (i32.load (i32.const 76)))
          (return (i32.const 128))))
      (call $add (i32.load (i32.const 68)) (local.get 2) (local.get 3) (local.get 4)
        (i32.const 128))
      (i32.const 128))
    (func (export "get-many") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $get_many (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      (i32.const 128))
    (func (export "set-many") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $set_many (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      (i32.const 128))
    (func (export "delete-many") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (call $opened (local.get 0) (local.get 1))) (then (return (i32.const 64))))
      (call $delete_many (i32.load (i32.const 68)) (local.get 2) (local.get 3) (i32.const 128))
      (i32.const 128))
    (func (export "hammer") (param i32 i32 i32) (result i32)
      (loop $again
        (if (call $opened (local.get 0) (local.get 1))
          (then (call $drop (i32.load (i32.const 68)))))
        (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
        (br_if $again (local.get 2)))
      (i32.const 64))
    (func (export "forge") (param i32) (result i32)
      (call $delete (local.get 0) (i32.const 0) (i32.const 1) (i32.const 128))
      (i32.const 128)))"#;

fn guest(folder: &Path) -> Guest {
    let settings = Settings {
        state: Some(State::lazily(folder.join("state"))),
        ..Settings::default()
    };
    Guest::with(component(WORLD, MODULE), settings)
}

struct Tenant<'g> {
    guest: &'g Guest,
    caller: Caller,
    grants: &'g [&'g str],
}

impl<'g> Tenant<'g> {
    fn new(guest: &'g Guest, name: &str, grants: &'g [&'g str]) -> Self {
        Self {
            guest,
            caller: Caller::new(name.parse().unwrap(), "ann".parse().unwrap()),
            grants,
        }
    }

    async fn call(&self, function: &str, arguments: Value) -> Answer {
        let events = Arc::new(Silent);
        self.guest
            .granted(&self.caller, self.grants, function, &arguments, events)
            .await
    }

    async fn json(&self, function: &str, arguments: Value) -> Value {
        match self.call(function, arguments).await.outcome {
            Outcome::Returned(Output::Json(json)) => serde_json::from_str(&json).unwrap(),
            Outcome::Returned(Output::Nothing) => Value::Null,
            other => panic!("{other:?}"),
        }
    }

    async fn error(&self, function: &str, arguments: Value) -> String {
        match self.call(function, arguments).await.outcome {
            Outcome::ToolError(error) => error.text,
            other => panic!("{other:?}"),
        }
    }
}

fn data(text: &str) -> String {
    STANDARD.encode(text)
}

#[tokio::test]
async fn what_a_guest_keeps_is_there_for_its_next_call_and_its_next_process() {
    let scratch = tempfile::tempdir().unwrap();
    let place = scratch.path();
    let first = guest(place);
    let ann = Tenant::new(&first, "acme", &["kv=notes"]);
    let entry = json!({"name": "notes", "key": "a", "value": data("1")});
    ann.json("set", entry).await;
    let entries = json!({"name": "notes", "entries": [["b", data("2")], ["c", data("3")]]});
    ann.json("set-many", entries).await;

    let second = guest(place);
    let ann = Tenant::new(&second, "acme", &["kv=notes"]);
    let at = |key: &str| json!({"name": "notes", "key": key});
    assert_eq!(ann.json("get", at("a")).await, json!(data("1")));
    assert_eq!(ann.json("get", at("x")).await, Value::Null);
    assert_eq!(ann.json("has", at("b")).await, json!(true));
    let many = json!({"name": "notes", "keys": ["c", "x"]});
    assert_eq!(
        ann.json("get-many", many.clone()).await,
        json!([["c", data("3")], null])
    );
    ann.json("delete", at("a")).await;
    ann.json("delete-many", many).await;
    let keys = json!({"name": "notes"});
    assert_eq!(ann.json("keys", keys).await, json!(["b"]));
    let beyond = json!({"name": "notes", "cursor": u64::MAX});
    assert_eq!(ann.json("keys", beyond).await, json!([]));
    let add = json!({"name": "notes", "key": "n", "delta": 41});
    assert_eq!(ann.json("add", add.clone()).await, json!(41));
    assert_eq!(ann.json("add", add).await, json!(82));
}

#[tokio::test]
async fn nobody_gets_at_what_another_tenant_keeps() {
    let scratch = tempfile::tempdir().unwrap();
    let guest = guest(scratch.path());
    let ann = Tenant::new(&guest, "acme", &["kv=notes"]);
    ann.json(
        "set",
        json!({"name": "notes", "key": "canary", "value": data("secret")}),
    )
    .await;
    let eve = Tenant::new(&guest, "other", &["kv=notes"]);
    let at = json!({"name": "notes", "key": "canary"});
    assert_eq!(eve.json("get", at.clone()).await, Value::Null);
    assert_eq!(eve.json("keys", json!({"name": "notes"})).await, json!([]));
    eve.json("delete", at.clone()).await;
    eve.json(
        "set",
        json!({"name": "notes", "key": "canary", "value": data("eve")}),
    )
    .await;
    assert_eq!(ann.json("get", at).await, json!(data("secret")));
}

#[tokio::test]
async fn a_bucket_that_is_not_granted_is_denied_whatever_it_is_called() {
    let scratch = tempfile::tempdir().unwrap();
    let place = scratch.path().join("state");
    let guest = guest(scratch.path());
    let eve = Tenant::new(&guest, "acme", &["kv=notes"]);
    let long = "n".repeat(10_000);
    for name in [
        "",
        "other",
        "Notes",
        "notes ",
        "notes\0",
        "../notes",
        "*",
        "acme/notes",
        &long,
    ] {
        let entry = json!({"name": name, "key": "a", "value": data("1")});
        let answer = eve.call("set", entry).await;
        let Outcome::ToolError(error) = answer.outcome else {
            panic!("{:?}", answer.outcome);
        };
        assert_eq!(error.text, "access-denied", "{name:?}");
        assert_eq!(answer.receipt.denied.len(), 1, "{name:?}");
        assert!(answer.receipt.denied[0].len() < 300);
        assert!(answer.receipt.reached.is_empty());
    }
    assert!(!place.exists(), "what is denied opens nothing");
    let nobody = Tenant::new(&guest, "acme", &[]);
    let error = nobody.error("add", json!({"name": "notes", "key": "n", "delta": 1}));
    assert_eq!(error.await, "access-denied");
}

#[tokio::test]
async fn a_receipt_says_what_was_done_with_which_bucket() {
    let scratch = tempfile::tempdir().unwrap();
    let guest = guest(scratch.path());
    let ann = Tenant::new(&guest, "acme", &["kv=notes"]);
    let set = ann
        .call(
            "set",
            json!({"name": "notes", "key": "ab", "value": data("123")}),
        )
        .await;
    let line = &set.receipt.reached[0];
    assert_eq!(
        (line.target.as_str(), line.method.as_deref()),
        ("kv:notes", Some("set"))
    );
    assert_eq!(
        (line.count, line.sent_bytes, line.received_bytes),
        (1, 5, 0)
    );
    let get = ann.call("get", json!({"name": "notes", "key": "ab"})).await;
    let line = &get.receipt.reached[0];
    assert_eq!(
        (line.method.as_deref(), line.received_bytes),
        (Some("get"), 3)
    );
    assert_eq!(get.receipt.capabilities, ["kv=notes"]);
}

#[tokio::test]
async fn a_quota_is_told_and_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let guest = guest(scratch.path());
    let ann = Tenant::new(&guest, "acme", &["kv=notes:64"]);
    let entry =
        |key: &str, bytes| json!({"name": "notes", "key": key, "value": data(&"x".repeat(bytes))});
    ann.json("set", entry("a", 63)).await;
    let full = ann.error("set", entry("b", 0)).await;
    assert!(full.contains("may hold 64 bytes"), "{full}");
    assert_eq!(
        ann.json("keys", json!({"name": "notes"})).await,
        json!(["a"])
    );
}

#[tokio::test]
async fn a_guest_that_never_stops_is_stopped() {
    let scratch = tempfile::tempdir().unwrap();
    let guest = guest(scratch.path());
    let ann = Tenant::new(&guest, "acme", &["kv=notes"]);
    ann.json("hammer", json!({"name": "notes", "times": 100}))
        .await;
    for name in ["notes", "other"] {
        let error = ann
            .error("hammer", json!({"name": name, "times": 10_001}))
            .await;
        assert!(error.contains("10000 times"), "{error}");
    }
}

#[tokio::test]
async fn a_handle_that_was_made_up_ends_the_call() {
    let scratch = tempfile::tempdir().unwrap();
    let guest = guest(scratch.path());
    let eve = Tenant::new(&guest, "acme", &["kv=notes"]);
    for handle in [0, 1, 7, u32::MAX] {
        let answer = eve.call("forge", json!({"handle": handle})).await;
        assert!(
            matches!(answer.outcome, Outcome::Trapped(_)),
            "{:?}",
            answer.outcome
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_host_is_not_told() {
    let scratch = tempfile::tempdir().unwrap();
    let state = scratch.path().join("state");
    std::fs::write(&state, "in the way").unwrap();
    let broken = guest(scratch.path());
    let ann = Tenant::new(&broken, "acme", &["kv=notes"]);
    let error = ann.error("get", json!({"name": "notes", "key": "a"})).await;
    assert_eq!(error, "other: buckets do not work just now");

    let without = Guest::with(component(WORLD, MODULE), Settings::default());
    let ann = Tenant::new(&without, "acme", &["kv=notes"]);
    let error = ann.error("get", json!({"name": "notes", "key": "a"})).await;
    assert_eq!(error, "no-such-store");
}
