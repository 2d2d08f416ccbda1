//! What a record costs: the thread that appends it, and the process altogether.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints what it measured, and ends when it cannot measure"
)]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use ringfence_audit::{
    Call, CallName, Caller, Cost, Durability, Event, Log, Recorder, Settings, Tool,
};
use rustix::time::{ClockId, clock_gettime};

const RECORDS: u32 = 50_000;
/// What fits into the queue at once.
const BURST: u32 = 1000;
const ROUNDS: usize = 5;

/// As fast as two processors make calls.
const PACE: Duration = Duration::from_micros(20);

fn cpu(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap()
}

fn since(clock: ClockId, before: Duration) -> Duration {
    cpu(clock).saturating_sub(before)
}

/// A call as most are: three names, a digest, a receipt.
fn append(recorder: &Recorder) -> ringfence_audit::Ticket {
    let arguments = recorder.digest(br#"{"path":"/docs/readme.md","lines":20}"#);
    let digest = [0xab; 32];
    recorder.append(&Event::Call(Call {
        caller: Caller {
            tenant: "example",
            principal: "ops@example.com",
        },
        name: CallName {
            call: "5f0c2d9e81b7a346-1a2b",
            request: "b7c1f0aa-1234",
            parent: None,
        },
        tool: Tool {
            name: "files_read",
            component: Some("files"),
            function: Some("read"),
            digest: Some(&digest),
        },
        arguments: arguments.as_ref(),
        outcome: "returned",
        limit: None,
        reason: None,
        took: Duration::from_micros(321),
        cost: Some(Cost {
            fuel: 123_456,
            wall: Duration::from_micros(300),
            cpu: Duration::from_micros(120),
            peak_memory_bytes: 1_114_112,
            result_bytes: 2048,
            output_bytes: 0,
        }),
        capabilities: &[],
        touched: &[],
        denied: &[],
        denied_more: 0,
    }))
}

fn log(durability: Durability) -> (tempfile::TempDir, Log) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::in_folder(folder.path().join("audit"));
    settings.durability = durability;
    (folder, Log::start(settings).unwrap())
}

fn spin(time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        black_box(());
    }
}

fn row(figure: &str, per: Duration, count: u32) {
    println!(
        "| {figure} | {:.2} µs |",
        per.as_nanos() as f64 / f64::from(count) / 1e3
    );
}

/// The median of some rounds.
fn median(mut round: impl FnMut() -> Duration) -> Duration {
    let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    rounds.sort();
    rounds.into_iter().nth(ROUNDS / 2).unwrap()
}

fn main() {
    println!("| a record | median of {ROUNDS} rounds |\n|---|---|");
    let (_folder, plain) = log(Durability::Os);
    let recorder = plain.recorder();

    let thread_cpu = median(|| {
        let mut spent = Duration::ZERO;
        for _ in 0..RECORDS / BURST {
            let before = cpu(ClockId::ThreadCPUTime);
            for _ in 0..BURST {
                drop(append(&recorder));
            }
            spent += since(ClockId::ThreadCPUTime, before);
            append(&recorder).wait(Duration::from_secs(10)).unwrap();
        }
        spent
    });
    row(
        "processor time of the thread that appends, one after the other",
        thread_cpu,
        RECORDS,
    );

    let paced = |append: &dyn Fn()| {
        let before = cpu(ClockId::ProcessCPUTime);
        for _ in 0..RECORDS {
            append();
            spin(PACE);
        }
        since(ClockId::ProcessCPUTime, before)
    };
    let nothing = median(|| paced(&|| {}));
    let everything = median(|| paced(&|| drop(append(&recorder))));
    row(
        "processor time of the process, one every 20 µs",
        everything.saturating_sub(nothing),
        RECORDS,
    );

    let seldom = 200;
    let alone = median(|| {
        let mut spent = Duration::ZERO;
        for _ in 0..seldom {
            thread::park_timeout(Duration::from_millis(6));
            let before = Instant::now();
            drop(append(&recorder));
            spent += before.elapsed();
        }
        spent
    });
    row("time of an append that wakes the writer", alone, seldom);

    for (durability, figure, count) in [
        (
            Durability::Answer,
            "until it is with the operating system",
            2000,
        ),
        (Durability::Disk, "until it is on the disk", 100),
    ] {
        let (_folder, log) = log(durability);
        let recorder = log.recorder();
        let waited = median(|| {
            let before = Instant::now();
            for _ in 0..count {
                append(&recorder).wait(Duration::from_secs(10)).unwrap();
            }
            before.elapsed()
        });
        row(figure, waited, count);
    }
    let lost = recorder.health().lost;
    assert_eq!(lost, 0, "records were lost");
}
