//! The tools that ship with ringfence: what clients are told of each, what each imports, and that it
//! works in the sandbox it will run in.
//!
//! `RINGFENCE_GUESTS` names another folder of components: CI runs these tests once more against what
//! it has just built from source.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ringfence_policy::{Budget, Grant};
use ringfence_sandbox::{Outcome, Output};
use ringfence_tests::harness::{Guest, Harness};
use ringfence_tool::Component;
use serde_json::{Value, json};

const NAMES: [&str; 7] = ["codec", "data", "fetch", "files", "netscan", "text", "time"];

/// A bundled tool is small: it stands in the binary, and in the memory of whoever runs it.
const COMPONENT_BYTES_MAX: usize = 400 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn folder() -> PathBuf {
    std::env::var_os("RINGFENCE_GUESTS")
        .map_or_else(|| root().join("guest-tools/prebuilt"), PathBuf::from)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.wasm"))).unwrap()
}

fn load(harness: &Harness, name: &str) -> Guest {
    harness.load(name, bytes(name)).unwrap()
}

/// Calls a function and gives what came back, an error as `{"error": …}`.
fn call(harness: &Harness, guest: &Guest, function: &str, arguments: &Value) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = runtime
        .block_on(harness.call(guest, function, &arguments.to_string()))
        .unwrap();
    match answer.outcome {
        Outcome::Returned(Output::Json(json)) => serde_json::from_str(&json).unwrap(),
        Outcome::ToolError(error) => json!({ "error": error.text }),
        other => panic!("{function} {arguments}: {other:?}"),
    }
}

fn error(value: &Value) -> &str {
    value["error"]
        .as_str()
        .unwrap_or_else(|| panic!("expected an error: {value}"))
}

#[test]
fn schemas_are_as_agreed() {
    for name in NAMES {
        let component = Component::read(bytes(name).into(), name).unwrap();
        assert_eq!(component.name().as_str(), name);
        assert!(component.interface().unavailable.is_empty(), "{name}");
        let tools: Vec<Value> = component
            .definitions()
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name.as_str(),
                    "title": tool.title.as_deref(),
                    "description": &*tool.description,
                    "inputSchema": &*tool.input_schema,
                    "outputSchema": tool.output_schema.as_deref(),
                })
            })
            .collect();
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&tools).unwrap());
    }
}

#[test]
fn each_is_small_and_imports_only_what_it_uses() {
    let mut imported = String::new();
    for name in NAMES {
        let bytes = bytes(name);
        assert!(
            bytes.len() <= COMPONENT_BYTES_MAX,
            "{name} has {} bytes",
            bytes.len()
        );
        let component = Component::read(bytes.into(), name).unwrap();
        imported.push_str(name);
        imported.push('\n');
        for import in component.imports() {
            let functions = import.functions.join(" ");
            writeln!(imported, "  {}: {functions}", import.name).unwrap();
        }
    }
    insta::assert_snapshot!("imports", imported);
}

#[test]
fn every_example_of_a_manifest_comes_out_as_it_says() {
    let harness = Harness::new(Budget::default());
    let mut examples = 0;
    for name in NAMES {
        let guest = load(&harness, name);
        if !guest.component.manifest().requests.is_empty() {
            // Its examples speak of files that are not here.
            continue;
        }
        for (function, about) in &guest.component.manifest().functions {
            for example in &about.examples {
                let arguments = Value::Object(example.arguments.clone());
                if let Some(result) = &example.result {
                    let given = call(&harness, &guest, function, &arguments);
                    assert_eq!(given, *result, "{name}_{function} {arguments}");
                    examples += 1;
                }
            }
        }
    }
    assert!(examples >= 8, "only {examples} examples say what comes out");
}

#[test]
fn text_counts_compares_and_replaces() {
    let harness = Harness::new(Budget::default());
    let text = load(&harness, "text");
    let stats = call(
        &harness,
        &text,
        "stats",
        &json!({"text": "one two\nthrée\n"}),
    );
    assert_eq!(
        (&stats["words"], &stats["lines"], &stats["bytes"]),
        (&json!(3), &json!(2), &json!(15))
    );
    let diff = call(
        &harness,
        &text,
        "diff",
        &json!({"old": "a\nb\nc\n", "new": "a\nB\nc\n"}),
    );
    assert!(
        diff["unified"].as_str().unwrap().contains("-b\n+B\n"),
        "{diff}"
    );
    // Takes exponential time in an engine that backtracks.
    let evil = json!({"text": "a".repeat(5000), "pattern": "(a+)+$b"});
    assert_eq!(call(&harness, &text, "find", &evil)["total"], json!(0));
    let wrong = call(
        &harness,
        &text,
        "find",
        &json!({"text": "x", "pattern": "("}),
    );
    assert!(!error(&wrong).is_empty());
}

#[test]
fn data_converts_and_says_where_input_is_wrong() {
    let harness = Harness::new(Budget::default());
    let data = load(&harness, "data");
    let toml = call(
        &harness,
        &data,
        "convert",
        &json!({"text": "{\"a\": {\"b\": 1}}", "from": "json", "to": "toml"}),
    );
    assert_eq!(toml.as_str().unwrap().trim(), "[a]\nb = 1");
    let wrong = call(
        &harness,
        &data,
        "convert",
        &json!({"text": "{\"a\": ", "from": "json", "to": "yaml"}),
    );
    assert!(error(&wrong).contains("line"), "{wrong}");
}

#[test]
fn files_reach_what_is_granted_and_nothing_else() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.txt"), "canary").unwrap();
    let granted = outside.path().join("granted");
    fs::create_dir(&granted).unwrap();
    fs::write(granted.join("notes.txt"), "alpha\nbeta\n").unwrap();
    std::os::unix::fs::symlink(outside.path(), granted.join("link")).unwrap();

    let grant = |kind: &str| -> Grant {
        format!("{kind}={}:/docs", granted.display())
            .parse()
            .unwrap()
    };
    let nothing = Harness::new(Budget::default());
    let reading = Harness::granting(vec![grant("fs.read")], Budget::default(), |_| None);
    let writing = Harness::granting(vec![grant("fs.write")], Budget::default(), |_| None);

    let files = load(&nothing, "files");
    let denied = call(&nothing, &files, "list", &json!({}));
    assert!(error(&denied).contains("fs.read"), "{denied}");

    let files = load(&reading, "files");
    let read = call(
        &reading,
        &files,
        "read",
        &json!({"path": "/docs/notes.txt"}),
    );
    assert!(read["text"].as_str().unwrap().contains("beta"), "{read}");
    for path in [
        "/docs/../secret.txt",
        "/docs/link/secret.txt",
        "/etc/passwd",
        "../secret.txt",
        "/docs/link/",
    ] {
        let read = call(&reading, &files, "read", &json!({"path": path}));
        assert!(!error(&read).contains("canary"), "{path}: {read}");
    }
    let write = call(
        &reading,
        &files,
        "write",
        &json!({"path": "/docs/notes.txt", "text": "gone"}),
    );
    assert!(!error(&write).is_empty());
    assert_eq!(
        fs::read_to_string(granted.join("notes.txt")).unwrap(),
        "alpha\nbeta\n"
    );

    let files = load(&writing, "files");
    let edit = json!({"path": "/docs/notes.txt", "old": "beta", "new": "gamma"});
    call(&writing, &files, "edit", &edit);
    assert_eq!(
        fs::read_to_string(granted.join("notes.txt")).unwrap(),
        "alpha\ngamma\n"
    );
    let escape = json!({"path": "/docs/link/made.txt", "text": "x"});
    error(&call(&writing, &files, "write", &escape));
    assert!(!outside.path().join("made.txt").exists());
    assert_eq!(
        fs::read_to_string(outside.path().join("secret.txt")).unwrap(),
        "canary"
    );
}

#[test]
fn time_knows_zones_and_their_changes() {
    let harness = Harness::new(Budget::default());
    let time = load(&harness, "time");
    let arguments = json!({"time": "2026-07-01T12:00:00Z", "to": "Europe/Berlin"});
    let moment = call(&harness, &time, "convert", &arguments);
    assert_eq!(moment["rfc3339"], json!("2026-07-01T14:00:00+02:00"));
    assert_eq!(moment["daylight-saving"], json!(true));
    let wrong = call(&harness, &time, "now", &json!({"zone": "Europe/Berln"}));
    assert!(error(&wrong).contains("Berln"), "{wrong}");
    let now = call(&harness, &time, "now", &json!({}));
    assert!(now["rfc3339"].as_str().unwrap() > "2026", "{now}");
}

#[test]
fn codec_hashes_and_makes_identifiers() {
    let harness = Harness::new(Budget::default());
    let codec = load(&harness, "codec");
    let ids = call(&harness, &codec, "uuid", &json!({"count": 3}));
    let ids: Vec<&str> = ids
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    assert!(
        ids.len() == 3 && ids[0] != ids[1] && ids[1] != ids[2],
        "{ids:?}"
    );
    let info = call(&harness, &codec, "parse-uuid", &json!({"text": ids[0]}));
    assert!(info.is_object(), "{info}");
    assert!(
        !error(&call(
            &harness,
            &codec,
            "parse-uuid",
            &json!({"text": "no"})
        ))
        .is_empty()
    );
}

#[test]
fn components_belong_to_their_sources() {
    let provenance =
        fs::read_to_string(root().join("guest-tools/prebuilt/provenance.toml")).unwrap();
    for name in NAMES {
        let digest = ringfence_tool::Digest::of(
            &fs::read(root().join(format!("guest-tools/prebuilt/{name}.wasm"))).unwrap(),
        );
        assert!(
            provenance.contains(&digest.to_string()),
            "{name} is not the one on record"
        );
    }
    // The digests of the sources: no toolchain needed, only the tools of any POSIX system.
    let check = std::process::Command::new(root().join("guest-tools/build.sh"))
        .arg("--check")
        .output()
        .unwrap();
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}
