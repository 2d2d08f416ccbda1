//! Each call leaves exactly one record, whatever becomes of it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringfence_identity::Caller;
use ringfence_policy::Budget;
use ringfence_server::{AUDIT_TARGET, CallRequest, Funnel, Silent, Target};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use crate::client;

/// Collects log lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn records(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["target"] == AUDIT_TARGET)
            .map(|line| line["fields"].clone())
            .collect()
    }
}

/// A funnel whose audit records can be read.
struct Audited {
    log: Log,
    funnel: Arc<Funnel>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Audited {
    fn new() -> Self {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(log.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let guests = ["add", "err", "trap", "spin", "sleep"];
        let folder = client::folder(&guests);
        let budget = Budget {
            wall: Duration::from_millis(200),
            ..Budget::default()
        };
        let funnel = client::funnel_with(client::files(&folder, &guests), &[], budget);
        Self {
            log,
            funnel,
            _guard: guard,
        }
    }

    async fn call(&self, caller: &Caller, tool: &str, arguments: Value, cancel: bool) {
        let request = CallRequest {
            id: "7".into(),
            target: Target::Tool(tool.into()),
            arguments: arguments.as_object().cloned().unwrap(),
        };
        let token = CancellationToken::new();
        if cancel {
            token.cancel();
        }
        // What became of it is read from the record.
        let _ = self
            .funnel
            .call(caller, request, Arc::new(Silent), token)
            .await;
    }

    async fn local(&self, tool: &str, arguments: Value) {
        self.call(&Caller::local(), tool, arguments, false).await;
    }
}

fn stranger() -> Caller {
    Caller::new("acme".parse().unwrap(), "eve".parse().unwrap())
}

#[tokio::test(flavor = "current_thread")]
async fn every_ending_is_written_down_once() {
    let audited = Audited::new();
    let sum = json!({"a": 1, "b": 2});
    audited.local("add_add", sum.clone()).await;
    audited.local("add_add", json!({"a": 1})).await;
    audited
        .call(&stranger(), "add_add", sum.clone(), false)
        .await;
    audited.local("nobody", json!({})).await;
    audited.local("err_fail", json!({"message": "m"})).await;
    audited.local("trap_divide", json!({})).await;
    audited.local("spin_spin", json!({})).await;
    audited.call(&Caller::local(), "add_add", sum, true).await;
    let dropped = audited.local("sleep_sleep", json!({"milliseconds": 10_000}));
    assert!(
        tokio::time::timeout(Duration::from_millis(100), dropped)
            .await
            .is_err()
    );

    let records = audited.log.records();
    let outcomes: Vec<_> = records
        .iter()
        .map(|record| record["outcome"].as_str().unwrap())
        .collect();
    let expected = [
        "returned",
        "invalid-arguments",
        "denied",
        "unknown-tool",
        "tool-error",
        "trapped",
        "limit",
        "cancelled",
        "cancelled",
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(records[2]["tenant"], "acme");
    assert_eq!(records[6]["limit"], "wall");
}

#[tokio::test(flavor = "current_thread")]
async fn a_record_says_who_and_what_and_how_much_but_not_with_what() {
    let audited = Audited::new();
    audited.local("add_add", json!({"a": 1, "b": 2})).await;
    audited
        .local("err_fail", json!({"message": "a secret"}))
        .await;
    audited.local("no\n\u{1b}[2Jbody", json!({})).await;
    let records = audited.log.records();
    assert!(!format!("{records:?}").contains("a secret"), "{records:?}");
    let returned = &records[0];
    for (field, value) in [
        ("tenant", "local"),
        ("principal", "local"),
        ("request", "7"),
        ("tool", "add_add"),
        ("component", "add"),
        ("function", "add"),
    ] {
        assert_eq!(returned[field], value, "{field}");
    }
    let digest = ringfence_tool::Digest::of(br#"{"a":1,"b":2}"#).to_string();
    assert_eq!(returned["arguments"], digest.as_str());
    assert!(returned["digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(returned["fuel"].as_u64().unwrap() > 0);
    assert_eq!(records[2]["tool"], "no\\n\\u{1b}[2Jbody");
}
