//! A guest that came by a secret, and says it in every way it has.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_identity::Caller;
use ringfence_policy::Budget;
use ringfence_sandbox::{
    Abilities, Answer, AskError, Asked, CallEvents, LogLevel, Outcome, Output, Question, Settings,
};
use ringfence_secrets::{SecretValue, Secrets, Vault};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::guest::{Guest, component};

const CANARY: &str = "canary-4f1c9b7e2d+/=";

const WORLD: &str = "
    import ringfence:tool/host@0.1.0;
    export echo: func(text: string) -> string;
    export fail: func(text: string) -> result<string, string>;
    export say: func(text: string);
    export binary: func(data: list<u8>) -> list<u8>;
    export number: func(n: u64) -> u64;";

const MODULE: &str = r#"(module
    (import "ringfence:tool/host@0.1.0" "log" (func $log (param i32 i32 i32)))
    (import "ringfence:tool/host@0.1.0" "progress"
      (func $progress (param f64 i32 f64 i32 i32 i32)))
    (memory (export "memory") 64)
    (global $free (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func $pair (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $length))
      (i32.const 16))
    (func (export "echo") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "binary") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "number") (param i64) (result i64) (local.get 0))
    (func (export "fail") (param $at i32) (param $length i32) (result i32)
      (i32.store8 (i32.const 32) (i32.const 1))
      (i32.store (i32.const 36) (local.get $at))
      (i32.store (i32.const 40) (local.get $length))
      (i32.const 32))
    (func (export "say") (param $at i32) (param $length i32)
      (call $log (i32.const 1) (local.get $at) (local.get $length))
      (call $progress (f64.const 1) (i32.const 0) (f64.const 0)
        (i32.const 1) (local.get $at) (local.get $length))))"#;

/// Everything that was heard of a call.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl CallEvents for Heard {
    fn progress(&self, _done: f64, _total: Option<f64>, message: Option<String>) {
        self.0.lock().unwrap().extend(message);
    }

    fn log(&self, _level: LogLevel, message: String) {
        self.0.lock().unwrap().push(message);
    }

    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    fn ask(&self, _questions: Vec<Question>) -> Asked<'_> {
        Box::pin(std::future::ready(Err(AskError::Expired)))
    }
}

struct Place {
    _folder: tempfile::TempDir,
    guest: Guest,
}

fn place(values: &[(&str, &str)]) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    let vault = Vault::new(path.clone(), Vault::default_key(&path));
    let tenant = Caller::local().tenant().clone();
    for (name, value) in values {
        let value = SecretValue::new(value.as_bytes().to_vec()).unwrap();
        vault.set(&tenant, &name.parse().unwrap(), value).unwrap();
    }
    let settings = Settings {
        secrets: Arc::new(Secrets::open(vault).unwrap()),
        ..Settings::default()
    };
    Place {
        _folder: folder,
        guest: Guest::with(component(WORLD, MODULE), settings),
    }
}

impl Place {
    async fn call(&self, function: &str, arguments: serde_json::Value) -> (Answer, Vec<String>) {
        let heard = Arc::new(Heard::default());
        let events = Arc::clone(&heard) as Arc<dyn CallEvents>;
        let budget = Budget::default();
        let cancel = CancellationToken::new();
        let answer = self
            .guest
            .call(function, &arguments, budget, events, cancel)
            .await;
        let heard = heard.0.lock().unwrap().clone();
        (answer, heard)
    }
}

fn json(answer: Answer) -> String {
    match answer.outcome {
        Outcome::Returned(Output::Json(json)) => json,
        other => panic!("{other:?}"),
    }
}

fn encodings() -> Vec<String> {
    let hex: Vec<String> = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: Vec<String> = CANARY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped: Vec<String> = CANARY
        .bytes()
        .map(|byte| format!("\\u{byte:04x}"))
        .collect();
    vec![
        CANARY.to_owned(),
        STANDARD.encode(CANARY),
        STANDARD.encode(format!("user:{CANARY}")),
        hex.concat(),
        hex.concat().to_uppercase(),
        percent.concat(),
        escaped.concat(),
    ]
}

#[tokio::test]
async fn a_result_holds_no_secret_in_any_encoding() {
    let place = place(&[("CANARY", CANARY)]);
    for text in encodings() {
        let (answer, _) = place
            .call("echo", json!({"text": format!("it is {text}!")}))
            .await;
        let json = json(answer);
        assert!(json.contains("[secret CANARY]"), "{text}: {json}");
        assert!(!json.contains(&text) && !json.contains("canary"), "{json}");
        serde_json::from_str::<String>(&json).unwrap();
    }
}

#[tokio::test]
async fn errors_logs_and_progress_hold_none() {
    let place = place(&[("CANARY", CANARY)]);
    for text in encodings() {
        let (answer, _) = place.call("fail", json!({"text": text})).await;
        let Outcome::ToolError(error) = answer.outcome else {
            panic!("{:?}", answer.outcome);
        };
        assert!(
            error.text.contains("[secret CANARY]") && !error.text.contains(&text),
            "{error}"
        );
        let (_, heard) = place.call("say", json!({"text": text})).await;
        assert_eq!(heard.len(), 2, "a log line and a report");
        for said in heard {
            assert!(
                said.contains("[secret CANARY]") && !said.contains(&text),
                "{said}"
            );
        }
    }
}

#[tokio::test]
async fn a_log_line_that_is_cut_leaves_no_half_of_a_secret() {
    let place = place(&[("CANARY", CANARY)]);
    let line = Budget::default().log_line_bytes;
    for before in (line - CANARY.len())..line {
        let text = format!("{}{CANARY}{}", ".".repeat(before), "-".repeat(100));
        let (_, heard) = place.call("say", json!({"text": text})).await;
        assert!(
            heard.iter().all(|said| !said.contains("canary")),
            "after {before}"
        );
    }
}

#[tokio::test]
async fn bytes_and_numbers_are_searched_as_well() {
    let place = place(&[("CANARY", CANARY), ("PIN", "3141592653")]);
    let (answer, _) = place
        .call("binary", json!({"data": STANDARD.encode(CANARY)}))
        .await;
    assert!(json(answer).contains("[secret CANARY]"));
    let (answer, _) = place.call("number", json!({"n": 3_141_592_653_u64})).await;
    assert_eq!(json(answer), r#""[secret PIN]""#);
}

#[tokio::test]
async fn what_is_no_secret_leaves_as_it_was() {
    let place = place(&[("CANARY", CANARY)]);
    let text = "canary-4f1c9b7e2 \"%41\\n\" é";
    let (answer, _) = place.call("echo", json!({"text": text})).await;
    assert_eq!(serde_json::from_str::<String>(&json(answer)).unwrap(), text);
}
