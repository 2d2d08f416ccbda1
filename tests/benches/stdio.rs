//! What a client on a pipe sees: how soon the first answer comes, how much the process holds while it
//! waits, and what neighbours do to each other.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints what it measured, and ends when it cannot measure"
)]

use std::fs;
use std::time::{Duration, Instant};

use ringfence_tests::guests;
use ringfence_tests::session::Session;
use serde_json::json;

const STARTS: usize = 20;
const CALLS: usize = 2000;

/// How long a server waits before it is looked at.
const WAIT: Duration = Duration::from_secs(12);

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Median and largest.
fn summary(mut samples: Vec<Duration>) -> (f64, f64) {
    samples.sort();
    (
        millis(samples[samples.len() / 2]),
        millis(samples[samples.len() - 1]),
    )
}

fn calls(session: &mut Session, count: usize) -> Vec<Duration> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            let answer = session.call("echo_echo", &json!({"text": "x"}));
            assert!(answer["result"]["isError"] != json!(true), "{answer}");
            started.elapsed()
        })
        .collect()
}

#[expect(clippy::too_many_lines, reason = "one figure after the other")]
fn main() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for name in ["echo", "sleep", "spin"] {
        fs::write(tools.join(format!("{name}.wasm")), guests::plain(name)).unwrap();
    }
    println!("| figure | measured | promised |\n|---|---|---|");

    // The first start fills the cache of compiled tools.
    let mut starts = Vec::new();
    let mut resident = 0;
    for start in 0..=STARTS {
        let started = Instant::now();
        let mut session = Session::start([std::ffi::OsStr::new("--cache-dir"), cache.as_os_str()]);
        session.initialize();
        let answer = session.call("text_stats", &json!({"text": "one two"}));
        assert!(
            answer["result"]["structuredContent"].is_object(),
            "{answer}"
        );
        if start > 0 {
            starts.push(started.elapsed());
        }
        if start == STARTS {
            // Until the threads that have read and loaded are gone, with what they held.
            std::thread::park_timeout(WAIT);
            resident = session.resident_kib();
        }
    }
    let (median, worst) = summary(starts);
    println!("| spawn → first result, seven tools | {median:.1} ms (worst {worst:.1}) | ≤ 40 ms |");
    println!(
        "| resident when it has waited since | {:.1} MiB | ≤ 30 MiB |",
        resident as f64 / 1024.0
    );

    let mut session =
        Session::start([tools.as_os_str(), "--cache-dir".as_ref(), cache.as_os_str()]);
    session.initialize();
    calls(&mut session, 200);
    let (alone, _) = summary(calls(&mut session, CALLS));
    println!("| one call at a time, p50 | {alone:.3} ms | – |");

    let started = Instant::now();
    let sleeping: Vec<_> = (0..16)
        .map(|_| session.post_call("sleep_sleep", &json!({"milliseconds": 100})))
        .collect();
    let mut left = sleeping.len();
    while left > 0 {
        let answer = session.receive().expect("an answer");
        left -= usize::from(
            answer["id"]
                .as_u64()
                .is_some_and(|id| sleeping.contains(&id)),
        );
    }
    println!(
        "| 16 × sleep 100 ms at once | {:.1} ms | ≤ 150 ms |",
        millis(started.elapsed())
    );

    let spinning: Vec<_> = (0..4)
        .map(|_| session.post_call("spin_spin", &json!({})))
        .collect();
    let (median, worst) = summary(calls(&mut session, 200));
    println!(
        "| a call beside four that spin | p50 {median:.2} ms, worst {worst:.2} | ≤ 20 ms later |"
    );
    println!(
        "| … later than alone, p50 | {:.2} ms | ≤ 20 ms |",
        median - alone
    );

    // Cancelled guests are gone when their processor time is: the process goes idle.
    let started = Instant::now();
    for id in spinning {
        let params = json!({"requestId": id});
        let message =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        session.send(&message.to_string());
    }
    let idle = loop {
        let before = session.processor_ticks();
        std::thread::park_timeout(Duration::from_millis(30));
        if session.processor_ticks() == before {
            break started.elapsed().saturating_sub(Duration::from_millis(30));
        }
    };
    println!(
        "| four spinning calls cancelled → none runs | {:.1} ms | ≤ 50 ms |",
        millis(idle)
    );
}
