//! Each call leaves exactly one record, whatever becomes of it.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Once};
use std::time::Duration;

use ringfence_identity::Caller;
use ringfence_policy::Budget;
use ringfence_server::{AUDIT_TARGET, CallRequest, Funnel, Silent, Target};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use crate::client;

thread_local! {
    /// The log lines of one thread: of one test, which has a thread of its own.
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Collects log lines. There is one subscriber for all tests: what several of them are interested in
/// while they come and go is not to be relied on.
#[derive(Clone, Default)]
struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
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
    fn records() -> Vec<Value> {
        let bytes = LINES.with_borrow(Clone::clone);
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
    funnel: Arc<Funnel>,
}

impl Audited {
    fn new() -> Self {
        static SUBSCRIBED: Once = Once::new();
        SUBSCRIBED.call_once(|| tracing_subscriber::fmt().json().with_writer(Log).init());
        let guests = ["add", "err", "trap", "spin", "sleep"];
        let folder = client::folder(&guests);
        let budget = Budget {
            wall: Duration::from_millis(200),
            ..Budget::default()
        };
        let funnel = client::funnel_with(client::files(&folder, &guests), &[], budget);
        Self { funnel }
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
            .call(caller, &request, Arc::new(Silent), token)
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

    let records = Log::records();
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
    let records = Log::records();
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
