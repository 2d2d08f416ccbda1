//! What stands in a record.

use std::time::Duration;

use ringfence_audit::{
    Approval, ApprovalState, CallName, Change, Cost, Denial, Event, Intent, KINDS, Log,
    PolicyChange, PolicyState, RECORD_BYTES_MAX, Secret, SecretState, Start, Stop, Tool, Touched,
};
use serde_json::Value;

use crate::harness::{PATIENCE, Place, a_call, call};

/// The names of a record's fields, in order, without those that each has.
fn fields(record: &Value) -> Vec<String> {
    let fields = record.as_object().unwrap().keys();
    let mut fields: Vec<_> = fields.cloned().collect();
    assert_eq!(fields[..5], ["v", "seq", "time", "run", "event"]);
    assert_eq!(fields[fields.len() - 2..], ["prev", "hash"]);
    fields.truncate(fields.len() - 2);
    fields.split_off(5)
}

fn written(events: &[Event<'_>]) -> Vec<Value> {
    let place = Place::new();
    let log = place.open();
    for event in events {
        drop(log.recorder().append(event));
    }
    drop(log);
    assert_eq!(place.is_whole(), events.len() as u64);
    place.records()
}

#[test]
fn a_call_says_who_and_what_and_how_much() {
    let capabilities = ["fs.read=./docs:/docs".to_owned()];
    let touched = [Touched {
        kind: "fs.read",
        name: "./docs:/docs",
        times: 3,
        bytes_in: 2048,
        bytes_out: 0,
    }];
    let place = Place::new();
    let log = place.open();
    let digest = log.recorder().digest(b"{}").unwrap();
    drop(log.recorder().append(&Event::Call(ringfence_audit::Call {
        arguments: Some(&digest),
        outcome: "limit",
        limit: Some("wall"),
        reason: Some("slow"),
        cost: Some(Cost {
            fuel: 7,
            wall: Duration::from_millis(1),
            ..Cost::default()
        }),
        capabilities: &capabilities,
        touched: &touched,
        denied: &["no grant for `fs.read=/etc`".to_owned()],
        denied_more: 2,
        ..a_call("r-1")
    })));
    drop(log);
    let record = &place.records()[0];
    assert_eq!(
        fields(record),
        [
            "tenant",
            "principal",
            "call",
            "request",
            "tool",
            "component",
            "function",
            "digest",
            "arguments",
            "outcome",
            "limit",
            "reason",
            "took_us",
            "fuel",
            "wall_us",
            "cpu_us",
            "peak_memory_bytes",
            "result_bytes",
            "output_bytes",
            "capabilities",
            "touched",
            "denied",
            "denied_more",
        ]
    );
    assert_eq!(record["denied"][0], "no grant for `fs.read=/etc`");
    assert_eq!(record["denied_more"], 2);
    assert_eq!(record["v"], 1);
    assert_eq!(record["seq"], 1);
    assert_eq!(record["event"], "call");
    assert_eq!(record["digest"], format!("sha256:{}", "ab".repeat(32)));
    assert_eq!(record["took_us"], 1500);
    assert_eq!(record["touched"][0]["bytes_in"], 2048);
    assert_eq!(record["capabilities"][0], capabilities[0].as_str());
}

#[expect(clippy::too_many_lines, reason = "one event after the other")]
#[test]
fn every_event_has_its_fields() {
    let caller = a_call("").caller;
    let tool = Tool {
        name: "files_write",
        ..Tool::default()
    };
    let hosts = ["api.example.com".to_owned()];
    let name = CallName {
        call: "c-2",
        request: "r",
        parent: Some("c-1"),
    };
    let events = [
        Event::Start(Start {
            version: "1.0.0",
            command: "serve",
        }),
        Event::Policy(PolicyChange {
            state: PolicyState::Rejected,
            source: "policy.toml:3",
            version: Some("7"),
            reason: Some("unknown key"),
        }),
        Event::Intent(Intent {
            caller,
            name,
            tool,
            arguments: None,
            capabilities: &hosts,
        }),
        Event::Denial(Denial {
            caller: Some(caller),
            request: "r",
            asked: "GET /x",
            reason: "no",
        }),
        Event::Approval(Approval {
            state: ApprovalState::Given,
            id: "a-1",
            caller,
            name: Some(name),
            tool,
            arguments: None,
            capabilities: &hosts,
            by: Some("ops"),
            scope: Some("once"),
        }),
        Event::Grant(Change {
            by: "ops",
            caller: Some(caller),
            name: None,
            tool: Some("files"),
            grant: "fs.read=/a:/a",
            source: "policy.toml:4",
        }),
        Event::Revocation(Change {
            by: "ops",
            caller: None,
            name: Some(name),
            tool: None,
            grant: "fs.read=/a:/a",
            source: "policy.toml:4",
        }),
        Event::Secret(Secret {
            state: SecretState::Set,
            name: "TOKEN",
            by: "ops",
            hosts: &hosts,
        }),
        Event::Stop(Stop { reason: "signal" }),
    ];
    assert!(events.iter().all(|event| KINDS.contains(&event.word())));
    let records = written(&events);
    let said: Vec<String> = records
        .iter()
        .map(|record| {
            format!(
                "{} {}",
                record["event"].as_str().unwrap(),
                fields(record).join(" ")
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "start version command process",
            "policy state source version reason",
            "intent tenant principal call request parent tool capabilities",
            "denial tenant principal request asked reason",
            "approval state id tenant principal call request parent tool capabilities by scope",
            "grant by tenant principal tool grant source",
            "revocation by call request parent grant source",
            "secret state name by hosts",
            "stop reason",
        ]
    );
}

#[test]
fn the_longest_record_is_bounded() {
    // What takes most room when it is escaped.
    let endless = "\u{1b}\u{e0041}".repeat(100_000);
    let many: Vec<String> = vec![endless.clone(); 10_000];
    let touched = vec![
        Touched {
            kind: &endless,
            name: &endless,
            times: u64::MAX,
            bytes_in: u64::MAX,
            bytes_out: u64::MAX,
        };
        10_000
    ];
    let tool = Tool {
        name: &endless,
        component: Some(&endless),
        function: Some(&endless),
        digest: Some(&[0; 32]),
    };
    let caller = ringfence_audit::Caller {
        tenant: &endless,
        principal: &endless,
    };
    let records = written(&[Event::Call(ringfence_audit::Call {
        caller,
        name: CallName {
            call: &endless,
            request: &endless,
            parent: Some(&endless),
        },
        tool,
        arguments: None,
        outcome: &endless,
        limit: Some(&endless),
        reason: Some(&endless),
        took: Duration::MAX,
        cost: Some(Cost {
            fuel: u64::MAX,
            wall: Duration::MAX,
            cpu: Duration::MAX,
            peak_memory_bytes: u64::MAX,
            result_bytes: u64::MAX,
            output_bytes: u64::MAX,
        }),
        capabilities: &many,
        touched: &touched,
        denied: &many,
        denied_more: 7,
    })]);
    let record = &records[0];
    assert_eq!(record["capabilities_more"], 10_000 - 16);
    assert_eq!(record["touched_more"], 10_000 - 16);
    assert_eq!(record["denied"].as_array().unwrap().len(), 32);
    assert_eq!(record["denied_more"], 10_000 - 32 + 7);
    assert!(record["reason"].as_str().unwrap().ends_with('…'));
    let place = Place::new();
    let log = place.open();
    drop(call(&log.recorder(), &endless));
    drop(log);
    assert!(place.text().is_ascii() || place.text().contains('…'));
    assert!(!place.text().contains('\u{1b}'));
    let length = serde_json::to_string(record).unwrap().len();
    assert!(length < RECORD_BYTES_MAX, "{length}");
}

#[test]
fn arguments_are_digests_that_only_this_installation_can_make() {
    let (one, other) = (Place::new(), Place::new());
    let digest = |place: &Place, arguments: &[u8]| place.open().recorder().digest(arguments);
    let mine = digest(&one, br#"{"pin":"1234"}"#).unwrap();
    assert_eq!(digest(&one, br#"{"pin":"1234"}"#), Some(mine));
    assert_ne!(digest(&one, br#"{"pin":"1235"}"#), Some(mine));
    assert_ne!(digest(&other, br#"{"pin":"1234"}"#), Some(mine));
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_log() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::filled(1, 1 << 20);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.folder), 0o700);
    for entry in std::fs::read_dir(&place.folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_stream_gets_the_same_lines_without_hashes() {
    let (reads, writes) = std::io::pipe().unwrap();
    let log = Log::to_stream(writes).unwrap();
    call(&log.recorder(), "1").wait(PATIENCE).unwrap();
    call(&log.recorder(), "2").wait(PATIENCE).unwrap();
    drop(log);
    let text = std::io::read_to_string(reads).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seqs: Vec<_> = records
        .iter()
        .map(|record| record["seq"].as_u64())
        .collect();
    assert_eq!(seqs, [Some(1), Some(2)]);
    assert_eq!(records[1]["request"], "2");
    assert_eq!(records[0].get("hash"), None);
}

#[test]
fn a_handle_that_is_off_keeps_nothing_and_says_so() {
    let recorder = ringfence_audit::Recorder::off();
    assert!(!recorder.is_on());
    call(&recorder, "1").wait(PATIENCE).unwrap();
    assert_eq!(recorder.digest(b"{}"), None);
    assert_eq!(recorder.health(), ringfence_audit::Health::default());
}
