//! H30: guests that fill the disk: what a call may write ends, it is told so, and the disk holds no more.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use ringfence_policy::Budget;
use ringfence_sandbox::{ArtifactCache, Outcome, Output, Receipt};
use ringfence_tests::guests;
use ringfence_tests::harness::{Guest, Harness};
use ringfence_tests::peer::Peer;
use ringfence_tests::serving::Serving;
use ringfence_tests::session::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a call may write, and how many files it may make.
const WRITTEN: u64 = 64 * 1024;
const FILES: u64 = 5;

/// How an act of the guest ends: the code of `quota` in `wasi:filesystem`, and that of no error.
const QUOTA: u64 = 6;
const DONE: u64 = 255;

/// What the guest does.
const SIZE: u64 = 0;
const WRITE: u64 = 1;
const STREAM: u64 = 2;
const APPEND: u64 = 3;
const DIRECTORIES: u64 = 4;
const EMPTY: u64 = 5;

/// What it does, where, how often; how often it works, and how it ends.
const ATTACKS: &[(u64, u64, u64, u64, u64)] = &[
    (SIZE, 1 << 62, 1, 0, QUOTA),
    (SIZE, u64::MAX, 1, 0, QUOTA),
    (SIZE, WRITTEN, 1, 1, DONE),
    (SIZE, WRITTEN + 1, 1, 0, QUOTA),
    // 16 times 4 KiB are all that there is.
    (WRITE, 0, 20, 16, QUOTA),
    // Of which a hole takes 15.
    (WRITE, 15 * 4096, 20, 1, QUOTA),
    (WRITE, 1 << 40, 1, 0, QUOTA),
    (WRITE, u64::MAX - 4096, 1, 0, QUOTA),
    (STREAM, 0, 20, 16, QUOTA),
    (STREAM, 15 * 4096, 20, 1, QUOTA),
    (STREAM, 1 << 40, 1, 0, QUOTA),
    (APPEND, 0, 20, 16, QUOTA),
    (DIRECTORIES, 0, 10_000, FILES, QUOTA),
    (EMPTY, 0, 10_000, FILES, QUOTA),
];

/// A whole directory, which is the engine's handle, and a pattern, which is asked about.
const SHAPES: [&str; 2] = ["/w", "/w/*"];

fn rules(folder: &Path, guest: &str) -> String {
    let grant = format!("fs.write={}:{guest}", folder.display());
    format!(
        "version = 1\n[default]\ndangerous = \"allow\"\nallow = [{grant:?}]\n\
         budget = {{ written = \"64KiB\", files = {FILES} }}\n[end]\n"
    )
}

/// What is in the folder: how many, and how large all of it is.
fn held(folder: &Path) -> (u64, u64) {
    let sizes = fs::read_dir(folder).unwrap().map(|entry| {
        let data = entry.unwrap().metadata().unwrap();
        if data.is_file() { data.len() } else { 0 }
    });
    sizes.fold((0, 0), |(count, all), size| (count + 1, all + size))
}

fn empty() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn arguments(attack: &(u64, u64, u64, u64, u64)) -> Value {
    let (how, at, times, ..) = attack;
    json!({"how": how, "at": at, "times": times})
}

/// The guest in this process.
struct Filler {
    harness: Harness,
    guest: Guest,
}

impl Filler {
    fn new(rules: &str) -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files-artifacts");
        let cache = ArtifactCache::open(cache).unwrap();
        let harness = Harness::ruled(rules, cache, Budget::default());
        let guest = harness.load("fills", guests::granted("fills")).unwrap();
        Self { harness, guest }
    }

    async fn call(&self, arguments: &Value) -> (u64, Receipt) {
        let arguments = arguments.to_string();
        let answer = self.harness.call(&self.guest, "fill", &arguments);
        let answer = answer.await.unwrap();
        let Outcome::Returned(Output::Json(json)) = answer.outcome else {
            panic!("{:?}", answer.outcome)
        };
        (json.parse().unwrap(), answer.receipt)
    }
}

#[tokio::test]
async fn a_call_writes_no_more_than_it_may() {
    for shape in SHAPES {
        for attack in ATTACKS {
            let folder = empty();
            let filler = Filler::new(&rules(folder.path(), shape));
            let (said, receipt) = filler.call(&arguments(attack)).await;
            let (.., worked, ended) = attack;
            assert_eq!(said, worked * 256 + ended, "{shape} {attack:?}");
            let (files, bytes) = held(folder.path());
            assert!(files <= FILES && bytes <= WRITTEN, "{shape} {attack:?}");
            let over = receipt
                .denied
                .iter()
                .any(|line| line.contains("over `budget."));
            assert_eq!(over, *ended == QUOTA, "{attack:?}: {:?}", receipt.denied);
            let written: u64 = receipt.reached.iter().map(|line| line.sent_bytes).sum();
            assert!(written <= bytes, "{attack:?}: {:?}", receipt.reached);
            if *attack == (WRITE, 0, 20, 16, QUOTA) {
                assert_eq!(written, WRITTEN, "{:?}", receipt.reached);
            }
        }
    }
}

/// What is there is no hole, and to write over it costs what is written alone.
#[tokio::test]
async fn what_was_there_before_costs_nothing() {
    for shape in SHAPES {
        let folder = empty();
        let large = usize::try_from(WRITTEN * 4).unwrap();
        fs::write(folder.path().join("fill"), vec![1; large]).unwrap();
        let filler = Filler::new(&rules(folder.path(), shape));
        for (how, at) in [
            (WRITE, WRITTEN * 2),
            (STREAM, WRITTEN * 3),
            (APPEND, 0),
            (SIZE, WRITTEN),
        ] {
            let arguments = json!({"how": how, "at": at, "times": 1});
            let (said, receipt) = filler.call(&arguments).await;
            assert_eq!(said, 256 + DONE, "{shape} {how}: {receipt:?}");
        }
    }
}

/// Checks what an attack said and left, and takes it away for the next one.
fn judge(folder: &Path, attack: &(u64, u64, u64, u64, u64), answer: &Value) {
    let (.., worked, ended) = attack;
    let said = &answer["result"]["structuredContent"]["result"];
    assert_eq!(*said, json!(worked * 256 + ended), "{attack:?}: {answer}");
    let (files, bytes) = held(folder);
    assert!(
        files <= FILES && bytes <= WRITTEN,
        "{attack:?}: {files} {bytes}"
    );
    let receipt = answer["result"]["_meta"]["ringfence/receipt"].to_string();
    let over = receipt.contains("over `budget.");
    assert_eq!(over, *ended == QUOTA, "{attack:?}: {receipt}");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let gone = if path.is_dir() {
            fs::remove_dir(path)
        } else {
            fs::remove_file(path)
        };
        gone.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_the_program_writes_no_more_than_it_may() {
    let place = empty();
    let tool = place.path().join("fills.wasm");
    fs::write(&tool, guests::granted("fills")).unwrap();
    for shape in SHAPES {
        let folder = empty();
        let policy = place.path().join("policy.toml");
        fs::write(&policy, rules(folder.path(), shape)).unwrap();
        let options: [OsString; 3] = [tool.clone().into(), "--policy".into(), policy.into()];
        let serving = Serving::start(&options);
        let mut posted = Peer::stateless(serving.address()).await;
        let mut piped = Session::start(&options);
        piped.initialize();
        for attack in ATTACKS {
            let answer = piped.call("fills_fill", &arguments(attack));
            judge(folder.path(), attack, &answer);
            let reply = posted.call("fills_fill", arguments(attack)).await;
            judge(folder.path(), attack, reply.answer());
        }
    }
}
