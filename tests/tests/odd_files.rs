//! What is no file, names that are no words, and races, through the program: over pipes and over HTTP. H27,
//! H31, H32 and H33.
//!
//! `files.rs` has the same in process, with more of each.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::ffi::OsString;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use ringfence_tests::both::Both;
use ringfence_tests::intruder::{CANARY, Ground, flagged, step};
use ringfence_tests::serving;
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use serde_json::{Value, json};

/// How often each thing is tried in one call. Each try may hold four of a call's 256 handles.
const TRIES: usize = 40;

/// Tells that something has ended, also where that was a failure.
struct Ends<'e>(&'e AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The probe, twice, where all of `home` may be written but what is in `keys`.
async fn started(ground: &Ground) -> Both {
    let policy = ground.path("policy.toml");
    let home = ground.path("home");
    let rules = format!(
        "version = 1\n[default]\ndangerous = \"allow\"\nallow = [\"fs.write={}:/w\"]\n\
         deny = [\"fs.read=/w/keys\", \"fs.write=/w/keys\"]\n[end]\n",
        home.display()
    );
    fs::write(&policy, rules).unwrap();
    let arguments: [OsString; 3] = [
        serving::prebuilt("probe").into(),
        "--policy".into(),
        policy.into(),
    ];
    Both::start(&arguments).await
}

/// What each way said of each step.
async fn said(both: &mut Both, steps: &[Value]) -> Vec<Vec<String>> {
    let answers = both.call("probe_file", json!({ "steps": steps })).await;
    let said = answers.into_iter().map(|answer| {
        let said = &answer["result"]["structuredContent"]["result"];
        serde_json::from_value::<Vec<String>>(said.clone()).unwrap()
    });
    said.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn h31_a_pipe_holds_nobody() {
    let ground = Ground::new();
    let pipe = ground.path("home/pipe.md");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let mut both = started(&ground).await;
    let tries = ["r", "fr", "w", "rw", "cw"].into_iter().cycle().take(TRIES);
    let steps: Vec<_> = tries
        .map(|flags| flagged("open", "/w", "pipe.md", flags))
        .collect();
    for said in said(&mut both, &steps).await {
        assert_eq!(said, ["error not-permitted"; TRIES]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h32_h33_strange_times_and_names_are_data() {
    let ground = Ground::new();
    let mut both = started(&ground).await;
    let names = ["\u{202e}dm.txt", "\";}{", "a b", "'$(id)'"];
    let mut steps: Vec<_> = names
        .iter()
        .map(|name| flagged("open", "/w", name, "cw"))
        .collect();
    for name in ["\u{1b}[31mred", "two\nlines"] {
        steps.push(flagged("open", "/w", name, "cw"));
    }
    let times = [
        "18446744073709551615.4294967295",
        "0.4294967295",
        "253402300800.0",
    ];
    for time in times {
        steps.push(json!({"does": "times", "at": "/w", "path": "a.md", "data": time}));
    }
    steps.push(step("list", "/w", "."));
    for said in said(&mut both, &steps).await {
        assert_eq!(said[..4], ["ok "; 4], "{said:?}");
        // Rules are lines: a name with a control character is none that one could speak of.
        assert_eq!(said[4..6], ["error not-permitted"; 2], "{said:?}");
        assert!(said[6].starts_with("error "), "{said:?}");
        assert!(said.last().unwrap().contains("a b"), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h27_no_race_is_won_against_the_host() {
    let ground = Ground::new();
    for (name, target) in [
        ("home/flip-link", ground.path("outside")),
        ("home/flip-keys", "keys".into()),
        ("home/flip-file", "keys/k.md".into()),
    ] {
        std::os::unix::fs::symlink(target, ground.path(name)).unwrap();
    }
    fs::create_dir(ground.path("home/flip")).unwrap();
    fs::write(ground.path("home/flip.md"), "open").unwrap();
    let before = ground.canaries();
    let mut steps = Vec::new();
    for _ in 0..TRIES {
        let at = steps.len();
        steps.extend([
            flagged("open", "/w", "flip/k.md", "fr"),
            flagged("open", "/w", "flip/secret.md", "fr"),
            flagged("open", "/w", "flip.md", "fr"),
            flagged("open", "/w", "flip.md", "fwt"),
            step("unlink", "/w", "flip/k.md"),
        ]);
        steps.extend((at..at + 4).map(|at| step("read", &format!("#{at}"), ".")));
    }
    let mut both = started(&ground).await;
    let ended = AtomicBool::new(false);
    let exchange = |one: &str, other: &str| {
        let (one, other) = (ground.path(one), ground.path(other));
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
    };
    let all = std::thread::scope(|scope| {
        let _ends = Ends(&ended);
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                exchange("home/flip", "home/flip-link");
                exchange("home/flip", "home/flip-keys");
                exchange("home/flip.md", "home/flip-file");
            }
        });
        let racing = async {
            let mut all = Vec::new();
            for _ in 0..6 {
                all.extend(said(&mut both, &steps).await);
            }
            all
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(racing))
    });
    let all: Vec<_> = all.into_iter().flatten().collect();
    assert!(all.iter().all(|said| !said.contains(CANARY)));
    // The race was on: what is granted was met as well as what is not.
    assert!(all.iter().any(|said| said == "error not-permitted"));
    assert!(all.iter().any(|said| said.starts_with("ok ")));
    let mut after = ground.canaries();
    after.retain(|path, _| before.contains_key(path));
    assert_eq!(before, after);
}
