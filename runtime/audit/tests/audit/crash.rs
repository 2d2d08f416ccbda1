//! A process that is killed leaves at most one torn line, and nothing that it was told to be written is
//! lost.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::time::Duration;

use ringfence_audit::Kind;

use crate::harness::{Place, appender, call};

const ROUNDS: u64 = 20;

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let place = Place::new();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let id = format!("round-{round}");
        let mut child = appender(&place.folder, &["1000000", &id]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // As many acknowledgements as the round has, and then at any moment.
        let mut last = 0_u64;
        for _ in 0..=round {
            last = lines.next().unwrap().unwrap().parse().unwrap();
        }
        std::thread::park_timeout(Duration::from_micros(round * 137));
        child.kill().unwrap();
        // What it had said before it was killed.
        for line in lines.map_while(Result::ok) {
            last = line.parse().unwrap_or(last);
        }
        child.wait().unwrap();
        acknowledged.push((id, last));
    }
    // Opening repairs.
    drop(place.open());
    place.is_whole();
    let records = place.records();
    for (id, last) in acknowledged {
        let prefix = format!("{id}-");
        let numbers: Vec<u64> = records
            .iter()
            .filter_map(|record| {
                record["request"]
                    .as_str()?
                    .strip_prefix(&prefix)?
                    .parse()
                    .ok()
            })
            .collect();
        let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, expected, "{id}: each once, in order");
        assert!(
            numbers.len() as u64 >= last,
            "{id}: {last} were acknowledged"
        );
    }
}

#[test]
fn a_torn_line_is_cut_off_kept_and_written_down() {
    let place = Place::filled(3, 1 << 20);
    let torn = br#"{"v":1,"seq":4,"time":"2026-11-"#;
    let file = &place.files()[0];
    let mut log = OpenOptions::new().append(true).open(file).unwrap();
    log.write_all(torn).unwrap();
    let fault = place.verify().fault.unwrap();
    assert_eq!((fault.kind, fault.place.line), (Kind::Torn, 4));

    drop(place.open());
    assert_eq!(place.is_whole(), 4);
    let report = place.verify();
    assert_eq!(report.incidents.len(), 1);
    assert_eq!(report.incidents[0].event, "torn");
    let record = place.records().pop().unwrap();
    assert_eq!(record["bytes"], torn.len());
    let saved = place.folder.join(record["saved"].as_str().unwrap());
    assert_eq!(fs::read(saved).unwrap(), torn);
}

/// Killed between writing the records and saying where they end.
#[test]
fn records_that_the_head_does_not_know_yet_are_kept() {
    let place = Place::filled(3, 1 << 20);
    let head = place.folder.join("head");
    let before = fs::read(&head).unwrap();
    drop(call(&place.open().recorder(), "4"));
    fs::write(&head, before).unwrap();
    assert_eq!(place.is_whole(), 4);
    drop(call(&place.open().recorder(), "5"));
    assert_eq!(place.is_whole(), 5);
    assert_eq!(place.verify().incidents_total, 0);
}

/// Killed before the first record of all.
#[test]
fn a_log_that_was_never_written_is_new() {
    let place = Place::new();
    drop(place.open());
    for file in ["head", "audit-00000001.jsonl"] {
        fs::write(place.folder.join(file), b"").unwrap();
    }
    drop(call(&place.open().recorder(), "1"));
    assert_eq!(place.is_whole(), 1);
}

/// Killed between making a file and writing the first record to it.
#[test]
fn an_empty_file_is_used() {
    let place = Place::filled(3, 1 << 20);
    let next = place.folder.join("audit-00000002.jsonl");
    fs::write(&next, b"").unwrap();
    let mut settings = place.settings();
    settings.rotate_bytes = 1;
    let log = ringfence_audit::Log::start(settings).unwrap();
    drop(call(&log.recorder(), "4"));
    drop(log);
    place.is_whole();
    assert!(
        fs::read_to_string(&next)
            .unwrap()
            .contains("\"request\":\"4\"")
    );
}
