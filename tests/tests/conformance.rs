//! The official conformance suites against the real server.
//!
//! Owns that every check passes, and that the suites still check as much as they did. What they ask a
//! server for is provided by a guest in its sandbox: there is nothing for them in the server.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how many checks there were"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ringfence_tests::clients;
use ringfence_tests::serving::{self, Serving};
use serde_json::Value;

/// One run of a suite.
struct Leg {
    /// How its package is installed.
    package: &'static str,
    arguments: &'static [&'static str],
    /// The least that it must have checked: one that finds nothing to check passes, too.
    passed_min: usize,
}

impl Leg {
    /// Runs it against a server of its own.
    fn run(&self) {
        let Some(node) = clients::unless_missing(clients::node()) else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let server = Serving::start(serving::conformance(&folder.path().join("cache")));
        let results = folder.path().join("results");
        let suite = Path::new("node_modules")
            .join(self.package)
            .join("dist/index.js");
        let ended = clients::run(
            node.script(suite)
                .args(["server", "--url", &server.url()])
                .args(self.arguments)
                .arg("--output-dir")
                .arg(&results),
        );
        let mut counts = BTreeMap::new();
        let failed = failed(&results, &mut counts);
        println!("{} {}: {counts:?}", self.package, self.arguments.join(" "));
        assert!(failed.is_empty(), "{counts:?}\n{failed}\n{}", server.log());
        let why = ended.err();
        assert!(
            why.is_none(),
            "every check passed, and the suite failed: {why:?}"
        );
        let passed = counts.get("SUCCESS").copied().unwrap_or_default();
        let passed_min = self.passed_min;
        assert!(
            passed >= passed_min,
            "{passed} checks, and not {passed_min} or more"
        );
    }
}

/// What did not pass, and why. Counts all.
fn failed(results: &Path, counts: &mut BTreeMap<String, usize>) -> String {
    let mut failed = String::new();
    for scenario in fs::read_dir(results).into_iter().flatten().flatten() {
        let checks = fs::read_to_string(scenario.path().join("checks.json")).unwrap();
        let checks: Vec<Value> = serde_json::from_str(&checks).unwrap();
        for check in &checks {
            let status = check["status"].as_str().unwrap();
            *counts.entry(status.to_owned()).or_default() += 1;
            if matches!(status, "FAILURE" | "WARNING") {
                let name = scenario.file_name();
                writeln!(failed, "{}: {check:#}", name.display()).unwrap();
            }
        }
    }
    failed
}

#[test]
fn what_2026_07_28_requires() {
    let leg = Leg {
        package: "conformance-0.2",
        arguments: &["--requirements", "2026-07-28"],
        passed_min: 196,
    };
    leg.run();
}

#[test]
fn what_2025_11_25_requires() {
    let leg = Leg {
        package: "conformance-0.2",
        arguments: &["--requirements", "2025-11-25"],
        passed_min: 80,
    };
    leg.run();
}

#[test]
fn everything_there_is() {
    let leg = Leg {
        package: "conformance-0.2",
        arguments: &["--suite", "all"],
        passed_min: 230,
    };
    leg.run();
}

#[test]
fn everything_that_there_was() {
    let leg = Leg {
        package: "conformance-0.1",
        arguments: &["--suite", "all"],
        passed_min: 43,
    };
    leg.run();
}
