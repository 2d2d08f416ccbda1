//! H48, H49: components that attack the compiler. It runs in a process of its own, and ends there.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use ringfence_sandbox::{PrepareError, Worker, WorkerLimits};
use ringfence_tests::harness::{Harness, Refused};
use ringfence_tests::{binary, generated, guests};

/// The worker of the program, with limits of the test's own.
fn worker(limits: WorkerLimits) -> Worker {
    Worker {
        program: binary::ringfence(),
        arguments: vec!["compile".into()],
        limits,
    }
}

/// A worker that is another program.
fn other(program: &str, arguments: &[&str], wall: Duration) -> Worker {
    Worker {
        program: PathBuf::from(program),
        arguments: arguments.iter().map(Into::into).collect(),
        limits: WorkerLimits {
            wall,
            ..WorkerLimits::default()
        },
    }
}

fn refused(worker: Worker, component: Vec<u8>) -> PrepareError {
    match Harness::compiling(worker).load("bomb", component) {
        Err(Refused::Preparation(error)) => error,
        Err(refused) => panic!("refused before it was compiled: {refused}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test]
async fn what_a_worker_makes_is_what_runs() {
    let harness = Harness::compiling(worker(WorkerLimits::default()));
    let guest = harness.load("echo", guests::plain("echo.wat")).unwrap();
    let answer = harness
        .call(&guest, "echo", r#"{"text":"a"}"#)
        .await
        .unwrap();
    assert_eq!(answer.outcome.word(), "returned");
}

#[test]
fn bombs_end_within_their_limits_and_others_compile_meanwhile() {
    let bomb = generated::laborious(12);
    let in_time = WorkerLimits {
        cpu: Duration::from_secs(1),
        ..WorkerLimits::default()
    };
    let in_memory = WorkerLimits {
        memory_bytes: 256 << 20,
        ..WorkerLimits::default()
    };
    thread::scope(|scope| {
        let time = scope.spawn(|| refused(worker(in_time), bomb.clone()));
        let memory = scope.spawn(|| refused(worker(in_memory), bomb.clone()));
        let honest = Harness::compiling(worker(WorkerLimits::default()));
        honest.load("echo", guests::plain("echo.wat")).unwrap();
        for (bomb, says) in [
            (time, "it takes more than 1 s of processor time"),
            (memory, "it takes more than 256 MiB of memory"),
        ] {
            let error = bomb.join().unwrap();
            assert!(error.to_string().contains(says), "{error}");
            assert!(error.is_lasting());
        }
    });
}

#[test]
fn a_worker_that_is_none_is_survived() {
    let long = Duration::from_mins(1);
    let echo = guests::plain("echo.wat");
    let error = refused(
        other("/bin/sleep", &["600"], Duration::from_millis(200)),
        echo.clone(),
    );
    assert!(error.to_string().contains("longer than 0.2 s"), "{error}");
    for (program, arguments) in [
        // Gives the question for an answer.
        ("/bin/cat", vec![]),
        // Answers, and what it answers is no machine code.
        ("/usr/bin/printf", vec![r"\0not machine code"]),
        ("/usr/bin/printf", vec![r"\001"]),
        ("/bin/true", vec![]),
        ("/bin/false", vec![]),
        ("/no/such/program", vec![]),
    ] {
        let error = refused(other(program, &arguments, long), echo.clone());
        assert!(!error.to_string().is_empty(), "{program}");
    }
    // Which says nothing of the component.
    assert!(!refused(other("/no/such/program", &[], long), echo).is_lasting());
}
