//! `ringfence inspect`: what a person sees before anything runs.

use serde_json::{Value, json};

use crate::harness::{guest, run};

#[test]
fn a_plain_component() {
    let page = run(["inspect", &guest("plain", "add")]).exits(0);
    assert_eq!(page.stderr, "");
    insta::assert_snapshot!(page.stdout);
}

#[test]
fn a_component_that_asks_for_much() {
    let page = run(["inspect", &guest("hostile", "h43_dump")]).exits(0);
    insta::assert_snapshot!(page.stdout);
}

#[test]
fn the_same_as_json() {
    let report = run(["inspect", &guest("plain", "add"), "--json"]).exits(0);
    insta::assert_snapshot!(report.stdout);
}

#[test]
fn the_schemas_are_shown_on_request() {
    let page = run(["inspect", &guest("plain", "option"), "--schema"])
        .exits(0)
        .stdout;
    assert!(
        page.contains("input schema:") && page.contains("\"maximum\": 4294967295"),
        "{page}"
    );
}

#[test]
fn every_bundled_tool_can_be_inspected() {
    for tool in ["codec", "data", "fetch", "files", "netscan", "text", "time"] {
        let report = run(["inspect", tool, "--json"]).exits(0).stdout;
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["name"], tool);
        assert_eq!(report["loadable"], true);
        assert!(
            !report["functions"].as_array().unwrap().is_empty(),
            "{tool}"
        );
        // Each form that its imports and its requests answer to, and no other.
        let grantable = match tool {
            "fetch" => json!(["net=https://HOST", "secret=NAME->HOST"]),
            "files" => json!(["fs.read=HOST:GUEST", "fs.write=HOST:GUEST"]),
            "netscan" => json!(["socket=tcp:HOST:PORT"]),
            // What they see of the time is enough for them.
            "codec" | "time" => json!(["clock.precise"]),
            _ => json!([]),
        };
        assert_eq!(report["grantable"], grantable, "{tool}");
    }
}

#[test]
fn who_can_speak_udp_is_shown_that_it_can_be_granted() {
    let probe = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../guest-tools/prebuilt/probe.wasm"
    );
    let report = run(["inspect", probe, "--json"]).exits(0).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let grantable = report["grantable"].as_array().unwrap();
    for form in ["socket=tcp:HOST:PORT", "socket=udp:HOST:PORT"] {
        assert!(grantable.contains(&form.into()), "{grantable:?}");
    }
}

#[test]
fn nothing_runs() {
    // Its start function never returns.
    let page = run(["inspect", &guest("hostile", "h02_start_loop")]).exits(0);
    assert!(page.stdout.contains("attack"), "{page:?}");
}

#[test]
fn an_import_that_is_not_offered_is_shown_as_such() {
    let page = run(["inspect", &guest("hostile", "h52_unknown_interface")])
        .exits(0)
        .stdout;
    assert!(
        page.contains("not offered") && page.contains("loadable"),
        "{page}"
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    run(["inspect", "./missing.wasm"])
        .exits(3)
        .prints("")
        .says(&["missing.wasm"]);
    run(["inspect", "tex"])
        .exits(3)
        .prints("")
        .says(&["did you mean `text`?"]);
    run(["inspect", &guest("hostile", "h13_type_bomb")]).prints_something_or_refuses();
}

impl crate::harness::Run {
    /// A type that is too large makes its function unavailable, or the component unreadable; either
    /// way the answer is short.
    fn prints_something_or_refuses(self) {
        assert!(matches!(self.code, 0 | 3), "{self:?}");
        assert!(
            self.stdout.len() + self.stderr.len() < 16 * 1024,
            "{self:?}"
        );
    }
}
