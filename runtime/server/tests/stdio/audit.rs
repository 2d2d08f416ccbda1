//! Each call leaves exactly one record, whatever becomes of it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringfence_identity::Caller;
use ringfence_policy::Budget;
use ringfence_server::{AUDIT_TARGET, CallRequest, Silent, Target};
use serde_json::{Map, Value, json};
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

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn every_ending_is_written_down_once() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let guests = ["add", "err", "trap", "spin", "sleep"];
    let folder = client::folder(&guests);
    let budget = Budget {
        wall: Duration::from_millis(200),
        ..Budget::default()
    };
    let funnel = client::funnel_with(client::files(&folder, &guests), &[], budget);
    let local = Caller::local();
    let stranger = Caller::new("acme".parse().unwrap(), "eve".parse().unwrap());
    let call = async |caller: &Caller, tool: &str, arguments: Value, cancel: CancellationToken| {
        let request = CallRequest {
            id: "7".into(),
            target: Target::Tool(tool.into()),
            arguments: object(&arguments),
        };
        let _ = funnel.call(caller, request, Arc::new(Silent), cancel).await;
    };
    let never = CancellationToken::new();
    let cancelled = CancellationToken::new();
    cancelled.cancel();

    call(&local, "add_add", json!({"a": 1, "b": 2}), never.clone()).await;
    call(&local, "add_add", json!({"a": 1}), never.clone()).await;
    call(&stranger, "add_add", json!({"a": 1, "b": 2}), never.clone()).await;
    call(&local, "no\n\u{1b}[2Jbody", json!({}), never.clone()).await;
    call(
        &local,
        "err_fail",
        json!({"message": "a secret of the guest"}),
        never.clone(),
    )
    .await;
    call(&local, "trap_divide", json!({}), never.clone()).await;
    call(&local, "spin_spin", json!({}), never.clone()).await;
    call(&local, "add_add", json!({"a": 1, "b": 2}), cancelled).await;
    let dropped = call(
        &local,
        "sleep_sleep",
        json!({"milliseconds": 10_000}),
        never,
    );
    assert!(
        tokio::time::timeout(Duration::from_millis(100), dropped)
            .await
            .is_err()
    );

    let records = log.records();
    let outcomes: Vec<_> = records
        .iter()
        .map(|record| record["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        [
            "returned",
            "invalid-arguments",
            "denied",
            "unknown-tool",
            "tool-error",
            "trapped",
            "limit",
            "cancelled",
            "cancelled",
        ]
    );
    let text = format!("{records:?}");
    assert!(!text.contains("a secret of the guest"), "{text}");

    let returned = &records[0];
    assert_eq!(returned["tenant"], "local");
    assert_eq!(returned["request"], "7");
    assert_eq!(returned["component"], "add");
    assert_eq!(returned["function"], "add");
    assert!(returned["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(
        returned["arguments"],
        ringfence_tool::Digest::of(br#"{"a":1,"b":2}"#)
            .to_string()
            .as_str()
    );
    assert!(returned["fuel"].as_u64().unwrap() > 0);
    assert_eq!(records[2]["tenant"], "acme");
    assert_eq!(records[3]["tool"], "no\\n\\u{1b}[2Jbody");
    assert_eq!(records[6]["limit"], "wall");
}
