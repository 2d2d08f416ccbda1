//! What other servers for WebAssembly tools get wrong, each as a test of ours.
//!
//! Owns what can be tested within one process. What needs the program and a client, such as the
//! protocol stream itself, is tested from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ringfence_policy::Budget;
use ringfence_sandbox::{Answer, Outcome, Output};
use ringfence_tests::generated;
use ringfence_tests::guests;
use ringfence_tests::harness::{Guest, Harness, ending};
use ringfence_tests::process::Footprint;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The longest that an answer may take while the machine is full of endless loops. What is promised
/// is far less and is measured by the benches.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// How many calls must leave memory as it was.
const MANY_CALLS: usize = 200_000;

/// How much resident memory so many calls may leave behind: what allocators keep, not what leaks. A
/// single word lost by each call would be a megabyte and a half.
const RESIDENT_GROWTH_KIB_MAX: usize = 1024;

/// Some tests load every core, and one counts memory: they take turns.
static TURN: Mutex<()> = Mutex::const_new(());

fn plain(harness: &Harness, file: &str) -> Guest {
    harness.load(file, guests::plain(file)).unwrap()
}

fn value(answer: &Answer) -> Value {
    match &answer.outcome {
        Outcome::Returned(Output::Json(json)) => serde_json::from_str(json).unwrap(),
        other => panic!("ended as {other:?}"),
    }
}

#[tokio::test]
async fn a_forged_answer_stays_in_the_capture() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let guest = plain(&harness, "forge");
    let answer = harness.call(&guest, "forge", "{}").await.unwrap();
    assert_eq!(value(&answer), json!("genuine"));
    for stream in [&answer.stdout, &answer.stderr] {
        let forged: Value = serde_json::from_slice(stream).unwrap();
        assert_eq!(
            forged.pointer("/result/content/0/text"),
            Some(&json!("forged"))
        );
    }
    assert!(answer.receipt.truncated.is_empty());
}

#[tokio::test]
async fn nothing_of_the_host_shows_unless_it_is_granted() {
    let _turn = TURN.lock().await;
    assert!(
        std::env::args().count() > 0 && std::env::vars_os().count() > 0,
        "nothing to leak"
    );
    let bytes = || guests::hostile("h43_dump");

    let harness = Harness::new(Budget::default());
    let guest = harness.load("dump", bytes()).unwrap();
    let answer = harness.call(&guest, "attack", "{}").await.unwrap();
    assert_eq!(value(&answer), json!([[], [], null, 0]));
    assert!(answer.receipt.capabilities.is_empty());

    let folder = tempfile::tempdir().unwrap();
    let grants = vec![
        "env=LANG".parse().unwrap(),
        "env=NOT_SET".parse().unwrap(),
        format!("fs.read={}:/data", folder.path().display())
            .parse()
            .unwrap(),
    ];
    let host = |name: &str| match name {
        "LANG" => Some("de_CH".to_owned()),
        "SECRET" => Some("canary-91ff".to_owned()),
        _ => None,
    };
    let harness = Harness::granting(grants, Budget::default(), host);
    let guest = harness.load("dump", bytes()).unwrap();
    let answer = harness.call(&guest, "attack", "{}").await.unwrap();
    assert_eq!(value(&answer), json!([[["LANG", "de_CH"]], [], null, 1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_then_sixty_four_endless_loops_leave_other_calls_answering() {
    let _turn = TURN.lock().await;
    let time = Duration::from_secs(2);
    let busy = Harness::new(Budget {
        fuel: u64::MAX,
        wall: time,
        cpu: time,
        ..Budget::default()
    });
    let calm = busy.with(Budget::default());
    let (spin, echo) = (plain(&busy, "spin"), plain(&busy, "echo"));
    for loops in [2, 64] {
        let spinning: Vec<_> = (0..loops)
            .map(|_| {
                let (busy, spin) = (busy.clone(), spin.clone());
                tokio::spawn(async move { busy.call(&spin, "spin", "{}").await.unwrap() })
            })
            .collect();
        let mut answered = 0;
        while !spinning.iter().any(tokio::task::JoinHandle::is_finished) {
            let started = Instant::now();
            let answer = calm.call(&echo, "echo", r#"{"text":"x"}"#).await.unwrap();
            assert_eq!(value(&answer), json!("x"));
            assert!(
                started.elapsed() < ANSWER_MAX,
                "{loops} loops: {:?}",
                started.elapsed()
            );
            answered += 1;
        }
        assert!(answered > 1, "no call was answered beside {loops} loops");
        for call in spinning {
            let answer = call.await.unwrap();
            let ended = ending(&answer.outcome);
            assert!(["limit(wall)", "limit(cpu)"].contains(&&*ended), "{ended}");
        }
    }
}

#[tokio::test]
async fn a_call_that_breaks_leaves_the_next_untouched() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let counter = plain(&harness, "counter");
    let trap = plain(&harness, "trap");
    let recurse = plain(&harness, "recurse");
    for _ in 0..50 {
        for (guest, function, arguments, expected) in [
            (&plain(&harness, "oob"), "read", "{}", "trapped"),
            (&trap, "unreachable", "{}", "trapped"),
            (&trap, "divide", "{}", "trapped"),
            (&trap, "call", "{}", "trapped"),
            (
                &recurse,
                "recurse",
                r#"{"levels":100000000}"#,
                "limit(stack)",
            ),
        ] {
            let answer = harness.call(guest, function, arguments).await.unwrap();
            assert_eq!(ending(&answer.outcome), expected, "{function}");
            let next = harness.call(&counter, "next", "{}").await.unwrap();
            assert_eq!(value(&next), json!(1), "after {function}");
        }
        let fine = harness
            .call(&recurse, "recurse", r#"{"levels":1000}"#)
            .await
            .unwrap();
        assert_eq!(value(&fine), json!(1000), "the same guest, with less");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_state_survives_a_call() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let counter = plain(&harness, "counter");
    for _ in 0..50 {
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let (harness, counter) = (harness.clone(), counter.clone());
                tokio::spawn(async move { harness.call(&counter, "next", "{}").await.unwrap() })
            })
            .collect();
        for call in calls {
            assert_eq!(value(&call.await.unwrap()), json!(1));
        }
    }
}

#[tokio::test]
async fn many_memories_and_tables_share_one_cap() {
    let _turn = TURN.lock().await;
    let page: u64 = 64 * 1024;
    let budget = Budget {
        memory_bytes: 32 << 20,
        table_elements: 20_000,
        ..Budget::default()
    };
    let harness = Harness::new(budget.clone());
    let memories = plain(&harness, "eight_memories");
    for pages in [8_u64, 64, 100, 512, 65_535] {
        let arguments = json!({ "pages": pages }).to_string();
        let answer = harness.call(&memories, "grow", &arguments).await.unwrap();
        let held = value(&answer).as_u64().unwrap() * page;
        let (cap, peak) = (
            budget.memory_bytes as u64,
            answer.receipt.peak_memory_bytes as u64,
        );
        assert!(
            held <= cap && peak <= cap,
            "{pages} pages each: {held} bytes, peak {peak}"
        );
        assert_eq!(held, peak, "the receipt says something else than the guest");
        if pages * 8 * page <= cap {
            assert_eq!(held, pages * 8 * page, "what the cap allows was refused");
        }
    }
    let tables = plain(&harness, "tables");
    let answer = harness
        .call(&tables, "grow", r#"{"elements":4000000000}"#)
        .await
        .unwrap();
    assert_eq!(value(&answer), json!(20_000));
}

#[test]
fn a_component_name_is_never_a_path() {
    let guest = || guests::plain("add");
    let names = [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "C:\\x",
        "a/b",
        "a\0b",
        "%2e%2e%2f",
        "~",
    ];
    for hint in names {
        let component = Harness::read(hint, guest()).unwrap();
        let name = component.name().as_str();
        let harmless = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            !name.is_empty() && name.chars().all(harmless),
            "{hint:?} became {name:?}"
        );
    }
    for name in names {
        let manifest = format!("name = {}", toml_string(name));
        let read = Harness::read("fine", generated::with_manifest(guest(), &manifest));
        assert!(read.is_err(), "a manifest named the component {name:?}");
    }
    let sums = generated::with_manifest(guest(), "name = \"sums\"");
    assert_eq!(Harness::read("../x", sums).unwrap().name().as_str(), "sums");
}

/// A TOML string. JSON's escapes are TOML's.
fn toml_string(text: &str) -> String {
    Value::from(text).to_string()
}

#[tokio::test]
async fn options_are_optional_and_integers_carry_their_bounds() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let option = plain(&harness, "option");
    let add = option
        .component
        .definitions()
        .iter()
        .find(|tool| tool.function.as_str() == "add");
    let schema = Value::Object((*add.unwrap().input_schema).clone());
    assert_eq!(schema["required"], json!(["a"]));
    assert_eq!(schema["additionalProperties"], json!(false));
    for parameter in ["a", "b"] {
        assert_eq!(schema["properties"][parameter]["type"], json!("integer"));
        assert_eq!(schema["properties"][parameter]["minimum"], json!(0));
        assert_eq!(schema["properties"][parameter]["maximum"], json!(u32::MAX));
    }
    for (arguments, sum) in [
        (r#"{"a":1}"#, 1),
        (r#"{"a":1,"b":null}"#, 1),
        (r#"{"b":2,"a":1}"#, 3),
    ] {
        let answer = harness.call(&option, "add", arguments).await.unwrap();
        assert_eq!(value(&answer), json!(sum), "{arguments}");
    }
    for (arguments, word) in [
        ("{}", "a"),
        (r#"{"a":-1}"#, "/a"),
        (r#"{"a":4294967296}"#, "/a"),
        (r#"{"a":1.5}"#, "/a"),
        (r#"{"a":"1"}"#, "/a"),
        (r#"{"a":1,"c":2}"#, "c"),
        (r#"{"a":1,"a":2}"#, "a"),
        ("[1]", "object"),
        ("null", "object"),
    ] {
        let error = harness
            .call(&option, "add", arguments)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(word), "{arguments}: {error}");
    }
}

#[tokio::test]
async fn wide_integers_are_exact() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let ints = plain(&harness, "ints");
    for (function, number) in [
        ("echo-u64", "18446744073709551615"),
        ("echo-u64", "9007199254740993"),
        ("echo-s64", "-9223372036854775808"),
        ("echo-s64", "-9007199254740993"),
    ] {
        let arguments = format!(r#"{{"value":{number}}}"#);
        let answer = harness.call(&ints, function, &arguments).await.unwrap();
        assert_eq!(
            answer.outcome,
            Outcome::Returned(Output::Json(number.into()))
        );
    }
    for (function, number) in [
        ("echo-u8", "256"),
        ("echo-s8", "-129"),
        ("echo-u16", "65536"),
        ("echo-u64", "18446744073709551616"),
        ("echo-u64", "-1"),
        ("echo-s64", "9223372036854775808"),
    ] {
        let arguments = format!(r#"{{"value":{number}}}"#);
        let error = harness.call(&ints, function, &arguments).await.unwrap_err();
        assert_eq!(error.path, "/value", "{function} took {number}");
    }
}

#[tokio::test]
async fn one_function_name_in_two_components_gives_two_tools() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let loaded: Vec<_> = ["left", "right", "left-add", "left-add-add"]
        .iter()
        .map(|name| harness.load(name, guests::plain("add")).unwrap())
        .collect();
    let names: BTreeSet<_> = loaded
        .iter()
        .flat_map(|guest| guest.component.definitions())
        .map(|tool| tool.name.as_str().to_owned())
        .collect();
    assert_eq!(names.len(), loaded.len(), "{names:?}");
    assert!(
        names.contains("left_add") && names.contains("right_add"),
        "{names:?}"
    );
    for guest in &loaded {
        let answer = harness
            .call(guest, "add", r#"{"a":2,"b":3}"#)
            .await
            .unwrap();
        assert_eq!(value(&answer), json!(5));
    }
}

#[tokio::test]
async fn memory_is_flat_over_two_hundred_thousand_calls() {
    let _turn = TURN.lock().await;
    let harness = Harness::new(Budget::default());
    let echo = plain(&harness, "echo");
    let call = async |count: usize| {
        for _ in 0..count {
            let answer = harness
                .call(&echo, "echo", r#"{"text":"flat"}"#)
                .await
                .unwrap();
            assert!(matches!(answer.outcome, Outcome::Returned(_)));
        }
        Footprint::now()
    };
    let warm = call(MANY_CALLS / 10).await;
    let after = call(MANY_CALLS - MANY_CALLS / 10).await;
    assert_eq!(after.descriptors, warm.descriptors);
    assert!(
        after.resident_kib <= warm.resident_kib + RESIDENT_GROWTH_KIB_MAX,
        "memory grew: {warm:?} to {after:?}"
    );
}
