//! Appends records to a log, and says how many are written: `appender FOLDER COUNT [ID]`.
//!
//! The tests start several of these at once, take their disk away, and kill them. With `full` for
//! COUNT it appends under a limit on file sizes, says what the log says about itself, lifts the limit,
//! and goes on.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for tests ends when something is not as it must be"
)]

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ringfence_audit::{Call, CallName, Caller, Event, Log, Recorder, Settings, Ticket, Tool};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let log = Log::start(Settings::in_folder(Path::new(&arguments[1]).into())).unwrap();
    let recorder = log.recorder();
    if arguments[2] == "full" {
        return full(&recorder);
    }
    let count: u64 = arguments[2].parse().unwrap();
    let id = arguments.get(3).map_or("one", String::as_str);
    for number in 1..=count {
        let ticket = append(&recorder, &format!("{id}-{number}"));
        // Some alone, some together with others.
        if number % 7 == 0 || number == count {
            ticket.wait(PATIENCE).unwrap();
            println!("{number}");
        }
    }
}

fn append(recorder: &Recorder, request: &str) -> Ticket {
    recorder.append(&Event::Call(Call {
        caller: Caller {
            tenant: "example",
            principal: "appender",
        },
        name: CallName {
            call: request,
            request,
            parent: None,
        },
        tool: Tool {
            name: "text_stats",
            ..Tool::default()
        },
        arguments: None,
        outcome: "returned",
        limit: None,
        reason: None,
        took: Duration::ZERO,
        cost: None,
        capabilities: &[],
        touched: &[],
        denied: &[],
        denied_more: 0,
    }))
}

/// One line each: the records until the disk is full, what waits then, what is said about it, and
/// whether it goes on.
fn full(recorder: &Recorder) {
    let mut written = 0_u32;
    let refused = loop {
        match append(recorder, "before").wait(PATIENCE) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    println!("{written}\n{refused}");
    println!("{}", recorder.health().trouble.is_some());
    drop(append(recorder, "meanwhile"));
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: maximum,
            maximum,
        },
    )
    .unwrap();
    let lifted = Instant::now();
    while recorder.health().trouble.is_some() && lifted.elapsed() < PATIENCE {
        thread::park_timeout(Duration::from_millis(10));
    }
    append(recorder, "after").wait(PATIENCE).unwrap();
    println!("{}", recorder.health().trouble.is_none());
}
