//! Every hostile guest, on one sandbox that has to live on: it must end as its file says, within
//! its limit, leave nothing behind, and not be felt by the call after it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use ringfence_policy::{Budget, Grant};
use ringfence_sandbox::{Answer, Outcome, Output, Truncated};
use ringfence_tests::generated;
use ringfence_tests::guests::{self, Case, Expected};
use ringfence_tests::harness::{Guest, Harness, Refused, ending};
use ringfence_tests::process::{Footprint, alone, cpu_time};
use tokio_util::sync::CancellationToken;

/// How much processor time one case may take from its bytes to its answer, all threads together. The
/// longest takes 0.2 s; on a loaded machine, with cold caches, some multiples of that. Time on the wall
/// has no bound here, because it says more of what else runs: the benches measure it.
const CPU_MAX: Duration = Duration::from_secs(2);

/// How much processor time may pass after a call was asked to stop, or its clock ran out. A guest lets
/// go of its thread every millisecond; the rest is for making and dropping a call on a loaded machine.
const CPU_OVERRUN_MAX: Duration = Duration::from_millis(250);

/// When a case has hung: only so that what hangs has a name.
const HUNG_AFTER: Duration = Duration::from_mins(2);

/// How much resident memory may grow over the second hundred of attacks, and over refusals. What grows
/// without a leak are stacks and memories that a pool, a narrow one here, has not used before, and what
/// the allocator keeps for the next compilation: 13 MiB were seen. A leak of a quarter of a MiB for each
/// attack is caught.
const RESIDENT_GROWTH_KIB_MAX: usize = 24 * 1024;

/// Limits small enough that every attack meets its own within milliseconds. The clock is long: a
/// guest that should meet another limit must not meet this one on a slow machine.
fn budget() -> Budget {
    Budget {
        memory_bytes: 32 << 20,
        table_elements: 50_000,
        wall: Duration::from_secs(20),
        cpu: Duration::from_secs(20),
        fuel: 50_000_000,
        handles: 256,
        ..Budget::default()
    }
}

/// The budget for what is expected: whoever waits is given little time.
fn budget_for(expected: Expected) -> Budget {
    match expected {
        Expected::Limit("wall") => Budget {
            wall: Duration::from_millis(200),
            ..budget()
        },
        _ => budget(),
    }
}

/// A directory to grant, and another beside it that nobody may touch.
struct Grounds {
    folder: tempfile::TempDir,
}

impl Grounds {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("granted/notes.txt", "to be read"),
            ("outside/secret.txt", "canary-5b1d"),
            ("outside/deep/key.pem", "canary-77ac"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    fn grant(&self) -> Vec<Grant> {
        let granted = self.folder.path().join("granted");
        vec![
            format!("fs.read={}:/data", granted.display())
                .parse()
                .unwrap(),
        ]
    }

    /// Everything that a write would change: content, inode, time, mode.
    fn snapshot(&self) -> BTreeMap<PathBuf, (Vec<u8>, u64, SystemTime, u32)> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let data = path.symlink_metadata().unwrap();
                let content = if data.is_file() {
                    std::fs::read(&path).unwrap()
                } else {
                    Vec::new()
                };
                if data.is_dir() {
                    open.push(path.clone());
                }
                found.insert(
                    path,
                    (content, data.ino(), data.modified().unwrap(), data.mode()),
                );
            }
        }
        found
    }
}

/// Calls that must answer the same however many attacks came before.
struct Victim {
    echo: Guest,
    counter: Guest,
}

impl Victim {
    fn new(harness: &Harness) -> Self {
        Self {
            echo: harness.load("echo", guests::plain("echo")).unwrap(),
            counter: harness.load("counter", guests::plain("counter")).unwrap(),
        }
    }

    async fn check(&self, harness: &Harness) -> Result<(), String> {
        let text = r#"{"text":"still here"}"#;
        let echoed = harness.call(&self.echo, "echo", text).await.unwrap();
        if json(&echoed) != Some(r#""still here""#) {
            return Err(format!("the next call answered {:?}", echoed.outcome));
        }
        let counted = harness.call(&self.counter, "next", "{}").await.unwrap();
        if json(&counted) != Some("1") {
            return Err(format!("state survived: {:?}", counted.outcome));
        }
        Ok(())
    }
}

fn json(answer: &Answer) -> Option<&str> {
    match &answer.outcome {
        Outcome::Returned(Output::Json(json)) => Some(json),
        _ => None,
    }
}

/// What became of a case, in the words of its file, and the answer where there was one.
async fn run(harness: &Harness, case: &Case, bytes: Vec<u8>) -> (String, Option<Answer>) {
    let component = match Harness::read(case.file, bytes) {
        Ok(component) => component,
        Err(refused) => return (refused.stage().into(), None),
    };
    if case.expected == Expected::RefusedAtReading {
        // Whatever the next stage would make of it is what this one has to prevent.
        return ("accepted when read".into(), None);
    }
    let offers = |name: &str| {
        component
            .interface()
            .functions
            .iter()
            .any(|f| f.name.as_str() == name)
    };
    if !offers(case.function) {
        return (Expected::Unavailable.to_string(), None);
    }
    let guest = match harness.prepare(component) {
        Ok(guest) => guest,
        Err(refused) => return (refused.stage().into(), None),
    };
    let answer = harness.call(&guest, case.function, case.arguments).await;
    let answer = answer.unwrap_or_else(|error| panic!("`{}`: {error}", case.file));
    (ending(&answer.outcome), Some(answer))
}

/// Runs one case and says what is wrong with how it ended.
async fn judge(harness: &Harness, case: &Case, bytes: Vec<u8>) -> Vec<String> {
    let budget = budget_for(case.expected);
    let before = cpu_time();
    let limited = harness.with(budget.clone());
    let run = run(&limited, case, bytes);
    let Ok((ended, answer)) = tokio::time::timeout(HUNG_AFTER, run).await else {
        return vec!["hangs".into()];
    };
    let cpu = cpu_time().saturating_sub(before);
    let mut wrong = Vec::new();
    if ended != case.expected.to_string() {
        let outcome = answer.as_ref().map(|answer| &answer.outcome);
        wrong.push(format!(
            "ended as {ended} instead of {}: {outcome:.300?}",
            case.expected
        ));
    }
    if cpu > CPU_MAX {
        wrong.push(format!("took {cpu:?} of processor time"));
    }
    let Some(answer) = answer else { return wrong };
    if let Some(result) = case.result
        && json(&answer) != Some(result)
    {
        wrong.push(format!("answered {:?} instead of {result}", json(&answer)));
    }
    let receipt = &answer.receipt;
    if receipt.peak_memory_bytes > budget.memory_bytes {
        wrong.push(format!(
            "held {} bytes of memory",
            receipt.peak_memory_bytes
        ));
    }
    if receipt.fuel > budget.fuel {
        wrong.push(format!("burned {} fuel", receipt.fuel));
    }
    if receipt.result_bytes > budget.result_bytes {
        wrong.push(format!("answered with {} bytes", receipt.result_bytes));
    }
    if answer.stdout.len() > budget.output_bytes || answer.stderr.len() > budget.output_bytes {
        wrong.push("printed more than is kept".into());
    }
    wrong
}

#[test]
fn every_hostile_guest_ends_as_its_file_says() {
    alone(async {
        let grounds = Grounds::new();
        let before = grounds.snapshot();
        let denied = Harness::narrow(Vec::new(), budget());
        let granted = Harness::narrow(grounds.grant(), budget());
        let (victim, other) = (Victim::new(&denied), Victim::new(&granted));
        victim.check(&denied).await.unwrap();
        other.check(&granted).await.unwrap();

        let round = async || {
            let mut failures = Vec::new();
            for case in guests::HOSTILE {
                let harness = if case.granted { &granted } else { &denied };
                let victim = if case.granted { &other } else { &victim };
                let mut wrong = judge(harness, case, guests::hostile(case.file)).await;
                wrong.extend(victim.check(harness).await.err());
                failures.extend(wrong.iter().map(|wrong| format!("{}: {wrong}", case.file)));
            }
            assert!(failures.is_empty(), "{}", failures.join("\n"));
            Footprint::settled().await
        };
        // The first round opens what is opened once for the process, such as the map of its pages by which
        // the engine finds what a large guest wrote.
        let held = round().await;
        let holds = round().await;
        assert_eq!(holds.descriptors, held.descriptors);
        assert_eq!(holds.threads, held.threads);
        assert!(
            holds.resident_kib <= held.resident_kib + RESIDENT_GROWTH_KIB_MAX,
            "memory grew: {held:?} to {holds:?}"
        );
        assert_eq!(grounds.snapshot(), before, "a file was touched");
    });
}

#[test]
fn every_plain_guest_answers_as_the_table_says() {
    alone(async {
        let harness = Harness::new(budget());
        let mut failures = Vec::new();
        for case in guests::PLAIN {
            let wrong = judge(&harness, case, guests::plain(case.file)).await;
            let name = format!("{} {} {}", case.file, case.function, case.arguments);
            failures.extend(wrong.iter().map(|wrong| format!("{name}: {wrong}")));
        }
        assert!(
            failures.is_empty(),
            "{} failures:\n{}",
            failures.len(),
            failures.join("\n")
        );
    });
}

#[test]
fn a_shape_too_large_is_refused_before_it_is_compiled() {
    alone(async {
        let shapes: [(&str, Vec<u8>); 8] = [
            (
                "1,000 nested components",
                generated::nested_components(1000),
            ),
            (
                "100,000 nested components",
                generated::nested_components(20_000),
            ),
            ("1,000 core modules", generated::core_modules(1000)),
            ("1,000 memories", generated::core_instances(1000)),
            ("5,000 instances", generated::empty_instances(5000)),
            ("a million types", generated::types(1_000_000)),
            ("64 MiB of nothing", generated::custom_section(64 << 20)),
            ("a name of 10,000 characters", generated::long_name(10_000)),
        ];
        let held = Footprint::now();
        for (what, bytes) in shapes {
            let before = cpu_time();
            let refused = Harness::read("shape", bytes).map(|_| ()).unwrap_err();
            let cpu = cpu_time().saturating_sub(before);
            assert!(cpu < CPU_MAX, "{what} took {cpu:?} of processor time");
            assert!(
                refused.to_string().len() < 1000,
                "{what}: the refusal is as long as the attack"
            );
        }
        let holds = Footprint::now();
        assert!(
            holds.resident_kib <= held.resident_kib + RESIDENT_GROWTH_KIB_MAX,
            "memory grew: {held:?} to {holds:?}"
        );
    });
}

#[test]
fn a_shape_that_is_read_still_meets_the_limits_of_a_call() {
    alone(async {
        let harness = Harness::new(Budget {
            instances: 16,
            ..budget()
        });
        for (what, bytes) in [
            ("60 memories", generated::core_instances(60)),
            ("60 instances", generated::empty_instances(60)),
        ] {
            let ended = match harness.load("shape", bytes) {
                Err(refused) => refused.stage().to_owned(),
                Ok(guest) => {
                    let answer = harness.call(&guest, "attack", "{}").await.unwrap();
                    ending(&answer.outcome)
                }
            };
            assert!(
                ["limit(instances)", "refused at preparation"].contains(&&*ended),
                "{what}: {ended}"
            );
        }
        Victim::new(&harness).check(&harness).await.unwrap();
    });
}

#[test]
fn what_is_refused_is_named() {
    alone(async {
        let harness = Harness::new(budget());
        for (file, name) in [
            ("h22_wasi_threads", "wasi:threads/thread-spawn@0.1.0"),
            ("h52_host_path", "root:etc/passwd"),
            ("h52_unknown_function", "wasi:clocks/wall-clock"),
            ("h52_unknown_interface", "evil:host/exec"),
            ("h52_unknown_version", "wasi:clocks/monotonic-clock@9.0.0"),
            ("h52_wrong_type", "wasi:clocks/monotonic-clock"),
        ] {
            let refused = harness.load(file, guests::hostile(file)).unwrap_err();
            assert!(
                matches!(refused, Refused::Preparation(_)),
                "{file}: {refused}"
            );
            assert!(
                refused.to_string().contains(name),
                "{file} does not name `{name}`: {refused}"
            );
        }
        for (file, feature) in [
            ("h11_memory64", "memory64"),
            ("h11_shared_memory", "threads"),
            ("h11_exception_tag", "exceptions"),
            ("h11_async_export", "async"),
        ] {
            let refused = Harness::read(file, guests::hostile(file)).unwrap_err();
            assert!(refused.to_string().contains(feature), "{file}: {refused}");
        }
    });
}

/// Guests that would run for ever, each in a way of its own.
const ENDLESS: [&str; 11] = [
    "h01_endless_loop",
    "h02_host_result_loop",
    "h02_post_return_loop",
    "h02_start_loop",
    "h02_start_sleep",
    "h05_clock_flood",
    "h06_many_sleeps",
    "h06_sleep_forever",
    "h16_stdout_endless",
    "h16_write_flood",
    "h17_random_flood",
];

/// A budget that lets a guest run until somebody stops it.
fn patient() -> Budget {
    Budget {
        fuel: u64::MAX,
        wall: Duration::from_secs(15),
        cpu: Duration::from_secs(15),
        ..budget()
    }
}

#[test]
fn cancelling_stops_a_guest_wherever_it_is() {
    alone(async {
        let harness = Harness::new(patient());
        let victim = Victim::new(&harness);
        for file in ENDLESS {
            let guest = harness.load(file, guests::hostile(file)).unwrap();
            for after in [0, 1, 7, 20].map(Duration::from_millis) {
                let cancel = CancellationToken::new();
                let call = tokio::spawn({
                    let (harness, guest, cancel) = (harness.clone(), guest.clone(), cancel.clone());
                    async move {
                        harness
                            .call_until(&guest, "attack", "{}", cancel)
                            .await
                            .unwrap()
                    }
                });
                tokio::time::sleep(after).await;
                let asked = cpu_time();
                cancel.cancel();
                let answer = call.await.unwrap();
                let cpu = cpu_time().saturating_sub(asked);
                assert_eq!(answer.outcome, Outcome::Cancelled, "{file} after {after:?}");
                assert!(cpu < CPU_OVERRUN_MAX, "{file} went on for {cpu:?}");
            }
            victim.check(&harness).await.unwrap();
        }
    });
}

#[test]
fn a_call_that_is_dropped_at_any_step_leaves_nothing_behind() {
    alone(async {
        let harness = Harness::new(patient());
        let victim = Victim::new(&harness);
        victim.check(&harness).await.unwrap();
        let held = Footprint::settled().await;
        for file in ENDLESS {
            let guest = harness.load(file, guests::hostile(file)).unwrap();
            for steps in 0..12 {
                let mut call = std::pin::pin!(harness.call(&guest, "attack", "{}"));
                let polls = async {
                    for _ in 0..steps {
                        tokio::task::yield_now().await;
                    }
                };
                // Polls the call first each time, and drops it when the steps are over.
                tokio::select! {
                    biased;
                    answer = &mut call => panic!("{file} ended: {answer:?}"),
                    () = polls => {}
                }
            }
            victim.check(&harness).await.unwrap();
        }
        let holds = Footprint::settled().await;
        assert_eq!(holds.descriptors, held.descriptors);
        assert_eq!(holds.threads, held.threads);
    });
}

#[test]
fn each_clock_stops_a_guest_on_its_own() {
    alone(async {
        let short = Duration::from_millis(50);
        for (budget, limit) in [
            (
                Budget {
                    cpu: short,
                    ..patient()
                },
                "limit(cpu)",
            ),
            (
                Budget {
                    wall: short,
                    ..patient()
                },
                "limit(wall)",
            ),
            (
                Budget {
                    fuel: 1_000_000,
                    ..patient()
                },
                "limit(fuel)",
            ),
        ] {
            let harness = Harness::new(budget);
            for file in ["h01_endless_loop", "h02_start_loop", "h05_clock_flood"] {
                let guest = harness.load(file, guests::hostile(file)).unwrap();
                let answer = harness.call(&guest, "attack", "{}").await.unwrap();
                assert_eq!(ending(&answer.outcome), limit, "{file}");
                let cpu = answer.receipt.cpu;
                assert!(cpu < short + CPU_OVERRUN_MAX, "{file} took {cpu:?}");
            }
        }
    });
}

#[test]
fn host_calls_are_charged_for() {
    alone(async {
        // What a million instructions may cost in time when nearly all of it is spent in the host.
        let harness = Harness::new(Budget {
            fuel: 1_000_000,
            ..patient()
        });
        for file in [
            "h05_clock_flood",
            "h16_stdout_endless",
            "h16_write_flood",
            "h17_random_flood",
        ] {
            let guest = harness.load(file, guests::hostile(file)).unwrap();
            let answer = harness.call(&guest, "attack", "{}").await.unwrap();
            assert_eq!(ending(&answer.outcome), "limit(fuel)", "{file}");
            let cpu = answer.receipt.cpu;
            assert!(
                cpu < CPU_OVERRUN_MAX,
                "{file} made a million instructions last {cpu:?}"
            );
        }
    });
}

#[test]
fn what_a_guest_prints_is_cut_and_the_receipt_says_so() {
    alone(async {
        let harness = Harness::new(Budget {
            output_bytes: 10_000,
            ..budget()
        });
        let guest = harness
            .load("line", guests::hostile("h16_stdout_line"))
            .unwrap();
        let answer = harness.call(&guest, "attack", "{}").await.unwrap();
        assert_eq!(answer.outcome, Outcome::Returned(Output::Nothing));
        assert_eq!(answer.stdout, vec![b'a'; 10_000]);
        assert_eq!(answer.receipt.truncated, [Truncated::Stdout]);
        assert_eq!(answer.receipt.output_bytes, 4096 * 4096);

        let guest = harness
            .load("bytes", guests::hostile("h16_not_utf8"))
            .unwrap();
        let answer = harness.call(&guest, "attack", "{}").await.unwrap();
        assert_eq!(answer.stderr, vec![0xff; 10_000]);
        assert_eq!(answer.receipt.truncated, [Truncated::Stderr]);
    });
}

#[test]
fn last_words_are_short_and_plain() {
    alone(async {
        let harness = Harness::new(budget());
        let guest = harness
            .load("panic", guests::hostile("h45_ansi_panic"))
            .unwrap();
        let answer = harness.call(&guest, "attack", "{}").await.unwrap();
        let Outcome::Trapped(trap) = answer.outcome else {
            panic!("ended as {:?}", answer.outcome)
        };
        let words = trap.last_words.unwrap();
        assert!(words.contains("panicked at"), "{words:?}");
        assert!(words.len() <= 2048, "{} bytes", words.len());
        let drives = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_bidi(c);
        assert!(!words.contains(drives), "{words:?}");
        assert!(
            !trap.reason.contains(drives) && trap.reason.len() < 1000,
            "{:?}",
            trap.reason
        );
    });
}

/// Characters that turn the text around them about, so that a person reads what is not there.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn a_slot_that_is_used_again_is_clean() {
    alone(async {
        let harness = Harness::new(budget());
        for file in ["h46_canary", "h46_stack_residue"] {
            let guest = harness.load(file, guests::hostile(file)).unwrap();
            for round in 0..100 {
                let calls = (0..4).map(|_| {
                    let (harness, guest) = (harness.clone(), guest.clone());
                    tokio::spawn(async move { harness.call(&guest, "attack", "{}").await.unwrap() })
                });
                for call in calls.collect::<Vec<_>>() {
                    let answer = call.await.unwrap();
                    assert_eq!(json(&answer), Some("0"), "{file}, round {round}");
                }
            }
        }
    });
}

/// Calls at once that take 256 descriptors each: together fewer than the 1,024 that a process may
/// have where nobody raised the limit.
const OPENERS: usize = 3;

/// Calls at once that take eight memories each: more than a pool of two for each call has.
const HOLDERS: usize = 100;

#[test]
fn a_guest_cannot_exhaust_the_descriptors_of_the_process() {
    alone(async {
        let grounds = Grounds::new();
        let harness = Harness::granting(grounds.grant(), budget(), |_| None);
        let guest = harness
            .load("opener", guests::hostile("h18_open_files"))
            .unwrap();
        let held = Footprint::now().descriptors;
        let calls = (0..OPENERS).map(|_| {
            let (harness, guest) = (harness.clone(), guest.clone());
            tokio::spawn(async move { harness.call(&guest, "attack", "{}").await.unwrap() })
        });
        for call in calls.collect::<Vec<_>>() {
            // While the others run, the host can still open a file of its own.
            assert!(std::fs::File::open("/dev/null").is_ok());
            assert_eq!(ending(&call.await.unwrap().outcome), "limit(handles)");
        }
        assert_eq!(
            Footprint::now().descriptors,
            held,
            "file descriptors leaked"
        );
    });
}

#[test]
fn a_guest_of_many_memories_cannot_starve_the_others() {
    alone(async {
        let harness = Harness::new(Budget {
            wall: Duration::from_secs(2),
            ..patient()
        });
        let victim = Victim::new(&harness);
        let guest = harness
            .load("holder", guests::hostile("h13_hold_memories"))
            .unwrap();
        let calls: Vec<_> = (0..HOLDERS)
            .map(|_| {
                let (harness, guest) = (harness.clone(), guest.clone());
                tokio::spawn(async move { harness.call(&guest, "attack", "{}").await.unwrap() })
            })
            .collect();
        while !calls.iter().any(tokio::task::JoinHandle::is_finished) {
            victim.check(&harness).await.unwrap();
        }
        for call in calls {
            // None of them ends as if the host were at fault.
            assert_eq!(ending(&call.await.unwrap().outcome), "limit(wall)");
        }
    });
}
