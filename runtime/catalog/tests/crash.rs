//! Installations that are killed, at any moment: what was there before is there, or what came after.
//!
//! A process of its own installs one version after the other and says each that was acknowledged, until it is
//! killed. `RINGFENCE_CRASHES` says how often.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail by panicking, and the child tells its parent"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ringfence_catalog::{Offer, Shelf};
use ringfence_tool::{COMPONENT_BYTES_MAX, Component, ComponentName, Digest};

/// How often it is killed where nobody says.
const CRASHES: u32 = 24;

/// The longest that it is left alone.
const DELAY_MICROSECONDS_MAX: u64 = 30_000;

/// What tells the child where to work.
const FOLDER: &str = "RINGFENCE_CRASH_FOLDER";

/// A component without anything, that differs from others by its number.
fn bytes(number: u64) -> Vec<u8> {
    let mut bytes = wat::parse_str("(component)").unwrap();
    // A custom section of no name that anybody reads.
    bytes.extend([0, 9, 0]);
    bytes.extend(number.to_le_bytes());
    bytes
}

fn shelf(folder: &Path) -> Shelf {
    Shelf::new(folder.join("ringfence.lock"), folder.join("store"))
}

fn name() -> ComponentName {
    "x".parse().unwrap()
}

/// The number of what is installed, read back from the store.
fn installed(shelf: &Shelf) -> Option<u64> {
    let lock = shelf.lock().unwrap();
    let entry = lock.entry("x")?;
    for piece in entry.pieces() {
        shelf
            .store()
            .read(&piece, COMPONENT_BYTES_MAX as u64)
            .unwrap();
    }
    let digest = entry.pin.digest();
    let kept = shelf
        .store()
        .read(&digest, COMPONENT_BYTES_MAX as u64)
        .unwrap();
    assert_eq!(Digest::of(&kept), digest);
    let number = kept.last_chunk::<8>().unwrap();
    assert_eq!(entry.version, None);
    Some(u64::from_le_bytes(*number))
}

#[test]
#[ignore = "the child of the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let shelf = shelf(Path::new(&folder));
    let mut last = installed(&shelf);
    loop {
        let number = last.map_or(0, |last| last + 1);
        let lease = shelf.begin().unwrap();
        let bytes = bytes(number);
        lease.put(&bytes).unwrap();
        // A manifest that belongs to it.
        let resolved = lease.put(&number.to_be_bytes()).unwrap();
        let offer = Offer {
            component: Arc::new(Component::read(bytes.into(), "x").unwrap()),
            source: "file:/x.wasm".into(),
            resolved: Some(resolved),
            evidence: None,
            instead_of: last.map(|last| Digest::of(&self::bytes(last))),
        };
        shelf.install(&lease, offer, "test").unwrap();
        println!("installed {number}");
        drop(lease);
        if number % 5 == 4 {
            shelf.store().sweep().unwrap();
        }
        last = Some(number);
    }
}

#[test]
fn a_killed_installation_leaves_what_was_or_what_is_to_be() {
    let crashes = std::env::var_os("RINGFENCE_CRASHES");
    let crashes = crashes.map_or(CRASHES, |count| count.to_str().unwrap().parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let mut before = None;
    for _ in 0..crashes {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        // What was said before it died, the last line perhaps by half.
        let reading = thread::spawn(move || {
            let lines = output.split(b'\n').map_while(Result::ok);
            let lines = lines.map(|line| String::from_utf8(line).unwrap());
            let said =
                lines.filter_map(|line| line.strip_prefix("installed ")?.parse::<u64>().ok());
            said.last()
        });
        let delay = Duration::from_micros(chance() % DELAY_MICROSECONDS_MAX);
        // Not before it has begun, or most would be killed while they start.
        let first = Instant::now() + Duration::from_secs(10);
        while installed(&shelf) == before && Instant::now() < first {
            thread::park_timeout(Duration::from_millis(1));
        }
        thread::park_timeout(delay);
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = reading.join().unwrap().max(before);
        let now = installed(&shelf);
        let next = acknowledged.map_or(0, |number| number + 1);
        assert!(
            now == acknowledged || now == Some(next),
            "acknowledged {acknowledged:?}, and there is {now:?}"
        );
        before = now;
    }
    assert!(
        before > Some(u64::from(crashes) / 2),
        "hardly anything was installed"
    );
    // Nothing that a dead process held is in the way, and what it left half is gone.
    shelf.store().sweep().unwrap();
    let pieces = std::fs::read_dir(folder.path().join("store/sha256")).unwrap();
    let lock = shelf.lock().unwrap();
    let named = lock.entry("x").unwrap().pieces().count();
    assert_eq!(pieces.count(), named);
    shelf.remove(&name()).unwrap();
    assert_eq!(shelf.store().sweep().unwrap().kept, 0);
}

fn chance() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}
