//! Guests that ask for files: what is granted is done, and nothing else is touched, read or seen.
//!
//! The guest checks nothing, so that what stops it is the host. H23 to H33 of the threats, against each
//! kind of grant that is less than a whole directory.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringfence_policy::Budget;
use ringfence_sandbox::{ArtifactCache, Outcome, Output, Receipt};
use ringfence_tests::both::Both;
use ringfence_tests::harness::{Guest, Harness};
use ringfence_tests::intruder::{CANARY, Ground, attacks, both, flagged, step};
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use serde_json::{Value, json};

/// What an intruder wants that may read and write `home/*.md` and texts below `home/sub`.
const BESIDE_A_PATTERN: &[&str] = &[
    "hidden.txt",
    "keys/k.md",
    "keys/deep/k.md",
    "sub/hidden.txt",
    "to-keys.md",
    "to-hidden.md",
    "keydir/k.md",
    "up/outside/secret.md",
    "out.md",
    "abs.md",
    "ring.md",
    "../outside/secret.md",
    "../../../../../../../../proc/self/environ",
];

/// What one wants that may do everything but with `home/keys`.
const WITHIN_A_DENIAL: &[&str] = &[
    "keys/k.md",
    "keys/deep/k.md",
    "keys",
    "keys/deep",
    "to-keys.md",
    "keydir/k.md",
    "keydir",
    "up/outside/secret.md",
    "up",
    "out.md",
    "abs.md",
    "../outside/secret.md",
];

/// What one wants that was granted one file.
const BESIDE_A_FILE: &[&str] = &[
    "hidden.txt",
    "sub/c.md",
    "sub/hidden.txt",
    "keys/k.md",
    "to-keys.md",
    "out.md",
    "abs.md",
    "keydir",
    "sub",
    ".",
    "../outside/secret.md",
];

fn bytes() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-tools/prebuilt");
    fs::read(folder.join("probe.wasm")).unwrap()
}

/// The probe, under a policy.
struct Probe {
    harness: Harness,
    guest: Guest,
}

impl Probe {
    fn new(rules: &str) -> Self {
        // One compilation for all of them.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files-artifacts");
        let budget = Budget {
            wall: Duration::from_mins(2),
            cpu: Duration::from_mins(2),
            fuel: 100_000_000_000,
            handles: 20_000,
            ..Budget::default()
        };
        let harness = Harness::ruled(rules, ArtifactCache::open(cache).unwrap(), budget);
        let guest = harness.load("probe", bytes()).unwrap();
        Self { harness, guest }
    }

    fn call(&self, steps: &[Value]) -> (Vec<String>, Receipt) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let arguments = json!({ "steps": steps }).to_string();
        let answer = self.harness.call(&self.guest, "file", &arguments);
        let answer = runtime.block_on(answer).unwrap();
        let Outcome::Returned(Output::Json(json)) = answer.outcome else {
            panic!("{:?}", answer.outcome)
        };
        (serde_json::from_str(&json).unwrap(), answer.receipt)
    }

    fn said(&self, steps: &[Value]) -> Vec<String> {
        self.call(steps).0
    }
}

/// A policy file that allows `allow` and denies `deny`.
fn rules(allow: &[String], deny: &[&str]) -> String {
    let list = |items: Vec<String>| {
        let quoted = items.iter().map(|item| format!("{item:?}"));
        quoted.collect::<Vec<_>>().join(", ")
    };
    format!(
        "version = 1\n[default]\ndangerous = \"allow\"\nallow = [{}]\ndeny = [{}]\n[end]\n",
        list(allow.to_vec()),
        list(deny.iter().map(ToString::to_string).collect()),
    )
}

fn home(ground: &Ground, grant: &str, guest: &str) -> String {
    format!("{grant}={}:{guest}", ground.path("home").display())
}

/// A pattern, one file, and a denial of a part: each with what an intruder wants.
fn settings(ground: &Ground) -> Vec<(&'static str, String, &'static [&'static str])> {
    let file = format!("fs.write={}:/w/a.md", ground.path("home/a.md").display());
    vec![
        (
            "pattern",
            rules(
                &[
                    home(ground, "fs.write", "/w/*.md"),
                    format!("fs.write={}:/w/sub/*.md", ground.path("home/sub").display()),
                ],
                &[],
            ),
            BESIDE_A_PATTERN,
        ),
        ("file", rules(&[file], &[]), BESIDE_A_FILE),
        (
            "denial",
            rules(
                &[home(ground, "fs.write", "/w")],
                &["fs.read=/w/keys", "fs.write=/w/keys"],
            ),
            WITHIN_A_DENIAL,
        ),
    ]
}

#[test]
fn no_intruder_reads_or_touches_what_is_not_granted() {
    for at in 0..settings(&Ground::new()).len() {
        let ground = Ground::new();
        let (name, rules, wanted) = settings(&ground).swap_remove(at);
        let before = ground.canaries();
        let probe = Probe::new(&rules);
        for steps in attacks(wanted) {
            for (said, step) in probe.said(&steps).iter().zip(&steps) {
                assert!(!said.contains(CANARY), "{name}: {step}: {said}");
            }
        }
        assert_eq!(before, ground.canaries(), "{name}");
    }
}

#[tokio::test]
async fn no_intruder_gets_further_through_the_program() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("probe.wasm"), bytes()).unwrap();
    for at in 0..settings(&Ground::new()).len() {
        let ground = Ground::new();
        let (name, rules, wanted) = settings(&ground).swap_remove(at);
        let before = ground.canaries();
        let policy = folder.path().join("policy.toml");
        fs::write(&policy, rules).unwrap();
        let arguments: [OsString; 3] = [
            folder.path().join("probe.wasm").into(),
            "--policy".into(),
            policy.into(),
        ];
        let mut both = Both::start(&arguments).await;
        // It works, or nothing would be tested. Before the attacks: where all may be written, they leave nothing
        // as it was but what is denied.
        let steps = [flagged("open", "/w", "a.md", "fr"), step("read", "#0", ".")];
        for answer in both.call("probe_file", json!({ "steps": steps })).await {
            assert!(answer.to_string().contains("ok "), "{name}: {answer}");
        }
        for steps in attacks(wanted) {
            for answer in both.call("probe_file", json!({ "steps": steps })).await {
                let said = answer["result"]["structuredContent"]["result"].as_array();
                let said = said.unwrap_or_else(|| panic!("{name}: {answer}"));
                assert_eq!(said.len(), steps.len(), "{name}");
                assert!(!answer.to_string().contains(CANARY), "{name}");
            }
        }
        assert_eq!(before, ground.canaries(), "{name}");
    }
}

#[test]
fn a_pattern_gives_what_it_fits_and_the_way_there() {
    let ground = Ground::new();
    let probe = Probe::new(&rules(&[home(&ground, "fs.read", "/w/**/*.md")], &[]));
    let (said, receipt) = probe.call(&[
        step("directories", "", ""),
        step("list", "/w", "."),
        flagged("open", "/w", "sub", "dr"),
        step("list", "#2", "."),
        flagged("open", "#2", "c.md", "r"),
        step("read", "#4", "."),
        // A link within what is granted is followed; its target is judged, too.
        flagged("open", "/w", "fine.md", "fr"),
        step("read", "#6", "."),
        flagged("open", "/w", "fine.md", "r"),
        flagged("open", "/w", "to-hidden.md", "fr"),
        flagged("stat", "/w", "hidden.txt", ""),
        flagged("stat", "/w", "no-such.txt", ""),
        flagged("stat", "/w", "no-such.md", ""),
        flagged("open", "/w", "a.md", "w"),
        step("flags", "/w", "."),
        step("itself", "/w", "."),
    ]);
    assert_eq!(said[0], "ok /w");
    // Directories may be on the way. `keydir` and `up` are links, and `hidden.txt` does not fit.
    assert_eq!(
        said[1],
        "ok a.md abs.md fine.md keys out.md ring.md sub to-hidden.md to-keys.md"
    );
    assert_eq!(said[3], "ok c.md deep");
    assert_eq!((&*said[5], &*said[7]), ("ok open", "ok open"));
    assert_eq!(said[8], "error loop");
    // What is not granted is the same whether it is there or not.
    assert_eq!(said[9], "error not-permitted");
    assert_eq!(said[10..13], ["error no-entry"; 3]);
    assert_eq!(said[13], "error not-permitted");
    assert_eq!(said[14], "ok DescriptorFlags(READ)");
    assert_eq!(said[15], "ok DescriptorType::Directory");
    let denied = receipt.denied.join("\n");
    assert!(
        denied.contains("read /w/hidden.txt: denied, no grant"),
        "{denied}"
    );
}

#[test]
fn a_file_is_all_that_is_there() {
    let ground = Ground::new();
    let at = |name: &str| ground.path(name).display().to_string();
    let probe = Probe::new(&rules(
        &[
            format!("fs.read={}:/conf/settings.md", at("home/a.md")),
            format!("fs.write={}:/conf/more/c.md", at("home/sub/c.md")),
        ],
        &[],
    ));
    let said = probe.said(&[
        step("directories", "", ""),
        step("list", "/conf", "."),
        flagged("open", "/conf", "settings.md", "fr"),
        step("read", "#2", "."),
        flagged("stat", "/conf", "settings.md", ""),
        flagged("open", "/conf", "settings.md", "w"),
        flagged("open", "/conf", "a.md", "r"),
        flagged("open", "/conf", "new.md", "cw"),
        step("unlink", "/conf", "settings.md"),
        flagged("open", "/conf", "more", "dr"),
        step("list", "#9", "."),
        flagged("open", "#9", "c.md", "rwt"),
        json!({"does": "write", "at": "#11", "data": "changed"}),
        step("read", "#11", "."),
        step("hash", "/conf", "."),
        step("itself", "/conf", "."),
        flagged("stat", "/conf", "more", ""),
        step("remove", "/conf", "more"),
        flagged("open", "/conf", "settings.md/", "r"),
        flagged("open", "/conf", "settings.md/..", "dr"),
    ]);
    assert_eq!(said[0], "ok /conf /conf/more");
    assert_eq!(said[1], "ok more settings.md");
    assert_eq!(said[3], "ok open");
    assert_eq!(said[4], "ok DescriptorType::RegularFile 4");
    assert_eq!(said[5..9], ["error not-permitted"; 4]);
    assert_eq!(said[10], "ok c.md");
    assert_eq!(said[12..15], ["ok 7", "ok changed", "ok "]);
    assert_eq!(said[16], "ok DescriptorType::Directory 0");
    assert_eq!(said[17], "error not-permitted");
    assert_eq!(said[18], "error not-directory");
    assert_eq!(said[19], "ok ");
    assert_eq!(
        fs::read_to_string(ground.path("home/sub/c.md")).unwrap(),
        "changed"
    );
    // Programs save a file by putting another one in its place. A link there is another matter.
    fs::write(ground.path("home/new"), "saved").unwrap();
    fs::rename(ground.path("home/new"), ground.path("home/a.md")).unwrap();
    let read = [
        flagged("open", "/conf", "settings.md", "fr"),
        step("read", "#0", "."),
    ];
    assert_eq!(probe.said(&read)[1], "ok saved");
    fs::remove_file(ground.path("home/a.md")).unwrap();
    std::os::unix::fs::symlink("hidden.txt", ground.path("home/a.md")).unwrap();
    assert_eq!(probe.said(&read)[0], "error not-permitted");
}

/// What each step says where one kind alone is granted.
fn kind(kind: &str) -> (Vec<String>, Ground) {
    let ground = Ground::new();
    let probe = Probe::new(&rules(&[home(&ground, kind, "/w")], &[]));
    let said = probe.said(&[
        flagged("stat", "/w", "a.md", ""),
        step("list", "/w", "."),
        flagged("open", "/w", "a.md", "fr"),
        flagged("open", "/w", "new.md", "cw"),
        flagged("open", "/w", "new.md", "ctw"),
        flagged("open", "/w", "a.md", "cw"),
        flagged("open", "/w", "a.md", "w"),
        flagged("open", "/w", "a.md", "t"),
        json!({"does": "times", "at": "/w", "path": "a.md", "data": "1.0"}),
        step("make", "/w", "made"),
        both("rename", "/w", "a.md", "moved.md"),
        both("link", "/w", "a.md", "also.md"),
        both("symlink", "/w", "link.md", "a.md"),
        step("unlink", "/w", "sub/c.md"),
        step("read", "#2", "."),
        step("readlink", "/w", "fine.md"),
    ]);
    let said = said.into_iter().map(|said| {
        let end = said.find(' ').filter(|_| said.starts_with("ok"));
        end.map_or_else(|| said.clone(), |end| said[..end].to_owned())
    });
    (said.collect(), ground)
}

#[test]
fn each_kind_gives_itself_alone() {
    let no = "error not-permitted";
    let none = "error no `#2`";
    let (listing, _) = kind("fs.list");
    let mut expected = vec![no; 16];
    expected[..2].fill("ok");
    expected[14] = none;
    assert_eq!(listing, expected);

    let (creating, ground) = kind("fs.create");
    let mut expected = vec![no; 16];
    // New once; what is there is not opened, and cannot be seen.
    expected[3] = "ok";
    expected[9] = "ok";
    expected[12] = "ok";
    expected[14] = none;
    assert_eq!(creating, expected);
    assert_eq!(
        fs::read_to_string(ground.path("home/a.md")).unwrap(),
        "open"
    );

    let (changing, _) = kind("fs.change");
    let mut expected = vec![no; 16];
    expected[5..7].fill("ok");
    expected[8] = "ok";
    expected[14] = none;
    // Truncating opens it for reading as well, unless it is opened for writing.
    assert_eq!(changing, expected);

    let (deleting, ground) = kind("fs.delete");
    let mut expected = vec![no; 16];
    expected[13] = "ok";
    expected[14] = none;
    assert_eq!(deleting, expected);
    assert!(ground.path("home/a.md").exists());
}

#[test]
fn a_denial_holds_in_the_middle_of_what_is_granted() {
    let ground = Ground::new();
    let probe = Probe::new(&rules(
        &[home(&ground, "fs.write", "/w")],
        &["fs.read=/w/keys"],
    ));
    let (said, receipt) = probe.call(&[
        step("list", "/w", "."),
        flagged("open", "/w", "keys/k.md", "fr"),
        // It may be written and deleted, and would be readable elsewhere.
        both("rename", "/w", "keys/k.md", "k.md"),
        both("link", "/w", "keys/k.md", "k.md"),
        both("rename", "/w", "keys", "sub/keys"),
        both("rename", "/w", "sub", "keys/sub"),
        flagged("open", "/w", "keys/k.md", "w"),
        json!({"does": "write", "at": "#6", "data": "overwritten"}),
        step("read", "#6", "."),
        // Everything else works as in a directory that is handed out whole.
        step("make", "/w", "new"),
        flagged("open", "/w", "new/x.md", "cw"),
        json!({"does": "append", "at": "#10", "data": "text"}),
        both("rename", "/w", "new", "newer"),
        flagged("open", "/w", "newer/x.md", "fr"),
        step("stream", "#13", "."),
        both("link", "/w", "newer/x.md", "newer/y.md"),
        step("unlink", "/w", "newer/x.md"),
        step("unlink", "/w", "newer/y.md"),
        step("remove", "/w", "newer"),
        step("sync", "/w", "."),
        json!({"does": "touch", "at": "/w", "data": "1.0"}),
        both("symlink", "/w", "s.md", "a.md"),
        step("readlink", "/w", "s.md"),
        both("symlink", "/w", "t.md", "/etc/passwd"),
        step("remove", "/w", "."),
        both("rename", "/w", ".", "elsewhere"),
    ]);
    assert!(!said[0].contains("keys "), "{}", said[0]);
    assert_eq!(said[1..5], ["error not-permitted"; 4]);
    // To where less is allowed, everything may go.
    assert_eq!(said[5], "ok ");
    assert_eq!(said[6..8], ["ok ", "ok 11"]);
    assert!(said[8].starts_with("error"), "{}", said[8]);
    assert!(
        said[9..14].iter().all(|said| said.starts_with("ok")),
        "{said:?}"
    );
    assert_eq!(said[14], "ok text");
    assert!(
        said[15..22].iter().all(|said| said.starts_with("ok")),
        "{said:?}"
    );
    assert_eq!(said[22], "ok a.md");
    assert_eq!(said[23], "error not-permitted");
    assert_eq!(said[24..26], ["error busy"; 2]);
    assert_eq!(
        fs::read_to_string(ground.path("home/keys/k.md")).unwrap(),
        format!("overwritten{}", &CANARY[11..])
    );
    let denied = receipt.denied.join("\n");
    let line = "read /w/keys/k.md: denied, by policy.toml:5";
    assert!(denied.contains(line), "{denied}");
}

#[test]
fn what_is_mounted_deeper_hides_what_is_below_it_on_the_disk() {
    let ground = Ground::new();
    fs::create_dir(ground.path("other")).unwrap();
    fs::write(ground.path("other/c.md"), "other").unwrap();
    let other = format!("fs.read={}:/w/sub", ground.path("other").display());
    let probe = Probe::new(&rules(&[home(&ground, "fs.write", "/w"), other], &[]));
    let said = probe.said(&[
        step("directories", "", ""),
        flagged("open", "/w", "sub/c.md", "fr"),
        step("read", "#1", "."),
        flagged("open", "/w/sub", "c.md", "fr"),
        step("read", "#3", "."),
        flagged("open", "/w", "sub/hidden.txt", "fr"),
        flagged("open", "/w", "sub/c.md", "w"),
        flagged("open", "/w", "fine.md", "fr"),
        step("read", "#7", "."),
        step("remove", "/w", "sub"),
        both("rename", "/w", "sub", "elsewhere"),
        // As on two disks: one is a handle of the engine's, the other is judged.
        json!({"does": "rename", "at": "/w", "path": "a.md", "to-at": "/w/sub", "to": "a.md"}),
    ]);
    assert_eq!(said[0], "ok /w/sub /w");
    assert_eq!((&*said[2], &*said[4]), ("ok other", "ok other"));
    assert_eq!(said[5], "error no-entry");
    assert_eq!(said[6], "error not-permitted");
    assert_eq!(said[8], "ok other");
    assert_eq!(said[9..11], ["error not-permitted"; 2]);
    assert_eq!(said[11], "error cross-device");
    assert_eq!(
        fs::read_to_string(ground.path("home/sub/c.md")).unwrap(),
        "open"
    );
}

#[test]
fn a_directory_that_is_held_takes_no_rights_along() {
    let ground = Ground::new();
    let probe = Probe::new(&rules(
        &[home(&ground, "fs.write", "/w")],
        &["fs.read=/w/keys"],
    ));
    let before = flagged("open", "/w", "sub", "dr");
    let said = probe.said(&[
        before,
        both("rename", "/w", "sub", "gone"),
        flagged("open", "#0", "c.md", "fr"),
        step("list", "#0", "."),
        step("make", "/w", "sub"),
        flagged("open", "#0", "c.md", "fr"),
        step("list", "#0", "."),
    ]);
    assert_eq!(said[2..4], ["error no-entry"; 2]);
    assert_eq!(said[5..7], ["error no-entry", "ok "]);
}

/// H27: somebody on the host exchanges a directory and a link, and a file and a link, all the while.
#[test]
fn no_race_is_won_against_the_host() {
    let ground = Ground::new();
    let outside = ground.path("outside");
    std::os::unix::fs::symlink(&outside, ground.path("home/flip-link")).unwrap();
    std::os::unix::fs::symlink("keys", ground.path("home/flip-keys")).unwrap();
    fs::create_dir(ground.path("home/flip")).unwrap();
    fs::write(ground.path("home/flip.md"), "open").unwrap();
    std::os::unix::fs::symlink("keys/k.md", ground.path("home/flip-file")).unwrap();
    let ended = AtomicBool::new(false);
    let exchange = |one: &str, other: &str| {
        let (one, other) = (ground.path(one), ground.path(other));
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
    };
    let probe = Probe::new(&rules(
        &[home(&ground, "fs.write", "/w")],
        &["fs.read=/w/keys", "fs.write=/w/keys"],
    ));
    let before = ground.canaries();
    let round = [
        flagged("open", "/w", "flip/k.md", "fr"),
        flagged("open", "/w", "flip/secret.md", "fr"),
        flagged("open", "/w", "flip.md", "fr"),
        flagged("open", "/w", "flip.md", "fwt"),
        flagged("stat", "/w", "flip/secret.md", "f"),
        step("unlink", "/w", "flip/k.md"),
    ];
    let mut steps = Vec::new();
    for _ in 0..150 {
        let at = steps.len();
        steps.extend(round.iter().cloned());
        steps.extend((at..at + 4).map(|at| step("read", &format!("#{at}"), ".")));
    }
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                exchange("home/flip", "home/flip-link");
                exchange("home/flip", "home/flip-keys");
                exchange("home/flip.md", "home/flip-file");
            }
        });
        let said: Vec<_> = (0..4).flat_map(|_| probe.said(&steps)).collect();
        ended.store(true, Ordering::Relaxed);
        said
    });
    assert!(said.iter().all(|said| !said.contains(CANARY)));
    // The race was on: what is granted was met as well as what is not.
    assert!(said.iter().any(|said| said == "error not-permitted"));
    let mut after = ground.canaries();
    after.retain(|path, _| before.contains_key(path));
    assert_eq!(before, after);
}

/// H31: a pipe in a directory would keep a thread of the host for each open.
#[test]
fn what_is_neither_file_nor_directory_is_not_opened() {
    let ground = Ground::new();
    let pipe = ground.path("home/pipe.md");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    for allow in ["/w", "/w/*.md"] {
        let probe = Probe::new(&rules(&[home(&ground, "fs.write", allow)], &[]));
        let open: Vec<_> = ["r", "fr", "w", "rw", "cw"]
            .into_iter()
            .map(|flags| flagged("open", "/w", "pipe.md", flags))
            .collect();
        for _ in 0..120 {
            assert_eq!(probe.said(&open), ["error not-permitted"; 5], "{allow}");
        }
    }
}

/// H32 and H33: times that do not exist, and names that somebody hoped to see in a log.
#[test]
fn strange_times_and_names_are_data() {
    let ground = Ground::new();
    let probe = Probe::new(&rules(&[home(&ground, "fs.write", "/w/*")], &[]));
    let names = ["\u{1b}[31mred", "\u{202e}dm.txt", "\";}{", "a b", "'$(id)'"];
    let mut steps: Vec<_> = names
        .iter()
        .map(|name| flagged("open", "/w", name, "cw"))
        .collect();
    steps.push(flagged("open", "/w", "two\nlines", "cw"));
    for time in [
        "18446744073709551615.4294967295",
        "0.4294967295",
        "253402300800.0",
    ] {
        steps.push(json!({"does": "times", "at": "/w", "path": "a.md", "data": time}));
    }
    steps.push(step("list", "/w", "."));
    let said = probe.said(&steps);
    // Rules are lines: a name with a control character is none that one could speak of.
    assert_eq!(said[0], "error not-permitted");
    assert_eq!(said[1..5], ["ok "; 4]);
    assert_eq!(said[5], "error not-permitted");
    assert!(said[6].starts_with("error "), "{said:?}");
    assert!(said.last().unwrap().contains("a b"));
}

/// A whole directory goes by the engine's own handles, and is as closed.
#[test]
fn a_whole_directory_is_as_it_was() {
    let ground = Ground::new();
    let before = ground.canaries();
    let reading = Probe::new(&rules(&[home(&ground, "fs.read", "/w")], &[]));
    let steps = [
        step("directories", "", ""),
        flagged("open", "/w", "out.md", "fr"),
        flagged("open", "/w", "abs.md", "fr"),
        flagged("open", "/w", "up/outside/secret.md", "fr"),
        flagged("open", "/w", "../outside/secret.md", "fr"),
        flagged("open", "/w", "a.md", "t"),
        flagged("open", "/w", "new.md", "cw"),
        both("rename", "/w", "a.md", "b.md"),
        both("link", "/w", "a.md", "b.md"),
        step("unlink", "/w", "a.md"),
        json!({"does": "times", "at": "/w", "path": "a.md", "data": "1.0"}),
        flagged("open", "/w", "a.md", "fr"),
        step("read", "#11", "."),
    ];
    let said = reading.said(&steps);
    assert_eq!(said[0], "ok /w");
    assert!(
        said[1..11].iter().all(|said| said.starts_with("error")),
        "{said:?}"
    );
    assert_eq!(said[12], "ok open");
    assert_eq!(before, ground.canaries());
}
