//! Components that describe themselves, called as the host calls them.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_policy::{Budget, Policy};
use ringfence_sandbox::{Outcome, Output, Silent, ToolError};
use ringfence_tool::ProviderFunction;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::canned::Memory;
use crate::guest::{Guest, component};

const WORLD: &str = "
    export ringfence:tool/provider@0.1.0;
    export ringfence:tool/resources@0.1.0;
    export ringfence:tool/prompts@0.1.0;
    export ringfence:tool/completion@0.1.0;";

/// A function's core parameters.
fn params(which: ProviderFunction) -> usize {
    match which {
        ProviderFunction::Describe
        | ProviderFunction::DescribeResources
        | ProviderFunction::DescribeTemplates
        | ProviderFunction::DescribePrompts => 0,
        ProviderFunction::Read => 2,
        ProviderFunction::Call | ProviderFunction::Get => 4,
        ProviderFunction::Complete => 9,
    }
}

/// A module whose functions return what stands at the addresses.
fn module(segment: &str, address: impl Fn(ProviderFunction) -> usize) -> String {
    let functions = ProviderFunction::ALL.map(|which| {
        format!(
            r#"(func (export "{}#{}") (param {}) (result i32) (i32.const {}))"#,
            which.interface(),
            which.export(),
            "i32 ".repeat(params(which)),
            address(which)
        )
    });
    let functions = functions.concat();
    format!(
        r#"(module
            (memory (export "memory") 4)
            {segment}
            (global $free (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32)
                (result i32) (local $at i32)
              (local.set $at (i32.and
                (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
                (i32.sub (i32.const 0) (local.get $align))))
              (global.set $free (i32.add (local.get $at) (local.get $size)))
              (local.get $at))
            {functions})"#
    )
}

/// A guest that gives back what `results` says.
fn guest(results: impl Fn(ProviderFunction) -> Value) -> Guest {
    // Once to learn the types, once with values of them.
    let types = component(WORLD, &module("", |_| 0));
    let mut memory = Memory::default();
    let addresses: Vec<_> = ProviderFunction::ALL
        .into_iter()
        .map(|which| {
            let function = types.provider_function(which).unwrap();
            memory.returned(&function.result, &results(which))
        })
        .collect();
    let address = |which| {
        let index = ProviderFunction::ALL
            .into_iter()
            .position(|one| one == which);
        addresses[index.unwrap()]
    };
    Guest::new(component(WORLD, &module(&memory.segment(), address)))
}

async fn call(guest: &Guest, which: ProviderFunction) -> Outcome {
    let arguments = match which {
        ProviderFunction::Call => json!({"name": "draw", "arguments": "{\"size\":3}"}),
        ProviderFunction::Read => json!({"uri": "notes://1"}),
        ProviderFunction::Get => {
            json!({"name": "greet", "arguments": [{"name": "who", "value": "Ada"}]})
        }
        ProviderFunction::Complete => json!({
            "reference": {"template": "notes://{day}"},
            "argument": "day",
            "value": "mo",
            "others": [],
        }),
        _ => json!({}),
    };
    let policy = Policy::new(Vec::new(), Budget::default()).unwrap();
    let name = guest
        .component
        .provider_function(which)
        .unwrap()
        .name
        .clone();
    let (events, cancel) = (Arc::new(Silent), CancellationToken::new());
    let answer = guest
        .run(&name, &arguments, events, cancel, |subject| {
            if params(which) == 0 {
                policy.describe(&Caller::local(), subject, None)
            } else {
                policy.decide(&Caller::local(), subject, None).unwrap()
            }
        })
        .await;
    answer.outcome
}

/// What each function gives, in JSON: as the guest means it, and as the host reads it.
#[expect(clippy::too_many_lines, reason = "a table, read as a whole")]
fn value(which: ProviderFunction) -> Value {
    match which {
        ProviderFunction::Describe => json!([
            {
                "name": "draw",
                "title": "Draw",
                "description": "Draws.",
                "input-schema": "{\"type\":\"object\"}",
                "output-schema": "{}",
                "icons": [
                    {"src": "https://a.example/i.png", "mime-type": "image/png", "sizes": ["48x48"]},
                    {"src": "data:,", "sizes": []},
                ],
                "needs-task": true,
            },
            {
                "name": "rest",
                "description": "",
                "input-schema": "{}",
                "icons": [],
                "needs-task": false,
            },
        ]),
        ProviderFunction::Call => json!({
            "content": [
                {"text": {"text": "grüße", "audience": "user"}},
                {"image": {"data": "AQID/w==", "mime-type": "image/png"}},
                {"audio": {"data": "", "mime-type": "audio/wav", "audience": "assistant"}},
                {"link": {"uri": "https://a.example", "name": "a"}},
                {"link": {
                    "uri": "https://b.example",
                    "name": "b",
                    "title": "B",
                    "description": "the b",
                    "mime-type": "text/html",
                    "size": 18_446_744_073_709_551_615_u64,
                }},
                {"embedded": {"uri": "n:1", "mime-type": "text/plain", "body": {"text": "x"}}},
                {"embedded": {"uri": "n:2", "body": {"blob": "AAEC"}}},
            ],
            "structured": "{\"drawn\":true}",
        }),
        ProviderFunction::DescribeResources => json!([
            {"uri": "notes://1", "name": "1"},
            {
                "uri": "notes://2",
                "name": "2",
                "title": "Two",
                "description": "the second",
                "mime-type": "text/plain",
                "size": 12,
            },
        ]),
        ProviderFunction::DescribeTemplates => json!([
            {"uri-template": "notes://{day}", "name": "day"},
            {
                "uri-template": "notes://{day}/{hour}",
                "name": "hour",
                "title": "Hour",
                "description": "of a day",
                "mime-type": "text/plain",
            },
        ]),
        ProviderFunction::Read => json!([
            {"uri": "notes://1", "mime-type": "text/plain", "body": {"text": "first"}},
            {"uri": "notes://1", "body": {"blob": "/////w=="}},
        ]),
        ProviderFunction::DescribePrompts => json!([
            {"name": "greet", "arguments": [
                {"name": "who", "title": "Who", "description": "whom", "required": true},
                {"name": "how", "required": false},
            ]},
            {"name": "rest", "title": "Rest", "description": "nothing", "arguments": []},
        ]),
        ProviderFunction::Get => json!({
            "description": "a greeting",
            "messages": [
                {"role": "user", "content": {"text": {"text": "hi"}}},
                {"role": "assistant", "content": {"embedded": {
                    "uri": "n:1", "body": {"text": "x"}}}},
            ],
        }),
        ProviderFunction::Complete => {
            json!({"values": ["monday", "month"], "total": 2, "more": false})
        }
    }
}

/// Whether a function returns a result, and so an error of its own.
fn may_fail(which: ProviderFunction) -> bool {
    matches!(
        which,
        ProviderFunction::Call | ProviderFunction::Read | ProviderFunction::Get
    )
}

#[tokio::test]
async fn what_a_component_describes_comes_out_as_json() {
    let guest = guest(|which| {
        if may_fail(which) {
            json!({ "ok": value(which) })
        } else {
            value(which)
        }
    });
    for which in ProviderFunction::ALL {
        let Outcome::Returned(Output::Json(json)) = call(&guest, which).await else {
            panic!("{which:?}")
        };
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json, value(which), "{which:?}");
    }
}

#[tokio::test]
async fn an_error_has_its_case_and_its_words() {
    let guest = guest(|which| match which {
        ProviderFunction::Call => json!({"err": {"invalid-argument": "no size"}}),
        ProviderFunction::Read => json!({"err": {"not-found": "no such note"}}),
        ProviderFunction::Get => {
            json!({"err": {"unavailable": {"message": "later", "retry-after-ms": 5}}})
        }
        which => value(which),
    });
    for (which, case, text) in [
        (
            ProviderFunction::Call,
            "invalid-argument",
            "invalid-argument: no size",
        ),
        (
            ProviderFunction::Read,
            "not-found",
            "not-found: no such note",
        ),
        (
            ProviderFunction::Get,
            "unavailable",
            r#"{"unavailable":{"message":"later","retry-after-ms":5}}"#,
        ),
    ] {
        let error = ToolError {
            case: Some(case.into()),
            text: text.into(),
        };
        assert_eq!(call(&guest, which).await, Outcome::ToolError(error));
    }
}
