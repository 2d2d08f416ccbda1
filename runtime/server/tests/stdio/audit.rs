//! Each call leaves exactly one record, whatever becomes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ringfence_audit::{Durability, Event, Log, Settings, Stop, Verify, verify};
use ringfence_identity::Caller;
use ringfence_policy::Budget;
use ringfence_server::{CallError, CallRequest, Funnel, Silent, Target};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::client::{self, Client, PATIENCE, stranger};

const GUESTS: [&str; 5] = ["add", "err", "trap", "spin", "sleep"];

/// A funnel whose records can be read.
struct Audited {
    home: tempfile::TempDir,
    log: Log,
    funnel: Arc<Funnel>,
}

impl Audited {
    fn new() -> Self {
        Self::within(Duration::from_millis(200), Durability::Os)
    }

    fn within(wall: Duration, durability: Durability) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut settings = Settings::in_folder(home.path().join("audit"));
        settings.durability = durability;
        let log = Log::start(settings).unwrap();
        let folder = client::folder(&GUESTS);
        let budget = Budget {
            wall,
            ..Budget::default()
        };
        let files = client::files(&folder, &GUESTS);
        let funnel = client::funnel_audited(files, &[], budget, log.recorder());
        Self { home, log, funnel }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("audit")
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

    /// The records of calls, of a log that is whole.
    async fn records(&self) -> Vec<Value> {
        let stop = Event::Stop(Stop { reason: "test" });
        self.log.recorder().append(&stop).await.unwrap();
        let report = verify(&self.folder(), &Verify::default()).unwrap();
        assert_eq!(report.fault, None);
        records(&self.folder())
    }
}

fn records(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("audit-00000001.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["event"] == "call")
        .collect()
}

fn outcomes(records: &[Value]) -> Vec<&str> {
    let outcomes = records.iter().map(|record| record["outcome"].as_str());
    outcomes.map(Option::unwrap).collect()
}

#[tokio::test]
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

    let records = audited.records().await;
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
    assert_eq!(outcomes(&records), expected);
    assert_eq!(records[2]["tenant"], "acme");
    assert_eq!(records[6]["limit"], "wall");
    let mut calls: Vec<_> = records.iter().map(|record| &record["call"]).collect();
    calls.dedup();
    assert_eq!(calls.len(), records.len(), "one request, and as many calls");
    // What had run, until it was dropped too. A trap within the first instructions is not counted: the
    // engine writes down what was used where a block of them ends.
    for ran in [0, 4, 6, 8] {
        assert!(records[ran]["fuel"].as_u64().unwrap() > 0, "{ran}");
    }
}

#[tokio::test]
async fn a_record_says_who_and_what_and_how_much_but_not_with_what() {
    let audited = Audited::new();
    audited.local("add_add", json!({"a": 1, "b": 2})).await;
    audited
        .local("err_fail", json!({"message": "a secret"}))
        .await;
    audited.local("no\n\u{1b}[2Jbody", json!({})).await;
    // What is wrong with an argument is told to the caller, with the argument.
    audited
        .local("add_add", json!({"a": "a secret", "b": 2}))
        .await;
    let records = audited.records().await;
    assert!(!format!("{records:?}").contains("secret"), "{records:?}");
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
    let arguments = returned["arguments"].as_str().unwrap();
    assert!(arguments.starts_with("keyed-blake3:"), "{arguments}");
    assert_ne!(arguments, records[1]["arguments"].as_str().unwrap());
    assert!(returned["digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(returned["fuel"].as_u64().unwrap() > 0);
    assert_eq!(records[2]["tool"], "no\n\u{1b}[2Jbody");
    assert_eq!(records[3]["reason"], "at `/a`");
    let bytes = fs::read(audited.folder().join("audit-00000001.jsonl")).unwrap();
    assert!(!bytes.contains(&0x1b));
}

/// The record is there when the answer is: nothing else is waited for.
#[tokio::test]
async fn an_answer_waits_for_its_record_where_one_says_so() {
    for durability in [Durability::Answer, Durability::Disk] {
        let audited = Audited::within(PATIENCE, durability);
        for count in 1..=10 {
            audited.local("add_add", json!({"a": 1, "b": 2})).await;
            assert_eq!(records(&audited.folder()).len(), count);
        }
    }
}

#[tokio::test]
async fn a_client_of_a_pipe_leaves_one_record_for_each_call() {
    let audited = Audited::within(PATIENCE, Durability::Os);
    let mut client = Client::to(Arc::clone(&audited.funnel));
    client.greet().await;
    for (tool, arguments) in [
        ("add_add", json!({"a": 1, "b": 2})),
        ("add_add", json!({"a": "x"})),
        ("err_fail", json!({"message": "m"})),
        ("trap_divide", json!({})),
        ("nobody", json!({})),
    ] {
        let params = json!({"name": tool, "arguments": arguments});
        client.ask("tools/call", params).await;
    }
    // What is no object is refused as a request, and was a try all the same.
    let malformed = json!({"name": "add_add", "arguments": [1, 2]});
    let refused = client.ask("tools/call", malformed).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    // One that is cancelled, and one whose client goes away.
    let sleep = json!({"name": "sleep_sleep", "arguments": {"milliseconds": 10_000}});
    let cancelled = client.request("tools/call", sleep.clone()).await;
    client.cancel(cancelled).await;
    client.request("tools/call", sleep).await;
    client.ask("ping", json!({})).await;
    client.hang_up().await;
    client.serving.await.unwrap();

    let records = audited.records().await;
    let expected = [
        "returned",
        "invalid-arguments",
        "tool-error",
        "trapped",
        "unknown-tool",
        "invalid-arguments",
        "cancelled",
        "cancelled",
    ];
    assert_eq!(outcomes(&records), expected);
    let mut requests: Vec<_> = records.iter().map(|record| &record["request"]).collect();
    requests.dedup();
    assert_eq!(requests.len(), records.len(), "each has its own request");
}

/// A call that can write is refused while nothing can be written down: no guest runs.
#[tokio::test]
async fn a_dangerous_call_does_not_run_without_a_record() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("audit");
    fs::write(&place, "in the way").unwrap();
    let log = Log::start(Settings::in_folder(place.clone())).unwrap();
    let granted = tempfile::tempdir().unwrap();
    let grant = format!("fs.write={}:/out", granted.path().display());
    let guests = client::folder(&["add"]);
    let dump =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/hostile/h43_dump.wat");
    let dump = wat::parse_file(dump).unwrap();
    fs::write(guests.path().join("dump.wasm"), dump).unwrap();
    let files = client::files(&guests, &["add", "dump"]);
    let funnel = client::funnel_audited(files, &[grant], Budget::default(), log.recorder());
    let call = |tool: &str, arguments: Value| {
        let request = CallRequest {
            id: tool.into(),
            target: Target::Tool(tool.into()),
            arguments: arguments.as_object().cloned().unwrap(),
        };
        let funnel = Arc::clone(&funnel);
        async move {
            let caller = Caller::local();
            let token = CancellationToken::new();
            funnel
                .call(&caller, &request, Arc::new(Silent), token)
                .await
        }
    };
    let refused = call("dump_attack", json!({})).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Unrecorded { .. }),
        "{refused:?}"
    );
    assert!(
        !refused.to_string().contains("audit"),
        "the caller hears nothing of the host"
    );
    // One that can do no harm goes on, and is not forgotten.
    let answer = call("add_add", json!({"a": 1, "b": 2})).await.unwrap();
    assert_eq!(answer.outcome.word(), "returned");

    fs::remove_file(&place).unwrap();
    let answer = call("dump_attack", json!({})).await.unwrap();
    assert_eq!(answer.outcome.word(), "returned", "{answer:?}");
    drop(log);
    let text = fs::read_to_string(place.join("audit-00000001.jsonl")).unwrap();
    let said: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|record| {
            let word = |field: &str| record[field].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("event"), word("request"), word("outcome"))
        })
        .collect();
    assert_eq!(
        said,
        [
            "intent dump_attack -",
            "call dump_attack unrecorded",
            "call add_add returned",
            "intent dump_attack -",
            "call dump_attack returned",
        ]
    );
}

/// H42. Nothing that takes longer for a large tool, or for long arguments, comes before the refusal.
#[tokio::test]
async fn what_is_hidden_is_refused_before_anything_of_it_is_looked_at() {
    let guests = client::folder(&["add"]);
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/hostile");
    let refused = wat::parse_file(hostile.join("h11_relaxed_simd.wat")).unwrap();
    fs::write(guests.path().join("simd.wasm"), refused).unwrap();
    let files = client::files(&guests, &["add", "simd"]);
    let funnel = client::funnel_with(files, &[], Budget::default());
    let call = async |caller: Caller, tool: &str| {
        let request = CallRequest {
            id: "7".into(),
            target: Target::Tool(tool.into()),
            arguments: json!({"x": 1}).as_object().cloned().unwrap(),
        };
        let (events, token) = (Arc::new(Silent), CancellationToken::new());
        let called = funnel.call(&caller, &request, events, token).await;
        called.unwrap_err()
    };
    // Who may call it learns that no engine takes it, or that the arguments do not fit.
    let seen = call(Caller::local(), "simd_attack").await;
    assert!(matches!(seen, CallError::Unusable { .. }), "{seen:?}");
    let seen = call(Caller::local(), "add_add").await;
    assert!(matches!(seen, CallError::Arguments(_)), "{seen:?}");
    for tool in ["simd_attack", "add_add"] {
        let hidden = call(stranger(), tool).await;
        assert!(matches!(hidden, CallError::Hidden { .. }), "{hidden:?}");
        // And reads what somebody reads who asks for what is not there.
        let unknown = call(stranger(), "nobody").await.to_string();
        assert_eq!(hidden.to_string().replace(tool, "nobody"), unknown);
    }
}
