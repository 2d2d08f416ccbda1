//! A log that is tampered with while it is open, or before it is opened, goes on, and says so.

use std::fs::{self, OpenOptions};

use ringfence_audit::{Kind, Log, Verify, verify};

use crate::harness::{PATIENCE, Place, call};

#[track_caller]
fn append(log: &Log, request: &str) {
    call(&log.recorder(), request).wait(PATIENCE).unwrap();
}

/// The log goes on, has a record of the damage, and is not whole.
#[track_caller]
fn is_noticed(place: &Place, log: Log, what: &str, kind: Kind) {
    append(&log, "afterwards");
    drop(log);
    let text = place.text();
    assert!(text.contains("\"request\":\"afterwards\""), "{text}");
    assert!(
        text.contains("\"event\":\"damaged\"") && text.contains(what),
        "{text}"
    );
    let fault = place.verify().fault.unwrap();
    assert_eq!(fault.kind, kind, "{fault:?}");
}

fn opened() -> (Place, Log) {
    let place = Place::new();
    let log = place.open();
    for request in ["1", "2", "3"] {
        append(&log, request);
    }
    (place, log)
}

#[test]
fn cut_short_under_our_hands() {
    let (place, log) = opened();
    let file = OpenOptions::new()
        .write(true)
        .open(&place.files()[0])
        .unwrap();
    let two = place
        .text()
        .split_inclusive('\n')
        .take(2)
        .map(str::len)
        .sum::<usize>();
    file.set_len(two as u64).unwrap();
    is_noticed(&place, log, "the file was cut short", Kind::Missing);
}

#[test]
fn deleted_under_our_hands() {
    let (place, log) = opened();
    fs::remove_file(&place.files()[0]).unwrap();
    is_noticed(&place, log, "the file was deleted", Kind::Missing);
}

#[test]
fn deleted_before_it_is_opened() {
    let (place, log) = opened();
    drop(log);
    fs::remove_file(&place.files()[0]).unwrap();
    let log = place.open();
    is_noticed(&place, log, "the file is gone", Kind::Missing);
}

#[test]
fn without_its_head() {
    let (place, log) = opened();
    drop(log);
    let head = place.folder.join("head");
    fs::remove_file(&head).unwrap();
    let log = place.open();
    is_noticed(&place, log, "the head is gone", Kind::AnchorLost);
    // Who has looked into it goes on from there.
    let damaged = place
        .records()
        .iter()
        .find(|record| record["event"] == "damaged")
        .and_then(|record| record["seq"].as_u64());
    let options = Verify {
        from: damaged,
        ..Verify::default()
    };
    assert_eq!(verify(&place.folder, &options).unwrap().fault, None);
}

#[test]
fn with_a_head_that_is_not_ours() {
    let (place, log) = opened();
    fs::write(place.folder.join("head"), "nothing").unwrap();
    is_noticed(&place, log, "the head is not ours", Kind::AnchorLost);
}

#[test]
fn without_its_head_under_our_hands() {
    let (place, log) = opened();
    fs::remove_file(place.folder.join("head")).unwrap();
    is_noticed(&place, log, "the head is gone", Kind::AnchorLost);
}

#[test]
fn a_log_without_its_key_is_not_written_to() {
    let (place, log) = opened();
    drop(log);
    let before = place.text();
    fs::remove_file(place.folder.join("key")).unwrap();
    let log = place.open();
    let refused = call(&log.recorder(), "4").wait(PATIENCE).unwrap_err();
    assert!(refused.to_string().contains("key"), "{refused}");
    assert!(log.recorder().health().trouble.is_some());
    drop(log);
    assert_eq!(place.text(), before);
}

#[test]
fn a_folder_that_cannot_be_made_is_tried_again() {
    let place = Place::new();
    fs::write(&place.folder, "in the way").unwrap();
    let log = place.open();
    let recorder = log.recorder();
    assert!(recorder.health().trouble.is_some());
    call(&recorder, "1").wait(PATIENCE).unwrap_err();
    fs::remove_file(&place.folder).unwrap();
    // Whoever waits has it tried at once.
    call(&recorder, "2").wait(PATIENCE).unwrap();
    assert_eq!(recorder.health().trouble, None);
    assert!(recorder.health().failures > 0);
    drop(log);
    assert_eq!(place.is_whole(), 2);
}
