//! Several processes write to one log: one chain, nobody's record lost.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_audit::{Log, Verify, verify};
use serde_json::Value;

use crate::harness::{PATIENCE, Place, appender, call};

const PROCESSES: usize = 4;
const RECORDS: usize = 300;

#[test]
fn processes_share_one_chain() {
    let place = Place::new();
    let start = |id: usize| {
        let id = format!("process-{id}");
        appender(&place.folder, &[&RECORDS.to_string(), &id])
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..PROCESSES).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(place.is_whole(), (PROCESSES * RECORDS) as u64);
    let records = place.records();
    for id in 0..PROCESSES {
        let prefix = format!("process-{id}-");
        let numbers: Vec<usize> = records
            .iter()
            .filter_map(|record| {
                record["request"]
                    .as_str()?
                    .strip_prefix(&prefix)?
                    .parse()
                    .ok()
            })
            .collect();
        assert_eq!(numbers, (1..=RECORDS).collect::<Vec<_>>());
    }
    let mut runs: Vec<_> = records
        .iter()
        .map(|record| record["run"].to_string())
        .collect();
    runs.sort();
    runs.dedup();
    assert_eq!(
        runs.len(),
        PROCESSES,
        "each process is told from the others"
    );
}

#[test]
fn one_that_is_killed_does_not_stop_the_others() {
    let place = Place::new();
    for round in 0..5_u64 {
        let mut killed = appender(&place.folder, &["1000000", "killed"])
            .spawn()
            .unwrap();
        let others: Vec<_> = (0..PROCESSES - 1)
            .map(|id| {
                let id = format!("round-{round}-{id}");
                appender(&place.folder, &["50", &id]).spawn().unwrap()
            })
            .collect();
        std::thread::park_timeout(Duration::from_millis(5 + round * 3));
        killed.kill().unwrap();
        killed.wait().unwrap();
        for other in others {
            assert!(other.wait_with_output().unwrap().status.success());
        }
        // Others write while it is verified.
        let report = verify(&place.folder, &Verify::default()).unwrap();
        assert_eq!(report.fault, None);
    }
    let records = place.records();
    let kept = records
        .iter()
        .filter(|record| {
            record["request"]
                .as_str()
                .is_some_and(|request| request.starts_with("round-"))
        })
        .count();
    assert_eq!(kept, 5 * (PROCESSES - 1) * 50);
}

/// What was copied.
#[derive(Clone, Default)]
struct Copies(Arc<Mutex<Vec<u8>>>);

impl Write for Copies {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whoever reads a copy finds the record in the log by its number, whoever else writes there.
#[test]
fn copies_have_the_numbers_of_the_log() {
    let place = Place::new();
    let copies = Copies::default();
    let log = Log::start_echoing(place.settings(), copies.clone()).unwrap();
    let other = place.open();
    for number in 0..10 {
        let recorder = if number % 3 == 0 { &other } else { &log }.recorder();
        call(&recorder, &format!("r-{number}"))
            .wait(PATIENCE)
            .unwrap();
    }
    drop((log, other));
    let records = place.records();
    let copies = String::from_utf8(copies.0.lock().unwrap().clone()).unwrap();
    let copies: Vec<Value> = copies
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(copies.len(), 6);
    for copy in copies {
        let mut found = records.iter().filter(|record| record["seq"] == copy["seq"]);
        let record = found.next().unwrap();
        assert_eq!(record["request"], copy["request"], "{copy}");
    }
}
