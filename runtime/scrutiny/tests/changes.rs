//! What is told about a component that is not what was approved.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ringfence_scrutiny::{Facts, Others, Pin, examine, of_component};
use ringfence_tool::Component;

/// A component with functions of numbers: name, parameters, documentation.
fn component(functions: &[(&str, &[&str], &str)], manifest: &str, code: u32) -> Component {
    let mut text = String::from("(component\n");
    let mut docs = BTreeMap::new();
    for (name, params, said) in functions {
        let lowered: String = params.iter().map(|_| "(param i32)").collect();
        let typed = params.iter().fold(String::new(), |mut typed, param| {
            let _ = write!(typed, "(param \"{param}\" u32)");
            typed
        });
        let _ = writeln!(
            text,
            "(core module $m-{name} (func (export \"f\") {lowered} (result i32) i32.const {code}))
             (core instance $i-{name} (instantiate $m-{name}))
             (func $l-{name} {typed} (result u32) (canon lift (core func $i-{name} \"f\")))
             (export \"{name}\" (func $l-{name}))"
        );
        docs.insert(*name, serde_json::json!({"docs": said}));
    }
    let docs = serde_json::json!({"worlds": {"w": {"func_exports": docs}}}).to_string();
    let quoted = |text: &str| {
        text.bytes().fold(String::new(), |mut quoted, byte| {
            let _ = write!(quoted, "\\{byte:02x}");
            quoted
        })
    };
    let _ = writeln!(text, "(@custom \"package-docs\" \"\\01{}\")", quoted(&docs));
    if !manifest.is_empty() {
        let _ = writeln!(
            text,
            "(@custom \"ringfence:manifest\" \"{}\")",
            quoted(manifest)
        );
    }
    text.push(')');
    Component::read(wat::parse_str(&text).unwrap().into(), "x").unwrap()
}

fn differences(before: &Component, now: &Component) -> Vec<String> {
    let (before, now) = (Pin::of(before), Pin::of(now));
    before
        .differences(&now)
        .iter()
        .map(ToString::to_string)
        .collect()
}

const ASKS: &str = "name = \"x\"\n[[requests]]\ncapability = \"net=https://api.example.com\"\nreason = \"to ask\"\n";

#[test]
fn the_same_bytes_differ_in_nothing() {
    let one = component(&[("add", &["a", "b"], "Adds.")], ASKS, 1);
    assert!(differences(&one, &one).is_empty());
    assert!(Pin::of(&one).fits(&one));
}

#[test]
fn h54_other_code_alone_is_said_to_be_that() {
    let before = component(&[("add", &["a", "b"], "Adds.")], ASKS, 1);
    let now = component(&[("add", &["a", "b"], "Adds.")], ASKS, 2);
    assert!(!Pin::of(&before).fits(&now));
    assert_eq!(
        differences(&before, &now),
        ["code changed, the interface did not"]
    );
    assert_eq!(Pin::of(&before).changed(&Pin::of(&now)), ["code"]);
}

#[test]
fn h54_what_it_newly_asks_for_comes_first() {
    let before = component(&[("add", &["a"], "Adds.")], ASKS, 1);
    let more = ASKS.to_owned()
        + "[[requests]]\ncapability = \"net=https://evil.example\"\nreason = \"also to ask\"\n";
    let now = component(&[("add", &["a", "b"], "Adds, and more.")], &more, 1);
    let told = differences(&before, &now);
    assert_eq!(
        told,
        [
            "now also asks: network https://evil.example",
            "function `add` gained parameter `b: u32`",
            "description of `add` changed: “Adds.” is now “Adds, and more.”",
        ]
    );
    let changed = Pin::of(&before).changed(&Pin::of(&now));
    assert_eq!(changed, ["code", "requests", "interface", "manifest"]);
}

#[test]
fn functions_and_parameters_that_come_and_go_are_told_once() {
    let before = component(
        &[("add", &["a", "b"], "Adds."), ("old", &["a"], "Old.")],
        "",
        1,
    );
    let now = component(&[("add", &["a"], "Adds."), ("new", &["a"], "New.")], "", 1);
    assert_eq!(
        differences(&before, &now),
        [
            "function `add` lost parameter `b`",
            "function `old` is gone",
            "new function `new(a: u32) -> u32`",
        ]
    );
}

#[test]
fn what_the_manifest_says_of_a_parameter_is_told_in_its_words() {
    let manifest = |maximum: u32, timeout: u32| {
        format!(
            "name = \"x\"\ntitle = \"X\"\ntimeout-ms = {timeout}\n\
             [functions.add.params.a]\nmaximum = {maximum}\n"
        )
    };
    let before = component(&[("add", &["a"], "Adds.")], &manifest(10, 100), 1);
    let now = component(&[("add", &["a"], "Adds.")], &manifest(99, 900), 1);
    let told = differences(&before, &now);
    let expected = [
        "its timeout changed: “100 ms” is now “900 ms”",
        "maximum of parameter `a` of `add` changed: “10” is now “99”",
        "timeout of `add` changed: “100 ms” is now “900 ms”",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_long_description_is_shown_from_where_it_parts() {
    let long = "word ".repeat(200);
    let before = component(&[("add", &["a"], &format!("{long}before"))], "", 1);
    let now = component(&[("add", &["a"], &format!("{long}after"))], "", 1);
    let told = differences(&before, &now);
    assert_eq!(told.len(), 1);
    let told = told.first().unwrap();
    assert!(
        told.contains("before”") && told.contains("after”") && told.len() < 200,
        "{told}"
    );
}

#[test]
fn hidden_characters_in_a_difference_are_spelled_out() {
    let before = component(&[("add", &["a"], "Adds.")], "", 1);
    // Documentation is cleaned when it is read; what could still come is spelled out.
    let facts: BTreeMap<String, String> = Facts::of(&before)
        .iter()
        .map(|(name, fact)| (name.to_owned(), fact.replace("Adds", "Ad\u{202e}ds")))
        .collect();
    let facts = Facts::restore(facts);
    let pin = Pin::of(&before);
    let other = ringfence_tool::Digest::of(b"other");
    let broken = Pin::restore(
        other,
        [pin.interface(), pin.manifest()],
        Vec::new(),
        Some(facts),
    );
    assert!(broken.is_err(), "facts and their digest have to agree");
}

#[test]
fn too_much_to_keep_is_still_told_apart() {
    let names: Vec<String> = (0..60).map(|number| format!("f{number}")).collect();
    let many = |said: &str| {
        let functions: Vec<(&str, &[&str], &str)> = names
            .iter()
            .map(|name| (&**name, &["a"][..], said))
            .collect();
        component(&functions, "", 1)
    };
    let (before, now) = (many(&"a ".repeat(2000)), many(&"b ".repeat(2000)));
    assert!(Pin::of(&before).facts().is_none());
    let told = differences(&before, &now);
    assert_eq!(told, ["its interface changed, and is too long to say how"]);
}

/// What is cleaned before a model sees it is still seen by whoever judges.
#[test]
fn h53_hidden_documentation_is_flagged_although_nobody_gets_to_read_it() {
    let poisoned = component(&[("add", &["a"], "Adds.\u{e0049}\u{e0067}\u{200b}")], "", 1);
    let description = &poisoned.definitions().first().unwrap().description;
    assert_eq!(&**description, "Adds.");
    let flags = examine(of_component(&poisoned), "x", &Others::none());
    let told: Vec<_> = flags.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "documentation of function add: holds the hidden character U+E0049: \
          “Adds.⟨U+E0049⟩⟨U+E0067⟩⟨U+200B⟩”"
        ]
    );
    let honest = component(&[("add", &["a"], "Adds two numbers. ❤️")], "", 1);
    assert!(examine(of_component(&honest), "x", &Others::none()).is_empty());
}
