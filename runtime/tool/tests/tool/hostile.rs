//! Shapes made to hurt: each is refused, quickly, and without a panic.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ringfence_tool::{Component, ReadError, WitSource, pack};

use crate::support::{component, module, read, reason, try_read, with_section, world};

const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE_HEADER: &[u8] = b"\0asm\x01\0\0\0";
const COMPONENT_TYPES: u8 = 7;
const CORE_MODULE: u8 = 1;
const NESTED_COMPONENT: u8 = 4;

/// How long any refusal may take here, unoptimised and beside other tests.
const PATIENCE: Duration = Duration::from_secs(10);

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id], leb(body.len()).as_slice(), body].concat()
}

/// A section of `count` entries.
fn counted(id: u8, count: usize, entries: &[u8]) -> Vec<u8> {
    section(id, &[leb(count).as_slice(), entries].concat())
}

fn binary(sections: &[Vec<u8>]) -> Vec<u8> {
    [HEADER, &sections.concat()].concat()
}

fn core_module(sections: &[Vec<u8>]) -> Vec<u8> {
    [MODULE_HEADER, &sections.concat()].concat()
}

fn in_component(module: &[u8]) -> Vec<u8> {
    binary(&[section(CORE_MODULE, module)])
}

/// Reads what must be refused, and gives back why.
fn refused(bytes: Vec<u8>) -> ReadError {
    let start = Instant::now();
    let error = try_read(bytes).unwrap_err();
    assert!(
        start.elapsed() < PATIENCE,
        "took {:?}: {error}",
        start.elapsed()
    );
    error
}

/// Which limit was passed.
fn limit(bytes: Vec<u8>) -> &'static str {
    match refused(bytes) {
        ReadError::Limit { what, .. } => what,
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_not_a_component_is_told_apart() {
    for (bytes, error) in [
        (b"".to_vec(), "it is empty"),
        (b"\x7fELF\x02\x01\x01".to_vec(), "it is machine code"),
        (b"(component)".to_vec(), "it is WebAssembly text"),
        (b"#!/bin/sh".to_vec(), "its first bytes are not"),
        (b"\0asm".to_vec(), "unexpected end"),
        (b"\0asm\x0d\0\x02\0".to_vec(), "invalid WebAssembly at byte"),
    ] {
        let found = refused(bytes).to_string();
        assert!(found.contains(error), "expected {error}, found {found}");
    }
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(
        limit([HEADER, &vec![0; 32 << 20]].concat()),
        "bytes in the component"
    );
    let custom = |bytes: usize| section(0, &[b"\x01x".as_slice(), &vec![0; bytes]].concat());
    assert_eq!(
        limit(binary(&[custom(17 << 20)])),
        "bytes in custom sections"
    );
    assert_eq!(
        limit(binary(&vec![custom(9 << 20); 2])),
        "bytes in custom sections"
    );
    assert_eq!(limit(binary(&vec![custom(0); 3_000])), "custom sections");
    let manifest = with_section(HEADER.to_vec(), "ringfence:manifest", &vec![b'#'; 65 << 10]);
    assert_eq!(limit(manifest), "bytes in the manifest");
    let docs = with_section(HEADER.to_vec(), "package-docs", &vec![b' '; 2 << 20]);
    assert_eq!(limit(docs), "bytes of documentation");
}

#[test]
fn a_million_types_are_refused() {
    let component_types = counted(COMPONENT_TYPES, 1_000_000, &vec![0x7f; 1_000_000]);
    assert_eq!(limit(binary(&[component_types])), "type declarations");
    let empty_function = [0x60, 0, 0].repeat(1_000_000);
    let core_types = core_module(&[counted(1, 1_000_000, &empty_function)]);
    assert_eq!(limit(in_component(&core_types)), "bytes of types");
    let recursion_group = [&[0x4e][..], &leb(300_000), &[0x60, 0, 0].repeat(300_000)].concat();
    refused(in_component(&core_module(&[counted(
        1,
        1,
        &recursion_group,
    )])));
}

#[test]
fn types_within_types_do_not_overflow_the_stack() {
    // Three bytes open another level: a component type that declares one type, and so on.
    for kind in [0x41, 0x42] {
        let levels = 300_000;
        let nested = [&[kind, 1][..], &[1, kind, 1].repeat(levels), &[1, 0x7f]].concat();
        let bytes = binary(&[counted(COMPONENT_TYPES, 1, &nested)]);
        assert_eq!(limit(bytes), "depth of type declarations");
    }
}

#[test]
fn long_chains_of_types_are_refused() {
    // (type (list bool)) (type (list 0)) (type (list 1)) …
    let mut chain = vec![0x70, 0x7f];
    for index in 0..40_000 {
        chain.push(0x70);
        chain.extend(leb(index));
    }
    let bytes = binary(&[counted(COMPONENT_TYPES, 40_001, &chain)]);
    assert!(matches!(refused(bytes), ReadError::Invalid { .. }));
}

#[test]
fn deep_types_make_only_their_function_unavailable() {
    let nest = |depth: usize| format!("{}u32{}", "list<".repeat(depth), ">".repeat(depth));
    let component = read(world(&format!(
        "export fits: func(a: {}); export deep: func(a: {}) -> u8;",
        nest(23),
        nest(24),
    )));
    assert_eq!(component.definitions()[0].function.as_str(), "fits");
    assert_eq!(
        reason(&component, "deep"),
        "parameter `a`: its type is nested more than 24 deep"
    );
}

/// A chain of tuples, each of the one before twice: small in the binary, 2^`doublings` as a tree.
fn exponential(doublings: usize) -> String {
    let mut types = "type t0 = tuple<u8, u8>;\n".to_owned();
    for index in 1..=doublings {
        writeln!(types, "type t{index} = tuple<t{0}, t{0}>;", index - 1).unwrap();
    }
    types
}

#[test]
fn types_that_expand_exponentially_are_withdrawn() {
    let component = read(world(&format!(
        "{} export input: func(a: t15); export output: func() -> t15;
         export error: func() -> result<_, t15>; export fine: func(a: t3);",
        exponential(15),
    )));
    let names: Vec<_> = component
        .definitions()
        .iter()
        .map(|tool| tool.function.as_str())
        .collect();
    assert_eq!(names, ["fine"]);
    for function in ["input", "output", "error"] {
        assert!(reason(&component, function).contains("JSON Schema of more than 2000 parts"));
    }
}

#[test]
fn many_patterns_are_refused() {
    let mut manifest = "name = \"a\"\n".to_owned();
    for index in 0..65 {
        writeln!(
            manifest,
            "[functions.f.params.p{index}]\npattern = \"(a{{100}}){{100}}\""
        )
        .unwrap();
    }
    let error = refused(with_section(
        HEADER.to_vec(),
        "ringfence:manifest",
        manifest.as_bytes(),
    ));
    assert!(
        error.to_string().contains("more than 64 in the manifest"),
        "{error}"
    );
}

#[test]
fn wide_types_are_withdrawn() {
    let mut cases = String::new();
    for index in 0..5_000 {
        writeln!(cases, "case-number-{index},").unwrap();
    }
    let component = read(world(&format!(
        "enum wide {{ {cases} }} export f: func(a: wide);"
    )));
    assert!(
        reason(&component, "f").contains("65536 bytes"),
        "{:?}",
        component.interface()
    );
}

#[test]
fn long_names_are_refused() {
    let name = "n".repeat(300);
    let bytes = world(&format!("record r {{ {name}: u8 }} export f: func(a: r);"));
    assert_eq!(limit(bytes), "bytes in a name");
    assert_eq!(
        limit(world(&format!("export {name}: func();"))),
        "bytes in a name"
    );
    assert_eq!(
        limit(world(&format!("export f: func({name}: u8);"))),
        "bytes in a name"
    );
}

#[test]
fn nested_modules_and_components_are_bounded() {
    let modules = vec![section(CORE_MODULE, MODULE_HEADER); 1_000];
    assert_eq!(limit(binary(&modules)), "core modules");
    let components = vec![section(NESTED_COMPONENT, HEADER); 1_000];
    assert_eq!(limit(binary(&components)), "nested components");
    let mut nested = HEADER.to_vec();
    for _ in 0..1_000 {
        nested = binary(&[section(NESTED_COMPONENT, &nested)]);
    }
    assert_eq!(limit(nested), "depth of nested components");
}

#[test]
fn code_bombs_are_refused_before_the_compiler_sees_them() {
    let types = counted(1, 1, &[0x60, 0, 0]);
    let bodies = |count: usize, body: &[u8]| {
        let body = [leb(body.len()).as_slice(), body].concat();
        core_module(&[
            types.clone(),
            counted(3, count, &vec![0; count]),
            counted(10, count, &body.repeat(count)),
        ])
    };
    // No local variables, no instructions, the end.
    assert_eq!(
        limit(in_component(&bodies(1_000_000, &[0, 0x0b]))),
        "functions"
    );
    let long = [&[0][..], &vec![0x01; 2 << 20], &[0x0b]].concat();
    assert_eq!(
        limit(in_component(&bodies(1, &long))),
        "bytes in a function"
    );
    // One group of 50,000 variables of type i32, in each of a thousand functions.
    let locals = [&[1][..], &leb(50_000), &[0x7f, 0x0b]].concat();
    assert_eq!(
        limit(in_component(&bodies(1_000, &locals))),
        "local variables in a function"
    );
    let locals = [&[1][..], &leb(10_000), &[0x7f, 0x0b]].concat();
    assert_eq!(
        limit(in_component(&bodies(1_000, &locals))),
        "local variables in all functions"
    );
    let memories = core_module(&[counted(5, 100, &[0, 1].repeat(100))]);
    assert_eq!(limit(in_component(&memories)), "memories");
    let tables = core_module(&[counted(4, 300, &[0x70, 0, 1].repeat(300))]);
    assert_eq!(limit(in_component(&tables)), "tables");
}

#[test]
fn counts_that_lie_are_found_out() {
    // Sections that promise four billion entries and hold none.
    for id in 1..=12 {
        let bytes = in_component(&core_module(&[section(
            id,
            &[0xff, 0xff, 0xff, 0xff, 0x0f],
        )]));
        refused(bytes);
    }
    for id in 2..=11 {
        refused(binary(&[section(id, &[0xff, 0xff, 0xff, 0xff, 0x0f])]));
    }
}

#[test]
fn features_that_are_off_are_named() {
    for (module, feature) in [
        ("(memory i64 1)", "memory64"),
        ("(memory 1) (memory 1)", "multiple memories"),
        ("(memory 1 1 shared)", "threads"),
        ("(type (struct (field i32)))", "gc"),
        ("(global externref (ref.null extern))", "gc-types"),
        ("(tag)", "exceptions"),
    ] {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        match refused(bytes) {
            ReadError::Feature { feature: found, .. } => assert_eq!(found, feature),
            ReadError::Invalid { message, .. } => {
                // The format's own reader stops at some before the validator can name them.
                let words = feature.replace('-', " ");
                assert!(
                    message.contains(&words) || message.contains(feature),
                    "{feature}: {message}"
                );
            }
            other => panic!("{feature}: {other}"),
        }
    }
}

#[test]
fn asynchronous_components_are_told_what_to_do() {
    let bytes = wat::parse_str("(component (type (stream u8)))").unwrap();
    let error = refused(bytes).to_string();
    assert!(
        error.contains("WASI 0.3") && error.contains("WASI 0.2"),
        "{error}"
    );
}

#[test]
fn a_hostile_description_of_an_interface_is_refused() {
    let module = core_module(&[]);
    for description in [
        b"".to_vec(),
        b"junk".to_vec(),
        binary(&[]),
        binary(&[counted(
            COMPONENT_TYPES,
            1,
            &[
                [0x41, 1].as_slice(),
                &[1, 0x41, 1].repeat(100_000),
                &[1, 0x7f],
            ]
            .concat(),
        )]),
        binary(&vec![section(CORE_MODULE, MODULE_HEADER); 1_000]),
    ] {
        refused(with_section(
            module.clone(),
            "component-type:x",
            &description,
        ));
    }
    let huge = with_section(module, "component-type", &vec![0; 2 << 20]);
    assert_eq!(limit(huge), "bytes that describe the interface");
}

#[test]
fn inner_sections_speak_for_nobody() {
    // A component within carries a manifest; the outer one has none.
    let inner = with_section(
        HEADER.to_vec(),
        "ringfence:manifest",
        b"name = \"impostor\"",
    );
    let bytes = binary(&[section(NESTED_COMPONENT, &inner)]);
    assert_eq!(read(bytes).name().as_str(), "test");
}

/// Memory that the process has used at most, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn what_passes_the_first_look_stays_small() {
    // The most types, each with the most to keep: records of long names.
    let field = [leb(250).as_slice(), &[b'n'; 250], &[0x7f]].concat();
    let record = [&[0x72, 1][..], &field].concat();
    let bytes = binary(&[counted(COMPONENT_TYPES, 4_000, &record.repeat(4_000))]);
    let Some(before) = peak_kib() else { return };
    let start = Instant::now();
    let outcome = try_read(bytes);
    assert!(start.elapsed() < PATIENCE);
    let after = peak_kib().unwrap();
    // Other tests run beside this one; the bound is on all of them.
    assert!(
        after.saturating_sub(before) < 256 << 10,
        "{before} KiB → {after} KiB: {outcome:?}"
    );
}

fn sample() -> Vec<u8> {
    let text = "
        package acme:test@1.0.0;
        /// Places.
        interface places {
            record point { x: f64, y: option<f64> }
            variant shape { none, circle(tuple<point, u32>), many(list<shape-name>) }
            enum shape-name { round, square }
            flags access { read, write }
            resource file { size: func() -> u64; }
            /// Draws.
            draw: func(shape: shape, access: access) -> result<list<point>, string>;
            open: func(path: string) -> file;
        }
        world tool {
            import ringfence:tool/host@0.1.0;
            use ringfence:tool/types@0.1.0.{content};
            export places;
            /// Shows.
            export show: func(text: string) -> content;
        }";
    let wit = [
        WitSource {
            path: "wit/tool.wit",
            text,
        },
        WitSource {
            path: "wit/deps/ringfence/types.wit",
            text: crate::support::RINGFENCE[0],
        },
        WitSource {
            path: "wit/deps/ringfence/host.wit",
            text: crate::support::RINGFENCE[1],
        },
    ];
    let manifest = "name = \"sample\"\n[functions.show.params.text]\nmin-length = 1\n";
    pack(&component(&[text]), &wit, None, manifest).unwrap()
}

/// What holds for anything that could be read.
fn check(component: &Component) {
    for definition in component.definitions() {
        assert!(definition.name.as_str().len() <= 64);
        assert!(!definition.description.is_empty());
        let schema = serde_json::Value::Object((*definition.input_schema).clone());
        jsonschema::draft202012::meta::validate(&schema).unwrap();
    }
    assert_eq!(
        component.definitions().len(),
        component.interface().functions.len()
    );
}

/// Places and what to write there.
fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
}

fn edited(mut bytes: Vec<u8>, edits: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (index, byte) in edits {
        let index = index.index(bytes.len());
        bytes[index] = *byte;
    }
    bytes
}

thread_local! {
    static SAMPLE: Vec<u8> = sample();
    static MODULE: Vec<u8> = module(&[
        "package acme:test; world tool { record r { a: u8 } export f: func(r: r) -> list<string>; }",
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 4))]

    #[test]
    fn truncated_components_are_refused(at in any::<prop::sample::Index>()) {
        let bytes = SAMPLE.with(Clone::clone);
        let at = at.index(bytes.len());
        // What is cut between two sections may be a component still, with less in it.
        if let Ok(component) = try_read(bytes[..at].to_vec()) {
            check(&component);
        }
    }

    #[test]
    fn damaged_components_never_panic(edits in edits()) {
        if let Ok(component) = try_read(edited(SAMPLE.with(Clone::clone), &edits)) {
            check(&component);
        }
    }

    #[test]
    fn spliced_components_never_panic(
        from in any::<prop::sample::Index>(),
        length in 0_usize..200,
        to in any::<prop::sample::Index>(),
    ) {
        let mut bytes = SAMPLE.with(Clone::clone);
        let from = from.index(bytes.len());
        let piece = bytes[from..bytes.len().min(from + length)].to_vec();
        let to = to.index(bytes.len());
        bytes.splice(to..to, piece);
        if let Ok(component) = try_read(bytes) {
            check(&component);
        }
    }

    #[test]
    fn anything_after_the_header_is_survived(junk in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = try_read([HEADER, &junk].concat());
        let _ = try_read([MODULE_HEADER, &junk].concat());
    }
}

proptest! {
    #[test]
    fn damaged_modules_never_panic(edits in edits()) {
        if let Ok(component) = try_read(edited(MODULE.with(Clone::clone), &edits)) {
            check(&component);
        }
    }
}
