//! What the house looks like, checked: which room may know which, and what every file opens with.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms, and the rooms that each may know. Anything else is a wrong turn.
const EDGES: &[(&str, &[&str])] = &[
    ("tool", &[]),
    ("identity", &[]),
    ("policy", &["tool", "identity"]),
    ("scrutiny", &["tool"]),
    ("audit", &[]),
    ("secrets", &["identity"]),
    ("state", &["identity"]),
    ("egress", &[]),
    ("registry", &["egress", "tool"]),
    ("signatures", &["tool"]),
    ("sandbox", &["policy", "secrets", "state", "tool", "egress"]),
    ("catalog", &["tool", "policy", "scrutiny", "signatures"]),
    (
        "server",
        &[
            "tool", "identity", "policy", "scrutiny", "audit", "secrets", "state", "sandbox",
            "catalog",
        ],
    ),
    (
        "cli",
        &[
            "tool",
            "identity",
            "policy",
            "scrutiny",
            "audit",
            "secrets",
            "state",
            "sandbox",
            "registry",
            "signatures",
            "catalog",
            "server",
        ],
    ),
];

/// Crates that only one room may name, and why.
const OWNED: &[(&str, &str)] = &[
    ("wasmtime", "sandbox"),
    ("wasmtime-wasi", "sandbox"),
    ("wasmtime-wasi-http", "sandbox"),
    ("cap-std", "sandbox"),
    ("rustls", "egress"),
    ("tokio-rustls", "egress"),
    ("webpki-roots", "egress"),
    ("ring", "signatures"),
    ("rmcp", "server"),
    ("chacha20poly1305", "secrets"),
    ("secrecy", "secrets"),
    ("keyring-core", "secrets"),
    ("sqlx", "state"),
    ("clap", "cli"),
];

/// Rooms that do no I/O: no executor, no clock, no file.
const PURE: &[&str] = &["tool", "identity", "policy", "scrutiny", "signatures"];

/// The longest source file. One noun fits.
const LINES_MAX: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The names under `[dependencies]` of a room's manifest.
fn dependencies(room: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("runtime").join(room).join("Cargo.toml")).unwrap();
    text.lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn product_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(&root().join("runtime"), &mut found);
    assert!(found.len() > 30, "found only {} source files", found.len());
    found.sort();
    found
}

#[test]
fn rooms_know_only_the_rooms_below() {
    let rooms: BTreeMap<_, _> = EDGES.iter().copied().collect();
    for entry in fs::read_dir(root().join("runtime")).unwrap() {
        let room = entry.unwrap().file_name().into_string().unwrap();
        let allowed = rooms
            .get(room.as_str())
            .unwrap_or_else(|| panic!("unknown room `{room}`"));
        for name in dependencies(&room) {
            if let Some(other) = name.strip_prefix("ringfence-") {
                assert!(allowed.contains(&other), "`{room}` must not know `{other}`");
            }
        }
    }
}

#[test]
fn what_belongs_to_one_room_stays_there() {
    for (room, _) in EDGES {
        let dependencies = dependencies(room);
        for (name, owner) in OWNED {
            let named = dependencies.contains(*name);
            assert!(
                !named || room == owner,
                "`{name}` belongs to `{owner}`, not to `{room}`"
            );
        }
        if PURE.contains(room) {
            for name in ["tokio", "rustix", "notify", "directories"] {
                assert!(
                    !dependencies.contains(name),
                    "`{room}` is pure and names `{name}`"
                );
            }
        }
    }
}

#[test]
fn pure_rooms_touch_neither_files_nor_clocks() {
    for path in product_sources() {
        let shown = path.strip_prefix(root()).unwrap().to_owned();
        let pure = PURE
            .iter()
            .any(|room| shown.starts_with(format!("runtime/{room}/src")));
        if !pure {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // Tests below may read golden files.
        let text = text.split("#[cfg(test)]").next().unwrap();
        for word in [
            "std::fs",
            "std::net",
            "std::env::",
            "std::process",
            "Instant::now",
            "time::Instant",
            "SystemTime",
        ] {
            assert!(
                !text.contains(word),
                "{}: `{word}` in a pure room",
                shown.display()
            );
        }
    }
}

#[test]
fn every_file_says_what_it_owns() {
    for path in product_sources() {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!"),
            "{shown} does not open with what it owns"
        );
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{shown} has {lines} lines: is it one noun?"
        );
    }
}

#[test]
fn unsafe_code_stands_in_one_place() {
    let mut places = Vec::new();
    for path in product_sources() {
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let count = code.filter(|line| line.contains("unsafe {")).count();
        if count > 0 {
            places.push((path.strip_prefix(root()).unwrap().to_owned(), count));
        }
    }
    assert_eq!(
        places,
        [(PathBuf::from("runtime/sandbox/src/prepared.rs"), 1)]
    );
}

#[test]
fn a_permit_is_made_in_one_place() {
    let mut places = Vec::new();
    for path in product_sources() {
        let text = fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        places.extend(
            product
                .matches("Permit::new(")
                .map(|_| path.file_name().unwrap().to_owned()),
        );
    }
    assert_eq!(places, ["decide.rs"]);
}

/// The tests of a file, by name.
fn tests_of(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            found.extend(rest.split('(').next());
            is_test = false;
        }
    }
    found
}

/// The files of hostile guests, by the number they begin with.
fn hostile_numbers() -> BTreeSet<String> {
    let folder = root().join("tests/guests/hostile");
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .map(|name| name.split('_').next().unwrap().to_uppercase())
        .collect()
}

#[test]
fn the_threat_model_names_tests_that_there_are() {
    let page = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let mut count = 0;
    let named = page.split('`').skip(1).step_by(2);
    for (file, name) in named.filter_map(|quoted| quoted.split_once(".rs::")) {
        let path = root().join(file).with_extension("rs");
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("docs/threat-model.md names `{file}.rs`: {error}"));
        assert!(
            tests_of(&text).contains(name),
            "docs/threat-model.md: `{file}.rs` has no test `{name}`"
        );
        count += 1;
    }
    assert!(count > 60, "the page names only {count} tests");

    // Each line stands there once, and says that it has a guest where it has one.
    let rows: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("| H"))
        .collect();
    let numbers: Vec<_> = rows.iter().map(|row| &row[2..5]).collect();
    let expected: Vec<_> = (1..=60).map(|number| format!("H{number:02}")).collect();
    assert_eq!(numbers, expected);
    let guests = hostile_numbers();
    for row in rows {
        let number = &row[2..5];
        let cells: Vec<_> = row.split(" | ").collect();
        assert_eq!(cells.len(), 4, "{number} has another number of cells");
        assert_eq!(
            cells[2].starts_with("the guest"),
            guests.contains(number),
            "{number}: has it a guest, or not?"
        );
    }
}
