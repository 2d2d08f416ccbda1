//! A disk that is full: who must not go on without a record hears of it, nothing is lost that has room
//! in memory, and the log goes on when there is room again.

use std::io::Read as _;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ringfence_audit::{Call, Event, Log};

use crate::harness::{Place, a_call, call, program};

#[test]
fn a_full_disk_is_said_and_survived() {
    let place = Place::new();
    // A limit on file sizes stands for the full disk: the write fails in the same way.
    let limited = "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited])
        .arg(program())
        .arg(&place.folder)
        .arg("full")
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let lines: Vec<_> = text.lines().collect();
    let [written, refused, unhealthy, recovered] = lines[..] else {
        panic!("{text}");
    };
    let written: usize = written.parse().unwrap();
    assert!(written > 3, "{text}");
    assert!(
        refused.starts_with("the audit log cannot be written"),
        "{text}"
    );
    assert_eq!((unhealthy, recovered), ("true", "true"));

    // The one that failed was kept, too: it had said that something was about to happen.
    place.is_whole();
    let count = |request| {
        let records = place.records();
        records
            .iter()
            .filter(|record| record["request"] == request)
            .count()
    };
    assert_eq!(count("before"), written + 1);
    assert_eq!(count("meanwhile"), 1);
    assert_eq!(count("after"), 1);
}

#[test]
fn what_finds_no_room_is_counted() {
    let place = Place::new();
    std::fs::write(&place.folder, "in the way").unwrap();
    let log = place.open();
    let recorder = log.recorder();
    // More than fits, whatever the writer takes into its own hands meanwhile.
    let appended = 14_000;
    let filler = "x".repeat(512);
    let large = Event::Call(Call {
        reason: Some(&filler),
        ..a_call(&filler)
    });
    for _ in 0..appended {
        drop(recorder.append(&large));
    }
    let lost = recorder.health().lost;
    assert!(lost > 0);
    std::fs::remove_file(&place.folder).unwrap();
    while recorder.health().trouble.is_some() {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    call(&recorder, "last")
        .wait(Duration::from_secs(20))
        .unwrap();
    drop(log);
    let records = place.records();
    let calls = records
        .iter()
        .filter(|record| record["event"] == "call")
        .count() as u64;
    let gaps = records.iter().filter(|record| record["event"] == "gap");
    let said: u64 = gaps.map(|record| record["lost"].as_u64().unwrap()).sum();
    assert_eq!(said, lost);
    assert_eq!(calls + lost, appended + 1);
    place.is_whole();
    assert!(place.verify().incidents_total > 0);
}

/// A reader that is slower than the calls slows them down, before anything is lost.
#[test]
fn answers_wait_when_too_much_waits() {
    let (mut reads, writes) = std::io::pipe().unwrap();
    let log = Log::to_stream(writes).unwrap();
    let recorder = log.recorder();
    let mut context = Context::from_waker(Waker::noop());
    let mut before_answer = pin!(call(&recorder, "first").before_answer());
    assert_eq!(
        before_answer.as_mut().poll(&mut context),
        Poll::Ready(Ok(()))
    );
    // Nobody reads, so the writer is stuck before long, and what comes then waits.
    let filler = "x".repeat(512);
    let large = Event::Call(Call {
        reason: Some(&filler),
        ..a_call(&filler)
    });
    let mut appended = 1;
    let mut last = loop {
        appended += 1;
        let mut before_answer = Box::pin(recorder.append(&large).before_answer());
        if before_answer.as_mut().poll(&mut context).is_pending() {
            break before_answer;
        }
    };
    assert_eq!(recorder.health().lost, 0);
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reads.read_to_string(&mut text).unwrap();
        text.lines().count()
    });
    while last.as_mut().poll(&mut context).is_pending() {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    drop(log);
    assert_eq!(reading.join().unwrap(), appended);
}
