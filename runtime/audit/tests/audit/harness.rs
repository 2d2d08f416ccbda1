//! Logs to try things with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ringfence_audit::{
    Call, CallName, Caller, Event, Log, Recorder, Report, Settings, Ticket, Tool, Verify, verify,
};
use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A folder for a log, which is not there yet.
pub(crate) struct Place {
    _home: tempfile::TempDir,
    pub(crate) folder: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("audit");
        Self {
            _home: home,
            folder,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::in_folder(self.folder.clone())
    }

    pub(crate) fn open(&self) -> Log {
        Log::start(self.settings()).unwrap()
    }

    /// A log of so many records, each written by itself, in files of at most `rotate` bytes.
    pub(crate) fn filled(records: u64, rotate: u64) -> Self {
        let place = Self::new();
        let mut settings = place.settings();
        settings.rotate_bytes = rotate;
        let log = Log::start(settings).unwrap();
        for number in 1..=records {
            call(&log.recorder(), &number.to_string())
                .wait(PATIENCE)
                .unwrap();
        }
        drop(log);
        place
    }

    /// The log's files, in order.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        files.sort();
        files
    }

    pub(crate) fn text(&self) -> String {
        let files = self.files().into_iter();
        files
            .map(|file| fs::read_to_string(file).unwrap())
            .collect()
    }

    pub(crate) fn records(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub(crate) fn verify(&self) -> Report {
        verify(&self.folder, &Verify::default()).unwrap()
    }

    /// Fails unless the log is whole: how many records it has.
    #[track_caller]
    pub(crate) fn is_whole(&self) -> u64 {
        let report = self.verify();
        assert_eq!(report.fault, None, "{report:?}");
        report.records
    }
}

pub(crate) fn call(recorder: &Recorder, request: &str) -> Ticket {
    recorder.append(&Event::Call(a_call(request)))
}

pub(crate) fn a_call(request: &str) -> Call<'_> {
    Call {
        caller: Caller {
            tenant: "example",
            principal: "ops@example.com",
        },
        name: CallName {
            call: request,
            request,
            parent: None,
        },
        tool: Tool {
            name: "text_stats",
            component: Some("text"),
            function: Some("stats"),
            digest: Some(&[0xab; 32]),
        },
        arguments: None,
        outcome: "returned",
        limit: None,
        reason: None,
        took: Duration::from_micros(1500),
        cost: None,
        capabilities: &[],
        touched: &[],
        denied: &[],
        denied_more: 0,
    }
}

/// The program that appends.
pub(crate) fn appender(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn program() -> PathBuf {
    // …/deps/audit-0123 → …/examples/appender
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap();
    let program = built.join("examples").join("appender");
    assert!(
        program.exists(),
        "there is no `{}`: run `cargo test` without `--test`",
        program.display()
    );
    program
}
