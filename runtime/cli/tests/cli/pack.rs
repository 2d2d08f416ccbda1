//! `ringfence pack`: from what a compiler built to a tool.

use std::fs;

use serde_json::Value;

use crate::harness::{guest, run};

#[test]
fn a_packed_tool_carries_its_manifest_and_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(file("wit")).unwrap();
    let wit = "package a:b;\nworld sum {\n  /// Adds two numbers.\n  \
               export add: func(a: u32, b: u32) -> u32;\n}\n";
    fs::write(file("wit/world.wit"), wit).unwrap();
    let manifest = "name = \"sum\"\nversion = \"1.2.3\"\n[functions.add.params.a]\nmaximum = 10\n";
    fs::write(file("tool.toml"), manifest).unwrap();

    let (built, packed) = (guest("plain", "add"), file("sum.wasm"));
    let (manifest, folder) = (file("tool.toml"), file("wit"));
    run([
        "pack",
        &built,
        "--manifest",
        &manifest,
        "--wit",
        &folder,
        "-o",
        &packed,
    ])
    .exits(0)
    .prints("")
    .says(&["packed"]);

    let report: Value =
        serde_json::from_str(&run(["inspect", &packed, "--json"]).exits(0).stdout).unwrap();
    assert_eq!(
        (&report["name"], &report["version"]),
        (&"sum".into(), &"1.2.3".into())
    );
    assert_eq!(report["functions"][0]["description"], "Adds two numbers.");
    run(["call", &packed, "add", r#"{"a":2,"b":3}"#])
        .exits(0)
        .prints("5\n");
    run(["call", &packed, "add", r#"{"a":11,"b":3}"#])
        .exits(4)
        .prints("")
        .says(&["`/a`", "at most 10"]);
}

#[test]
fn a_manifest_with_a_fault_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(file("tool.toml"), "name = \"sum\"\nversoin = \"1.2.3\"\n").unwrap();
    let built = guest("plain", "add");
    run([
        "pack",
        &built,
        "--manifest",
        &file("tool.toml"),
        "-o",
        &file("out.wasm"),
    ])
    .exits(3)
    .prints("")
    .says(&["failed to pack", "line 2", "versoin"])
    .says_once("line 2");
    assert!(!folder.path().join("out.wasm").exists());
    run([
        "pack",
        &built,
        "--manifest",
        &file("none.toml"),
        "-o",
        &file("out.wasm"),
    ])
    .exits(3)
    .says(&["none.toml"]);
}
