//! Every change to a log is seen, and where.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use proptest::prelude::*;
use ringfence_audit::{Fault, Kind, Mark, Verify, verify};

use crate::harness::Place;

const RECORDS: usize = 12;

/// A log of one file, read once; each case gets a copy.
struct Original {
    place: Place,
    lines: Vec<Vec<u8>>,
}

fn original() -> &'static Original {
    static ORIGINAL: OnceLock<Original> = OnceLock::new();
    ORIGINAL.get_or_init(|| {
        let place = Place::filled(RECORDS as u64, 1 << 20);
        assert_eq!(place.is_whole(), RECORDS as u64);
        let lines = place.text().split_inclusive('\n').map(Into::into).collect();
        Original { place, lines }
    })
}

impl Original {
    fn bytes(&self) -> Vec<u8> {
        self.lines.concat()
    }

    /// The line, from 1, that byte `at` belongs to.
    fn line_of(&self, at: usize) -> u64 {
        let mut end = 0;
        for (index, line) in self.lines.iter().enumerate() {
            end += line.len();
            if at < end {
                return index as u64 + 1;
            }
        }
        RECORDS as u64 + 1
    }
}

thread_local! {
    /// A copy for each test: making one takes longer than looking at it.
    static COPY: Place = copied(&original().place);
}

/// What is wrong with the log when its file holds these bytes.
fn fault(bytes: &[u8]) -> Option<Fault> {
    COPY.with(|copy| {
        fs::write(&copy.files()[0], bytes).unwrap();
        copy.verify().fault
    })
}

fn copied(place: &Place) -> Place {
    let copy = Place::new();
    fs::create_dir(&copy.folder).unwrap();
    for entry in fs::read_dir(&place.folder).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.folder.join(path.file_name().unwrap())).unwrap();
    }
    copy
}

#[track_caller]
fn is(fault: Option<&Fault>, kind: Kind, line: u64) {
    let found = fault.map(|fault| (fault.kind, fault.place.line));
    assert_eq!(found, Some((kind, line)), "{fault:?}");
}

proptest! {
    #[test]
    fn a_flipped_bit(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = original().bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        let fault = fault(&bytes);
        prop_assert!(matches!(&fault, Some(fault)
            if fault.kind == Kind::Edited && fault.place.line == original().line_of(at)),
            "{at}: {fault:?}");
    }

    #[test]
    fn an_inserted_byte(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = original().bytes();
        let at = at.index(bytes.len());
        bytes.insert(at, byte);
        // A byte that is inserted beside its like is inserted behind the last of them.
        let first_different = bytes
            .iter()
            .zip(original().bytes())
            .position(|(new, old)| *new != old)
            .unwrap_or(bytes.len() - 1);
        let fault = fault(&bytes);
        prop_assert!(matches!(&fault, Some(fault)
            if matches!(fault.kind, Kind::Edited | Kind::Torn)
                && fault.place.line == original().line_of(first_different)),
            "{at}: {fault:?}");
    }

    #[test]
    fn a_deleted_byte(at in any::<prop::sample::Index>()) {
        let mut bytes = original().bytes();
        let at = at.index(bytes.len());
        bytes.remove(at);
        let line = original().line_of(at);
        let fault = fault(&bytes);
        let newline_of_last = at + 1 == original().bytes().len();
        prop_assert!(matches!(&fault, Some(fault)
            if (fault.kind == Kind::Edited || (newline_of_last && fault.kind == Kind::Truncated))
                && fault.place.line == line),
            "{at}: {fault:?}");
    }

    #[test]
    fn an_end_that_is_cut_off(at in any::<prop::sample::Index>()) {
        let bytes = original().bytes();
        let at = at.index(bytes.len());
        let fault = fault(&bytes[..at]);
        prop_assert!(matches!(&fault, Some(fault)
            if fault.kind == Kind::Truncated && fault.place.line == original().line_of(at)),
            "{at}: {fault:?}");
    }

    #[test]
    fn a_deleted_line(line in 0..RECORDS) {
        let mut lines = original().lines.clone();
        lines.remove(line);
        let last = line + 1 == RECORDS;
        let kind = if last { Kind::Truncated } else { Kind::Missing };
        is(fault(&lines.concat()).as_ref(), kind, line as u64 + 1);
    }

    #[test]
    fn two_swapped_lines(one in 0..RECORDS, other in 0..RECORDS) {
        prop_assume!(one != other);
        let mut lines = original().lines.clone();
        lines.swap(one, other);
        is(fault(&lines.concat()).as_ref(), Kind::Reordered, one.min(other) as u64 + 1);
    }

    #[test]
    fn a_line_said_again(line in 0..RECORDS, at in 0..=RECORDS) {
        let mut lines = original().lines.clone();
        let again = lines[line].clone();
        lines.insert(at, again);
        // Beside itself it is the second that is one too many.
        let place = if at == line { at + 2 } else { at + 1 };
        is(fault(&lines.concat()).as_ref(), Kind::Reordered, place as u64);
    }
}

#[test]
fn bytes_behind_the_end_are_no_record() {
    let mut bytes = original().bytes();
    bytes.extend_from_slice(b"{\"v\":1,");
    is(fault(&bytes).as_ref(), Kind::Torn, RECORDS as u64 + 1);
    bytes.push(b'\n');
    is(fault(&bytes).as_ref(), Kind::Edited, RECORDS as u64 + 1);
}

#[test]
fn a_record_of_another_installation_is_none() {
    let other = Place::filled(RECORDS as u64, 1 << 20);
    let mut lines = original().lines.clone();
    lines[3] = other.text().split_inclusive('\n').nth(3).unwrap().into();
    is(fault(&lines.concat()).as_ref(), Kind::Edited, 4);
}

#[test]
fn the_head_is_part_of_the_log() {
    let copy = copied(&original().place);
    let head = copy.folder.join("head");
    let text = fs::read_to_string(&head).unwrap();
    fs::write(&head, text.replace(&format!("{RECORDS}\nhash"), "3\nhash")).unwrap();
    assert_eq!(
        copy.verify().fault.map(|fault| fault.kind),
        Some(Kind::AnchorLost)
    );
    fs::remove_file(&head).unwrap();
    assert_eq!(
        copy.verify().fault.map(|fault| fault.kind),
        Some(Kind::AnchorLost)
    );
}

/// A log of several files: which of them, and which line, a fault names.
#[test]
fn files_that_are_missing_cut_or_swapped_are_seen() {
    let place = Place::filled(20, 2000);
    let files = place.files();
    assert!(files.len() >= 4, "{files:?}");
    assert!(
        place.is_whole() > 20,
        "the files say that they continue others"
    );
    let fault = |change: &dyn Fn(&[PathBuf])| {
        let copy = copied(&place);
        change(&copy.files());
        let fault = copy.verify().fault.unwrap();
        let files = files.iter();
        let names = files.map(|file| file.file_name().unwrap());
        let name = fault.place.file.file_name().unwrap();
        let file = names.clone().position(|other| other == name);
        (fault.kind, file, fault.place.line)
    };
    let gone = fault(&|files| fs::remove_file(&files[1]).unwrap());
    assert_eq!(gone, (Kind::Missing, Some(2), 1));
    let first = fault(&|files| fs::remove_file(&files[0]).unwrap());
    assert_eq!(first, (Kind::Missing, Some(1), 1));
    let last = fault(&|files| fs::remove_file(files.last().unwrap()).unwrap());
    let lines = fs::read_to_string(&files[files.len() - 2])
        .unwrap()
        .lines()
        .count() as u64;
    assert_eq!(last, (Kind::Truncated, Some(files.len() - 2), lines + 1));
    let swapped = fault(&|files| {
        let (one, two) = (fs::read(&files[1]).unwrap(), fs::read(&files[2]).unwrap());
        fs::write(&files[1], two).unwrap();
        fs::write(&files[2], one).unwrap();
    });
    assert_eq!(swapped, (Kind::Reordered, Some(1), 1));
    let cut = fault(&|files| {
        let bytes = fs::read(&files[1]).unwrap();
        fs::write(&files[1], &bytes[..bytes.len() - 30]).unwrap();
    });
    let lines = fs::read_to_string(&files[1]).unwrap().lines().count() as u64;
    assert_eq!(cut, (Kind::Truncated, Some(1), lines));
}

#[test]
fn files_that_were_moved_away_are_no_fault_when_one_says_so() {
    let place = Place::filled(20, 2000);
    fs::remove_file(&place.files()[0]).unwrap();
    let first = place.records()[0]["seq"].as_u64();
    let options = Verify {
        from: first,
        ..Verify::default()
    };
    assert_eq!(verify(&place.folder, &options).unwrap().fault, None);
    let options = Verify {
        from: Some(10_000),
        ..Verify::default()
    };
    let fault = verify(&place.folder, &options).unwrap().fault;
    assert_eq!(fault.map(|fault| fault.kind), Some(Kind::Missing));
}

/// Who can copy the folder can put the copy back. A mark that was kept elsewhere tells.
#[test]
fn an_older_copy_is_told_by_a_mark() {
    let place = Place::filled(3, 1 << 20);
    let older = copied(&place);
    let append = |place: &Place, request| {
        drop(crate::harness::call(&place.open().recorder(), request));
        place.verify().last
    };
    let mark: Mark = append(&place, "4");
    let kept = |mark| Verify {
        mark: Some(mark),
        ..Verify::default()
    };
    assert_eq!(verify(&place.folder, &kept(mark)).unwrap().fault, None);
    assert_eq!(older.is_whole(), 3);
    let fault = verify(&older.folder, &kept(mark)).unwrap().fault;
    is(fault.as_ref(), Kind::Truncated, 4);
    append(&older, "another");
    let fault = verify(&older.folder, &kept(mark)).unwrap().fault;
    is(fault.as_ref(), Kind::Replaced, 4);
    assert_eq!(mark.to_string().parse(), Ok(mark));
    assert!("4:abc".parse::<Mark>().is_err());

    // A line of the one in the place of the other's: both are ours.
    let mut lines: Vec<_> = place.text().lines().map(str::to_owned).collect();
    append(&place, "5");
    lines[3] = older.text().lines().nth(3).unwrap().to_owned();
    let last = place.text().lines().nth(4).unwrap().to_owned();
    lines.push(last);
    fs::write(&place.files()[0], lines.join("\n") + "\n").unwrap();
    is(place.verify().fault.as_ref(), Kind::Replaced, 5);
}

#[test]
fn verifying_needs_the_log_and_its_key() {
    let place = Place::filled(1, 1 << 20);
    fs::remove_file(place.folder.join("key")).unwrap();
    let error = verify(&place.folder, &Verify::default()).unwrap_err();
    assert!(error.to_string().contains("no key"), "{error}");
    let error = verify(&place.folder.join("x"), &Verify::default()).unwrap_err();
    assert!(error.to_string().contains("no audit log"), "{error}");
}
