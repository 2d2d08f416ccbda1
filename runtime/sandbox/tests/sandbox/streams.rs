//! A guest that copies its input to its outputs.

use std::sync::{Arc, Mutex};

use ringfence_identity::Caller;
use ringfence_sandbox::{
    Answer, CallEvents, LogLevel, Outcome, Output, PRINTED_MAX, Printed, PrintedOn, Settings,
    StandardInput,
};
use ringfence_secrets::{SecretValue, Secrets, Vault};
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::guest::{Guest, component};

const WORLD: &str = "
    import wasi:cli/stdin@0.2.12;
    import wasi:cli/stdout@0.2.12;
    import wasi:cli/stderr@0.2.12;
    /// Copies standard input to standard output in pieces of so many bytes, a dot for each to standard
    /// error, and says how many pieces there were.
    export copy: func(piece: u64) -> u32;";

const MODULE: &str = r#"(module
    (import "wasi:cli/stdin@0.2.12" "get-stdin" (func $stdin (result i32)))
    (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
    (import "wasi:cli/stderr@0.2.12" "get-stderr" (func $stderr (result i32)))
    (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read"
      (func $read (param i32 i64 i32)))
    (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
      (func $write (param i32 i32 i32 i32)))
    (memory (export "memory") 4)
    (data (i32.const 16) ".")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
    (func (export "copy") (param $piece i64) (result i32)
      (local $in i32) (local $out i32) (local $err i32) (local $count i32)
      (local.set $in (call $stdin))
      (local.set $out (call $stdout))
      (local.set $err (call $stderr))
      (block $end
        (loop $again
          (call $read (local.get $in) (local.get $piece) (i32.const 64))
          (br_if $end (i32.load8_u (i32.const 64)))
          (br_if $again (i32.eqz (i32.load (i32.const 72))))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (call $write (local.get $err) (i32.const 16) (i32.const 1) (i32.const 96))
          (call $write (local.get $out) (i32.load (i32.const 68)) (i32.load (i32.const 72))
            (i32.const 96))
          (br_if $end (i32.load8_u (i32.const 96)))
          (br $again)))
      (local.get $count)))"#;

/// Somebody who pipes into a call, and watches it.
struct Piped {
    input: Mutex<Option<StandardInput>>,
    watcher: Mutex<Option<Sender<Printed>>>,
}

impl CallEvents for Piped {
    fn progress(&self, _done: f64, _total: Option<f64>, _message: Option<String>) {}

    fn log(&self, _level: LogLevel, _message: String) {}

    fn standard_input(&self) -> Option<StandardInput> {
        self.input.lock().unwrap().take()
    }

    fn standard_output(&self) -> Option<Sender<Printed>> {
        self.watcher.lock().unwrap().take()
    }
}

fn piped(input: &[u8]) -> (Arc<Piped>, Receiver<Printed>) {
    let (watcher, printed) = channel(PRINTED_MAX);
    let input: StandardInput = Box::new(std::io::Cursor::new(input.to_vec()));
    let piped = Piped {
        input: Mutex::new(Some(input)),
        watcher: Mutex::new(Some(watcher)),
    };
    (Arc::new(piped), printed)
}

async fn copy(guest: &Guest, grants: &[&str], piece: u64, piped: Arc<Piped>) -> Answer {
    let arguments = json!({"piece": piece});
    guest
        .granted(&Caller::local(), grants, "copy", &arguments, piped)
        .await
}

fn count(answer: &Answer) -> u32 {
    match &answer.outcome {
        Outcome::Returned(Output::Json(json)) => json.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn all(mut printed: Receiver<Printed>) -> (Vec<u8>, Vec<u8>) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(piece) = printed.recv().await {
        match piece.on {
            PrintedOn::Stdout => out.extend(piece.bytes),
            PrintedOn::Stderr => err.extend(piece.bytes),
        }
    }
    (out, err)
}

#[tokio::test]
async fn without_grants_nothing_is_read_and_nothing_shown() {
    let guest = Guest::new(component(WORLD, MODULE));
    let (piped, printed) = piped(b"canary");
    let answer = copy(&guest, &[], 4, Arc::clone(&piped)).await;
    assert_eq!(count(&answer), 0);
    assert!(
        answer.receipt.denied[0].contains("`stdin`"),
        "{:?}",
        answer.receipt.denied
    );
    assert!(answer.receipt.reached.is_empty());
    assert!(piped.input.lock().unwrap().is_some(), "nobody touched it");
    drop(piped);
    assert_eq!(all(printed).await, (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn what_is_piped_in_comes_out_whole_however_slowly_it_is_read() {
    let guest = Guest::new(component(WORLD, MODULE));
    let text: Vec<u8> = (0..200_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    let (piped, printed) = piped(&text);
    let watched = tokio::spawn(async move {
        // More pieces than may wait: the guest has to.
        tokio::task::yield_now().await;
        all(printed).await
    });
    let answer = copy(&guest, &["stdin", "stdout"], 1000, piped).await;
    let pieces = count(&answer);
    assert!(pieces >= 200);
    let (out, err) = watched.await.unwrap();
    assert_eq!(out, text);
    assert_eq!(err.len(), pieces as usize);
    let bytes = |target: &str| {
        let line = answer
            .receipt
            .reached
            .iter()
            .find(|line| line.target == target)
            .unwrap();
        line.sent_bytes + line.received_bytes
    };
    assert_eq!((bytes("stdin"), bytes("stdout")), (200_000, 200_000));
}

#[tokio::test]
async fn who_stops_watching_ends_the_writing_and_not_the_call() {
    let guest = Guest::new(component(WORLD, MODULE));
    let (piped, printed) = piped(&[b'x'; 1000]);
    drop(printed);
    let answer = copy(&guest, &["stdin", "stdout"], 100, piped).await;
    assert_eq!(count(&answer), 1);
}

#[tokio::test]
async fn a_secret_that_is_printed_in_pieces_is_not_shown() {
    const CANARY: &str = "canary-4f1c9b7e2d";
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("secrets");
    let vault = Vault::new(path.clone(), Vault::default_key(&path));
    let value = SecretValue::new(CANARY.as_bytes().to_vec()).unwrap();
    vault
        .set(Caller::local().tenant(), &"CANARY".parse().unwrap(), value)
        .unwrap();
    let settings = Settings {
        secrets: Arc::new(Secrets::open(vault).unwrap()),
        ..Settings::default()
    };
    let guest = Guest::with(component(WORLD, MODULE), settings);
    for (before, after) in [("it is ", " indeed"), ("", ""), ("it is ", "")] {
        let (piped, printed) = piped(format!("{before}{CANARY}{after}").as_bytes());
        let watched = tokio::spawn(all(printed));
        copy(&guest, &["stdin", "stdout"], 3, piped).await;
        let (out, _) = watched.await.unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, format!("{before}[secret CANARY]{after}"));
    }
}
